"""Rows of sounds, a spool and a store in memory, for tests and for trying flows."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from ivrflow.flow.world.sounds import (
    HEARD,
    SOUND,
    Copied,
    Going,
    InSpool,
    by_length,
    recorded_as,
)
from ivrflow.flow.world.trouble import Trouble
from ivrflow.prompts.audio import read_wav
from ivrflow.telephony.channel import Recorded
from ivrflow.telephony.sound import Utterance
from ivrflow.voicemail.judging import Judged, judge
from ivrflow.voicemail.rules import Limits
from ivrflow.voicemail.salvage import mended


@dataclass(frozen=True, kw_only=True)
class SoundRow:
    """The row of a sound in memory."""

    at: datetime
    recorded: str = ""
    """Its name in the spool; "": it is not there."""
    place: str = "switch"
    ends: float = 0.0
    reviewed: bool = False
    """A talk still reviews it."""
    dropped: bool = False
    referred: bool = True
    """Whether a message, greeting or comment refers to it."""
    held: bool = False
    copied: Copied | None = None
    seconds: float = 0.0


class MemorySoundRows:
    """A `SoundRows`; `all` holds the rows by sound."""

    def __init__(self) -> None:
        self.all: dict[str, SoundRow] = {}

    def change(self, sound: str, **fields: object) -> None:
        """Give the row of *sound*, if there is one, these fields."""
        if sound in self.all:
            self.all[sound] = replace(self.all[sound], **fields)  # type: ignore[arg-type]  # of any field

    async def in_spool(self, most: int) -> Sequence[InSpool]:
        """The oldest *most* whose recording may leave the spool."""
        found = sorted(
            (
                (row.at, sound, row)
                for sound, row in self.all.items()
                if row.recorded and not row.reviewed and row.place in PLACES
            ),
            key=lambda one: one[:2],
        )
        return [
            InSpool(
                sound=sound,
                recorded=row.recorded,
                ends=row.ends,
                wanted=row.place == "switch" and not row.dropped,
            )
            for _, sound, row in found[:most]
        ]

    async def stored(self, sound: str, copied: Copied, seconds: float) -> None:
        """It is in the store."""
        if sound in self.all and self.all[sound].place in PLACES:
            self.change(sound, place="store", copied=copied, seconds=seconds)

    async def emptied(self, sound: str) -> None:
        """The spool has its recording no more."""
        self.change(sound, recorded="")

    async def missing(self, sound: str) -> None:
        """Neither the spool nor the store has it."""
        self._go(sound, "switch")

    async def let_go(self, before: datetime, most: int) -> Sequence[Going]:
        """Mark *most* sounds as going and return them."""
        found = [
            sound
            for sound, row in self.all.items()
            if row.place == "going"
            or (
                row.place != "gone"
                and row.at < before
                and not row.referred
                and not row.held
                and not row.reviewed
            )
        ][:most]
        for sound in found:
            self.change(sound, place="going")
        return [Going(sound=one, recorded=self.all[one].recorded) for one in found]

    async def gone(self, sounds: Iterable[str]) -> None:
        """Their files are removed."""
        for sound in sounds:
            self._go(sound, "going")

    async def places(self, sounds: Sequence[str]) -> Mapping[str, str]:
        """Where the rows say that these are."""
        return {one: self.all[one].place for one in sounds if one in self.all}

    async def ends(self, sound: str) -> float:
        """Where it ends, before it is cut there."""
        return self.all[sound].ends if sound in self.all else 0.0

    def _go(self, sound: str, place: str) -> None:
        if sound in self.all and self.all[sound].place == place:
            self.change(sound, place="gone", recorded="")


PLACES = ("switch", "store")


class MemorySpool:
    """A `Spool`; `all` holds the recordings by name."""

    def __init__(self) -> None:
        self.all: dict[str, bytes] = {}

    async def fetch(self, recorded: str) -> bytes | None:
        """The WAV of that name; None if there is none."""
        return self.all.get(recorded)

    async def delete(self, recorded: str) -> None:
        """Remove it; again: nothing happens."""
        self.all.pop(recorded, None)


class MemoryAudio:
    """An `Audio`; `all` holds the WAVs by sound, `heard` those that are played now.

    A scripted phone records no sound, but for how long: `recorded` has that, by the
    name of the recording, once it was judged. So it may be played, and is judged by its
    length, or as `verdicts` says.
    """

    def __init__(self, spool: MemorySpool | None = None) -> None:
        self.all: dict[str, bytes] = {}
        self.heard: list[str] = []
        self.spool = spool or MemorySpool()
        self.recorded: dict[str, float] = {}
        self.verdicts: dict[str, Judged] = {}
        """By the name of the recording."""
        self.full = False

    @property
    def is_full(self) -> bool:
        """Whether nothing new should be recorded."""
        return self.full

    async def judged(self, recorded: Recorded, limits: Limits) -> Judged | None:
        """Is what was *recorded* a message?"""
        self.recorded[recorded.name] = recorded.seconds
        if recorded.name in self.verdicts:
            return self.verdicts[recorded.name]
        wav = await self.spool.fetch(recorded.name)
        if wav is None:
            return by_length(recorded.seconds, limits)
        _, sound = read_wav(mended(wav))
        return judge(sound.samples, sound.rate, limits)

    async def read(self, sound: str) -> bytes:
        """The whole WAV."""
        wav = self.all.get(_checked(sound))
        if wav is None:
            wav = await self.spool.fetch(recorded_as(sound))
            if wav is None:
                raise Trouble(f"there is no sound {sound}")
            wav = mended(wav)
        return wav

    async def size(self, sound: str) -> int:
        """Its bytes."""
        return len(await self.read(sound))

    async def piece(self, sound: str, first: int, last: int) -> bytes:
        """Its bytes from *first* to *last*, both counted in."""
        return (await self.read(sound))[max(0, first) : max(0, last + 1)]

    async def put(self, sound: str, wav: bytes) -> Copied:
        """Keep a WAV. Again: nothing changes."""
        self.all[_checked(sound)] = wav
        digest = hashlib.sha256(wav).hexdigest()
        return Copied(size=len(wav), sha256=digest)

    async def drop(self, sound: str) -> bool:
        """Remove it from the store. False: it was not there."""
        return self.all.pop(_checked(sound), None) is not None

    @asynccontextmanager
    async def played(self, sound: str) -> AsyncIterator[Utterance]:
        """Something to play, for as long as the block runs."""
        seconds = self.recorded.get(recorded_as(sound))
        if seconds is None or sound in self.all:
            wav = await self.read(sound)
            seconds = max(0, len(wav) - HEADER) / BYTES_A_SECOND
        self.heard.append(sound)
        try:
            yield Utterance(
                prompt="",
                words="",
                language="",
                clips=(HEARD + sound,),
                seconds=seconds,
            )
        finally:
            self.heard.remove(sound)


HEADER, BYTES_A_SECOND = 44, 16_000
"""Of a WAV of 8 kHz and 16 bit, which is what a telephone line gives."""


def _checked(sound: str) -> str:
    if SOUND.fullmatch(sound) is None:
        raise Trouble(f"{sound[:80]!r} is no sound's id")
    return sound
