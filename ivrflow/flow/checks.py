"""The named checks of an entry: digits that carry their own proof."""

from __future__ import annotations

from collections.abc import Callable

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def luhn(digits: str) -> bool:
    """True if the last digit is the Luhn check digit of the others (ISO/IEC 7812-1)."""
    if not (digits.isascii() and digits.isdigit()):
        return False
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def cn_id(entry: str) -> bool:
    """True for an ID card of China: 18 places, the last by GB 11643 (star means X)."""
    if len(entry) != 18 or not (entry[:17].isascii() and entry[:17].isdigit()):
        return False
    total = sum(int(d) * w for d, w in zip(entry[:17], _WEIGHTS, strict=True))
    return "10X98765432"[total % 11] == entry[17].replace("*", "X")


NAMED: dict[str, Callable[[str], bool]] = {"luhn": luhn, "cn_id": cn_id}
"""Name in `check:` -> the check."""
