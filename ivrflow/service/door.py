"""The door by which calls come in: one task each, while it is open.

A channel that bears a bookmark of ours is a call that goes on: it is given back to its
flow, in the version that it began with. Every other one begins.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

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
        name = f"call {channel.id}"
        task = calls.create_task(by_itself(name, work), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _begun(self, channel: AriChannel) -> None:
        if self._inside is None:
            await channel.hang_up(Cause.TEMPORARY_FAILURE)
            return
        site, world = self._site, self._inside[1]
        given = self._rehearsed.get(channel.caller_id)
        if given is not None:
            begins = given.replace(tzinfo=site.settings.zone)
            world = at_another_time(world, begins)
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
        self, channel: AriChannel, found: Found | None, world: World
    ) -> tuple[Bookmark | None, float]:
        assert world.seal is not None
        kept = found.kept if found is not None else ""
        if found is None and world.bookmarks is not None:
            # The dialplan had it for a while, and brings it back.
            kept = (await world.bookmarks.of([channel.id])).get(channel.id, "")
        bookmark = newer(channel.id, channel.remembered, kept, world.seal)
        if bookmark is None:
            return None, 0.0
        return bookmark, found.away if found else world.seconds() - bookmark.at

    async def _resumed(
        self, channel: AriChannel, bookmark: Bookmark, away: float, past: Past
    ) -> None:
        site, world = await past.version(bookmark.version)
        given = self._rehearsed.get(channel.caller_id)
        if given is not None:
            begins = given.replace(tzinfo=site.settings.zone)
            world = at_another_time(world, begins, at=bookmark.began)
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
