"""Makes what a database or a server has answered a row of the promised types.

`data.yaml` says with `gives` what a source gives. Whatever comes is held against it at
this one door, so that no step behind it ever meets a text where a number was promised.
Columns that `gives` does not name stay outside. Without `gives` all plain values pass
as they are.

Nothing here quotes a value: it may be a customer's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Decimal, DecimalException
from typing import TYPE_CHECKING, Any

from ivrflow.flow.world import Row, Trouble

if TYPE_CHECKING:
    from ivrflow.flow.site.data import DataSource, Gives

LONGEST_TEXT = 10_000
"""Characters of one column."""

LARGEST = Decimal(10) ** 15
"""Numbers beyond this are a mistake, and no speller says them."""

CENTS = Decimal("0.0001")
"""What is kept of money that comes as a binary fraction, as sums in SQLite do."""

PHONE = re.compile(r"\+?[0-9*#]{1,40}")
YES = frozenset(("1", "y", "yes", "t", "true"))
NO = frozenset(("0", "n", "no", "f", "false"))


class Misfit(Exception):
    """A value that is not what was promised. Says what it should be."""


def typed(source: DataSource, answer: Mapping[str, Any]) -> Row:
    """Return *answer* as `gives` types it, its verify columns as texts beside.

    Raises `Trouble` for a column that is not there or is of another type. None stays
    None in every type.
    """
    row: dict[str, Any] = {}
    promised = {str(column): gives for column, gives in source.gives.items()}
    for column in promised or answer:
        if column in answer and column not in source.hash_columns:
            try:
                row[column] = _value(promised.get(column), answer[column])
            except Misfit as misfit:
                raise Trouble(
                    f"{place(source)}: column {column!r} holds what is not "
                    f"{misfit}; change `gives`, or what the source answers"
                ) from None
    absent = [c for c in (*promised, *source.hash_columns) if c not in answer]
    if absent:
        raise Trouble(
            f"{place(source)}: the answer has no column {absent[0]!r}; change "
            f"`gives` and `verify`, or what the source answers"
        )
    for column in source.hash_columns:
        found = answer[column]
        row[column] = None if found is None else str(found)
    return row


def place(source: DataSource) -> str:
    """Where the source stands and what it is called, for a message."""
    return f"{source.at}: {source.name}"


def _value(gives: Gives | None, value: Any) -> Any:
    if value is None:
        return None
    if gives is None:
        return _as_it_is(value)
    if gives.one_of is not None:
        text = _text(value)
        if text not in gives.one_of:
            raise Misfit(f"one of {', '.join(gives.one_of)}")
        return text
    return READERS[gives.kind](value)


def _as_it_is(value: Any) -> Any:
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, bool | int | Decimal | date | time | timedelta):
        return value
    return _text(value)


def _text(value: Any) -> str:
    if isinstance(value, str) and len(value) <= LONGEST_TEXT:
        return str(value)
    # A number where a text was promised: a telephone number, say, in a column of
    # numbers. Written out it is what was meant.
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return format(value, "f") if isinstance(value, Decimal) else str(value)
    raise Misfit(f"a text of at most {LONGEST_TEXT} characters")


def _number(value: Any) -> int | Decimal:
    number = _decimal(value, "a number")
    return int(number) if number == number.to_integral_value() else number


def _money(value: Any) -> Decimal:
    money = _decimal(value, "an amount of money")
    if isinstance(value, float) and money % CENTS:
        return money.quantize(CENTS, ROUND_HALF_EVEN)
    return money


def _decimal(value: Any, what: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        raise Misfit(what)
    text = repr(value) if isinstance(value, float) else str(value).strip()
    try:
        number = Decimal(text) if len(text) <= 60 and "_" not in text else None
    except DecimalException:
        number = None
    if number is None or not number.is_finite() or abs(number) > LARGEST:
        raise Misfit(what)
    return number


def _yes_no(value: Any) -> bool:
    text = str(value).strip().lower()
    if text in YES:
        return True
    if text in NO:
        return False
    raise Misfit("yes or no")


def _date(value: Any) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return datetime.fromisoformat(_text(value).strip()).date()
    except ValueError:
        raise Misfit("a date such as 2026-03-15") from None


def _time(value: Any) -> time:
    if isinstance(value, datetime):
        return value.time()
    if isinstance(value, time):
        return value
    try:
        return time.fromisoformat(_text(value).strip())
    except ValueError:
        raise Misfit("a time such as 08:30") from None


def _duration(value: Any) -> timedelta:
    if isinstance(value, timedelta):
        return value
    return timedelta(seconds=float(_decimal(value, "a duration in seconds")))


def _phone(value: Any) -> str:
    text = re.sub(r"[ ()./-]", "", _text(value))
    if not PHONE.fullmatch(text):
        raise Misfit("a telephone number")
    return text


READERS: Mapping[str, Callable[[Any], Any]] = {
    "text": _text,
    "number": _number,
    "money": _money,
    "yes/no": _yes_no,
    "date": _date,
    "time": _time,
    "duration": _duration,
    "phone": _phone,
}
