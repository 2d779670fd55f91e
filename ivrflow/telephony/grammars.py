"""What an entry can be besides so many digits: patterns, amounts, dates.

Each is a `digits.Grammar`: it says how the keys so far relate to what may be entered.
All of them look at an entry of at most `digits.LONGEST` keys and never search, so no
caller and no author can make them slow.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from ivrflow.telephony.digits import LONGEST, Match

DIGITS = "0123456789"

CLASSES = {"X": DIGITS, "Z": DIGITS[1:], "N": DIGITS[2:]}
"""Letters of a pattern, as telephone exchanges have them: any digit, 1-9, 2-9."""

_PLACE = re.compile(r"[XZN0-9]|\[((?:[0-9*](?:-[0-9])?)+)\]")


class BadPattern(ValueError):
    """A pattern that can't be read. *offset* is where in it."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


class Patterns:
    """Keys that fit one of several patterns: `1[3-9]XXXXXXXXX`.

    A place is a digit, a set such as `[3-9]` or `[15-7]`, X (any digit), Z (1 to 9) or
    N (2 to 9). A star may stand in a set: it is a key too.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        """Raises `BadPattern`."""
        self._patterns = [_places(pattern) for pattern in patterns]

    @property
    def lengths(self) -> frozenset[int]:
        """How many keys an entry can have."""
        return frozenset(map(len, self._patterns))

    def match(self, entry: str) -> Match:
        full = longer = False
        for places in self._patterns:
            if len(entry) <= len(places) and all(map(_in, entry, places)):
                full = full or len(entry) == len(places)
                longer = longer or len(entry) < len(places)
        if full:
            return Match.MATCH if longer else Match.MAX
        return Match.POTENTIAL if longer else Match.NO


def _in(key: str, place: str) -> bool:
    return key in place


def _places(pattern: str) -> list[str]:
    """The keys that each place of *pattern* takes."""
    places, at = [], 0
    while at < len(pattern):
        found = _PLACE.match(pattern, at)
        if found is None:
            raise BadPattern(
                f"{pattern[at:]!r} is no part of a pattern; write digits, X (any "
                "digit), Z (1-9), N (2-9), or a set like [3-9]",
                at,
            )
        places.append(
            _keys(found[1], at) if found[1] else CLASSES.get(found[0], found[0])
        )
        at = found.end()
    if not 1 <= len(places) <= LONGEST:
        raise BadPattern(f"a pattern has from 1 to {LONGEST} places", 0)
    return places


def _keys(inside: str, at: int) -> str:
    """The keys of a set: `15-7` are 1, 5, 6 and 7."""
    keys = ""
    for first, last in re.findall(r"([0-9*])(?:-([0-9]))?", inside):
        if last and (first == "*" or first > last):
            raise BadPattern(f"{first}-{last} in a set runs backwards", at)
        keys += DIGITS[int(first) : int(last) + 1] if last else first
    return keys


@dataclass(frozen=True, slots=True)
class Amount:
    """A number of *low* to *high* digits, and, after a star, up to *decimals* more.

    Half a yuan is `*5` or `0*5`; a star with nothing after it is not finished.
    """

    low: int
    high: int
    decimals: int = 0

    def match(self, entry: str) -> Match:
        whole, star, rest = entry.partition("*")
        if not set(whole + rest) <= set(DIGITS) or len(whole) > self.high:
            return Match.NO
        if star:
            return self._after_star(whole, rest)
        if len(whole) < self.low:
            return Match.POTENTIAL
        ended = len(whole) == self.high and not self.decimals
        return Match.MAX if ended else Match.MATCH

    def _after_star(self, whole: str, rest: str) -> Match:
        short = 0 < len(whole) < self.low
        if len(rest) > self.decimals or short or not self.decimals:
            return Match.NO
        if len(rest) == self.decimals:
            return Match.MAX
        return Match.MATCH if rest else Match.POTENTIAL


class Day:
    """A date: eight digits YYYYMMDD (1900 to 2199), or four, MMDD.

    Which of the two it is shows with the first two digits: no month is above 12, and
    no year begins below 19. 0229 is a date: whether the year has it is known later.
    """

    def match(self, entry: str) -> Match:
        if not (set(entry) <= set(DIGITS) and len(entry) <= 8):
            return Match.NO
        with_year = entry[:1] == "2" or entry[:2] == "19"
        year, rest = (entry[:4], entry[4:]) if with_year else ("2000", entry)
        if with_year and entry[:2] not in ("19", "2", "20", "21"):
            return Match.NO
        if not _begins_a_day(int(year) if len(year) == 4 else 2000, rest):
            return Match.NO
        return Match.MAX if len(rest) == 4 else Match.POTENTIAL


def _begins_a_day(year: int, keys: str) -> bool:
    """True if *keys* are MMDD, or begin one."""
    if len(keys) == 4:
        try:
            date(year, int(keys[:2]), int(keys[2:]))
        except ValueError:
            return False
        return True
    month = keys[:2]
    if len(month) == 2 and not 1 <= int(month) <= 12:
        return False
    tens = "012" if month == "02" else "0123"
    return len(keys) < 4 and keys[:1] in ("", "0", "1") and keys[2:3] in ("", *tens)
