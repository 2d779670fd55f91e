"""F034: flows that call each other in a circle (a warning).

Each `call` goes one flow deeper, and twenty of them are the end: the call would leave
by the way of an error. A flow that is done leads back with `return`; one that wants to
begin again leads to its own first step.

Wrong:

    greet: {say: hello}
    pick: {menu: which, keys: {1: again}, failed: hangup}
    again: {call: main}
                  ^

Right:

    greet: {say: hello}
    pick: {menu: which, keys: {1: greet}, failed: hangup}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from ivrflow.flow.check._site import warning
from ivrflow.flow.kinds import FlowName
from ivrflow.flow.source import Problem

if TYPE_CHECKING:
    from ivrflow.flow.site import Site


def check(site: Site) -> Iterator[Problem]:
    calls = {
        flow.name: {
            str(kind): kind
            for node in flow.nodes.values()
            if node.verb == "call"
            for _, kind in node.step.kinds
            if isinstance(kind, FlowName)
        }
        for flow in site.flows.values()
    }
    told: set[frozenset[str]] = set()
    for flow in calls:
        circle = _circle(calls, flow)
        if circle and frozenset(circle) not in told:
            told.add(frozenset(circle))
            way = " -> ".join([*circle, circle[0]])
            at = calls[circle[0]][circle[1 % len(circle)]].at
            message = f"flows call each other in a circle: {way}; lead back by `return`"
            yield warning(at, "F034", message)


def _circle(calls: Mapping[str, Mapping[str, FlowName]], start: str) -> list[str]:
    """The shortest way from *start* back to itself; [] if there is none."""
    paths = {start: [start]}
    todo = [start]
    for flow in todo:  # grows while it is walked
        for called in calls.get(flow, ()):
            if called == start:
                return paths[flow]
            if called not in paths and called in calls:
                paths[called] = [*paths[flow], called]
                todo.append(called)
    return []
