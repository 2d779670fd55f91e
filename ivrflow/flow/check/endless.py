"""F022: a circle in which nothing waits for the caller.

The steps lead round and round without a menu, a question or a queue in between: the
call would spin until its limit of steps ends it. Let one of them lead to a question or
to the end. Ways of `on_error` don't count: a second error ends in the fallback.

Wrong:

    greet: {say: hello}
    ^
    again: {say: hello, then: greet}

Right:

    greet: {say: hello}
    again: {menu: which, keys: {1: greet}, failed: hangup}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.graph import edges, is_error_way, waits
from ivrflow.flow.source import Problem

if TYPE_CHECKING:
    from ivrflow.flow.model import Flow, Node
    from ivrflow.flow.site import Site


def check(site: Site) -> Iterator[Problem]:
    for flow in site.flows.values():
        quick = {
            n.name: _next(flow, n) for n in flow.nodes.values() if not _rests(site, n)
        }
        for circle in _circles(quick):
            first = min(circle, key=lambda name: flow.nodes[name].at)
            way = " -> ".join([*circle, circle[0]])
            message = f"a circle in which nothing waits for the caller: {way}"
            yield Problem(flow.nodes[first].at, "F022", message)


def _next(flow: Flow, node: Node) -> list[str]:
    found = []
    for edge in edges(flow, node):
        if not is_error_way(edge):
            # `repeat` of a step that is no question stands for the step itself.
            found.append(node.name if edge.target == "repeat" else edge.target)
    return found


def _rests(site: Site, node: Node) -> bool:
    """True if the step waits, or calls a flow in which some step does."""
    if node.verb == "call":
        called = site.flows.get(str(getattr(node.step, "flow", "")))
        return called is None or any(waits(n) for n in called.nodes.values())
    return waits(node)


def _circles(ways: dict[str, list[str]]) -> Iterator[list[str]]:
    """One circle per knot of steps, found by walking in depth without recursion."""
    done: set[str] = set()
    for start in ways:
        path: list[str] = []
        todo: list[tuple[str, int]] = [(start, 0)]
        while todo:
            name, depth = todo.pop()
            del path[depth:]
            if name in path:
                yield path[path.index(name) :]
                continue
            if name in done or name not in ways:
                continue
            done.add(name)
            path.append(name)
            todo += [(following, depth + 1) for following in ways[name]]
