"""Which PINs of a mailbox are too easy to guess.

Three tries a call and a lock-out over calls leave a guesser a handful of tries a day,
so what must be refused is what he would try first: the mailbox's own number, a digit
again and again, keys in a row, and years, which are birthdays.
"""

from __future__ import annotations

from enum import Enum
from itertools import pairwise

SHORTEST = 4
"""Digits where a mailbox says nothing else."""

LONGEST = 20
"""Digits that are taken; nobody keys in more, and hashing them must stay cheap."""

ROWS = ("01234567890", "147", "258", "369", "2580", "159", "357", "1379", "123456789")
"""Keys as they stand on a telephone: along, down, across, and around its corners."""


class Easy(Enum):
    """Why a PIN is not taken. Says nothing of the PIN itself."""

    NOT_DIGITS = "a PIN has digits only"
    SHORT = "it is too short"
    LONG = f"it has more than {LONGEST} digits"
    NUMBER = "it is the number of the mailbox, or a part of it"
    SAME = "it repeats the same digits"
    ROW = "its keys stand in a row"
    YEAR = "it is a year"


def too_easy(pin: str, *, number: str = "", shortest: int = SHORTEST) -> Easy | None:
    """Why *pin* is too easy to guess for the mailbox of this *number*; None: it is not.

    *shortest*: digits that it needs at least.
    """
    if not (pin.isascii() and pin.isdigit()):
        return Easy.NOT_DIGITS
    if len(pin) < shortest:
        return Easy.SHORT
    if len(pin) > LONGEST:
        return Easy.LONG
    if number and (pin in (number, number[::-1]) or _ends_with(number, pin)):
        return Easy.NUMBER
    if any(_repeats(pin, digits) for digits in range(1, len(pin) // 2 + 1)):
        return Easy.SAME
    if _in_a_row(pin):
        return Easy.ROW
    if len(pin) == 4 and pin[:2] in ("19", "20"):
        return Easy.YEAR
    return None


def _ends_with(number: str, pin: str) -> bool:
    """Whether one is the end of the other: the number padded, or its last digits."""
    padded = pin.endswith(number) and not pin[: -len(number)].strip("0")
    return padded or number.endswith(pin)


def _repeats(pin: str, digits: int) -> bool:
    """Whether *pin* is its first *digits* again and again, such as 1212."""
    return pin == (pin[:digits] * len(pin))[: len(pin)] and len(pin) % digits == 0


def _in_a_row(pin: str) -> bool:
    """Whether one follows the other, up or down, with the same step all the time."""
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    if len(steps) == 1 and steps <= {1, 2, 8, 9}:
        return True
    return any(pin in row or pin in row[::-1] for row in ROWS)
