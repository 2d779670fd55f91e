"""Q015: a disposition is required, and there is none to choose.

Agents of a queue with `disposition: required` stay in wrap-up after each call until
they have said how it ended. Without `dispositions` in queues.yaml they never could.

Wrong:

    # queues.yaml
    desk: {title: Desk, disposition: required}
          ^
    sales: {title: Sales}

Right:

    # queues.yaml
    desk: {title: Desk, disposition: required}
    sales: {title: Sales}
    dispositions: [solved, call_back]
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.source import Problem

if TYPE_CHECKING:
    from ivrflow.flow.site import Site


def check(site: Site) -> Iterator[Problem]:
    if site.dispositions:
        return
    for queue in site.queues.values():
        if queue.disposition == "required":
            message = (
                "a disposition is required, and there is none; list them, as "
                "dispositions: [solved, other]"
            )
            yield Problem(queue.at, "Q015", message)
