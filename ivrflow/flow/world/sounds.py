"""Sounds that people have spoken, as rows and as bytes: who keeps what, and in which
order it moves.

A recording is made by the switch and lies in its spool at first. Its row says where it
is (`place`): "switch", then "store", "going" when nobody refers to it any more, and
"gone". Each step is written down before the next one is done, so whoever dies between
two of them leaves what the next process finishes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ivrflow.telephony.sound import Utterance

SOUND = re.compile("[0-9a-f]{24,64}")
"""A sound's id: not to be guessed, and checked before it becomes part of a path."""

HEARD = "heard/"
"""Before a sound's id: the clip of a copy that is laid out for the switch to play."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """What was written into the store, for the sound's row."""

    size: int
    """Bytes of the WAV."""
    sha256: str
    """Of the WAV, not of the sealed file: it stays when the key changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InSpool:
    """A recording that should not be in the switch's spool for long."""

    sound: str
    recorded: str
    """Its name in the spool."""
    ends: float = 0.0
    """Seconds after which it is only silence, or a busy tone; 0: keep all of it."""
    wanted: bool = True
    """False: it was dropped, or is in the store already. Only the spool is emptied."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Going:
    """A sound that nobody refers to any more."""

    sound: str
    recorded: str = ""
    """Its name in the spool; "": it is not there."""


class SoundRows(Protocol):
    """The rows of sounds. Raises `Trouble`; each method is one act, and idempotent."""

    async def in_spool(self, most: int) -> Sequence[InSpool]:
        """The oldest *most* whose recording is still in the spool, and may leave it.

        Those that a talk still reviews, and may record again, are not among them.
        """

    async def stored(self, sound: str, copied: Copied, seconds: float) -> None:
        """It is in the store: place "store". *seconds* is how long it lasts there.

        Only from "switch" and "store": one that is going or gone stays so.
        """

    async def emptied(self, sound: str) -> None:
        """The spool has its recording no more."""

    async def missing(self, sound: str) -> None:
        """Neither the spool nor the store has it: place "gone", if it was "switch"."""

    async def let_go(self, before: datetime, most: int) -> Sequence[Going]:
        """Mark *most* sounds as "going" and return them, with those marked before.

        That is: sounds from before *before* to which no message, greeting or comment
        that is still there refers, and which no legal hold keeps; the condition stands
        in the UPDATE itself. To a sound that is going nobody can refer any more.
        """

    async def gone(self, sounds: Iterable[str]) -> None:
        """Their files are removed: place "gone", of those that are "going"."""

    async def places(self, sounds: Sequence[str]) -> Mapping[str, str]:
        """Where the rows say that these are; a sound without a row is left out."""


class Spool(Protocol):
    """The switch's own recordings. Raises `Trouble`."""

    async def fetch(self, recorded: str) -> bytes | None:
        """The WAV of that name, as it lies there; None if there is none.

        It may be one that a crash or a full disk has cut short.
        """

    async def delete(self, recorded: str) -> None:
        """Remove it; again: nothing happens."""


class Audio(Protocol):
    """The sounds in the store, for talks, routes and letters.

    Raises `Trouble`: also where a sound is gone, damaged, or its key is missing.
    """

    async def read(self, sound: str) -> bytes:
        """The whole WAV."""

    async def size(self, sound: str) -> int:
        """Its bytes."""

    async def piece(self, sound: str, first: int, last: int) -> bytes:
        """Its bytes from *first* to *last*, both counted in."""

    async def put(self, sound: str, wav: bytes) -> Copied:
        """Keep a WAV: whole, or not at all. Again: nothing changes.

        Which of the two is not known after a `Trouble`, since a disk that hangs may do
        it later. Put it again, or have a row that lets it go.
        """

    async def drop(self, sound: str) -> bool:
        """Remove it. False: it was not there."""

    def played(self, sound: str) -> AbstractAsyncContextManager[Utterance]:
        """Something to play, for as long as the block runs."""
