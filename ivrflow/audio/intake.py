"""From the switch's spool into the store, in an order that loses nothing.

    1  copy the recording into the store       again: the same file
    2  write down that it is there             again: nothing changes
    3  remove it from the spool                again: it is gone already
    4  write down that the spool is empty      again: nothing changes

Whoever dies between two of them, the next look does the rest. Until step 3 the spool's
plain recording is there beside the sealed one: seconds, as a rule. Nobody hears it
there then: what is heard is a copy (`library`), and a talk that still reviews its
message has not let go of it.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass
from typing import NoReturn

from ivrflow.audio.cutting import cut, shape
from ivrflow.audio.folder import NoRoom
from ivrflow.audio.store import NoSound, Store
from ivrflow.audio.threads import Threads
from ivrflow.flow.world.sounds import (
    Copied,
    InSpool,
    SoundRows,
    Spool,
    SpoolAway,
)
from ivrflow.flow.world.trouble import Trouble
from ivrflow.prompts.audio import BadSound

log = logging.getLogger(__name__)

EVERY = 30.0
"""Seconds between two looks, where nobody says that there is something."""

AT_ONCE = 50
"""Recordings that one look takes in, besides those that could not be taken before."""

MOST_BESIDES = 1_000

PAUSE = 0.1
"""Seconds between two recordings: a full spool is taken in beside calls, slowly."""

LOST_AFTER = 86_400.0
"""Seconds after which one that is nowhere is lost: Asterisk may run before the disk of
its spool is there, or without it until somebody comes in."""

_NOWHERE = "neither Asterisk nor the store has it"


@dataclass(frozen=True, slots=True)
class Looked:
    """What one look has done."""

    seen: int
    done: int
    """Of those that were seen: recordings that nobody looks for there any more."""


class Intake:
    """Takes in recordings as long as `run` runs."""

    def __init__(
        self,
        rows: SoundRows,
        spool: Spool,
        store: Store,
        threads: Threads,
        *,
        pause: float = PAUSE,
    ) -> None:
        self._rows = rows
        self._spool = spool
        self._store = store
        self._threads = threads
        self._pause = pause
        self._asked = asyncio.Event()
        self._waiting: dict[str, str] = {}
        self._absent: dict[str, float] = {}
        """Sound -> since when, by the loop's time, it is nowhere."""
        self._fetched = False
        self.trouble = ""
        """Why nothing can be taken in now, for an alarm; "": all is well."""

    @property
    def waiting(self) -> dict[str, str]:
        """Sound -> why it was not taken in, of those that the last look left."""
        return dict(self._waiting)

    def soon(self) -> None:
        """Look now: a message was kept, or dropped."""
        self._asked.set()

    async def run(self) -> NoReturn:
        """Look at once, and then again and again."""
        while True:
            self._asked.clear()  # before looking: what comes meanwhile is not lost
            looked = await self.look()
            if looked.seen >= AT_ONCE and looked.done:
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(EVERY):
                    await self._asked.wait()

    async def look(self) -> Looked:
        """Take in what lies in the spool. What fails is logged, and tried again."""
        # Those that can't be taken stand at the head of the list for ever, perhaps.
        besides = min(len(self._waiting), MOST_BESIDES)
        seen = done = 0
        before, self._waiting = self._waiting, {}
        self._fetched = False
        try:
            found = await self._rows.in_spool(AT_ONCE + besides)
            seen = len(found)
            for one in found:
                if one.sound not in before:
                    await asyncio.sleep(self._pause if done else 0)
                why = await self._tried(one)
                done += not why
                if why:
                    self._waiting[one.sound] = why
                    if why != before.get(one.sound):
                        log.warning("sound %s waits: %s", one.sound, why)
            done += await self._given_up()
        except Trouble as trouble:
            if self.trouble != str(trouble):
                log.warning(
                    "recordings stay in Asterisk, and are tried again every %.0f s: %s",
                    EVERY,
                    trouble,
                )
            self.trouble = str(trouble)
        else:
            self.trouble = ""
        return Looked(seen, done)

    async def _tried(self, one: InSpool) -> str:
        """Take one in; return why it waits, "" if it does not.

        Raises `Trouble` where all the others would fail too.
        """
        if one.wanted and (why := await self._copied(one)):
            return why
        try:
            await self._spool.delete(one.recorded)
        except SpoolAway:
            raise
        except Trouble as trouble:
            return str(trouble)
        await self._rows.emptied(one.sound)
        return ""

    async def _copied(self, one: InSpool) -> str:
        """Steps 1 and 2; return why they could not be done."""
        try:
            wav = await self._spool.fetch(one.recorded)
            if wav is not None:
                self._fetched = True
                self._absent.pop(one.sound, None)
            copied, seconds = await self._threads.do(lambda: self._keep(one, wav))
        except (NoRoom, SpoolAway):
            raise
        except NoSound:
            self._absent.setdefault(one.sound, asyncio.get_running_loop().time())
            return _NOWHERE
        except Trouble as trouble:
            return str(trouble)
        await self._rows.stored(one.sound, copied, seconds)
        return ""

    async def _given_up(self) -> int:
        """Write down which are lost, at the end of a look; return how many.

        None in a look that got nothing out of the spool: it may be the spool itself
        that is not there.
        """
        self._absent = {s: at for s, at in self._absent.items() if s in self._waiting}
        if not self._fetched:
            return 0
        before = asyncio.get_running_loop().time() - LOST_AFTER
        lost = [
            sound
            for sound, at in self._absent.items()
            if at <= before and self._waiting[sound] == _NOWHERE
        ]
        for sound in lost:
            log.error(
                "sound %s is lost: for %.0f hours neither Asterisk nor %s has had it",
                sound,
                LOST_AFTER / 3600,
                self._store.folder,
            )
            await self._rows.missing(sound)
            del self._absent[sound], self._waiting[sound]
        return len(lost)

    def _keep(self, one: InSpool, wav: bytes | None) -> tuple[Copied, float]:
        # Without a recording: a database from a backup has forgotten step 2.
        whole = self._store.read(one.sound) if wav is None else cut(wav, one.ends)
        try:
            seconds = shape(whole).seconds
        except BadSound as bad:
            log.warning("sound %s is kept as it is: %s", one.sound, bad)
            seconds = 0.0
        return self._store.put(one.sound, whole), seconds
