"""Messages whose words are to be written down, as who writes them sees them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ivrflow.flow.world.boxes import Speech

WAITING, DONE, FAILED = "waiting", "done", "failed"
"""States of a transcript. Failed: nobody tries again by himself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToTranscribe:
    """A sound that waits for an ear."""

    speech: Speech
    language: str
    """In which it is spoken; "": nobody knows."""
    tries: int
    """How often it was tried before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """What became of a sound's words."""

    sound: str
    state: str
    words: str = ""
    """Empty: none were heard, or it is not done."""
    language: str = ""
    error: str = ""
    """Why the last try failed."""


class Transcripts(Protocol):
    """The words of sounds; raises `Trouble`. Times are seconds since 1970."""

    news: asyncio.Event
    """Set whenever something may have come; clear it before looking."""

    async def ask(self, sound: str, language: str, now: float) -> bool:
        """Have it written down, also if that has failed. False: it waits or is done."""

    async def due(self, now: float, most: int = 1) -> Sequence[ToTranscribe]:
        """Those that are to be tried now, the oldest first, tries counted already.

        Each is due again in `LEASE` seconds unless it is settled before: who dies
        over one does not keep it. Sounds that can't be heard any more are left out.
        """

    async def done(self, sound: str, words: str, *, by: str, now: float) -> bool:
        """These are its words, heard by that ear (`whisper base`). False: known."""

    async def failed(
        self, sound: str, why: str, *, due: float | None, counts: bool = True
    ) -> None:
        """It was not understood: again at *due*; None: never by itself.

        *counts*: False where that was no try, as without any ear.
        """

    async def release(self, now: float) -> None:
        """What the last service had in hand is due at once, or in `PAUSE_OF_DEAD`.

        The latter where that was not its first try: it may be what the last service
        died of. Only for who knows that nobody else has any.
        """

    async def of(self, sounds: Sequence[str]) -> Mapping[str, Transcript]:
        """What became of these; those that nobody asked for are left out."""


LEASE = 1800.0
"""Seconds that one try may take: a long message on a slow machine."""

PAUSE_OF_DEAD = 60.0
"""Seconds for which a service that has just started does without what may have killed
those before it."""
