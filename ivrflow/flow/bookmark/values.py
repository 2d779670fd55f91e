"""The values of a flow's variables as JSON, and back: exact, and without secrets.

JSON has texts, whole numbers, yes, no, none, lists and records. All else is a record
with the one key `~`: money stays money, a date a date. Of what is secret or masked
only what it shows is written, and who asked for it. So it is with a copy of that in
another value: a table of cards may give back the number with which it was asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from ivrflow.secret import Asked, Masked, Secret

TAG = "~"
LARGEST = 2**53
"""Whole numbers beyond this are written as texts: not every reader of JSON is exact
with them, and none here has to be."""

PLAIN = frozenset((str, bool, type(None)))


def written(value: object, hidden: Sequence[Secret] = ()) -> object:
    """*value* as JSON knows it. What no variable can hold becomes none.

    What gives one of *hidden* away is written as that.
    """
    if hidden and isinstance(value, str | int | float | Decimal):
        text = str(value)
        value = next((one for one in hidden if one.stands_in(text)), value)
    if type(value) in PLAIN:
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int):
        plain = -LARGEST <= value <= LARGEST
        return int(value) if plain else {TAG: ["i", str(int(value))]}
    if isinstance(value, list | tuple):
        return [written(one, hidden) for one in value]
    if isinstance(value, Mapping):
        record = {str(name): written(one, hidden) for name, one in value.items()}
        return record if TAG not in record else {TAG: ["r", list(record.items())]}
    if isinstance(value, Secret):
        kept = "m" if isinstance(value, Masked) else "x"
        return {TAG: [kept, str(value), *value.asked]}
    for each, tag in _TAGS:
        if isinstance(value, each):
            return {TAG: [tag, _TEXT.get(each, str)(value)]}
    return None


def read(value: Any) -> object:
    """The value that `written` wrote. Raises `ValueError` and its like for no such."""
    if isinstance(value, list):
        return tuple(read(one) for one in value)
    if not isinstance(value, dict):
        return value
    tagged = value.get(TAG)
    if tagged is None:
        return {name: read(one) for name, one in value.items()}
    tag, *parts = tagged
    return _READERS[tag](*parts)


def record(value: Any) -> dict[str, Any]:
    """What `written` made of a record, which must be one; raises `ValueError`."""
    found = read(value)
    if not isinstance(found, dict):
        raise ValueError("a record is wanted")
    return found


_TAGS: tuple[tuple[type, str], ...] = (
    (Decimal, "d"),
    (float, "f"),
    (datetime, "t"),
    (date, "D"),
    (time, "h"),
    (timedelta, "s"),
)
"""The order counts: a datetime is a date too."""

_TEXT: Mapping[type, Callable[[Any], str]] = {
    float: repr,
    datetime: datetime.isoformat,
    date: date.isoformat,
    time: time.isoformat,
    timedelta: lambda value: repr(value.total_seconds()),
}

_READERS: Mapping[str, Callable[..., object]] = {
    "i": int,
    "d": Decimal,
    "f": float,
    "t": datetime.fromisoformat,
    "D": date.fromisoformat,
    "h": time.fromisoformat,
    "s": lambda text: timedelta(seconds=float(text)),
    "r": lambda items: {name: read(one) for name, one in items},
    "m": lambda shown, flow, step: Masked.lost(shown, Asked(flow, step)),
    "x": lambda shown, flow, step: Secret.lost(shown, Asked(flow, step)),
}
