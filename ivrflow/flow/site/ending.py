"""Until when a live change holds: as people write it, and how long it may be.

`2h` is counted from now; `2026-12-24 18:00` is the site's wall clock; `2026-12-24`
lasts to the end of that day.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

from pydantic_core import PydanticCustomError

from ivrflow.flow.kinds import Duration
from ivrflow.flow.source import Scalar

LONGEST = 366 * 86_400.0
"""Seconds. No end lies further away: what is to stay for ever has no end."""

_WHEN = re.compile(r"(\d{4}-\d\d-\d\d)(?:[ T](\d\d?:\d\d))?", re.ASCII)


class BadEnd(ValueError):
    """An end that is none, or lies too far away. Says what to write."""


def read_end(written: str, now: datetime) -> datetime:
    """The time that is meant; *now* is aware. Raises `BadEnd`."""
    written = written.strip()
    if found := _WHEN.fullmatch(written):
        end = _at(found[1], found[2], now)
    else:
        try:
            end = _after(now, float(Duration.read(Scalar(written))))
        except (PydanticCustomError, OverflowError, OSError, ValueError):
            raise BadEnd(
                f"{written[:40]!r} is no end; write 2h, 2026-12-24 18:00 or 2026-12-24"
            ) from None
    if end <= now:
        raise BadEnd(f"{written!r} is over already")
    return end


def _at(day: str, clock: str | None, now: datetime) -> datetime:
    try:
        on = date.fromisoformat(day)
        if clock is not None:
            hours, minutes = map(int, clock.split(":"))
            return datetime.combine(on, time(hours, minutes), now.tzinfo)
        return datetime.combine(on + timedelta(days=1), time(), now.tzinfo)
    except (ValueError, OverflowError):
        raise BadEnd(f"there is no such time: {day} {clock or ''}".rstrip()) from None


def _after(now: datetime, seconds: float) -> datetime:
    # By the clock of the world: a wall clock that is put back lasts an hour longer.
    return datetime.fromtimestamp(now.timestamp() + seconds, now.tzinfo)


def end_of(
    expires: float | None, now: datetime, wanted: datetime | None, *, file: str
) -> datetime | None:
    """The end of a change at *now*: *wanted*, else after *expires* seconds, else none.

    Raises `BadEnd` for what lies beyond *expires*, which *file* gives, or `LONGEST`.
    """
    most = LONGEST if expires is None else float(expires)
    if wanted is None:
        return None if expires is None else _after(now, most)
    if wanted.timestamp() - now.timestamp() > most:
        why = "" if expires is None else f": `expires` in {file}"
        raise BadEnd(f"it can't hold for longer than {most / 3600:g}h{why}")
    return wanted
