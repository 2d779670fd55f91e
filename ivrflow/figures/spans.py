"""Spans of time that sums are kept for: quarters of an hour, and the days of a zone.

Quarters are counted from 1970, as all zones in use lie whole quarters beside UTC. Half
hours, hours, days, weeks and months are made of them, by the clock of the site: a day
on which clocks are changed has 92 or 100.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

QUARTER = 900


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """From *start*, seconds since 1970, for *seconds*."""

    start: int
    seconds: int

    @property
    def end(self) -> int:
        return self.start + self.seconds


Spans = Callable[[float], tuple[Span, ...]]
"""The spans in which a moment lies, none of which it shares with the moment before its
first one's start."""


def quarters(at: float) -> tuple[Span, ...]:
    """The quarter of an hour in which *at* lies."""
    return (Span(int(at // QUARTER) * QUARTER, QUARTER),)


def quarters_and_days(zone: tzinfo) -> Spans:
    """The quarter of an hour and the day."""
    known: tuple[Span, ...] = ()

    def spans(at: float) -> tuple[Span, ...]:
        # The same objects, mostly: thousands of sums are kept under them.
        nonlocal known
        if not known or not known[0].start <= at < known[0].end:
            day = known[-1] if known and known[-1].start <= at < known[-1].end else None
            known = (*quarters(at), day or day_span(day_of(at, zone), zone))
        return known

    return spans


def day_of(at: float, zone: tzinfo) -> date:
    """The day in *zone*."""
    return datetime.fromtimestamp(at, zone).date()


def day_span(day: date, zone: tzinfo) -> Span:
    """From midnight to midnight: 23 to 25 hours."""
    start, end = (_midnight(d, zone) for d in (day, day + timedelta(days=1)))
    return Span(start, end - start)


def _midnight(day: date, zone: tzinfo) -> int:
    # Where clocks go forward at midnight, the day begins at 1:00, which is what this
    # moment that does not exist is read as.
    moment = datetime(day.year, day.month, day.day, tzinfo=zone)
    return int(moment.timestamp())


BY = ("15m", "30m", "1h", "day", "week", "month")
"""How a report can be cut."""

MINUTES = {"15m": 15, "30m": 30, "1h": 60}


def cut(first: date, last: date, by: str, zone: tzinfo) -> Iterator[Span]:
    """The spans of a report from the day *first* to the day *last*, both in it.

    An hour that clocks repeat is there twice. Of a week or month only the days that are
    asked for are in its span.
    """
    if by in MINUTES:
        yield from _parts(first, last, MINUTES[by], zone)
        return
    start = first
    while start <= last:
        end = min(_last_of(start, by), last)
        from_, until = day_span(start, zone).start, day_span(end, zone).end
        yield Span(from_, until - from_)
        start = end + timedelta(days=1)


def _parts(first: date, last: date, minutes: int, zone: tzinfo) -> Iterator[Span]:
    at, end = day_span(first, zone).start, day_span(last, zone).end
    start = at
    while at < end:
        at += QUARTER
        clock = datetime.fromtimestamp(at, zone)
        if at >= end or (clock.hour * 60 + clock.minute) % minutes == 0:
            yield Span(start, at - start)
            start = at


def _last_of(day: date, by: str) -> date:
    """The last day of the week (Monday to Sunday) or month of *day*."""
    if by == "week":
        return day + timedelta(days=6 - day.weekday())
    if by == "month":
        following = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        return following - timedelta(days=1)
    return day
