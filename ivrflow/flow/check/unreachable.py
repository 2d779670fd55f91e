"""F021: a step that nothing leads to.

No way from the first step, from `always:`, `on_error:` or `on_end:` comes here, so no
caller ever does. Mostly a target was renamed, or a step above never falls through.

Wrong:

    greet: {say: hello, then: hangup}
    bye: {hangup: hello}
    ^

Right:

    greet: {say: hello}
    bye: {hangup: hello}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.graph import reached
from ivrflow.flow.source import Problem

if TYPE_CHECKING:
    from ivrflow.flow.site import Site


def check(site: Site) -> Iterator[Problem]:
    for flow in site.flows.values():
        if flow.broken:
            continue  # the steps that could not be read may lead there
        there = reached(flow)
        for node in flow.nodes.values():
            if node.name not in there:
                yield Problem(node.at, "F021", f"nothing leads to {node.name!r}")
