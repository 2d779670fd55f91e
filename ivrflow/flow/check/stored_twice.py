"""D021: a row that may be stored twice (a note).

When the service dies in the middle of a `store`, the step is done again by the next
one. Whether the row was written by then can be told by a unique column (`once`), or by
the call's id as one of its values. With neither, it is written again.

Wrong:

    keep: {store: marks, with: {id: 5}, error: hangup}
                  ^

Right:

    keep: {store: marks, with: {id: 5, call: call.id}, error: hangup}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.check._site import note
from ivrflow.flow.source import Problem
from ivrflow.flow.steps.store import Store

if TYPE_CHECKING:
    from ivrflow.flow.site import Site


def check(site: Site) -> Iterator[Problem]:
    for flow in site.flows.values():
        for node in flow.nodes.values():
            if not isinstance(node.step, Store):
                continue
            source = site.data.get(str(node.step.source))
            if source is None or source.insert is None or source.once is not None:
                continue
            values = node.step.with_.values()
            if not any(value.source.strip() == "call.id" for value in values):
                message = (
                    f"a row of {source.name!r} is there twice if the service dies just "
                    f"then: give the source `once`, or store `call.id` too"
                )
                yield note(node.step.source.at, "D021", message)
