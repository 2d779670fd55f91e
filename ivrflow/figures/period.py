"""For which days a report is, and how these are cut."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta, tzinfo

from ivrflow.figures.spans import BY, MINUTES, Span, cut, day_of, day_span

MOST_DAYS = 3700
MOST_PARTS = 400
"""Days that may be cut into parts of an hour."""

FIRST_YEAR, LAST_YEAR = 1970, 9000
"""Between them days have neighbours, and moments are seconds since 1970."""


class BadPeriod(ValueError):
    """There is no such period. Says what to ask for instead."""


@dataclass(frozen=True, kw_only=True)
class Period:
    """The days *first* to *last*, both in it, cut *by* one of `spans.BY`; "": whole."""

    first: date
    last: date
    zone: tzinfo
    by: str = ""

    @property
    def span(self) -> Span:
        start = day_span(self.first, self.zone).start
        return Span(start, day_span(self.last, self.zone).end - start)

    @property
    def spans(self) -> list[Span]:
        if not self.by:
            return [self.span]
        return list(cut(self.first, self.last, self.by, self.zone))

    @property
    def by_days(self) -> bool:
        """Whether the sums of whole days are enough."""
        return self.by not in MINUTES


def day_in(text: str, today: date) -> date:
    """The day that *text* names; raises `BadPeriod`."""
    words = {"today": today, "yesterday": today - timedelta(days=1)}
    if text in words:
        return words[text]
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise BadPeriod(
            f"{text[:40]!r} is no day; write 2026-11-22, today or yesterday"
        ) from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise BadPeriod(f"{day} is no day of ours; write one like 2026-11-22")
    return day


def period_of(
    first: str, last: str | None, by: str | None, *, now: float, zone: tzinfo
) -> Period:
    """The period that was asked for in words; *last* None: the day *first* alone.

    Raises `BadPeriod`.
    """
    today = day_of(now, zone)
    begin = day_in(first, today)
    end = begin if last is None else day_in(last, today)
    if by is not None and by not in BY:
        raise BadPeriod(f"{by[:40]!r}: cut it by {', '.join(BY)}")
    if end < begin:
        raise BadPeriod(f"the last day, {end}, is before the first, {begin}")
    in_parts = by in MINUTES
    most = MOST_PARTS if in_parts else MOST_DAYS
    if (end - begin).days >= most:
        hint = "; or cut it by day" if in_parts else ""
        raise BadPeriod(f"{most} days at most: choose fewer{hint}")
    return Period(first=begin, last=end, zone=zone, by=by or "")
