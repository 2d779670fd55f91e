"""A sentence as it stands in a prompts' file, and the recordings that it needs.

Recordings are named by a rule and not by a list: whoever reads the prompts' file knows
the name of each file, and a person who records them needs no other paper.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from ivrflow.prompts.text import Slot, Words

Recorded = Callable[[str], float | None]
"""How long the recording of a clip is, in seconds; None if there is none."""

_SPOKEN = re.compile(r"[^\W_]")
_MARKUP = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Clip:
    """A recording that should exist: its name, what it says, in which language."""

    name: str
    words: str
    language: str


@dataclass(frozen=True)
class Phrase:
    """A text with the stem of its recordings' names, in the language it is spoken in.

    *clip* is "" where nothing can be recorded, as for a text within a flow.
    """

    words: Words
    clip: str
    language: str

    @cached_property
    def stretches(self) -> tuple[Clip | Slot, ...]:
        """What is said in order: fixed words with their recording, and slots.

        Words without a single letter are no recording: their clip's name is "".
        """
        return tuple(self._cut())

    def _cut(self) -> Iterator[Clip | Slot]:
        whole = not self.words.slots
        number = 0
        for part in self.words.parts:
            if isinstance(part, Slot):
                yield part
            elif not self.clip or not speaks(part):
                yield Clip("", part, self.language)
            else:
                number += 1
                name = self.clip if whole else f"{self.clip}.part{number}"
                yield Clip(name, part, self.language)

    def clips(self) -> Iterator[Clip]:
        """Yield the recordings that the phrase needs."""
        for part in self.stretches:
            if isinstance(part, Clip) and part.name:
                yield Clip(part.name, tidy(part.words), part.language)


@lru_cache(maxsize=4096)
def speaks(text: str) -> bool:
    """True if there is anything in *text* to be said aloud."""
    # Remembered, since it is asked of the same few words in every sentence.
    return _SPOKEN.search(text) is not None


def tidy(text: str) -> str:
    """Return *text* on one line, without blanks around it."""
    return _MARKUP.sub(" ", text).strip()
