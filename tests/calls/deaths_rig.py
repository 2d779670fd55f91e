"""One call whose service dies at every moment at which it can, and is there again.

`every_death` plays the call once for each moment (see `dying`), lets the process die
there, starts the next one `AWAY` seconds later on the same phones and tables, and gives
what was left of the call in the end.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any

from ivrflow.facts import CallEnded, CallResumed
from ivrflow.flow.answer import answer
from ivrflow.flow.bookmark import Seal, newer
from ivrflow.flow.ending import end_call
from ivrflow.flow.left import settle_left
from ivrflow.flow.live import LiveCalls
from ivrflow.flow.world import World
from ivrflow.flow.world.sounds import NoAudio
from ivrflow.secret import Secret
from ivrflow.sim import clock
from ivrflow.sim.bookmarks import MemoryBookmarks
from ivrflow.sim.memory import (
    MemoryCallbacks,
    MemoryLockOuts,
    MemoryLookups,
    MemoryMessages,
    MemorySwitches,
    PlainVerifier,
)
from ivrflow.sim.scripted import ScriptedChannel, ScriptedSwitch
from tests.calls.dying import Process
from tests.unit.flow.one_call import EPOCH

AWAY = 1.5
"""Seconds from the death of one process to the next one's first word."""

SEAL = Seal.of(Secret("5e" * 32))


@dataclass
class Town:
    """What no process takes with it: phones, tables, and what was noted."""

    channel: ScriptedChannel
    switch: ScriptedSwitch
    lookups: MemoryLookups
    messages: MemoryMessages = field(default_factory=MemoryMessages)
    bookmarks: MemoryBookmarks = field(default_factory=MemoryBookmarks)
    audio: Any = field(default_factory=NoAudio)
    boxes: Any = None
    outbound: Any = None
    secret_is: Any = None
    facts: list[Any] = field(default_factory=list)
    ids: Any = field(default_factory=lambda: count(1))
    died: str = ""
    """The moment at which the process died; "" if it did not."""

    def of(self, kind):
        return [fact for fact in self.facts if isinstance(fact, kind)]

    @property
    def by(self):
        """Who ended the call; it has ended once."""
        [end] = self.of(CallEnded)
        return end.by


def world_of(town, process, loop):
    def note(fact):
        if not process.dead:
            town.facts.append(fact)

    def here(thing):
        return process.outlived(thing)

    return World(
        clock=lambda: EPOCH + timedelta(seconds=loop.time()),
        seconds=lambda: EPOCH.timestamp() + loop.time(),
        lookups=here(town.lookups),
        verifier=PlainVerifier(),
        lock_outs=MemoryLockOuts(),
        messages=here(town.messages),
        audio=here(town.audio),
        boxes=town.boxes and here(town.boxes),
        callbacks=MemoryCallbacks(),
        switches=MemorySwitches(),
        secret_is=town.secret_is,
        outbound=town.outbound,
        switch=here(town.switch),
        bookmarks=here(town.bookmarks),
        seal=SEAL,
        note=note,
        new_id=lambda: f"id{next(town.ids)}",
    )


async def life(town, site, process, loop):
    """One process has the call, from where the last one left it."""
    world = world_of(town, process, loop)
    channel = town.channel
    bookmark = newer(
        channel.id,
        channel.remembered,
        town.bookmarks.texts.get(channel.id, ""),
        SEAL,
    )
    if channel.gone.done():
        if bookmark is not None and not town.of(CallEnded):
            await end_call(bookmark, site, world, at=world.seconds())
    else:
        await answer(
            process.outlived(channel),
            site,
            world,
            LiveCalls(),
            bookmark=bookmark,
            away=AWAY if bookmark else 0.0,
        )
    await settle_left(lambda call: True, site=site, world=world, kept=channel.kept)


def played(site, arrange, *, dies_at=None, killed_at=None):
    """Play the call once; the first process dies at its moment number *dies_at*, or
    when the call has lasted *killed_at* seconds."""

    async def main():
        loop = asyncio.get_running_loop()
        town = arrange(loop)
        first = Process(dies_at)
        if killed_at is not None:
            loop.call_at(killed_at, first.die)
        await first.run(life(town, site, first, loop))
        if first.dead:
            town.died = f"{killed_at or ''} {first.moments[-1]}"
            await asyncio.sleep(AWAY)
            second = Process()
            async with asyncio.timeout(3600):
                await second.run(life(town, site, second, loop))
        return town

    return clock.run(main())


def every_death(site, arrange):
    """Play it with a death at each moment; *arrange* makes the town, given the loop.

    Ends with the one that lives through: a call without any death.
    """
    for dies_at in count(1):
        town = played(site, arrange, dies_at=dies_at)
        yield town
        if not town.died:
            assert town.of(CallResumed) == []
            return
