"""The door by which calls come in: one task each, while it is open.

A channel that bears a bookmark of ours is a call that goes on: it is given back to its
flow, in the version that it began with. Every other one begins.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import (
    AbstractAsyncContextManager,
    asynccontextmanager,
    nullcontext,
)
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from msgspec.structs import replace as with_news

from ivrflow.aio import by_itself, finish
from ivrflow.asterisk.ari.channel import AriChannel
from ivrflow.config import Settings
from ivrflow.flow.answer import answer
from ivrflow.flow.bookmark import Bookmark, newer
from ivrflow.flow.live import LiveCalls
from ivrflow.flow.site import Site
from ivrflow.flow.world import World
from ivrflow.prompts.phrase import Recorded
from ivrflow.service.admission import Admission
from ivrflow.telephony.channel import Cause, Channel

log = logging.getLogger(__name__)

Its = Callable[[World], AbstractAsyncContextManager[World]]
"""Makes the world of one call, for as long as it lasts."""


@dataclass(frozen=True, kw_only=True)
class Past:
    """What calls go on with that began under an earlier service."""

    version: Callable[[str], Awaitable[tuple[Site, World]]]
    """The site of a version, and a world for its calls."""
    made: Mapping[str, Callable[[Channel, Bookmark], Awaitable[None]]]
    """Kind of a call that we have made ourselves -> what goes on with it, until it is
    over."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What is known of a channel that a look at Asterisk has found."""

    kept: str = ""
    """The bookmark that the database has; "" for none."""
    away: float = 0.0
    """Seconds for which nobody had the call."""


class Door:
    """Takes calls from `open` to `close`, each with the version that is live then."""

    def __init__(
        self,
        settings: Settings,
        site: Site,
        live: LiveCalls,
        its: Its = nullcontext,
        admission: Admission | None = None,
    ) -> None:
        """*its* makes the world of one call out of that of all. Without *admission* all
        calls are taken."""
        self._rehearsed = settings.rehearsed()
        self._site = site
        self._live = live
        self._its = its
        self._admission = admission
        self._inside: tuple[asyncio.TaskGroup, World] | None = None
        self._past: Past | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._held = False

    def open(
        self, calls: asyncio.TaskGroup, world: World, past: Past | None = None
    ) -> None:
        """Take calls from now on, each in a task of *calls*; without *past* none goes
        on that began under an earlier service."""
        self._inside = (calls, world)
        self._past = past

    def renew(self, site: Site, world: World) -> None:
        """Give the calls to come this version; those that are up keep theirs."""
        self._site = site
        if self._inside is not None:
            self._inside = (self._inside[0], world)

    def hear(self, recorded: Recorded) -> None:
        """Give the calls to come other recordings."""
        if self._inside is not None:
            calls, world = self._inside
            self._inside = (calls, replace(world, recorded=recorded))

    def latest(self) -> tuple[Site, World]:
        """What a call takes that begins now. Raises `RuntimeError` while closed."""
        if self._inside is None:
            raise RuntimeError("the service starts or stops: no call begins")
        return self._site, self._inside[1]

    @property
    def taking(self) -> bool:
        """Whether calls that come are taken: it is open, and nothing holds it."""
        return self._inside is not None and not self._held

    def hold(self) -> None:
        """Leave all that come from now on as they are: they hear ringing, and the next
        service takes them."""
        self._held = True

    def close(self) -> None:
        """Take no more calls, and end those that are up."""
        self._inside = None
        for task in self._tasks:
            task.cancel()

    def take(self, channel: AriChannel, found: Found | None = None) -> None:
        """Begin with a call, or go on with it, if its bookmark is good.

        *found* is what the database knows of it; None: it is asked. Raises
        `RuntimeError` while the door is closed.
        """
        if self._inside is None:
            raise RuntimeError("the service starts or stops: no call is taken")
        if self._held:
            return
        calls, world = self._inside
        new = found is None and not channel.remembered
        gate = self._admission
        if new and gate is not None and (why := gate.refusal(len(self._tasks))):
            gate.refuse(channel, why)
            return
        if new or world.seal is None or self._past is None:
            work = partial(self._begun, channel)
        else:
            work = partial(self._going_on, channel, found, world, self._past)
        self._start(calls, f"call {channel.id}", work)

    def begin(self, name: str, work: Callable[[], Awaitable[None]]) -> str:
        """Do *work*, a call that came in another way, in a task of that *name*.

        Returns "", or why no such call is taken now.
        """
        if self._inside is None or self._held:
            return "the service starts or stops"
        gate = self._admission
        if gate is not None and (why := gate.refusal(len(self._tasks))):
            return why
        self._start(self._inside[0], name, work)
        return ""

    def _start(
        self, calls: asyncio.TaskGroup, name: str, work: Callable[[], Awaitable[None]]
    ) -> None:
        task = calls.create_task(by_itself(name, work), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def left(self, channel: Channel) -> tuple[Bookmark | None, float]:
        """What is left of a call that came in another way, by the process or the script
        before; and for how many seconds nobody had it."""
        _, world = self.latest()
        if world.seal is None or not channel.remembered:
            return None, 0.0
        return await self._bookmark(channel, None, world)

    @asynccontextmanager
    async def world_of(
        self, caller: str, bookmark: Bookmark | None
    ) -> AsyncIterator[tuple[Site, World]]:
        """The version that a call takes, or goes on with, and its world."""
        site, world = self.latest()
        if bookmark is not None and self._past is not None:
            site, world = await self._past.version(bookmark.version)
        began = bookmark.began if bookmark is not None else None
        async with self._its(self._rehearsing(caller, site, world, began)) as its:
            yield site, its

    def _rehearsing(
        self, caller: str, site: Site, world: World, began: float | None = None
    ) -> World:
        """*world*, or that of a rehearsal which began then; None: begins now."""
        given = self._rehearsed.get(caller)
        if given is None:
            return world
        begins = given.replace(tzinfo=site.settings.zone)
        return at_another_time(world, begins, at=began)

    async def _begun(self, channel: AriChannel) -> None:
        if self._inside is None:
            await channel.hang_up(Cause.TEMPORARY_FAILURE)
            return
        site = self._site
        world = self._rehearsing(channel.caller_id, site, self._inside[1])
        await answered(channel, site, world, self._live, self._its)

    async def _going_on(
        self, channel: AriChannel, found: Found | None, world: World, past: Past
    ) -> None:
        try:
            bookmark, away = await self._bookmark(channel, found, world)
            if bookmark is None:
                await self._begun(channel)
            elif (goes_on := past.made.get(bookmark.kind)) is not None:
                await goes_on(channel, bookmark)
            else:
                await self._resumed(channel, bookmark, away, past)
        except Exception:
            log.exception("call %s: a fault of ours ended it", channel.id)
            await finish(channel.hang_up(Cause.TEMPORARY_FAILURE))

    async def _bookmark(
        self, channel: Channel, found: Found | None, world: World
    ) -> tuple[Bookmark | None, float]:
        assert world.seal is not None
        kept = found.kept if found is not None else ""
        if found is None and world.bookmarks is not None:
            # The dialplan had it for a while, and brings it back.
            kept = (await world.bookmarks.of([channel.id])).get(channel.id, "")
        bookmark = newer(channel.id, channel.remembered, kept, world.seal)
        if bookmark is None:
            return None, 0.0
        if found is None and bookmark.ended is not None and bookmark.ended.back:
            # The dialplan had got it back, and brings it for something else.
            bookmark = with_news(bookmark, elsewhere=True)
        return bookmark, found.away if found else world.seconds() - bookmark.at

    async def _resumed(
        self, channel: AriChannel, bookmark: Bookmark, away: float, past: Past
    ) -> None:
        site, world = await past.version(bookmark.version)
        world = self._rehearsing(channel.caller_id, site, world, bookmark.began)
        await answered(channel, site, world, self._live, self._its, bookmark, away)


async def answered(
    channel: AriChannel,
    site: Site,
    world: World,
    live: LiveCalls,
    its: Its = nullcontext,
    bookmark: Bookmark | None = None,
    away: float = 0.0,
) -> None:
    """One call in its task: whatever goes wrong in it ends it alone.

    With a *bookmark* it goes on there, after *away* seconds.
    """
    try:
        async with its(world) as of_call:
            await answer(channel, site, of_call, live, bookmark=bookmark, away=away)
    except Exception:
        log.exception("call %s: a fault of ours ended it", channel.id)
        await finish(channel.hang_up(Cause.TEMPORARY_FAILURE))  # no caller in silence


def at_another_time(
    world: World, begins: datetime, *, at: float | None = None
) -> World:
    """The world of a call that rehearses: its clock was at *begins* when it began.

    That is *at*, in seconds since 1970; None: now.
    """
    began = world.seconds() if at is None else at

    def clock() -> datetime:
        return begins + timedelta(seconds=world.seconds() - began)

    return replace(world, clock=clock)
