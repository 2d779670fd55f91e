"""What a value must be to be said in a given way; the same for every language.

A value that does not fit raises `CannotSay`. The message names what was needed and what
came, never the value itself: it may be somebody's number, and the message goes into a
log.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal

LARGEST = Decimal(10) ** 15
"""Numbers from here on are not said as numbers: nobody could follow."""

LONGEST_DIGITS = 40

_NUMBER = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?")


class CannotSay(ValueError):
    """A value that its filter can't say: nothing there, or of another type."""


def kind_of(value: object) -> str:
    """Name the type of *value* in an author's words, for messages."""
    if value is None:
        return "nothing"
    names: dict[type, str] = {
        bool: "yes or no",
        int: "a number",
        float: "a number",
        Decimal: "a number",
        str: "a text",
        datetime: "a date with a time",
        date: "a date",
        time: "a time",
        timedelta: "a duration",
    }
    for known, name in names.items():
        if isinstance(value, known):
            return name
    return f"a {type(value).__name__.lower()}"


def _refused(needed: str, value: object) -> CannotSay:
    return CannotSay(f"{needed} is needed here, and this is {kind_of(value)}")


def as_number(value: object) -> Decimal:
    """Return *value* as a finite number smaller than `LARGEST` either way.

    A text of digits counts as a number: what a caller enters is one.
    """
    number: Decimal | None = None
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        number = Decimal(value)
    elif isinstance(value, float):
        number = Decimal(repr(value))
    elif isinstance(value, str) and _NUMBER.fullmatch(value):
        number = Decimal(value)
    if number is None or not number.is_finite():
        raise _refused("a number", value)
    if abs(number) >= LARGEST:
        raise CannotSay("the number is too long to be said; say it with 'digits'")
    return number


def as_count(value: object) -> int:
    """Return *value* as a whole number from 0 up."""
    number = as_number(value)
    if number < 0 or number != number.to_integral_value():
        raise CannotSay("a whole number from 0 up is needed here")
    return int(number)


def as_amount(value: object) -> tuple[bool, int, int]:
    """Return money as (is it below zero, whole units, hundredths), rounded half up."""
    number = as_number(value)
    cents = int(abs(number).scaleb(2).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    whole, rest = divmod(cents, 100)
    return number < 0 and cents > 0, whole, rest


def as_fraction(number: Decimal) -> tuple[int, str]:
    """Split *number* >= 0 into its whole part and the digits after the point.

    At most six of them, without zeros at the end.
    """
    short = number.quantize(Decimal("0.000001"), rounding=ROUND_HALF_UP)
    whole, _, rest = f"{short:f}".partition(".")
    return int(whole), rest.rstrip("0")


def as_digits(value: object) -> str:
    """Return the characters to say one by one: digits, `*`, `#`, `+`, capital letters.

    Blanks, hyphens, dots and brackets are how people write numbers; nobody says them.
    """
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        value = str(value)
    if not isinstance(value, str):
        raise _refused("a text of digits", value)
    said = re.sub(r"[-\s./()]", "", value).upper()
    if not re.fullmatch(r"[0-9A-Z*#+]+", said) or not said.isascii():
        raise CannotSay("digits or letters are needed here, and there are other signs")
    if len(said) > LONGEST_DIGITS:
        raise CannotSay(f"more than {LONGEST_DIGITS} digits are too many to be said")
    return said


def as_date(value: object) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    raise _refused("a date", value)


def as_time(value: object) -> time:
    """Return the time of the day. Its seconds are not said."""
    if isinstance(value, datetime):
        return value.time()
    if isinstance(value, time):
        return value
    raise _refused("a time", value)


def as_seconds(value: object) -> int:
    """Return a duration in whole seconds."""
    if isinstance(value, timedelta):
        value = Decimal(repr(value.total_seconds()))
    number = as_number(value)
    if number < 0:
        raise CannotSay("a duration can't be below zero")
    return int(number.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def as_minutes(value: object) -> tuple[int, int]:
    """Return a wait as (at least, at most) whole minutes, one minute or more.

    *value* is in seconds, or a pair of seconds. A single value is rounded to the
    nearest minute; of a pair the low end goes down and the high end up, because a
    caller who was promised four minutes forgives three.
    """
    if isinstance(value, Sequence) and not isinstance(value, str):
        if len(value) != 2:
            raise CannotSay("a wait is one duration, or a low and a high one")
        low, high = sorted(as_seconds(end) for end in value)
        return max(low // 60, 1), max(-(-high // 60), 1)
    nearest = max((as_seconds(value) + 30) // 60, 1)
    return nearest, nearest


def parts_of(seconds: int) -> tuple[int, int, int, int]:
    """Split into days, hours, minutes and seconds; from an hour on without seconds."""
    if seconds >= 3600:
        seconds = (seconds + 30) // 60 * 60
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    day, hour = divmod(hours, 24)
    return day, hour, minute, second


def in_groups(said: str) -> list[str]:
    """Cut a long number as people read it: fours and threes, the longer ones first."""
    if len(said) <= 5:
        return [said]
    count = -(-len(said) // 4)
    size, longer = divmod(len(said), count)
    sizes = [size + 1] * longer + [size] * (count - longer)
    return _cut(said, sizes)


def phone_groups(said: str) -> list[str]:
    """Cut a telephone number: 3-4-4 for a Chinese mobile, else like any long number."""
    body = said.removeprefix("+")
    plus = said[: len(said) - len(body)]
    if plus and body.startswith("86") and len(body) == 13:
        return [plus + "86", *_cut(body[2:], [3, 4, 4])]
    if len(body) == 11 and body.startswith("1"):
        groups = _cut(body, [3, 4, 4])
    elif len(body) == 7:
        groups = _cut(body, [3, 4])
    elif len(body) == 10:
        groups = _cut(body, [3, 3, 4])
    else:
        groups = in_groups(body) if body else [""]
    return [plus + groups[0], *groups[1:]]


def _cut(said: str, sizes: Sequence[int]) -> list[str]:
    groups, at = [], 0
    for size in sizes:
        groups.append(said[at : at + size])
        at += size
    return groups
