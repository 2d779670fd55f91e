"""The door by which calls come in: one task each, while it is open."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import replace
from datetime import datetime, timedelta

from ivrflow.aio import finish
from ivrflow.asterisk.ari.channel import AriChannel
from ivrflow.config import Settings
from ivrflow.flow.answer import answer
from ivrflow.flow.live import LiveCalls
from ivrflow.flow.site import Site
from ivrflow.flow.world import World
from ivrflow.prompts.phrase import Recorded
from ivrflow.telephony.channel import Cause

log = logging.getLogger(__name__)

Its = Callable[[World], AbstractAsyncContextManager[World]]
"""Makes the world of one call, for as long as it lasts."""


class Door:
    """Takes calls from `open` to `close`, each with the version that is live then."""

    def __init__(
        self, settings: Settings, site: Site, live: LiveCalls, its: Its = nullcontext
    ) -> None:
        """*its* makes the world of one call out of that of all."""
        self._rehearsed = settings.rehearsed()
        self._site = site
        self._live = live
        self._its = its
        self._inside: tuple[asyncio.TaskGroup, World] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def open(self, calls: asyncio.TaskGroup, world: World) -> None:
        """Take calls from now on, each in a task of *calls*."""
        self._inside = (calls, world)

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

    def close(self) -> None:
        """Take no more calls, and end those that are up."""
        self._inside = None
        for task in self._tasks:
            task.cancel()

    def take(self, channel: AriChannel) -> None:
        """Begin with a new call. Raises `RuntimeError` while the door is closed."""
        if self._inside is None:
            raise RuntimeError("the service starts or stops: no call is taken")
        calls, world = self._inside
        given = self._rehearsed.get(channel.caller_id)
        if given is not None:
            world = at_another_time(
                world, given.replace(tzinfo=self._site.settings.zone)
            )
        work = answered(channel, self._site, world, self._live, self._its)
        task = calls.create_task(work, name=f"call {channel.id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def answered(
    channel: AriChannel,
    site: Site,
    world: World,
    live: LiveCalls,
    its: Its = nullcontext,
) -> None:
    """One call in its task: whatever goes wrong in it ends it alone."""
    try:
        async with its(world) as of_call:
            await answer(channel, site, of_call, live)
    except Exception:
        log.exception("call %s: a fault of ours ended it", channel.id)
        await finish(channel.hang_up(Cause.TEMPORARY_FAILURE))  # no caller in silence


def at_another_time(world: World, begins: datetime) -> World:
    """The world of a call that rehearses: its clock begins at *begins*."""
    at = world.seconds()

    def clock() -> datetime:
        return begins + timedelta(seconds=world.seconds() - at)

    return replace(world, clock=clock)
