"""F026: a flow is called with other values than it takes.

A sub-flow gets exactly what its `takes:` lists, through the `with:` of the step that
calls it; what its `gives:` lists must be set inside it. A flow behind a number takes
nothing, since nobody is there to hand it in. Types are `text`, `number`, `money`,
`yes/no`, `date`, `time`, `duration`, `phone`, or an entry of data.yaml.

Wrong:

    find: {call: look, with: {nr: 5}}
                 ^
                              ^

Right:

    find: {call: look, with: {id: 5}}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.check._values import variables
from ivrflow.flow.kinds import did_you_mean
from ivrflow.flow.site.data import KINDS
from ivrflow.flow.source import Problem, place_of

if TYPE_CHECKING:
    from ivrflow.flow.model import Flow, Node
    from ivrflow.flow.site import Site

CODE = "F026"


def check(site: Site) -> Iterator[Problem]:
    known = variables(site)
    sources = site.names_in("data.yaml", site.data)
    for flow in site.flows.values():
        for node in flow.nodes.values():
            called = site.flows.get(str(getattr(node.step, "flow", "")))
            if node.verb == "call" and called is not None:
                yield from _handed_in(node, called)
        for name, kind in {**flow.takes, **flow.gives}.items():
            if kind not in KINDS and sources is not None and kind not in sources:
                hint = did_you_mean(kind, [*KINDS, *sources])
                message = f"{str(name)!r}: there is no type {str(kind)!r}{hint}"
                yield Problem(kind.at, CODE, message)
        for name in flow.gives:
            if str(name) not in known[flow.name] and not flow.broken:
                message = f"the flow gives {str(name)!r}, and no step of it sets that"
                yield Problem(name.at, CODE, message)
    for number in site.numbers.values():
        flow_behind = site.flows.get(str(number.flow))
        if flow_behind is not None and flow_behind.takes and number.flow is not None:
            needs = ", ".join(map(repr, map(str, flow_behind.takes)))
            message = f"the flow {flow_behind.name!r} takes {needs}; no caller has that"
            yield Problem(number.flow.at, CODE, message)


def _handed_in(node: Node, called: Flow) -> Iterator[Problem]:
    given = getattr(node.step, "with_", {})
    for name in given:
        if name not in called.takes:
            hint = did_you_mean(name, called.takes)
            message = f"the flow {called.name!r} takes no {str(name)!r}{hint}"
            yield Problem(name.at, CODE, message)
    for name in called.takes:
        if name not in given:
            message = (
                f"the flow {called.name!r} takes {str(name)!r}; give it in `with:`"
            )
            yield Problem(place_of(getattr(node.step, "flow", node)), CODE, message)
