"""What `as:` makes of an entry: which keys it may have, and the value it stands for.

    digits     a text of digits, leading zeros kept
    number     a number; with `decimal: star`, star is the decimal point
    money      the same, two decimals at most
    date       YYYYMMDD, or MMDD: the next such day, today included
    time       HHMM, in 24 hours
    phone      3 to 15 digits
    id_card    17 digits and a check digit, star for X; the checksum must be right
    yes_no     1 for yes, 2 for no

All of them but `yes_no`, a date and a time may be made narrower: by a number of digits,
or, where the entry is kept as digits, by a pattern.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import Literal

from ivrflow.flow.checks import cn_id
from ivrflow.flow.kind import BAD_VALUE, Written, bad
from ivrflow.flow.kinds import DigitsRange
from ivrflow.flow.source import Scalar
from ivrflow.telephony.digits import Choices, Grammar, Length
from ivrflow.telephony.grammars import DIGITS, Amount, BadPattern, Day, Patterns

As = Literal["digits", "number", "money", "date", "time", "phone", "id_card", "yes_no"]

NUMERIC = ("number", "money")
"""Forms that may have decimals."""

KEPT = ("digits", "phone", "id_card")
"""Forms whose value is what was typed: these may be secret."""

COUNTED = ("digits", "phone", *NUMERIC)
"""Forms of which `digits:` may say how long they are."""

PHONE = DigitsRange.of(3, 15)
"""What may be a telephone number (ITU-T E.164: 15 digits at most)."""

AMOUNT = DigitsRange.of(1, 12)
"""Digits before the decimal point."""

CENTS, DECIMALS = 2, 6
"""Digits after it: of money, of other numbers."""

YES, NO = "1", "2"


class Pattern(Written):
    """What may be entered, place by place: `1[3-9]XXXXXXXXX`."""

    what = "a pattern of keys"
    examples = ("1[3-9]XXXXXXXXX",)

    @classmethod
    def read(cls, value: Scalar) -> Pattern:
        try:
            Patterns([value])
        except BadPattern as error:
            raise bad(BAD_VALUE, error.message, value.place(error.offset)) from None
        return cls(value, value.at)


@dataclass(frozen=True, slots=True)
class Form:
    """How an entry is typed, and what it stands for."""

    grammar: Grammar
    value: Callable[[str, date], object]
    """The value of a complete entry, given today's date. ValueError says why not."""
    keys: str = DIGITS
    """The keys that an entry may have."""
    fixed: bool = False
    """True if every entry is as long as any other: no end key is needed."""
    at_once: bool = False
    """True if a key that can't be right ends it at once, as in a menu."""


def form_of(
    kind: As,
    *,
    digits: DigitsRange | None = None,
    patterns: Sequence[str] = (),
    decimal: bool = False,
) -> Form:
    """The form that an `ask` describes."""
    if patterns:
        grammar = Patterns(patterns)
        keys = DIGITS + ("*" if any("*" in pattern for pattern in patterns) else "")
        return Form(grammar, _typed, keys, fixed=len(grammar.lengths) == 1)
    match kind:
        case "digits" | "phone":
            return of_length(digits or PHONE)
        case "number" | "money":
            size = digits or AMOUNT
            places = (CENTS if kind == "money" else DECIMALS) if decimal else 0
            return Form(
                Amount(size.low, size.high, places),
                _number,
                DIGITS + ("*" if decimal else ""),
                fixed=size.low == size.high and not decimal,
            )
        case "date":
            return Form(Day(), _date)
        case "time":
            clock = Patterns(["[01]X[0-5]X", "2[0-3][0-5]X"])
            return Form(clock, _time, fixed=True)
        case "id_card":
            card = Patterns(["X" * 17 + "[0-9*]"])
            return Form(card, _id_card, DIGITS + "*", fixed=True)
        case "yes_no":
            return Form(Choices((YES, NO)), _yes_no, YES + NO, fixed=True, at_once=True)


def of_length(digits: DigitsRange) -> Form:
    """So many digits, kept as they are."""
    grammar = Length(digits.low, digits.high)
    return Form(grammar, _typed, fixed=digits.low == digits.high)


def _typed(entry: str, today: date) -> str:
    return entry


def _number(entry: str, today: date) -> Decimal:
    return Decimal(entry.replace("*", ".") if entry[0] != "*" else f"0.{entry[1:]}")


def _date(entry: str, today: date) -> date:
    """MMDD is the next such day: a day that has gone is entered with its year."""
    if len(entry) == 8:
        return date(int(entry[:4]), int(entry[4:6]), int(entry[6:]))
    for year in (today.year, today.year + 1):
        try:
            day = date(year, int(entry[:2]), int(entry[2:]))
        except ValueError:
            continue  # February 29
        if day >= today:
            return day
    raise ValueError("no such day this year or next")


def _time(entry: str, today: date) -> time:
    return time(int(entry[:2]), int(entry[2:]))


def _id_card(entry: str, today: date) -> str:
    if not cn_id(entry):
        raise ValueError("the check digit is not right")
    return entry.replace("*", "X")


def _yes_no(entry: str, today: date) -> bool:
    return entry == YES
