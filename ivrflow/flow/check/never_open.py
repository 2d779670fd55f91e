"""T014: a week in which it is never open (a warning).

The timetable has no hours on any day of the week, so that `open` goes the way `yes` at
most on days under `except:`. A switch that closes at once is `closed_by:`.

Wrong:

    # hours.yaml
    office: {closed_by: shut}
            ^

Right:

    # hours.yaml
    office: {mon-fri: 09:00-17:00, closed_by: shut}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.check._site import warning
from ivrflow.flow.source import Problem

if TYPE_CHECKING:
    from ivrflow.flow.site import Site


def check(site: Site) -> Iterator[Problem]:
    for name, timetable in site.hours.items():
        hours = timetable.hours
        if not any(ranges.minutes for ranges in hours.days.values()):
            message = f"{str(name)!r} is open on no day of the week"
            yield warning(hours.at, "T014", message)
