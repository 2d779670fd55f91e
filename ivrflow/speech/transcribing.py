"""What callers have said, written down: one message after the other, beside the calls.

The database says what waits for an ear. A process of its own listens (`ear`), which is
started when there is something to hear and ended when there was nothing for a while: a
model takes 400 MB. Nothing of it runs in the event loop but the handing over, so the
longest message costs a call nothing.

A process that dies, hangs or talks nonsense is replaced, and the message is tried again
later; one that has failed four times stays without words, and whoever waits for them
gets the sound alone. So does one over which the service, or the machine, has died as
often. Where nothing can be heard at all (no program, no model), messages
wait until somebody has put it right: the log says what is missing.

No words stand in a log or a fact, nor what an ear complains of: it may quote them.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ivrflow.aio import supervise
from ivrflow.facts import Note, Transcribed, ignore
from ivrflow.flow.world import Trouble
from ivrflow.flow.world.sounds import Audio
from ivrflow.flow.world.transcripts import LEASE, ToTranscribe, Transcripts
from ivrflow.speech.ear import EarFailed, EarLost, EarProcess, ear_process

log = logging.getLogger(__name__)

EVERY = 10.0
"""Seconds between two looks: nobody says when a sound has come into the store."""

IDLE = 300.0
"""Seconds without a message after which a process ends, and its memory is free."""

PAUSES = (60.0, 600.0, 3600.0)
"""Seconds until a message is tried for the second, third, fourth time; then no more."""

AGAIN_AFTER = 300.0
"""Seconds until an ear that can't hear at all is tried again."""

AT_LEAST, FOR_A_SECOND = 60.0, 2.0
"""Seconds that an ear has for a message: so many, and so many for each of its own.
Whisper takes a fifth of a second for each on a machine that has nothing else to do."""

HEAD, BYTES_A_SECOND = 44, 16_000
"""Of a WAV of 8 kHz and 16 bit, which is what a telephone line gives."""


@dataclass(frozen=True, kw_only=True)
class EarRules:
    """How a service listens."""

    command: tuple[str, ...] = ()
    """The program that understands speech; (): Whisper on this machine."""
    processes: int = 1
    longest: float = 600.0
    """Seconds; longer messages are not written down."""

    @property
    def by(self) -> str:
        """Who hears, for the row of a transcript."""
        return "command" if self.command else "whisper base"


class Transcribing:
    """Writes down what waits, as long as `works` run."""

    def __init__(
        self,
        transcripts: Transcripts,
        audio: Audio,
        rules: EarRules,
        *,
        clock: Callable[[], float],
        note: Note = ignore,
    ) -> None:
        """*clock*: seconds since 1970, as in the rows of transcripts."""
        self._transcripts = transcripts
        self._audio = audio
        self._rules = rules
        self._clock = clock
        self._note = note
        self._told = ""
        self.trouble = ""
        """Why nothing can be heard now, for an alarm; "": all is well."""

    def works(self) -> Sequence[Coroutine[Any, Any, None]]:
        """What runs as long as the service does: an ear each."""
        return [
            supervise(f"ear {number}", self._listen)
            for number in range(1, self._rules.processes + 1)
        ]

    async def _listen(self) -> None:
        """Listen with one process, which is another one after each that was lost."""
        while True:
            first = await self._next(math.inf)
            assert first is not None, "there is no end to waiting"
            try:
                async with ear_process(self._rules.command) as ear:
                    found: ToTranscribe | None = first
                    while found is not None and await self._wrote(ear, found):
                        found = await self._next(IDLE)
            except EarFailed as failed:  # it could not even begin
                await self._failed(first, failed)

    async def _next(self, idle: float) -> ToTranscribe | None:
        """Wait for a message, and have it in hand; None: none for *idle* seconds."""
        time = asyncio.get_running_loop().time
        news, ends = self._transcripts.news, time() + idle
        while time() < ends:
            if self.trouble:
                await asyncio.sleep(AGAIN_AFTER)
                self.trouble = ""
            news.clear()  # before looking: what comes meanwhile is not lost
            # Without the database nothing comes in either, and all of the log says so.
            with suppress(Trouble):
                if found := await self._transcripts.due(self._clock(), 1):
                    return found[0]
            with suppress(TimeoutError):
                async with asyncio.timeout(EVERY):
                    await news.wait()
        return None

    async def _wrote(self, ear: EarProcess, found: ToTranscribe) -> bool:
        """Have one message written down. False: *ear* must not be asked again."""
        sound, began = found.speech.sound, asyncio.get_running_loop().time()
        try:
            words = await self._words(ear, found)
        except (EarFailed, Trouble) as failed:
            await self._failed(found, failed)
            # Also where it lacks something: what is installed meanwhile, a new one has.
            return not (isinstance(failed, EarLost) or self.trouble)
        took = asyncio.get_running_loop().time() - began
        self._told = ""
        with suppress(Trouble):  # it is heard once more when its lease is over
            now = self._clock()
            await self._transcripts.done(sound, words, by=self._rules.by, now=now)
            self._note(Transcribed(at=now, message=sound, took=round(took, 1)))
        return True

    async def _words(self, ear: EarProcess, found: ToTranscribe) -> str:
        """What was said. Raises `EarFailed`, and `Trouble` where there is no sound."""
        if found.tries > len(PAUSES):  # nobody lived to say how the last one ended
            raise _Never("each time somebody listened to it the service ended")
        if found.speech.seconds > self._rules.longest:
            raise self._too_long()
        wav = await self._audio.read(found.speech.sound)
        if len(wav) <= HEAD:
            raise _Never("there is nothing to be heard")
        # By its row it may be shorter: one that somebody has put in by hand, perhaps.
        seconds = (len(wav) - HEAD) / BYTES_A_SECOND
        if seconds > self._rules.longest:
            raise self._too_long()
        within = min(AT_LEAST + FOR_A_SECOND * seconds, LEASE)
        try:
            async with asyncio.timeout(within):
                return await ear.hears(wav, found.language, within)
        except TimeoutError:
            raise EarLost(f"the ear took longer than {within:.0f} s") from None

    def _too_long(self) -> EarFailed:
        return _Never(f"it is longer than {self._rules.longest:g} s")

    async def _failed(self, found: ToTranscribe, failed: Exception) -> None:
        """Settle a try that gave no words."""
        sound, now = found.speech.sound, self._clock()
        due: float | None = None
        lasting = isinstance(failed, EarFailed) and failed.lasting
        if lasting:
            # Nothing is wrong with this one: all others would fare the same.
            self.trouble, due = str(failed), now + AGAIN_AFTER
        elif not isinstance(failed, _Never) and found.tries < len(PAUSES):
            due = now + PAUSES[found.tries]
        if str(failed) != self._told:  # a hundred messages need not say the same
            self._told = str(failed)
            then = "" if due is None else f"; again in {due - now:.0f} s"
            log.warning("message %s is not written down: %s%s", sound, failed, then)
        if due is None:
            self._note(Transcribed(at=now, message=sound, ok=False))
        with suppress(Trouble):  # it is tried again when its lease is over
            await self._transcripts.failed(
                sound, str(failed), due=due, counts=not lasting
            )


class _Never(EarFailed):
    """This sound will never have words."""
