"""F055: a circle out of which a caller who says nothing never comes.

Somebody who presses no key, a pocket or a fax machine, is led round and round by
`failed:` until the longest call is over. Let the last question lead to a person or to
the end.

Wrong:

    pick: {menu: which, keys: {1: hangup}, failed: sorry}
    ^
    sorry: {say: hello, then: pick}

Right:

    pick: {menu: which, keys: {1: hangup}, failed: sorry}
    sorry: {hangup: hello}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.graph import edges, is_error_way, knots, waits
from ivrflow.flow.source import Problem

if TYPE_CHECKING:
    from ivrflow.flow.model import Flow, Node
    from ivrflow.flow.site import Site

ENDS = ("queue", "transfer", "voicemail", "conference", "hangup", "reject")
"""Verbs that end the way of a caller who says nothing."""


def check(site: Site) -> Iterator[Problem]:
    for flow in site.flows.values():
        if flow.broken:
            continue
        ways = {node.name: _silent(flow, node) for node in flow.nodes.values()}
        for knot in knots(ways):
            inside = set(knot)
            round_ = len(knot) > 1 or knot[0] in ways[knot[0]]
            leaves = any(target not in inside for name in knot for target in ways[name])
            if round_ and not leaves and any(waits(flow.nodes[n]) for n in knot):
                first = min(knot, key=lambda name: flow.nodes[name].at)
                message = (
                    "a caller who says nothing never comes out of this circle: "
                    f"{' -> '.join([*knot, knot[0]])}"
                )
                yield Problem(flow.nodes[first].at, "F055", message)


def _silent(flow: Flow, node: Node) -> list[str]:
    """Where a caller who presses nothing comes from here; an end is no step's name."""
    if node.verb in ENDS:
        return ["hangup"]
    if node.step.listens:
        failed = vars(node.step).get("failed")
        target = failed or node.step.on_error or flow.on_error
        found = [str(target) if target is not None else "hangup"]
    else:
        found = [edge.target for edge in edges(flow, node) if not is_error_way(edge)]
        found = found or ["return"]
    # `repeat` of a step that is no question stands for the question before it.
    return [
        node.name if target == "repeat" and node.step.listens else target
        for target in found
    ]
