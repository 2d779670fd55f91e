"""Calls come in by the door: new ones begin, those of before go on."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace

from ivrflow.facts import CallResumed, CallStarted
from ivrflow.flow.live import LiveCalls
from ivrflow.service.door import Door, Found, Past
from ivrflow.service.run import serving
from ivrflow.sim.scripted import ScriptedChannel
from tests.unit.service.test_service import installed

FLOW = "flow: top\nsteps:\n  first: {wait: 60s}\n  bye: {hangup: hello}\n"


class House:
    """A door, the facts of its calls, and what else it asked for."""

    def __init__(self, folder):
        self.folder = folder
        self.facts, self.versions, self.callbacks = [], [], []

    @asynccontextmanager
    async def open(self):
        settings, site = installed(self.folder, **{"flows/top": FLOW})
        async with serving(settings, site) as running:
            site = running.site.now
            world = replace(running.world, note=self.facts.append, bookmarks=None)

            async def version(name):
                self.versions.append(name)
                return site, world

            async def callback(channel, bookmark):
                self.callbacks.append((channel.id, bookmark.call))

            self.live = LiveCalls()
            door = Door(settings, site, self.live)
            async with asyncio.TaskGroup() as calls:
                door.open(
                    calls, world, Past(version=version, made={"callback": callback})
                )
                yield door
                door.close()

    async def fact(self, kind):
        """The next fact of this kind."""
        async with asyncio.timeout(10):
            while not (found := [f for f in self.facts if isinstance(f, kind)]):
                await asyncio.sleep(0.01)
        return found[-1]


async def remembered(house, door):
    """A channel whose call has come to its first step, as the next process finds it."""
    channel = ScriptedChannel(id="17.1")
    door.take(channel)
    async with asyncio.timeout(10):
        while not channel.remembered:
            await asyncio.sleep(0.01)
    again = ScriptedChannel(id="17.1")
    again.remembered = channel.remembered
    house.facts.clear()
    return again


async def test_call_with_a_bookmark_goes_on_in_its_version(tmp_path):
    house = House(tmp_path)
    async with house.open() as door:
        again = await remembered(house, door)
        door.take(again)
        fact = await house.fact(CallResumed)

    assert (fact.call, fact.number) == ("17.1", 1)
    assert len(house.versions) == 1
    assert not [f for f in house.facts if isinstance(f, CallStarted) and f.at > fact.at]


async def test_bookmark_of_the_database_is_as_good(tmp_path):
    house = House(tmp_path)
    async with house.open() as door:
        again = await remembered(house, door)
        found = Found(kept=again.remembered, away=2.5)
        again.remembered = ""
        door.take(again, found)
        fact = await house.fact(CallResumed)

    assert fact.away == 2.5


async def test_forged_bookmark_is_none_and_the_call_begins(tmp_path, caplog):
    house = House(tmp_path)
    async with house.open() as door:
        channel = ScriptedChannel(id="17.2")
        channel.remembered = "x" * 32 + '{"schema":1,"call":"17.2"}'
        door.take(channel)
        fact = await house.fact(CallStarted)

    assert fact.call == "17.2"
    assert "pepper" in caplog.text
    assert house.versions == []


async def test_door_that_is_held_leaves_calls_to_the_next_service(tmp_path):
    house = House(tmp_path)
    async with house.open() as door:
        door.hold()
        channel = ScriptedChannel()
        door.take(channel)
        await asyncio.sleep(0.05)

        assert len(house.live) == 0
        assert not channel.gone.done()
    assert not channel.gone.done()


class Unending(ScriptedChannel):
    """One that can't even be hung up."""

    async def hang_up(self, cause=None):
        raise LookupError("a fault of ours")


async def test_a_call_that_fails_in_every_way_takes_no_other_one_along(
    tmp_path, caplog
):
    house = House(tmp_path)
    async with house.open() as door:
        other = ScriptedChannel(id="17.3")
        door.take(other)
        again = await remembered(house, door)
        broken = Unending(id="17.1")
        broken.remembered = again.remembered

        async def version(name):
            raise LookupError("a fault of ours")

        door._past = replace(door._past, version=version)
        door.take(broken)
        async with asyncio.timeout(10):
            while "which ends nothing else" not in caplog.text:
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)

        assert not other.gone.done()
        assert any(call.id == "17.3" for call in house.live.calls())
    caplog.clear()
