"""Texts that never leave memory: what a caller enters as a PIN, or a card number.

Each way in which a value usually gets out (print, log, format, repr, JSON, pickle,
comparison with ==) is closed or shows asterisks, so that a mistake elsewhere shows
nothing. `reveal` is the one door, and its callers can be found by searching for it.

There are two of them. A `Secret` proves something and goes to what judges it, nowhere
else. A `Masked` number names something: it must be looked up with, and its caller may
hear it again, but no log, fact, letter or screen shows more than its end.
"""

from __future__ import annotations

from typing import Any, NoReturn

MASK = "******"
"""What a secret shows, whatever its length: the length is a hint too."""


class Secret:
    """A secret text. Nothing but `reveal` gives it back."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text, for what checks or encrypts it and nothing else."""
        return self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return MASK

    def __eq__(self, other: object) -> NoReturn:
        raise TypeError("a secret is not compared; give it to what checks it")

    __hash__ = None  # type: ignore[assignment]  # neither a key of a mapping

    def __reduce__(self) -> Any:
        raise TypeError("a secret is not stored or sent")


SHOWN, LONG_ENOUGH = 4, 12
"""So many characters at the end of a masked text are shown, if it is so long."""


class Masked(Secret):
    """A card's or an ID's number: `******0002` wherever it is shown.

    A shorter one shows nothing at all: its end would be too much of it. `reveal` is for
    look-ups, which take it as a bound value, and for what says it to its caller.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        text = self.reveal()
        return MASK + (text[-SHOWN:] if len(text) >= LONG_ENOUGH else "")

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return str(self)
