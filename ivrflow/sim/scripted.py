"""Callers and agents who do what a script says: the drivers of every fast test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from ivrflow.sim.scripted_channel import ScriptedChannel
from ivrflow.sim.scripted_rooms import (
    ScriptedMonitor,
    ScriptedRecorder,
    ScriptedRoom,
)
from ivrflow.telephony.channel import (
    Channel,
    DialOrder,
    HungUp,
    MonitorMode,
    NotReached,
    Recorded,
    RecordedAlready,
    RecordingFailed,
    RoomFull,
    Unreached,
)
from ivrflow.telephony.sound import Utterance

__all__ = ["Person", "ScriptedChannel", "ScriptedSwitch"]


@dataclass
class Person:
    """How an agent's phone behaves: answers after so long, talks for so long.

    *answers_after* None lets it ring until `ScriptedSwitch.answer` or `refuse`;
    *talks_for* None talks until the caller or `ScriptedSwitch.hang_up` ends it;
    *refuses* says no in another way, at once.
    """

    answers_after: float | None = 3.0
    talks_for: float | None = 60.0
    refuses: Unreached | None = None


class ScriptedSwitch:
    """Phones with people at them. `log` is what was rung, joined and parted, when.

    `on_change` is called whenever a phone begins to ring, or stops.
    """

    def __init__(self, people: dict[str, Person]) -> None:
        self.people = people
        self.log: list[tuple[float, str]] = []
        self.legs: dict[str, ScriptedChannel] = {}
        """The legs that are up, by their ids."""
        self._dialled: dict[str, asyncio.Future[None]] = {}
        self._joined: dict[tuple[str, ...], object] = {}
        """Who is joined now -> whose block that is: the last one's who asked for it."""
        self.ringing: dict[str, asyncio.Future[Unreached | None]] = {}
        """The phones that ring, by their addresses."""
        self.bridges = 0
        self.rooms: dict[str, ScriptedRoom] = {}
        """The rooms that somebody is in, by their names."""
        self.monitors: list[ScriptedMonitor] = []
        """Those who listen in now."""
        self.recorders: list[ScriptedRecorder] = []
        """Every recording of a call so far."""
        self.disk_full = False
        self.on_change: Callable[[], None] = lambda: None

    # What the people do -------------------------------------------------------------

    def answer(self, address: str) -> None:
        """Take the call that rings at *address*; nothing if none rings."""
        self._move(address, None)

    def refuse(self, address: str, why: Unreached = Unreached.REJECTED) -> None:
        """Don't take the call that rings at *address*; nothing if none rings."""
        self._move(address, why)

    def hang_up(self, address: str) -> None:
        """End the talk at *address*; nothing if there is none."""
        if (leg := self.leg_at(address)) is not None:
            leg.drop()

    def leg_at(self, address: str) -> ScriptedChannel | None:
        """The leg to the phone *address* that is up; None if there is none."""
        return next((x for x in self.legs.values() if x.dialled == address), None)

    def _move(self, address: str, why: Unreached | None) -> None:
        rings = self.ringing.get(address)
        if rings is not None and not rings.done():
            rings.set_result(why)

    # What the flow does -------------------------------------------------------------

    def _note(self, what: str) -> None:
        self.log.append((asyncio.get_running_loop().time(), what))

    async def dial(self, order: DialOrder) -> Channel:
        # Made by a process that has died: it rings on, or is up.
        while order.leg in self._dialled and order.leg not in self.legs:
            await asyncio.wait([self._dialled[order.leg]])
        if order.leg in self.legs:
            return self.legs[order.leg]
        if order.ring_for <= 0:
            raise NotReached(order.address, Unreached.NO_ANSWER)
        over = self._dialled[order.leg] = asyncio.get_running_loop().create_future()
        try:
            return await self._dial(order)
        finally:
            del self._dialled[order.leg]
            over.set_result(None)

    async def _dial(self, order: DialOrder) -> Channel:
        person = self.people.get(order.address)
        self._note(f"rings {order.address}")
        if person is None:
            raise NotReached(order.address, Unreached.UNREACHABLE)
        if person.refuses:
            raise NotReached(order.address, person.refuses)
        await self._ring(order, person)
        loop = asyncio.get_running_loop()
        ends = loop.time() + person.talks_for if person.talks_for is not None else None
        leg = ScriptedChannel(id=order.leg, dialled=order.address, hangs_up_at=ends)
        self.legs[leg.id] = leg
        leg.gone.add_done_callback(lambda _: self._left(leg))
        return leg

    async def leg(self, id: str) -> Channel | None:
        return self.legs.get(id)

    async def kept(self, name: str) -> Recorded | None:
        recorder = next((r for r in self.recorders if r.name == name), None)
        return await recorder.stop() if recorder else None

    async def _ring(self, order: DialOrder, person: Person) -> None:
        """Return when the phone was answered; raise `NotReached`."""
        loop = asyncio.get_running_loop()
        rings = self.ringing[order.address] = loop.create_future()
        self.on_change()
        answers = None
        if person.answers_after is not None:
            answers = loop.call_later(person.answers_after, self.answer, order.address)
        try:
            async with asyncio.timeout(order.ring_for):
                why = await rings
        except TimeoutError:
            why = Unreached.NO_ANSWER
        finally:
            del self.ringing[order.address]
            if answers is not None:
                answers.cancel()
            self.on_change()
        if why is not None:
            raise NotReached(order.address, why)

    def _left(self, leg: ScriptedChannel) -> None:
        self.legs.pop(leg.id, None)
        self.on_change()

    @asynccontextmanager
    async def bridge(self, *channels: Channel) -> AsyncIterator[None]:
        ids = tuple(sorted(c.id for c in channels))
        names = " and ".join(c.id for c in channels)
        mine = object()
        joins, self._joined[ids] = ids not in self._joined, mine
        if joins:  # else a process that has died has: nothing is touched
            self._note(f"joins {names}")
            self.bridges += 1
            self.on_change()
        try:
            yield
        finally:
            if self._joined.get(ids) is mine:
                del self._joined[ids]
                self.bridges -= 1
                self._note(f"parts {names}")

    @asynccontextmanager
    async def room(
        self,
        name: str,
        channel: Channel,
        *,
        most: int,
        farewell: Sequence[Utterance] = (),
    ) -> AsyncIterator[ScriptedRoom]:
        room = self.rooms.setdefault(name, ScriptedRoom(name))
        if channel not in room.inside:
            # Else a process that has died has put him in: he is still there.
            if room.members >= most:
                raise RoomFull(name, most)
            room.inside.append(channel)
            self._note(f"{channel.id} enters {name}")
            self.on_change()
        mine = room.held_by[channel.id] = object()
        try:
            yield room
        finally:
            if room.held_by.get(channel.id) is mine:
                del room.held_by[channel.id]
                room.inside.remove(channel)
                if room.inside:
                    room.heard += farewell
                else:
                    del self.rooms[name]
                self._note(f"{channel.id} leaves {name}")

    async def hand_over(self, channel: Channel, address: str) -> None:
        person = self.people.get(address)
        if person is None or person.refuses:
            why = person.refuses if person and person.refuses else None
            raise NotReached(address, why or Unreached.UNREACHABLE)
        self._note(f"hands {channel.id} over to {address}")
        await channel.hang_up()

    @asynccontextmanager
    async def monitor(
        self, heard: Channel, ear: Channel, mode: MonitorMode
    ) -> AsyncIterator[ScriptedMonitor]:
        for channel in (heard, ear):
            if channel.gone.done():
                raise HungUp(channel.gone.result())
        monitor = ScriptedMonitor(heard, ear, [mode])
        self.monitors.append(monitor)
        self._note(f"{ear.id} listens to {heard.id}")
        try:
            yield monitor
        finally:
            self.monitors.remove(monitor)
            self._note(f"{ear.id} listens no more")

    async def record_call(self, channel: Channel, name: str) -> ScriptedRecorder:
        if self.disk_full:
            raise RecordingFailed("the scripted disk is full")
        for recorder in self.recorders:
            if recorder.name == name:  # of a process that has died
                if recorder.over:
                    raise RecordedAlready(f"the recording {name} has ended")
                return recorder
        recorder = ScriptedRecorder(channel, name)
        self.recorders.append(recorder)
        return recorder
