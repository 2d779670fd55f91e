"""Words of sounds in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ivrflow.flow.world.boxes import Speech
from ivrflow.flow.world.transcripts import (
    DONE,
    FAILED,
    LEASE,
    PAUSE_OF_DEAD,
    WAITING,
    ToTranscribe,
    Transcript,
)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A transcript in memory."""

    transcript: Transcript
    due: float | None
    tries: int = 0
    by: str = ""


@dataclass
class MemoryTranscripts:
    """A `Transcripts`; `all` holds them by sound, `gone` what can't be heard yet."""

    all: dict[str, Asked] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def ask(self, sound: str, language: str, now: float) -> bool:
        """As `Transcripts.ask`."""
        known = self.all.get(sound)
        self.news.set()
        if known is not None and known.transcript.state != FAILED:
            return False
        asked = Transcript(sound=sound, state=WAITING, language=language)
        self.all[sound] = Asked(transcript=asked, due=now)
        return True

    async def due(self, now: float, most: int = 1) -> Sequence[ToTranscribe]:
        """As `Transcripts.due`."""
        found = [
            sound
            for sound, one in self.all.items()
            if one.transcript.state == WAITING
            and one.due is not None
            and one.due <= now
            and sound not in self.gone
        ]
        found.sort(key=lambda sound: (self.all[sound].due or 0.0, sound))
        taken = []
        for sound in found[:most]:
            one = self.all[sound]
            taken_now = replace(one.transcript, error="")
            self.all[sound] = Asked(
                transcript=taken_now, due=now + LEASE, tries=one.tries + 1
            )
            taken.append(
                ToTranscribe(
                    speech=Speech(sound=sound, seconds=0.0, place="store"),
                    language=one.transcript.language,
                    tries=one.tries,
                )
            )
        return taken

    async def done(self, sound: str, words: str, *, by: str, now: float) -> bool:
        """As `Transcripts.done`."""
        one = self.all.get(sound)
        if one is None or one.transcript.state == DONE:
            return False
        done = replace(one.transcript, state=DONE, words=words, error="")
        self.all[sound] = replace(one, transcript=done, due=None, by=by)
        return True

    async def failed(
        self, sound: str, why: str, *, due: float | None, counts: bool = True
    ) -> None:
        """As `Transcripts.failed`."""
        one = self.all.get(sound)
        if one is None or one.transcript.state == DONE:
            return
        state = FAILED if due is None else WAITING
        failed = replace(one.transcript, state=state, error=why)
        tries = one.tries if counts else one.tries - 1
        self.all[sound] = replace(one, transcript=failed, due=due, tries=tries)

    async def release(self, now: float) -> None:
        """As `Transcripts.release`."""
        for sound, one in self.all.items():
            in_hand = one.transcript.state == WAITING and not one.transcript.error
            if in_hand and one.tries and (one.due or 0.0) > now:
                due = now + PAUSE_OF_DEAD if one.tries > 1 else now
                self.all[sound] = replace(one, due=due)

    async def of(self, sounds: Sequence[str]) -> Mapping[str, Transcript]:
        """As `Transcripts.of`."""
        return {one: self.all[one].transcript for one in sounds if one in self.all}
