"""Wording and hours, changed while the service runs, by those who may.

A change is a new version like any other (`live_site`): judged, live for the calls to
come, written back to the file. Beside that it is kept in the database with what brings
the old text back, and with its end, if it has one: a restart forgets neither.

One task makes all changes, one after the other, and ends them when their time has come.
Whoever asked for one and is gone meanwhile, a caller who hung up, does not stop it.

What a person does to the files meanwhile wins. When the value that was changed is
another one in the version that is live now, the change is forgotten, with its end, and
that is logged and audited. While the file in the folder is not the one that is live, or
when the old text does not pass its checks any more, an end is tried again every minute.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Protocol

from ivrflow.flow import changes as possible
from ivrflow.flow.changes import (
    AlreadySo,
    CannotChange,
    Change,
    Edited,
    Place,
    Unknown,
)
from ivrflow.flow.site import Site
from ivrflow.flow.site.ending import end_of
from ivrflow.flow.versions import NotReloaded, Reloaded, Texts
from ivrflow.flow.world import Trouble
from ivrflow.service.live_site import LiveSite

log = logging.getLogger("ivrflow.site")

AT_ONCE = 20
"""Changes that may wait for their turn: each takes seconds."""
LOOK_EVERY = 1.0
"""Seconds between two looks at what has ended."""
AGAIN_AFTER = 60.0
"""Seconds until an end that could not be made is tried again."""


class Kept(Protocol):
    """Where changes are kept; raises `Trouble`."""

    async def all(self) -> list[Change]: ...

    async def stands(self, change: Change, *, said: tuple[str, str]) -> None: ...

    async def ended(
        self, place: Place, *, by: str, at: float, said: tuple[str, str]
    ) -> None: ...

    async def not_made(
        self, place: Place, earlier: Change | None, *, by: str, at: float, why: str
    ) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Done:
    """A change that is live."""

    place: Place
    before: str | None
    after: str | None
    until: float | None
    """When it ends, in seconds since 1970; None: it stays."""
    site: Reloaded


Make = Callable[[Site, Texts], Edited]


class LiveChanges:
    """What may be changed, what is, and its ends."""

    def __init__(
        self,
        site: LiveSite,
        kept: Kept,
        *,
        clock: Callable[[], float],
    ) -> None:
        """*clock* gives seconds since 1970."""
        self._site = site
        self._kept = kept
        self._clock = clock
        self._standing: dict[Place, Change] = {}
        self._checked = ""
        """The version in which every change that stands was looked for."""
        self._check_at = 0.0
        """When it is looked for again, as the database could not be reached."""
        self._again: dict[Place, float] = {}
        self._jobs: asyncio.Queue[Callable[[], Awaitable[None]]] = asyncio.Queue(
            AT_ONCE
        )

    @property
    def all(self) -> Mapping[Place, Change]:
        """What was changed live and can be undone."""
        return MappingProxyType(self._standing)

    async def began(self) -> None:
        """Read what was changed before; raises `Trouble`."""
        self._standing = {change.place: change for change in await self._kept.all()}

    # What may be asked ------------------------------------------------------------

    async def set_words(
        self, name: str, words: str, *, by: str, until: datetime | None = None
    ) -> Done:
        """Give the prompt's text *name* (`en/outage_notice`) other words.

        Raises `Unknown`, `CannotChange`, `BadEnd`, `NotReloaded`, `Trouble`.
        """
        site = self._site.now
        wording = possible.wording_of(site, name)
        end = wording.end(self._now(), until)

        def make(site: Site, texts: Texts) -> Edited:
            return possible.new_words(site, texts, name, words)

        return await self._asked(lambda: self._set(make, by, end))

    async def set_hours(
        self,
        name: str,
        dates: str,
        hours: str | None,
        *,
        by: str,
        until: datetime | None = None,
    ) -> Done:
        """Give the timetable *name* these hours on *dates*; None: those of other days.

        Raises as `set_words`.
        """
        possible.hours_of(self._site.now, name)
        end = end_of(None, self._now(), until, file=possible.HOURS)

        def make(site: Site, texts: Texts) -> Edited:
            return possible.new_hours(site, texts, name, dates, hours)

        return await self._asked(lambda: self._set(make, by, end))

    async def undo(self, place: Place, *, by: str) -> Done:
        """Bring back what was there before; raises `Unknown` where nothing was changed.

        And `CannotChange`, `NotReloaded`, `Trouble`.
        """
        if place not in self._standing:
            raise Unknown(f"{place}: nothing was changed live there")
        return await self._asked(lambda: self._undo(place, by))

    async def _asked(self, work: Callable[[], Awaitable[Done]]) -> Done:
        """Have *work* done when its turn comes, whoever still waits for it."""
        answer: asyncio.Future[Done] = asyncio.get_running_loop().create_future()
        # Nobody may be left to look at it: no error is lost, each is in the log.
        answer.add_done_callback(lambda done: done.cancelled() or done.exception())

        async def job() -> None:
            try:
                done = await work()
            except asyncio.CancelledError:
                answer.cancel()
                raise
            except Exception as error:
                if not answer.cancelled():
                    answer.set_exception(error)
            else:
                if not answer.cancelled():
                    answer.set_result(done)

        try:
            self._jobs.put_nowait(job)
        except asyncio.QueueFull:
            raise Trouble("too many changes are waiting for their turn") from None
        return await asyncio.shield(answer)

    # How it is done ---------------------------------------------------------------

    async def run(self) -> None:
        """Make changes, and end them, for ever."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY):
                    job = await self._jobs.get()
                await job()
            await self.look()

    async def look(self) -> None:
        """Forget what was changed by hand since, and end what has ended."""
        now = self._clock()
        if self._checked != self._site.now.version and self._check_at <= now:
            await self._forget_others(now)
        for place, change in list(self._standing.items()):
            due = self._again.get(place, change.until or now + 1)
            if change.until is not None and due <= now:
                await self._end(change, now)

    async def _forget_others(self, now: float) -> None:
        """Forget changes that the live version does not have any more."""
        site = self._site.now
        try:
            for place, change in list(self._standing.items()):
                if possible.value_now(site, place) != change.after:
                    await self._forget(change)
        except Trouble as trouble:
            log.warning("what was changed live is looked at later: %s", trouble)
            self._check_at = now + AGAIN_AFTER
            return
        self._check_at = 0.0
        self._checked = site.version

    async def _forget(self, change: Change) -> None:
        end = self._until(change.until)
        told = f"{change.file} was changed since: it stays, and nothing ends {end}"
        log.warning("%s, changed by %s: %s", change.place, change.by, told)
        said = (_said(change.after), told.rstrip())
        by, at = "the files", self._clock()
        await self._kept.ended(change.place, by=by, at=at, said=said)
        del self._standing[change.place]
        self._again.pop(change.place, None)

    async def _end(self, change: Change, now: float) -> None:
        first = change.place not in self._again
        self._again[change.place] = now + AGAIN_AFTER
        try:
            await self._undo(change.place, by=f"end of {change.by}")
        except (NotReloaded, CannotChange, Unknown, Trouble) as why:
            if first:
                log.error(
                    "%s, changed by %s, should have ended and could not; it is tried "
                    "every minute: %s",
                    change.place,
                    change.by,
                    why,
                )

    async def _set(self, make: Make, by: str, until: datetime | None) -> Done:
        made: list[Change] = []

        @asynccontextmanager
        async def noted(edited: Edited) -> AsyncIterator[None]:
            at = self._clock()
            end = None if until is None else until.timestamp()
            earlier = self._standing.get(edited.place)
            change = Change.of(edited, by=by, at=at, until=end).following(earlier)
            stays = earlier is None or earlier.until is None
            if edited.before == edited.after and stays:
                raise AlreadySo(f"{edited.place} is so already")
            until_said = self._until(end)
            said = (_said(edited.before), f"{_said(edited.after)} {until_said}".strip())
            await self._kept.stands(change, said=said)
            made.append(change)
            async with self._or_not_made(edited.place, earlier, by):
                yield
            self._standing[edited.place] = change
            self._again.pop(edited.place, None)

        edited, site = await self._site.change(make, noted, by=by)
        return Done(
            place=edited.place,
            before=edited.before,
            after=edited.after,
            until=made[0].until,
            site=site,
        )

    async def _undo(self, place: Place, by: str) -> Done:
        change = self._standing.get(place)
        if change is None:
            raise Unknown(f"{place}: nothing was changed live there")
        standing = change

        def make(site: Site, texts: Texts) -> Edited:
            return possible.back(site, texts, standing)

        @asynccontextmanager
        async def noted(edited: Edited) -> AsyncIterator[None]:
            # The row goes when the old text is back: until then it must come back.
            async with self._or_not_made(place, standing, by):
                yield
            said = (_said(edited.before), _said(edited.after))
            del self._standing[place]
            self._again.pop(place, None)
            try:
                await self._kept.ended(place, by=by, at=self._clock(), said=said)
            except Trouble as trouble:
                # The next start finds the old text there, and forgets the change.
                log.error("%s is as before, but the audit lacks it: %s", place, trouble)

        edited, site = await self._site.change(make, noted, by=by)
        return Done(
            place=place,
            before=edited.before,
            after=edited.after,
            until=None,
            site=site,
        )

    @asynccontextmanager
    async def _or_not_made(
        self, place: Place, earlier: Change | None, by: str
    ) -> AsyncIterator[None]:
        """Take back what was noted when the block fails; *earlier* stood before."""
        try:
            yield
        except Exception as why:
            told = str(why).partition("\n")[0]
            try:
                await self._kept.not_made(
                    place, earlier, by=by, at=self._clock(), why=told
                )
            except Trouble as trouble:
                log.error("%s: %s; the database still has it", place, trouble)
            raise

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), self._site.now.settings.zone)

    def _until(self, end: float | None) -> str:
        if end is None:
            return ""
        at = datetime.fromtimestamp(end, self._site.now.settings.zone)
        return f"until {at.isoformat(' ', 'seconds')}"


def _said(value: str | None) -> str:
    return "none" if value is None else value
