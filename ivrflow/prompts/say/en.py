"""English: "one thousand two hundred thirty-four", without "and".

Numbers below a hundred are one piece each, and so is "three hundred": fewer joints
sound better than fewer recordings.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, time
from decimal import Decimal

from ivrflow.prompts.say.speller import Piece, Speller
from ivrflow.prompts.say.values import as_fraction, parts_of

_ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    *("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen"),
    *("seventeen", "eighteen", "nineteen"),
)
_TENS = (
    *("", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty"),
    "ninety",
)
_UNLIKE = {"one": "first", "two": "second", "three": "third", "five": "fifth"} | {
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
"""Ordinals that are more than their number and "th"."""
_SCALES = ("", "thousand", "million", "billion", "trillion")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)
_MONEY = {
    "CNY": ("yuan", "yuan", "fen", "fen"),
    "USD": ("dollar", "dollars", "cent", "cents"),
    "EUR": ("euro", "euros", "cent", "cents"),
}
_UNITS = ("day", "hour", "minute", "second")
_PARTS_OF_DAY = ("in the morning", "in the afternoon", "in the evening", "at night")
_WORDS = (
    *("minus", "point", "oh", "hundred", "to", "noon", "midnight", "star", "hash"),
    *("plus", "hundredth", "thousandth", "millionth", "billionth", "trillionth"),
)


def _below_hundred(number: int) -> str:
    if number < 20:
        return _ONES[number]
    tens, ones = divmod(number, 10)
    return _TENS[tens] + (f"-{_ONES[ones]}" if ones else "")


class English(Speller):
    rate = 14.5

    @property
    def minus(self) -> Piece:
        return self._word("minus")

    def number(self, number: Decimal) -> Iterator[Piece]:
        whole, fraction = as_fraction(abs(number))
        if number < 0 and (whole or fraction):
            yield self.minus
        yield from self._whole(whole)
        if fraction:
            yield self._word("point")
            yield from map(self.character, fraction)

    def ordinal(self, count: int) -> Iterator[Piece]:
        small = count % 100
        if small == 0 and count:
            yield from self._round_ordinal(count)
            return
        if count > small:
            yield from self._whole(count - small)
        if small < 32 or small % 10 == 0:
            yield self._ordinal_below_hundred(small)
        else:
            yield self.piece(_TENS[small // 10] + "-", str(small // 10 * 10))
            yield self._ordinal_below_hundred(small % 10)

    def _round_ordinal(self, count: int) -> Iterator[Piece]:
        """A multiple of a hundred: "two thousandth", "one thousand two hundredth"."""
        for power in range(4, 0, -1):
            if count % 1000**power == 0:
                yield from self._whole(count // 1000**power)
                yield self._word(f"{_SCALES[power]}th")
                return
        rest = count % 1000
        if count > rest:
            yield from self._whole(count - rest)
        yield self._below(rest // 100)
        yield self._word("hundredth")

    def _ordinal_below_hundred(self, number: int) -> Piece:
        begin, dash, last = _below_hundred(number).rpartition("-")
        if last.endswith("ty"):
            last = last[:-1] + "ieth"
        else:
            last = _UNLIKE.get(last, f"{last}th")
        words = begin + dash + last
        return self.piece(words, f"{number}th")

    def money(self, whole: int, cents: int, currency: str) -> Iterator[Piece]:
        one, many, cent, cents_ = _MONEY[currency]
        if not whole and cents:
            yield self._below(cents)
            yield self._word(cent if cents == 1 else cents_)
            return
        yield from self._whole(whole)
        yield self._word(one if whole == 1 else many)
        if cents:
            # "Five yuan five" could be five jiao; "zero five" can't.
            if cents < 10:
                yield self._below(0)
            yield self._below(cents)

    def date(self, day: date, *, with_year: bool) -> Iterator[Piece]:
        month = _MONTHS[day.month - 1]
        yield self.piece(f"{month} the", month.lower())
        yield self._ordinal_below_hundred(day.day)
        if with_year:
            yield Piece(self.pause, "silence:100")
            yield from self._year(day.year)

    def _year(self, year: int) -> Iterator[Piece]:
        century, rest = divmod(year, 100)
        if century < 11 or (year % 1000 < 10):
            yield from self._whole(year)
            return
        yield self._below(century)
        if not rest:
            yield self._word("hundred")
            return
        if rest < 10:
            yield self._word("oh")
        yield self._below(rest)

    def time(self, at: time) -> Iterator[Piece]:
        if at.minute == 0 and at.hour in (0, 12):
            yield self._word("noon" if at.hour else "midnight")
            return
        yield self._below((at.hour + 11) % 12 + 1)
        if at.minute == 0:
            yield self.piece("o'clock", "oclock")
        else:
            if at.minute < 10:
                yield self._word("oh")
            yield self._below(at.minute)
        # From eight to one a bare time is taken for the working day's. Seven may well
        # be in the evening, and nobody knows that such a time would be said as one.
        if not 8 <= at.hour <= 12:
            yield self._part_of_day(at.hour)

    def _part_of_day(self, hour: int) -> Piece:
        if hour in (0, 22, 23):
            words = "at night"
        elif hour < 12:
            words = "in the morning"
        else:
            words = "in the afternoon" if hour < 18 else "in the evening"
        return self.piece(words, words.replace(" ", "_"))

    def duration(self, seconds: int) -> Iterator[Piece]:
        counts = parts_of(seconds)
        if not any(counts):
            yield self._below(0)
            yield self._word("seconds")
        for count, unit in zip(counts, _UNITS, strict=True):
            if count:
                yield from self._whole(count)
                yield self._word(unit if count == 1 else f"{unit}s")

    def minutes(self, low: int, high: int) -> Iterator[Piece]:
        if low != high:
            yield from self._whole(low)
            yield self._word("to")
        yield from self._whole(high)
        yield self._word("minute" if high == 1 else "minutes")

    def character(self, char: str) -> Piece:
        match char:
            case "*":
                return self._word("star")
            case "#":
                return self._word("hash")
            case "+":
                return self._word("plus")
        if char.isdigit():
            return self._below(int(char))
        return self.piece(char, f"letter_{char.lower()}")

    def key(self, key: str) -> str:
        return " ".join(_ONES[int(k)] for k in key) if key.isdigit() else key

    def pieces(self, currency: str) -> Iterable[Piece]:
        found = [self._below(number) for number in range(100)]
        found += [self._hundreds(number) for number in range(1, 10)]
        found += [self._ordinal_below_hundred(number) for number in range(32)]
        found += [self._ordinal_below_hundred(number) for number in range(40, 100, 10)]
        found += [self.piece(f"{month} the", month.lower()) for month in _MONTHS]
        found += [self._word(word) for word in (*_WORDS, *_SCALES[1:])]
        found += [self._word(unit + s) for unit in _UNITS for s in ("", "s")]
        found += [self._word(word) for word in dict.fromkeys(_MONEY.get(currency, ()))]
        found += [self.piece(part, part.replace(" ", "_")) for part in _PARTS_OF_DAY]
        found.append(self.piece("o'clock", "oclock"))
        found += [self.character(chr(code)) for code in range(ord("A"), ord("Z") + 1)]
        return found

    def _whole(self, number: int) -> Iterator[Piece]:
        if number == 0:
            yield self._below(0)
        for power in range(len(_SCALES) - 1, -1, -1):
            group = number // 1000**power % 1000
            if not group:
                continue
            hundreds, rest = divmod(group, 100)
            if hundreds:
                yield self._hundreds(hundreds)
            if rest:
                yield self._below(rest)
            if power:
                yield self._word(_SCALES[power])

    def _hundreds(self, number: int) -> Piece:
        return self.piece(f"{_ONES[number]} hundred", str(number * 100))

    def _below(self, number: int) -> Piece:
        return self.piece(_below_hundred(number), str(number))

    def _word(self, word: str) -> Piece:
        return self.piece(word, word)


SPELLER = English
