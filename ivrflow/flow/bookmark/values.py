"""The values of a flow's variables as JSON, and back: exact, and without secrets.

JSON has texts, whole numbers, yes, no, none, lists and records. All else is a record
with the one key `~`: money stays money, a date a date. Of what is secret or masked
only what it shows is written, who asked for it, and which keys it was: where these are
kept, they are asked for (`find`), else it is lost. So it is with a copy of that in
another value: a table of cards may give back the number with which it was asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from ivrflow.secret import Asked, Masked, Secret, Typed
from ivrflow.telephony.keys import Stretch

TAG = "~"
LARGEST = 2**53
"""Whole numbers beyond this are written as texts: not every reader of JSON is exact
with them, and none here has to be."""

PLAIN = frozenset((str, bool, type(None)))


def written(value: object, hidden: Sequence[Secret] = ()) -> object:
    """*value* as JSON knows it. What no variable can hold becomes none.

    What gives one of *hidden* away is written as what that shows: it may be more than a
    copy of it, so it does not come back with it.
    """
    if hidden and isinstance(value, str | int | float | Decimal):
        text = str(value)
        for one in hidden:
            if one.stands_in(text):
                return shown(one)
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
        return shown(value, *(value.typed or ()))
    for each, tag in _TAGS:
        if isinstance(value, each):
            return {TAG: [tag, _TEXT.get(each, str)(value)]}
    return None


def shown(secret: Secret, *typed: object) -> dict[str, list[object]]:
    """What is written of a secret: what anybody may see, who asked for it, and where
    else its keys may be."""
    kept = "m" if isinstance(secret, Masked) else "x"
    return {TAG: [kept, str(secret), *secret.asked, *typed]}


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


def find(
    value: object, stretch: Callable[[Stretch], str]
) -> Iterator[tuple[Secret, str]]:
    """Give what was lost in *value* its text back, where *stretch* knows its keys.

    Yields each that has one again, with it.
    """
    if isinstance(value, Secret):
        if value.is_lost and value.typed is not None:
            text = stretch(Stretch(*value.typed))
            if value.found(text):
                yield value, text
    elif isinstance(value, Mapping | tuple):
        for one in value.values() if isinstance(value, Mapping) else value:
            yield from find(one, stretch)


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
    "m": lambda *parts: _lost(Masked, *parts),
    "x": lambda *parts: _lost(Secret, *parts),
}


def _lost(kind: type[Secret], shown: str, flow: str, step: str, *typed: Any) -> Secret:
    return kind.lost(shown, Asked(flow, step), _typed(*typed) if typed else None)


def _typed(keeper: str, first: int, last: int) -> Typed:
    return str(keeper), int(first), int(last)
