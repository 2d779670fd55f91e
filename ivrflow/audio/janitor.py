"""What nobody refers to goes, an hour after it came.

A comment that was not sent, a greeting that was not confirmed, a message whose time is
over, what a killed process has left. The rows decide: they mark a sound as going, so
that nobody refers to it any more, then its file goes, then it is gone. Legal holds are
looked at in that same act.

The other way round, from files to rows, nothing goes: with the wrong database, or one
from a backup, sounds that nobody knows are somebody's all the same. So a file without
any row stays, and is told; one whose row says that it is gone goes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NoReturn

from ivrflow.audio.playing import Playing
from ivrflow.audio.store import Store, Toured, Usage
from ivrflow.audio.threads import Threads
from ivrflow.flow.world.sounds import Going, SoundRows, Spool
from ivrflow.flow.world.trouble import Trouble

log = logging.getLogger(__name__)

HOUR = timedelta(hours=1)
"""How long a sound may be without anybody who refers to it; and between two looks."""

SOON = 60.0
"""Seconds between two looks until one has succeeded: by then it is known how full it
is."""

AT_ONCE = 200
"""Sounds that one question to the database is about."""

LONGEST_WALK = 600.0
"""Seconds that a walk through all files may take: on a slow disk there are many."""


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What one look has done."""

    gone: int
    """Sounds that nobody referred to, and are no more."""
    strays: tuple[str, ...]
    """Sounds that no row knows. They stay: an operator puts the database right, or
    moves them away."""
    usage: Usage
    """What is left, for the alarm before the room is full."""


class Janitor:
    """Cleans up as long as `run` runs."""

    def __init__(
        self,
        rows: SoundRows,
        spool: Spool,
        store: Store,
        playing: Playing,
        threads: Threads,
        *,
        now: Callable[[], datetime],
    ) -> None:
        """*now* is the time of day, with a zone: rows and files tell theirs in it."""
        self._rows = rows
        self._spool = spool
        self._store = store
        self._playing = playing
        self._threads = threads
        self._now = now

    async def run(self, measured: Callable[[Usage], object] = id) -> NoReturn:
        """Wipe what is laid out for playing; look at once, and then every hour.

        *measured* is told each time how much there is, the first time before anything
        goes: that may take long. What fails is logged, and tried by the next look.
        """
        pause = SOON
        while True:
            try:
                if pause == SOON:
                    measured(
                        await self._threads.do(self._store.usage, within=LONGEST_WALK)
                    )
                measured((await self.look()).usage)
                pause = HOUR.total_seconds()
            except Trouble as trouble:
                log.warning(
                    "sounds are not cleaned up, until in %.0f minutes: %s",
                    pause / 60,
                    trouble,
                )
            await asyncio.sleep(pause)

    async def look(self) -> Cleaned:
        """Clean up once. Raises `Trouble`: what was done until then stays done."""
        try:
            await self._playing.wipe()
        except Trouble as trouble:  # a disk of its own: no reason to keep all else
            log.warning("plain copies are not wiped, until in an hour: %s", trouble)
        before = self._now() - HOUR
        gone = await self._let_go(before)
        now = self._now().timestamp()
        toured = await self._threads.do(
            lambda: self._store.tour(now=now), within=LONGEST_WALK
        )
        strays, left = await self._unknown(toured, before.timestamp())
        return Cleaned(gone + len(left), strays, toured.usage(without=left))

    async def _let_go(self, before: datetime) -> int:
        """Remove what the rows let go; return how many sounds."""
        gone = 0
        while True:
            going = await self._rows.let_go(before, AT_ONCE)
            removed = [one.sound for one in going if await self._removed(one)]
            await self._rows.gone(removed)
            gone += len(removed)
            if len(going) < AT_ONCE or not removed:
                return gone

    async def _removed(self, one: Going) -> bool:
        try:
            await self._drop(one.sound)
            if one.recorded:
                await self._spool.delete(one.recorded)
        except Trouble as trouble:
            log.warning("sound %s is to go, and stays: %s", one.sound, trouble)
            return False
        return True

    async def _drop(self, sound: str) -> None:
        await self._threads.do(lambda: self._store.drop(sound))

    async def _unknown(
        self, toured: Toured, before: float
    ) -> tuple[tuple[str, ...], frozenset[str]]:
        """Return the sounds that no row knows.

        And remove those whose rows say that they are gone; the second are these. Only
        files from before *before* count: the rows of others may be on their way.
        """
        old = [sound for sound, at in toured.changed.items() if at < before]
        gone, strays = [], []
        for begin in range(0, len(old), AT_ONCE):
            some = old[begin : begin + AT_ONCE]
            places = await self._rows.places(some)
            gone += [sound for sound in some if places.get(sound) == "gone"]
            strays += [sound for sound in some if sound not in places]
        if strays:
            log.error(
                "%d of %d sounds in %s have no row in the database, and are left "
                "alone, such as %s: is it the right one, and not an old backup? Put it "
                "right, or move those sounds away",
                len(strays),
                len(toured.changed),
                self._store.folder,
                strays[0],
            )
        for sound in gone:
            log.info("sound %s is gone, says its row: its file goes", sound)
            await self._drop(sound)
        return tuple(strays), frozenset(gone)
