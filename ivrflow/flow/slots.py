"""When callers can be called back: a timetable, cut into pieces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from ivrflow.flow.calendar import Timetable

MOST = 500
"""Slots at most: nobody pages through more by phone."""


def slots(
    timetable: Timetable, now: datetime, *, within: float, length: float
) -> list[datetime]:
    """The begins of the slots from *now* on, in the timetable's zone.

    A slot is *length* seconds long, begins within *within* seconds, and lies whole in a
    range of opening hours.
    """
    last, step = now + timedelta(seconds=within), timedelta(seconds=length)
    found: list[datetime] = []
    for opens, closes in timetable.ranges(now, last):
        begin = opens
        while begin + step <= closes and begin <= last and len(found) < MOST:
            if begin > now:
                found.append(begin.astimezone(timetable.zone))
            begin += step
    return found


def with_room(
    every: Sequence[datetime], booked: Mapping[float, int], per_slot: int
) -> list[datetime]:
    """Those of *every* slot that are not full; *booked* is timestamp -> bookings."""
    return [one for one in every if booked.get(one.timestamp(), 0) < per_slot]


def next_day(free: Sequence[datetime], place: int) -> int:
    """The place of the first slot on a later day; the first of all after the last."""
    today = free[place].date()
    later = (n for n in range(place, len(free)) if free[n].date() > today)
    return next(later, 0)
