"""Q020: queues that overflow into each other (a warning).

Nobody comes to a queue twice by overflow: the circle ends in the last queue of it, and
the `overflow` there does nothing. Leave that one out, or lead it somewhere else.

Wrong:

    # queues.yaml
    desk: {title: Desk, overflow: {after: 5m, queue: sales}}
    sales: {title: Sales, overflow: {after: 5m, queue: desk}}
                                                       ^

Right:

    # queues.yaml
    desk: {title: Desk, overflow: {after: 5m, queue: sales}}
    sales: {title: Sales, overflow: {after: 5m, flow: closing}}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.check._site import warning
from ivrflow.flow.source import Problem

if TYPE_CHECKING:
    from ivrflow.flow.site import Site


def check(site: Site) -> Iterator[Problem]:
    leads = {
        str(name): queue.overflow.queue
        for name, queue in site.queues.items()
        if queue.overflow is not None and queue.overflow.queue is not None
    }
    told: set[str] = set()  # one circle once
    for start in leads:
        way = [start]
        while (to := leads.get(way[-1])) is not None and to not in way:
            way.append(str(to))
        if to is not None and to == start and not told & set(way):
            told |= set(way)
            round_ = " -> ".join([*way, start])
            yield warning(to.at, "Q020", f"queues overflow in a circle: {round_}")
