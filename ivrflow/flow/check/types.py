"""F030: values that don't fit together.

An expression compares what can't be compared, reckons with a text, or asks for a value
that is never there; a condition is no yes or no; a flow gets or gives another type than
it declares. Types come from `gives:` and `one_of:` in data.yaml, from what flows take
and give, and from `as:` of an ask; an entry of digits is a text that counts as a number
beside numbers. Where nobody declared a type, nothing is said.

Wrong:

    find: {lookup: order, with: {id: 5}, save: order, not_found: hangup, error: hangup}
    tell: {say: [{if: order.state == 'snet', say: hello}]}
                                     ^

Right:

    find: {lookup: order, with: {id: 5}, save: order, not_found: hangup, error: hangup}
    tell: {say: [{if: order.state == 'sent', say: hello}]}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.check._kinds import LIST, RECORD, Type, fits
from ivrflow.flow.check._types import Complain, silently, type_of, want_yes_no
from ivrflow.flow.check._values import (
    Use,
    declared,
    names_for,
    names_with,
    uses,
    variables,
)
from ivrflow.flow.kinds import Expression, Text
from ivrflow.flow.source import Problem

if TYPE_CHECKING:
    from ivrflow.flow.model import Flow, Node
    from ivrflow.flow.site import Site

CODE = "F030"

CONDITIONS = ("if", "when", "check")
"""Keys that hold a yes or no."""


def check(site: Site) -> Iterator[Problem]:
    for use in uses(site):
        yield from _inside(site, use)
    for flow in site.flows.values():
        for node in flow.nodes.values():
            yield from _handed_in(site, flow, node)
        yield from _given_back(site, flow)


def _inside(site: Site, use: Use) -> Iterator[Problem]:
    found: list[Problem] = []
    expression = use.expression

    def complain(offset: int, message: str) -> None:
        found.append(Problem(expression.place(offset), CODE, message))

    tree = expression.tree
    kind = type_of(tree, names_for(site, use), complain)
    _no_single_value(use, kind, complain)
    key = use.found.way.rpartition(".")[2]
    whole = isinstance(use.found.kind, Expression) and not use.prompt
    if whole and key in CONDITIONS:
        want_yes_no(tree, kind, complain)
    elif whole and key == "priority" and not kind.numeric:
        complain(tree.at, f"{kind.called} is no priority: a number is wanted")
    yield from found


def _no_single_value(use: Use, kind: Type, complain: Complain) -> None:
    """A record or a list where one value is wanted; what is said: a rule of its own."""
    if kind.kind not in (RECORD, LIST) or use.said:
        return
    text, way, node = use.found.kind, use.found.way, use.found.node
    if isinstance(text, Text):
        if text.words.alone is not None and (way.startswith("set.") or ".set." in way):
            return
    elif (
        not isinstance(text, Expression)
        or node is None
        or node.verb not in ("lookup", "store")
        or not way.startswith("with.")
    ):
        return
    tree = use.expression.tree
    name, cure = use.expression.source, "take one of its elements"
    if kind.kind == RECORD:
        listed = [f"{name}.{column}" for column in list(kind.columns or ())[:4]]
        cure = f"name the column: {', '.join(listed)}" if listed else "name the column"
    complain(tree.at, f"{name!r} is {kind.called}, and one value is wanted; {cure}")


def _handed_in(site: Site, flow: Flow, node: Node) -> Iterator[Problem]:
    """What a `call` gives to the flow that it calls."""
    called = site.flows.get(str(getattr(node.step, "flow", "")))
    if node.verb != "call" or called is None:
        return
    names = names_with(site, variables(site)[flow.name])
    for name, expression in getattr(node.step, "with_", {}).items():
        wanted = called.takes.get(name)
        if wanted is not None:
            given = silently(expression.tree, names)
            fault = _misfit(given, declared(site, wanted), str(wanted))
            if fault:
                message = f"the flow {called.name!r} takes {str(name)!r}: {fault}"
                yield Problem(expression.place(0), CODE, message)


def _given_back(site: Site, flow: Flow) -> Iterator[Problem]:
    for name, wanted in flow.gives.items():
        held = variables(site)[flow.name].get(str(name))
        if held is not None:
            fault = _misfit(held, declared(site, wanted), str(wanted))
            if fault:
                message = f"the flow gives {str(name)!r}: {fault}"
                yield Problem(name.at, CODE, message)


def _misfit(given: Type, wanted: Type, name: str) -> str:
    """What is wrong with *given* where *wanted*, called *name*, is declared."""
    if not fits(given, wanted):
        what = f"a row of {name!r}" if wanted.kind == RECORD else wanted.called
        return f"{given.called} where {what} is wanted"
    if given.columns is not None and wanted.columns is not None:
        lacking = [column for column in wanted.columns if column not in given.columns]
        if lacking:
            return f"this record has no {lacking[0]!r}, which a row of {name!r} has"
    return ""
