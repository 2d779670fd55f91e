"""Whether a queue takes callers now: its hours, and what supervisors have closed."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ivrflow.acd.doors import Doors
    from ivrflow.flow.site import Site
    from ivrflow.flow.world import Switches


def takes_callers(
    name: str, site: Site, doors: Doors | None, switches: Switches, at: datetime
) -> bool:
    """Whether the queue *name* is there, in its hours, and not closed or diverted.

    *at* is the time by the site's clock.
    """
    if doors is not None and doors.of(name).state != "open":
        return False
    queue = site.queues.get(name)
    if queue is None or queue.hours is None:
        return queue is not None
    timetable = site.hours.get(str(queue.hours))
    return timetable is None or timetable.now_at(at, switches).open
