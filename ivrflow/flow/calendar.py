"""When a timetable is open: breaks, public holidays, exceptions, switches, time zones.

What counts for a day, the first that applies:

    a date under `except`                      its hours
    a make-up working day of the country       Monday's hours (or `make_up_days`)
    a public holiday of the country            closed
    else                                       the weekday's hours

and a thrown switch closes at once, whatever the day. Hours are of the wall clock in the
timetable's zone. When clocks are put back, a range lasts until the second time its end
comes round; when they are put forward, a time that does not exist is the moment of the
change.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from importlib.util import find_spec, module_from_spec
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from ivrflow.flow.site.hours import DAY, Hours, Ranges

if TYPE_CHECKING:
    from ivrflow.flow.world import Switches

Why = Literal["hours", "break", "holiday", "except", "switched"]

LOOK_AHEAD = 366
"""Days in which the next opening is looked for."""


@dataclass(frozen=True, slots=True)
class State:
    """Whether it is open, and until when."""

    open: bool
    why: Why
    """What decided: for an open timetable hours or except."""
    opens: datetime | None = None
    """When it opens next, in its zone; None while it is open, or if not in a year."""
    closes: datetime | None = None
    """When it closes; None while it is closed, or if not in a year."""


@dataclass(frozen=True, slots=True)
class _Day:
    why: Why
    ranges: tuple[tuple[datetime, datetime], ...]
    """Begin and end, in UTC."""


@dataclass(frozen=True)
class Timetable:
    """One timetable of `hours.yaml`, ready to be asked."""

    hours: Hours
    zone: ZoneInfo
    _days: dict[date, _Day] = field(default_factory=dict, repr=False, compare=False)

    @property
    def name(self) -> str:
        return self.hours.name

    @property
    def closed_by(self) -> str | None:
        """The switch that closes it at once; None if there is none."""
        return str(self.hours.closed_by) if self.hours.closed_by else None

    def now_at(self, now: datetime, switches: Switches) -> State:
        """What holds at *now*, with its switch as *switches* have it then."""
        switch = self.closed_by
        return self.at(now, switch is not None and switches.thrown(switch, now))

    def at(self, now: datetime, thrown: bool = False) -> State:
        """What holds at *now* (an aware time). *thrown*: its switch closes it.

        While it is thrown, `opens` is the next regular opening: nobody knows when a
        person will put it back.
        """
        instant = now.astimezone(UTC)
        today = now.astimezone(self.zone).date()
        day = self._day(today)
        # Clock changes at midnight can make a range end on the next day's date.
        candidates = (*self._day(today - timedelta(days=1)).ranges, *day.ranges)
        current = next((r for r in candidates if r[0] <= instant < r[1]), None)
        if current is not None and not thrown:
            why: Why = "except" if day.why == "except" else "hours"
            return State(True, why, closes=self._end(today, current[1]))
        opens = self._next(today, instant)
        if thrown:
            return State(False, "switched", opens=opens)
        return State(False, self._why(day, instant), opens=opens)

    def ranges(
        self, first: datetime, last: datetime
    ) -> Iterator[tuple[datetime, datetime]]:
        """The ranges of opening hours, in UTC, that end after *first* until *last*."""
        for begin, end in self._ranges(first.astimezone(self.zone).date()):
            if begin > last:
                return
            if end > first:
                yield begin, end

    def _why(self, day: _Day, instant: datetime) -> Why:
        if day.ranges and day.ranges[0][0] <= instant < day.ranges[-1][1]:
            return "break"
        return day.why

    def _next(self, today: date, instant: datetime) -> datetime | None:
        for begin, _ in self._ranges(today):
            if begin > instant:
                return begin.astimezone(self.zone)
        return None

    def _end(self, today: date, end: datetime) -> datetime | None:
        """The end of the range, and of those that follow it without a gap."""
        for begin, until in self._ranges(today):
            if begin > end:
                return end.astimezone(self.zone)
            end = max(end, until)
        return end.astimezone(self.zone) if end - _ahead(today) < _A_YEAR else None

    def _ranges(self, today: date) -> Iterator[tuple[datetime, datetime]]:
        for ahead in range(LOOK_AHEAD + 1):
            try:
                yield from self._day(today + timedelta(days=ahead)).ranges
            except OverflowError:  # the calendar's last year
                return

    def _day(self, day: date) -> _Day:
        known = self._days.get(day)
        if known is None:
            if len(self._days) > 4 * LOOK_AHEAD:
                self._days.clear()
            known = self._days[day] = self._work_out(day)
        return known

    def _work_out(self, day: date) -> _Day:
        hours = self.hours
        for dates, ranges in hours.except_.items():
            if dates.first <= day <= dates.last:
                return self._made("except", day, ranges)
        weekday: int | None = day.weekday()
        if hours.holidays:
            off, make_up = public_holidays(hours.holidays, day.year)
            if day in make_up:
                weekday = hours.make_up_days.day
            elif day in off:
                return _Day("holiday", ())
        for days, ranges in hours.days.items():
            if weekday in days.days:
                return self._made("hours", day, ranges)
        return _Day("hours", ())

    def _made(self, why: Why, day: date, ranges: Ranges) -> _Day:
        return _Day(
            why,
            tuple(
                (
                    _instant(day, begin, self.zone, last=False),
                    _instant(day, end, self.zone, last=True),
                )
                for begin, end in ranges.minutes
            ),
        )


_A_YEAR = timedelta(days=LOOK_AHEAD)


def _ahead(today: date) -> datetime:
    return datetime.combine(today, time(), UTC)


def _instant(day: date, minutes: int, zone: ZoneInfo, *, last: bool) -> datetime:
    """The moment, in UTC, when the wall clock shows *minutes* after midnight of *day*.

    Of two such moments the first, or the last one; if there is none, the moment in
    which the clock jumps over it.
    """
    if minutes == DAY:
        day, minutes = day + timedelta(days=1), 0
        last = False  # midnight is the beginning of the next day
    wall = datetime.combine(day, time(minutes // 60, minutes % 60), zone)
    early, late = (wall.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    if early.astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
        return late if last else early
    # In a gap: fold=1 lies before the jump and fold=0 after it. Find the jump itself.
    before, after = sorted((early, late))
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)


@lru_cache(maxsize=256)
def public_holidays(country: str, year: int) -> tuple[frozenset[date], frozenset[date]]:
    """Return the days off and the make-up working days of a year.

    Takes a moment the first time, for the library's import: `load` asks ahead for the
    years around today. Raises `LookupError` for a country that the library lacks.
    """
    import holidays  # only sites with `holidays:` need it

    _import_no_other_country()
    code, _, part = country.partition("-")
    try:
        found = holidays.country_holidays(code, subdiv=part or None, years=[year])
    except NotImplementedError as error:
        raise LookupError(str(error)) from None
    # The library calls them weekend workdays; the set holds those of other years too.
    made_up: Sequence[date] = getattr(found, "weekend_workdays", None) or ()
    make_up = frozenset(day for day in made_up if day.year == year)
    off = {day for day in found if day not in make_up}
    if make_up:
        off |= _weekends_inside(off, make_up)
    return frozenset(off), make_up


def _import_no_other_country() -> None:
    """Have the library import the country that it is asked for, not all 250.

    Its package of countries imports them all, whichever is wanted: 60 ms of each start,
    and 10 MB. It has no other purpose, so it stands there without having been run.
    """
    name = "holidays.countries"
    if name not in sys.modules and (spec := find_spec(name)) is not None:
        sys.modules[name] = module_from_spec(spec)


def _weekends_inside(off: set[date], make_up: frozenset[date]) -> set[date]:
    """Weekends between two days off are part of the break where days are made up.

    The library names only what is decreed: of the Spring Festival of 2026 it lists the
    Friday and the Monday, and the days between them are as free.
    """
    inside: set[date] = set()
    for day in off:
        gap = []
        following = day + timedelta(days=1)
        while following.weekday() >= 5 and following not in off | make_up:
            gap.append(following)
            following += timedelta(days=1)
        if following in off:
            inside.update(gap)
    return inside
