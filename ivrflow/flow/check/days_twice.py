"""T013: a day that stands twice in a timetable.

Two lines of a timetable hold for the same weekday, or two entries of `except:` for the
same date: the first one counts, and the other one is never used. Write each day once,
its ranges one after the other. A date of its own may stand before longer ones that hold
for it too: it is an exception of them.

Wrong:

    # hours.yaml
    office:
      mon-fri: 09:00-17:00
      fri: 09:00-15:00
      ^

Right:

    # hours.yaml
    office:
      mon-thu: 09:00-17:00
      fri: 09:00-15:00
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.site.hours import WEEKDAYS, Dates, Days, Hours
from ivrflow.flow.source import Problem

if TYPE_CHECKING:
    from ivrflow.flow.site import Site


def check(site: Site) -> Iterator[Problem]:
    for timetable in site.hours.values():
        yield from _weekdays(timetable.hours)
        yield from _dates(timetable.hours)


def _weekdays(hours: Hours) -> Iterator[Problem]:
    first: dict[int, Days] = {}
    for days in hours.days:
        twice = [day for day in days.days if day in first]
        for day in days.days:
            first.setdefault(day, days)
        if twice:
            message = (
                f"{WEEKDAYS[twice[0]]} stands in '{first[twice[0]]}' already, which "
                "counts"
            )
            yield Problem(days.at, "T013", message)


def _dates(hours: Hours) -> Iterator[Problem]:
    before: list[Dates] = []
    for dates in hours.except_:
        for other in before:
            if _collide(other, dates):
                message = f"stands in '{other}' already, which counts"
                yield Problem(dates.at, "T013", message)
                break
        before.append(dates)


def _collide(first: Dates, then: Dates) -> bool:
    if then.last < first.first or first.last < then.first:
        return False
    length = first.last - first.first
    inside = then.first <= first.first and first.last <= then.last
    return not (inside and length < then.last - then.first)
