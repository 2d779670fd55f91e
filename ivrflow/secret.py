"""Texts that never leave memory: what a caller enters as a PIN, or a card number.

Each way in which a value usually gets out (print, log, format, repr, JSON, pickle,
comparison with ==) is closed or shows asterisks, so that a mistake elsewhere shows
nothing. `reveal` is the one door, and its callers can be found by searching for it.
What dies with the process stays dead: a call that goes on in the next one has secrets
that show what they showed, and can't be revealed any more (`Secret.lost`).

There are two of them. A `Secret` proves something and goes to what judges it, nowhere
else. A `Masked` number names something: it must be looked up with, and its caller may
hear it again, but no log, fact, letter or screen shows more than its end.
"""

from __future__ import annotations

from typing import Any, NamedTuple, NoReturn, Self

NO_CHANCE = 8
"""Characters of a secret that stand inside another text by no chance."""

MASK = "******"
"""What a secret shows, whatever its length: the length is a hint too."""


class Asked(NamedTuple):
    """The step that asked a caller for a secret."""

    flow: str
    step: str


NOBODY = Asked("", "")
"""No step asked for it: it came from a file, or from a table."""


Typed = tuple[str, int, int]
"""Who has counted the keys of a secret, and the numbers of the first and the last."""


class SecretLost(Exception):
    """The secret died with the process that knew it; *asked* says who can ask again."""

    def __init__(self, asked: Asked) -> None:
        where = f"the step {asked.step} of {asked.flow}" if asked.step else "no step"
        super().__init__(f"it was not kept over a restart; {where} asked for it")
        self.asked = asked


class Secret:
    """A secret text. Nothing but `reveal` gives it back."""

    __slots__ = ("_shown", "_text", "asked", "typed")

    def __init__(
        self, text: str, asked: Asked = NOBODY, typed: Typed | None = None
    ) -> None:
        self._text: str | None = text
        self._shown = self._mask(text)
        self.asked = asked
        """The step that asked a caller for it."""
        self.typed = typed
        """Which keys it was, of those that somebody else counts and may have kept."""

    @classmethod
    def lost(cls, shown: str, asked: Asked, typed: Typed | None = None) -> Self:
        """One whose text died with a process: it shows *shown*, as it did before."""
        self = cls("", asked, typed)
        self._text, self._shown = None, shown
        return self

    @staticmethod
    def _mask(text: str) -> str:
        """What may be shown of *text*."""
        return MASK

    def reveal(self) -> str:
        """Return the text, for what checks or encrypts it and nothing else.

        Raises `SecretLost`.
        """
        if self._text is None:
            raise SecretLost(self.asked)
        return self._text

    @property
    def is_lost(self) -> bool:
        """Whether its text died with the process that knew it."""
        return self._text is None

    def found(self, text: str) -> bool:
        """Whether *text* is what was lost, as far as one can see; then it is again."""
        if text and self._mask(text) == self._shown:
            self._text = text
        return self._text is not None

    def stands_in(self, text: str) -> bool:
        """Whether *text* gives it away: has it in it, perhaps without leading zeros.

        Of a short one nobody can say that; nor of one that is lost.
        """
        whole = self._text or ""
        bare = whole.lstrip("0")
        return any(len(one) >= NO_CHANCE and one in text for one in (whole, bare))

    def covered_in(self, text: str) -> str:
        """*text* with what this shows wherever it would be given away (`stands_in`)."""
        whole = self._text or ""
        for one in (whole, whole.lstrip("0")):
            if len(one) >= NO_CHANCE:
                text = text.replace(one, self._shown)
        return text

    def __bool__(self) -> bool:
        return self._text is None or bool(self._text)

    def __repr__(self) -> str:
        return self._shown

    def __format__(self, spec: str) -> str:
        return self._shown

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

    @staticmethod
    def _mask(text: str) -> str:
        return MASK + (text[-SHOWN:] if len(text) >= LONG_ENOUGH else "")
