"""P024: menus deeper than three (a warning).

Whoever wants what stands here must choose in three menus before, at the least. Callers
get lost on the way: bring what is asked for often further up.

Wrong:

    a: {menu: which, keys: {1: b, 2: hangup}, failed: hangup}
    b: {menu: which, keys: {1: c, 2: hangup}, failed: hangup}
    c: {menu: which, keys: {1: d, 2: hangup}, failed: hangup}
    d: {menu: which, keys: {1: e, 2: hangup}, failed: hangup}
    ^
    e: {hangup: hello}

Right:

    a: {menu: which, keys: {1: b, 2: hangup}, failed: hangup}
    b: {menu: which, keys: {1: c, 2: hangup}, failed: hangup}
    c: {menu: which, keys: {1: e, 2: hangup}, failed: hangup}
    e: {hangup: hello}
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.check._human import entries
from ivrflow.flow.check._site import warning
from ivrflow.flow.graph import edges
from ivrflow.flow.source import Problem

if TYPE_CHECKING:
    from ivrflow.flow.site import Site

DEEPEST = 3


def check(site: Site) -> Iterator[Problem]:
    for (flow, name), depth in _depths(site).items():
        node = site.flows[flow].nodes[name]
        if node.verb == "menu" and depth >= DEEPEST:
            message = (
                f"the menu number {depth + 1} on the shortest way here; callers get "
                f"lost behind the third"
            )
            yield warning(node.at, "P024", message)


def _depths(site: Site) -> dict[tuple[str, str], int]:
    """(flow, step) -> the menus that are passed before it at the least."""
    found: dict[tuple[str, str], int] = {}
    todo = deque((flow.name, flow.start, 0) for flow in entries(site) if flow.nodes)
    while todo:
        flow, name, depth = todo.popleft()
        nodes = site.flows[flow].nodes
        if name not in nodes or found.get((flow, name), depth + 1) <= depth:
            continue
        found[flow, name] = depth
        node = nodes[name]
        called = site.flows.get(str(vars(node.step).get("flow")))
        if node.verb == "call" and called is not None and called.nodes:
            todo.appendleft((called.name, called.start, depth))
        for edge in edges(site.flows[flow], node):
            # A menu that is failed, or left by a way of errors, was none to choose in.
            chosen = node.verb == "menu" and edge.way.startswith("keys.")
            following = (flow, edge.target, depth + chosen)
            (todo.append if chosen else todo.appendleft)(following)
    return found
