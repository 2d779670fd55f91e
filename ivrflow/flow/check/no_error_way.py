"""D017: nothing is written for a system that does not answer (a warning).

A database is away, a server takes too long: without `error:` and without `on_error:` of
the step, the flow, or the step that calls the flow, the caller hears an apology and the
call is over. Lead to a person, or on without the data.

Wrong:

    find:
    ^
      lookup: order
      with: {id: "5"}
      not_found: bye
    bye: {hangup: hello}

Right:

    find:
      lookup: order
      with: {id: "5"}
      not_found: bye
      error: bye
    bye: {hangup: hello}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.check._errors import caught
from ivrflow.flow.check._site import warning
from ivrflow.flow.graph import edges
from ivrflow.flow.source import Problem

if TYPE_CHECKING:
    from ivrflow.flow.model import Flow
    from ivrflow.flow.site import Site

ASK_OTHERS = ("lookup", "store", "authenticate")


def check(site: Site) -> Iterator[Problem]:
    for flow in site.flows.values():
        after = _after_the_end(flow)
        for node in flow.nodes.values():
            if node.verb not in ASK_OTHERS or vars(node.step)["error"] is not None:
                continue
            if node.name not in after and not caught(site, flow, node):
                message = (
                    f"{node.verb!r} has no `error:`, and no `on_error:` catches it: "
                    "the call would end with an apology"
                )
                yield warning(node.at, "D017", message)


def _after_the_end(flow: Flow) -> set[str]:
    """The steps of `on_end`: nobody is there any more who could be led anywhere."""
    found: set[str] = set()
    todo = [str(flow.on_end)] if flow.on_end is not None else []
    while todo:
        name = todo.pop()
        if name in flow.nodes and name not in found:
            found.add(name)
            todo += [edge.target for edge in edges(flow, flow.nodes[name])]
    return found
