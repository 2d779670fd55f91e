"""F030: values that don't fit together.

An expression compares what can't be compared, reckons with a text, or asks for a value
that is never there; a condition is no yes or no; a flow gets or gives another type than
it declares. Types come from `gives:` and `one_of:` in data.yaml, from what flows take
and give, and from `as:` of an ask; an entry of digits is a text that counts as a number
beside numbers. Where nobody declared a type, nothing is said.

Wrong:

    find: {lookup: order, with: {id: 5}, save: order, not_found: hangup}
    tell: {say: [{if: order.state == 'snet', say: hello}]}

Right:

    find: {lookup: order, with: {id: 5}, save: order, not_found: hangup}
    tell: {say: [{if: order.state == 'sent', say: hello}]}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.check._kinds import RECORD, Type, fits
from ivrflow.flow.check._types import silently, type_of, want_yes_no
from ivrflow.flow.check._values import (
    Use,
    declared,
    names_for,
    names_with,
    uses,
    variables,
)
from ivrflow.flow.kinds import Expression
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
    key = use.found.way.rpartition(".")[2]
    whole = isinstance(use.found.kind, Expression) and not use.prompt
    if whole and key in CONDITIONS:
        want_yes_no(tree, kind, complain)
    elif whole and key == "priority" and not kind.numeric:
        complain(tree.at, f"{kind.called} is no priority: a number is wanted")
    yield from found


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
