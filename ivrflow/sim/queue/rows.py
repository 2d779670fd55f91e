"""The rows of a recorded day, in the two forms that are read.

The first is that of the "Anonymous Bank" data. Times are H:MM:SS of one day:

    type       a class of calls; left out, or empty: one for all
    vru_exit   when the voice unit let the call go: it was answered at once, or lost
    q_start, q_exit     in the queue; 0:00:00 both: it never was
    outcome    AGENT, HANG, or something else: no call of the queue's
    ser_time   seconds with the agent
    server     who that was

A call was *offered* if its outcome is AGENT, or if it is HANG and the call was in the
queue: who hangs up in the voice unit asked for nobody.

The other is what `ivrflow report calls --csv` writes. When a call joined its queue is
not in it, so its beginning is taken: a day is a little early, and as busy as it was.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

DAY = 86_400.0

_TIME = re.compile(r"(\d{1,2}):([0-5]\d):([0-5]\d)", re.ASCII)
_SECONDS = re.compile(r"\d{1,6}(\.\d{1,9})?", re.ASCII)
_NOBODY = ("", "NO_SERVER")

GAVE_UP = "abandoned"

Values = Mapping[str, str]
"""Column -> what stands there; "" for one that the file does not have."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A call that was offered. Times are seconds since midnight of the first day."""

    line: int
    """In the file. It is also what the call is known by: ids may come twice."""
    klass: str
    at: float
    """When it joined the queue."""
    waited: float
    """Until the agent answered, or the caller left."""
    talked: float | None
    """None: nobody answered."""
    agent: str = ""
    left: str = GAVE_UP
    """How a call left that nobody answered, as `LeftQueue.how`."""


class BadCell(Exception):
    """What stands in a column can't be read; says why."""

    def __init__(self, column: str, message: str) -> None:
        super().__init__(message)
        self.column = column


Reader = Callable[[Values, int], Recorded | None]
"""Make a call of a row, given its line; None if it was not offered.

Raises `BadCell`."""


@dataclass(frozen=True, slots=True)
class Form:
    """One form of a recorded day."""

    needed: tuple[str, ...]
    """Columns that there must be."""
    more: tuple[str, ...]
    """Columns that may be left out."""
    read: Reader


def of_a_bank(values: Values, line: int) -> Recorded | None:
    """A row of the bank's day."""
    outcome = values["outcome"].upper()
    begin, end = _time(values, "q_start"), _time(values, "q_exit")
    if outcome not in ("AGENT", "HANG"):
        return None
    queued = bool(begin or end)
    if outcome == "HANG" and not queued:
        return None
    at = begin if queued else _time(values, "vru_exit")
    waited = end - begin if queued else 0.0
    if waited < 0:
        waited += DAY  # over midnight
    talked = _seconds(values, "ser_time") if outcome == "AGENT" else None
    agent = "" if values["server"] in _NOBODY else values["server"]
    return Recorded(line, _klass(values["type"]), at, waited, talked, agent)


def of_our_own(values: Values, line: int) -> Recorded | None:
    """A row of `ivrflow report calls --csv`. Its class is the first queue's name."""
    outcome = values["outcome"]
    queues = re.split(r"[;, ]+", values["queues"])
    if not queues[0] or outcome in ("", "lost"):
        return None
    agents = re.split(r"[;, ]+", values["agents"])
    talked = None
    if outcome == "answered":
        talked = _seconds(values, "talk") + _seconds(values, "hold")
    return Recorded(
        line,
        _klass(queues[0]),
        _moment(values, "started"),
        _seconds(values, "waited"),
        talked,
        agents[0],
        "" if talked is not None else outcome,
    )


FORMS = (
    Form(
        ("vru_exit", "q_start", "q_exit", "outcome", "ser_time"),
        ("type", "server"),
        of_a_bank,
    ),
    Form(
        ("started", "queues", "waited", "outcome", "talk", "hold"),
        ("agents",),
        of_our_own,
    ),
)
"""The forms that are known; the first one is told to whose file has neither."""


def _klass(written: str) -> str:
    """A class's name as scenarios have it: one word of a-z, 0-9 and _."""
    klass = re.sub(r"[^a-z0-9_]", "_", written.lower())
    if klass[:1].isalpha():
        return klass
    return f"c_{klass}" if klass else "calls"


def _time(values: Values, column: str) -> float:
    found = _TIME.fullmatch(values[column])
    if found is None or int(found[1]) > 24:
        said = f"{values[column][:40]!r} is not a time; write 9:05:00"
        raise BadCell(column, said)
    return int(found[1]) * 3600.0 + int(found[2]) * 60.0 + int(found[3])


def _moment(values: Values, column: str) -> float:
    """A date and a time as seconds since the year 1, by the clock that wrote it."""
    try:
        # Without its offset: shifts and rates go by the clock on the wall.
        moment = datetime.fromisoformat(values[column]).replace(tzinfo=None)
    except ValueError:
        said = f"{values[column][:40]!r} is not a date and a time"
        raise BadCell(column, said) from None
    return (moment - datetime(1, 1, 1)).total_seconds()


def _seconds(values: Values, column: str) -> float:
    if not _SECONDS.fullmatch(values[column]):
        said = f"{values[column][:40]!r} is not a number of seconds"
        raise BadCell(column, said)
    return float(values[column])
