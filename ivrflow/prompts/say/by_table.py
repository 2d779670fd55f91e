"""A language that nobody has written a speller for: its words come from a table.

The prompts' file of such a language holds the table `spelling`: names on the left,
words on the right. Each is a recording of its own, `fr/spelling.34`. What the table
lacks is written in figures, which a voice reads in its own way: so a table of one word
is enough where a voice speaks, and no voice is needed where the table is recorded.

    spelling: {0: zéro, 1: un, ..., 99: quatre-vingt-dix-neuf, 100: cent,
               200: deux cents, ..., 1000: mille, thousand: mille, point: virgule,
               january: janvier, ..., hours: heures, euro: euro, cents: centimes,
               star: étoile, hash: dièse}

The order is fixed: day, month, year; hour, minutes; the whole, its unit, the cents. A
language that orders otherwise, or bends its words, needs a speller of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, time
from decimal import Decimal

from ivrflow.prompts.say.speller import KEYS, Piece, Speller
from ivrflow.prompts.say.values import as_fraction, parts_of
from ivrflow.prompts.text import safe

TABLE = "spelling"
"""The table of the prompts' file."""

MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july", "august"),
    *("september", "october", "november", "december"),
)
UNITS = {"day": "d", "hour": "h", "minute": "min", "second": "s"}
MONEY = {"CNY": ("yuan", "fen"), "USD": ("dollar", "cent"), "EUR": ("euro", "cent")}
SCALES = {"thousand": 1000, "million": 1_000_000, "billion": 1_000_000_000}


class ByTable(Speller):
    """Says values with the words of a table."""

    def __init__(self, language: str, words: Mapping[str, str] | None = None) -> None:
        super().__init__(language)
        self._words = words or {}

    def _word(self, name: str, otherwise: str = "") -> Piece:
        if name in self._words:
            clip = f"{self.language}/{TABLE}.{safe(name)}"
            return Piece(self._words[name], clip)
        return Piece(otherwise or name, "")

    def _unit(self, count: int, unit: str, otherwise: str = "") -> Piece:
        """The word for *unit*, in its plural where there are several and it has one."""
        many = f"{unit}s"
        name = many if count != 1 and many in self._words else unit
        return self._word(name, otherwise)

    @property
    def minus(self) -> Piece:
        return self._word("minus", "-")

    def number(self, number: Decimal) -> Iterator[Piece]:
        whole, fraction = as_fraction(abs(number))
        if number < 0 and (whole or fraction):
            yield self.minus
        if fraction and "point" not in self._words:
            yield Piece(f"{whole}.{fraction}", "")
            return
        yield from self._whole(whole)
        if fraction:
            yield self._word("point")
            yield from map(self.character, fraction)

    def _whole(self, number: int) -> list[Piece]:
        """The words of a whole number; in figures if the table lacks one of them."""
        names = list(_names(number))
        if all(name in self._words for name in names):
            return [self._word(name) for name in names]
        return [Piece(str(number), "")]

    def ordinal(self, count: int) -> Iterable[Piece]:
        return self._whole(count)

    def money(self, whole: int, cents: int, currency: str) -> Iterator[Piece]:
        unit, cent = MONEY[currency]
        if whole or not cents:
            yield from self._whole(whole)
            yield self._unit(whole, unit)
        if cents:
            yield from self._whole(cents)
            yield self._unit(cents, cent)

    def date(self, day: date, *, with_year: bool) -> Iterator[Piece]:
        yield from self._whole(day.day)
        yield self._word(MONTHS[day.month - 1], str(day.month))
        if with_year:
            yield from self._whole(day.year)

    def time(self, at: time) -> Iterator[Piece]:
        if "hour" not in self._words:
            yield Piece(f"{at.hour}:{at.minute:02}", "")
            return
        yield from self._whole(at.hour)
        yield self._unit(at.hour, "hour")
        if at.minute:
            yield from self._whole(at.minute)

    def duration(self, seconds: int) -> Iterator[Piece]:
        counts = parts_of(seconds)
        if not any(counts):
            yield from self._whole(0)
            yield self._unit(0, "second", "s")
        for count, (unit, short) in zip(counts, UNITS.items(), strict=True):
            if count:
                yield from self._whole(count)
                yield self._unit(count, unit, short)

    def minutes(self, low: int, high: int) -> Iterator[Piece]:
        if low != high:
            yield from self._whole(low)
            yield self._word("to", "-")
        yield from self._whole(high)
        yield self._unit(high, "minute", "min")

    def character(self, char: str) -> Piece:
        name = {"*": "star", "#": "hash", "+": "plus"}.get(char, char)
        return self._word(name, char)

    def key(self, key: str) -> str:
        if key.isdigit():
            return " ".join(self._word(digit).words for digit in key)
        return self._word(key, {"star": "*", "hash": "#"}.get(key, key)).words

    def pieces(self, currency: str) -> Iterable[Piece]:
        """None: the table's words are recordings of the prompts' file already."""
        return ()


def _names(number: int) -> Iterator[str]:
    """The names of the words of *number*, as the table has them."""
    for name, size in sorted(SCALES.items(), key=lambda one: -one[1]):
        count, number = divmod(number, size)
        if count == 1:
            yield str(size)  # "mille", and not "un mille"
        elif count:
            yield from _names(count)
            yield name
        if count and not number:
            return
    hundreds, rest = divmod(number, 100)
    if hundreds:
        yield str(hundreds * 100)
    if rest or not hundreds:
        yield str(rest)


NAMES = frozenset(
    {*KEYS, *MONTHS, *UNITS, *SCALES, "minus", "point", "plus", "to"}
    | {f"{unit}s" for unit in UNITS}
    | {name + s for pair in MONEY.values() for name in pair for s in ("", "s")}
    | {str(number) for number in range(100)}
    | {str(number) for number in range(100, 1000, 100)}
    | {str(size) for size in SCALES.values()}
)
"""All that the table may hold."""
