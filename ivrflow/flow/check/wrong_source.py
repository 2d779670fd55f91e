"""D011: a source that can't do what the step wants.

`lookup` and `authenticate` need a source that looks up, `store` one that stores
(`insert:` or `post:`), and `authenticate` with a `pin` one with `verify:`, against
which that is proved.

Wrong:

    keep: {store: order, with: {id: 5}, error: hangup}
                  ^

Right:

    keep: {store: marks, with: {id: 5}, error: hangup}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.source import Problem

if TYPE_CHECKING:
    from ivrflow.flow.site import Site


def check(site: Site) -> Iterator[Problem]:
    for flow in site.flows.values():
        for node in flow.nodes.values():
            name = vars(node.step).get("source")
            source = site.data.get(str(name))
            if name is None or source is None:
                continue
            if node.verb == "store" and not source.stores:
                message = f"{str(name)!r} looks up; a store needs `insert:` or `post:`"
            elif node.verb != "store" and source.writes:
                message = f"{str(name)!r} stores; this step wants a look-up"
            elif vars(node.step).get("pin") is None or "pin" in source.verify:
                continue  # where a code alone proves who calls, there is no PIN
            elif not source.verify:
                message = f"{str(name)!r} has no `verify:`, so no PIN can be proved"
            else:
                message = f"`verify:` of {str(name)!r} has no `pin`, so none is right"
            yield Problem(name.at, "D011", message)
