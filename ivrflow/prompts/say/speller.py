"""What a speller is: it turns a value and a filter into pieces, words and recording.

The base class knows which filters there are and what their values must be; a language
knows only how its people say a number, a date, a sum of money. Words and recordings
come out of the same pieces, so that what a test reads is what a caller hears.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import ClassVar

from ivrflow.prompts.say import values
from ivrflow.prompts.say.values import CannotSay

KEYS = (*"1234567890", "star", "hash")
"""The keys of a telephone, as flows name them."""

CURRENCIES = ("CNY", "USD", "EUR")
"""What every language can say money in."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words and the recording that says them; a pause is a piece as well."""

    words: str
    clip: str

    @property
    def is_pause(self) -> bool:
        return self.clip.startswith("silence:")


@dataclass(frozen=True, slots=True)
class About:
    """What a speller must know of the moment: *today* None makes it say every year."""

    today: date | None = None
    currency: str = "CNY"


class Speller(ABC):
    """Says values in one language. *language* is the site's own name for it."""

    gap: ClassVar[str] = " "
    """What is written between two pieces."""
    pause: ClassVar[str] = ","
    """What is written for a pause."""
    rate: ClassVar[float] = 14.0
    """Characters a second, to guess how long an unrecorded sentence takes."""

    def __init__(self, language: str) -> None:
        self.language = language

    def say(self, filter: str, value: object, about: About) -> tuple[Piece, ...]:
        """Return the pieces that say *value*; raise `CannotSay`.

        `text` and `word` are not asked here: they have words of their own.
        """
        match filter:
            case "number":
                return tuple(self.number(values.as_number(value)))
            case "count":
                return tuple(self.count(values.as_count(value)))
            case "digits":
                return tuple(self.grouped(values.in_groups(values.as_digits(value))))
            case "phone":
                return tuple(self.grouped(values.phone_groups(values.as_digits(value))))
            case "ordinal":
                return tuple(self.ordinal(values.as_count(value)))
            case "money":
                if about.currency not in CURRENCIES:
                    known = " ".join(CURRENCIES)
                    raise CannotSay(
                        f"money in {about.currency} can't be said; there are {known}"
                    )
                below, whole, cents = values.as_amount(value)
                said = self.money(whole, cents, about.currency)
                return (self.minus, *said) if below else tuple(said)
            case "date":
                day = values.as_date(value)
                this_year = about.today is not None and about.today.year == day.year
                return tuple(self.date(day, with_year=not this_year))
            case "time":
                return tuple(self.time(values.as_time(value)))
            case "duration":
                return tuple(self.duration(values.as_seconds(value)))
            case "minutes":
                return tuple(self.minutes(*values.as_minutes(value)))
            case "":
                return self._plain(value, about)
        raise AssertionError(f"no speller was made for the filter {filter!r}")

    def _plain(self, value: object, about: About) -> tuple[Piece, ...]:
        """A value whose author named no filter is said as its type suggests."""
        match value:
            case bool():
                pass
            case int() | float() | Decimal():
                return self.say("number", value, about)
            case datetime():
                return self.say("date", value, about) + self.say("time", value, about)
            case date():
                return self.say("date", value, about)
            case time():
                return self.say("time", value, about)
            case timedelta():
                return self.say("duration", value, about)
        kind = values.kind_of(value)
        raise CannotSay(f"{kind} can't be said; give ${{...}} a value and a filter")

    def grouped(self, groups: Iterable[str]) -> Iterator[Piece]:
        """Say characters one by one, with a short pause between groups."""
        for index, group in enumerate(groups):
            if index:
                yield Piece(self.pause, "silence:180")
            for char in group:
                yield self.character(char)

    def written(self, pieces: Iterable[Piece]) -> str:
        """Return the words of *pieces* as one text."""
        text = ""
        for piece in pieces:
            tight = not text or piece.is_pause or text.endswith("-")
            text += piece.words if tight else self.gap + piece.words
        return text

    def piece(self, words: str, name: str) -> Piece:
        return Piece(words, f"{self.language}/pieces/{name}")

    @property
    @abstractmethod
    def minus(self) -> Piece: ...

    def count(self, count: int) -> Iterable[Piece]:
        """How many of something there are: what is counted stands behind it."""
        return self.number(Decimal(count))

    @abstractmethod
    def number(self, number: Decimal) -> Iterable[Piece]:
        """*number* is smaller than 10^15 either way."""

    @abstractmethod
    def ordinal(self, count: int) -> Iterable[Piece]: ...

    @abstractmethod
    def money(self, whole: int, cents: int, currency: str) -> Iterable[Piece]:
        """*currency* is one of `CURRENCIES`."""

    @abstractmethod
    def date(self, day: date, *, with_year: bool) -> Iterable[Piece]: ...

    @abstractmethod
    def time(self, at: time) -> Iterable[Piece]: ...

    @abstractmethod
    def duration(self, seconds: int) -> Iterable[Piece]: ...

    @abstractmethod
    def minutes(self, low: int, high: int) -> Iterable[Piece]: ...

    @abstractmethod
    def character(self, char: str) -> Piece:
        """*char* is a digit, `*`, `#`, `+` or a capital letter."""

    @abstractmethod
    def key(self, key: str) -> str:
        """Return the words for one of `KEYS`, or several digits, as a menu names it."""

    @abstractmethod
    def pieces(self, currency: str) -> Iterable[Piece]:
        """Return every piece that can come out, each once, pauses left out."""
