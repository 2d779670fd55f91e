"""What values do in an expression: comparing, reckoning, functions.

`none` is a value that is not there. A comparison with it is false, and arithmetic with
it is none again: a caller who has not said his district fits no rule about districts,
and nothing fails.

An entry of digits is a text, so that leading zeros stay. Beside a number it counts as
the number: `1 <= score <= 5` works on what was typed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal, DecimalException
from typing import Any

from ivrflow.secret import Masked, Secret

LARGEST = Decimal(10) ** 24
"""Numbers beyond this are a mistake; telephones don't say them."""

LONGEST = 10_000
"""Characters of a text that an expression may make."""

_EXACT = Context(prec=40, rounding=ROUND_HALF_UP)


class Fault(Exception):
    """A value that an expression can't work with."""


def kind_of(value: object) -> str:
    """What an author calls its type. Never shows the value: it may be private."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes/no"
    for kinds, name in (
        (Masked, "a masked number"),
        (Secret, "a secret"),
        (int | float | Decimal, "a number"),
        (str, "a text"),
        (datetime, "a date with its time"),
        (date, "a date"),
        (time, "a time"),
        (timedelta, "a duration"),
        (Mapping, "a record"),
        (list | tuple, "a list"),
    ):
        if isinstance(value, kinds):
            return name
    return "something else"


def truth(value: object) -> bool:
    """Yes or no; none is no. Raises `Fault` for all else."""
    if value is None:
        return False
    if isinstance(value, bool):
        return value
    raise Fault(f"{kind_of(value)} is neither yes nor no; compare it with something")


def is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def number(value: object) -> int | Decimal | None:
    """*value* as a number: a text of digits counts as one. None if it is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, Decimal):
        return value if value.is_finite() else None
    if isinstance(value, float):
        return Decimal(repr(value)) if abs(value) < 1e24 else None
    if isinstance(value, timedelta):
        return Decimal(repr(value.total_seconds()))
    if isinstance(value, str) and len(value) <= 30 and value.isascii():
        digits = value.removeprefix("-")
        if digits.isdigit():
            return int(value)
        if digits.replace(".", "", 1).isdigit() and digits[0] != "." != digits[-1]:
            return Decimal(value)
    return None


def tidy(value: int | Decimal) -> int | Decimal:
    """A whole number without its decimals; raise `Fault` for one out of bounds."""
    if isinstance(value, Decimal) and not value.is_finite():
        raise Fault("the result is not a number")
    if abs(Decimal(value)) > LARGEST:
        raise Fault("the result is too large")
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return int(value)
    return value


# Comparing ------------------------------------------------------------------------


def _pair(left: object, right: object) -> tuple[Any, Any]:
    """Both as one type, so that they can be compared."""
    if isinstance(left, Secret) or isinstance(right, Secret):
        raise Fault("what is secret or masked can't be compared")
    if is_number(left) or is_number(right):
        one, two = number(left), number(right)
        if one is not None and two is not None:
            return one, two
        return left, right
    for pattern in (datetime, date, time):
        if isinstance(left, pattern) and isinstance(right, str):
            return left, _moment(pattern, right)
        if isinstance(right, pattern) and isinstance(left, str):
            return _moment(pattern, left), right
    return left, right


def _moment(kind: Any, text: str) -> object:
    try:
        return kind.fromisoformat(text)
    except ValueError:
        return text


def equal(left: object, right: object) -> bool:
    if left is None or right is None:
        return False
    one, two = _pair(left, right)
    if isinstance(one, bool) != isinstance(two, bool):
        return False
    try:
        return bool(one == two)
    except DecimalException:  # something that is not a number, as it is called
        return False


def different(left: object, right: object) -> bool:
    return left is not None and right is not None and not equal(left, right)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[object, object], bool]:
    def ordered(left: object, right: object) -> bool:
        if left is None or right is None:
            return False
        one, two = _pair(left, right)
        try:
            if isinstance(one, bool) or isinstance(two, bool):
                raise TypeError
            return bool(compare(one, two))
        except (TypeError, DecimalException):
            message = f"{kind_of(left)} can't be compared with {kind_of(right)}"
            raise Fault(message) from None

    return ordered


def contains(item: object, where: object) -> bool:
    """`item in where`: a list's element, a part of a text, a record's column."""
    if item is None or where is None:
        return False
    if isinstance(where, str):
        if not isinstance(item, str):
            raise Fault(f"{kind_of(item)} can't be part of a text")
        return item in where
    if isinstance(where, list | tuple):
        return any(equal(item, one) for one in where)
    if isinstance(where, Mapping):
        return isinstance(item, str) and item in where
    raise Fault(f"nothing can be in {kind_of(where)}")


COMPARE: dict[str, Callable[[object, object], bool]] = {
    "==": equal,
    "!=": different,
    "<": _ordered(lambda a, b: a < b),
    "<=": _ordered(lambda a, b: a <= b),
    ">": _ordered(lambda a, b: a > b),
    ">=": _ordered(lambda a, b: a >= b),
    "in": contains,
    "not in": lambda item, where: (
        item is not None and where is not None and not contains(item, where)
    ),
}


# Reckoning ------------------------------------------------------------------------


def _reckoned(
    sign: str, work: Callable[[Decimal, Decimal], Decimal]
) -> Callable[[object, object], object]:
    def reckoned(left: object, right: object) -> object:
        if left is None or right is None:
            return None
        one, two = number(left), number(right)
        if one is None or two is None:
            message = f"{kind_of(left)} {sign} {kind_of(right)} can't be reckoned"
            raise Fault(message)
        try:
            return tidy(work(Decimal(one), Decimal(two)))
        except ZeroDivisionError:
            raise Fault("a division by zero") from None
        except DecimalException:
            raise Fault("a division by zero, or a result too large") from None

    return reckoned


_times = _reckoned("*", _EXACT.multiply)
_over = _reckoned("/", _EXACT.divide)
_plus = _reckoned("+", _EXACT.add)
_minus = _reckoned("-", _EXACT.subtract)


def _remainder(left: Decimal, right: Decimal) -> Decimal:
    rest = _EXACT.remainder(left, right)
    # As on paper: -1 % 7 is 6, where Decimal says -1.
    return rest + right if rest and (rest < 0) != (right < 0) else rest


def add(left: object, right: object) -> object:
    """Numbers; or a date and a number of days."""
    if isinstance(left, date) and is_number(right):
        return _days(left, number(right))
    return _plus(left, right)


def subtract(left: object, right: object) -> object:
    """Numbers; a date less a number of days; the days between two dates."""
    if isinstance(left, date) and is_number(right):
        return _days(left, -(number(right) or 0))
    if isinstance(left, date) and isinstance(right, date):
        first, last = (
            d.date() if isinstance(d, datetime) else d for d in (right, left)
        )
        return (last - first).days
    return _minus(left, right)


def _days(day: date, days: int | Decimal | None) -> date:
    try:
        return day + timedelta(days=float(days or 0))
    except (OverflowError, ValueError):
        raise Fault("a date out of the calendar") from None


ARITHMETIC: dict[str, Callable[[object, object], object]] = {
    "+": add,
    "-": subtract,
    "*": _times,
    "/": _over,
    "%": _reckoned("%", _remainder),
}


def negative(value: object) -> object:
    return None if value is None else _minus(0, value)


def member(record: object, name: str) -> object:
    """`record.name`: a column of a record; none of none, and of what is not there."""
    if record is None:
        return None
    if isinstance(record, Mapping):
        return record.get(name)
    raise Fault(f".{name} of {kind_of(record)}, which has no columns")


def element(where: object, index: object) -> object:
    """`list[0]`, `row['name']`; none if there is no such element."""
    if where is None or index is None:
        return None
    if isinstance(where, Mapping):
        return where.get(index) if isinstance(index, str) else None
    place = number(index)
    if not isinstance(where, list | tuple | str) or place != (whole := int(place or 0)):
        raise Fault(f"{kind_of(where)}[{kind_of(index)}] does not work")
    return where[whole] if -len(where) <= whole < len(where) else None


# Functions ------------------------------------------------------------------------


def _texts(*values: object) -> None:
    for value in values:
        if not isinstance(value, str):
            raise Fault(f"a text is wanted, not {kind_of(value)}")


def _len(value: object) -> int:
    if isinstance(value, str | list | tuple):
        return len(value)
    raise Fault(f"{kind_of(value)} has no length")


def _most(keep: Callable[..., Any]) -> Callable[..., object]:
    def most(*values: object) -> object:
        things = values
        if len(values) == 1 and isinstance(values[0], list | tuple):
            things = tuple(values[0])
        numbers = [number(value) for value in things if value is not None]
        if None in numbers:
            raise Fault("numbers are wanted")
        return keep(numbers) if numbers else None

    return most


def _abs(value: object) -> object:
    one = number(value)
    if one is None:
        raise Fault(f"a number is wanted, not {kind_of(value)}")
    return abs(one)


def _round(value: object, places: object = 0) -> object:
    one, digits = number(value), number(places)
    if one is None or digits is None or digits not in range(7):
        raise Fault("round(number, places): the places from 0 to 6")
    step = Decimal(1).scaleb(-int(digits))
    try:
        return tidy(Decimal(one).quantize(step, context=_EXACT))
    except DecimalException:
        raise Fault("the result is too large") from None


def _case(change: Callable[[str], str]) -> Callable[[object], str]:
    def changed(value: object) -> str:
        _texts(value)
        return change(str(value))

    return changed


def _starts(value: object, start: object) -> bool:
    _texts(value, start)
    return str(value).startswith(str(start))


def _ends(value: object, end: object) -> bool:
    _texts(value, end)
    return str(value).endswith(str(end))


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Secret | Mapping | list | tuple):
        raise Fault(f"{kind_of(value)} is no text")
    text = format(value, "f") if isinstance(value, Decimal) else str(value)
    if len(text) > LONGEST:
        raise Fault("the text is too long")
    return text


FUNCTIONS: dict[str, tuple[int, int, Callable[..., object]]] = {
    "len": (1, 1, _len),
    "min": (1, 20, _most(min)),
    "max": (1, 20, _most(max)),
    "abs": (1, 1, _abs),
    "round": (1, 2, _round),
    "lower": (1, 1, _case(str.lower)),
    "upper": (1, 1, _case(str.upper)),
    "starts_with": (2, 2, _starts),
    "ends_with": (2, 2, _ends),
    "text": (1, 1, _text),
    "number": (1, 1, number),
}
"""Name -> fewest and most arguments, and the function. Of none each gives none;
`choose` and `default`, which look at none themselves, are part of the grammar."""
