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
from typing import NoReturn, Protocol

from ivrflow.flow.world.trouble import Trouble
from ivrflow.telephony.channel import Recorded
from ivrflow.telephony.sound import Utterance
from ivrflow.voicemail.judging import Judged, Verdict
from ivrflow.voicemail.rules import Limits, long_enough

SOUND = re.compile("[0-9a-f]{24,64}")
"""A sound's id: not to be guessed, and checked before it becomes part of a path."""

HEARD = "heard/"
"""Before a sound's id: the clip of a copy that is laid out for the switch to play."""


def recorded_as(sound: str) -> str:
    """The name under which the switch records *sound*, and has it in its spool."""
    return f"voicemail/{sound}"


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

    async def ends(self, sound: str) -> float:
        """As in `InSpool`; 0 without a row."""


class SpoolAway(Trouble):
    """The switch can't be asked now: not for any of its recordings."""


class Spool(Protocol):
    """The switch's own recordings. Raises `Trouble`, `SpoolAway`."""

    async def fetch(self, recorded: str) -> bytes | None:
        """The WAV of that name, as it lies there; None if there is none.

        It may be one that a crash or a full disk has cut short.
        """

    async def delete(self, recorded: str) -> None:
        """Remove it; again: nothing happens."""


class Audio(Protocol):
    """The sounds in the store, for talks, routes and letters.

    One that was recorded as `recorded_as` says is found in the switch's spool too, as
    long as it lies there. Raises `Trouble`: also where a sound is gone, damaged, or its
    key is missing.
    """

    @property
    def is_full(self) -> bool:
        """Whether nothing new should be recorded: the room of the settings, or of the
        disk, is used up. What is recorded all the same is kept."""

    async def judged(self, recorded: Recorded, limits: Limits) -> Judged | None:
        """Is what the switch has *recorded* a message? None: nothing is there.

        Whoever asks again gets the same answer, as long as it lies in the spool.
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
        """Remove it from the store. False: it was not there."""

    def played(self, sound: str) -> AbstractAsyncContextManager[Utterance]:
        """Something to play, for as long as the block runs."""


class NoAudio:
    """An `Audio` where no sound is kept: what is recorded is judged by its length."""

    @property
    def is_full(self) -> bool:
        """Nothing comes in, so it never is."""
        return False

    async def judged(self, recorded: Recorded, limits: Limits) -> Judged | None:
        """A message, if it is long enough."""
        return by_length(recorded.seconds, limits)

    async def read(self, sound: str) -> bytes:
        """There is none."""
        self._none(sound)

    async def size(self, sound: str) -> int:
        """There is none."""
        self._none(sound)

    async def piece(self, sound: str, first: int, last: int) -> bytes:
        """There is none."""
        self._none(sound)

    async def put(self, sound: str, wav: bytes) -> Copied:
        """It can't be kept."""
        self._none(sound)

    async def drop(self, sound: str) -> bool:
        """It was not there."""
        return False

    def played(self, sound: str) -> AbstractAsyncContextManager[Utterance]:
        """There is none."""
        self._none(sound)

    def _none(self, sound: str) -> NoReturn:
        raise Trouble(f"sound {sound[:80]!r}: no sounds are kept here")


def by_length(seconds: float, limits: Limits) -> Judged:
    """The verdict on a recording of *seconds* that nobody can listen to."""
    kept = long_enough(seconds, limits)
    verdict = Verdict.MESSAGE if kept else Verdict.SHORT
    return Judged(verdict=verdict, seconds=seconds, ends=seconds)
