"""Callers and agents who do what a script says: the drivers of every fast test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from ivrflow.sim.scripted_rooms import (
    UNKNOWN_LENGTH,
    ScriptedMonitor,
    ScriptedRecorder,
    ScriptedRoom,
)
from ivrflow.telephony.channel import (
    Cause,
    Channel,
    DialOrder,
    HungUp,
    MonitorMode,
    NotReached,
    Recorded,
    RecordingFailed,
    RecordOrder,
    RoomFull,
    Unreached,
)
from ivrflow.telephony.keys import Keys
from ivrflow.telephony.sound import Utterance


class ScriptedKeys(Keys):
    """Keys that know whether the flow waits for one; *on_change* hears when it does."""

    def __init__(self, on_change: Callable[[], None]) -> None:
        super().__init__()
        self._on_change = on_change
        self._wanted = False

    @property
    def wanted(self) -> bool:
        """True while the flow waits for a key that has not been pressed yet."""
        return self._wanted and not self.peek()

    async def next(self, within: float | None) -> str:
        self._wanted = True
        if not self.peek():
            self._on_change()
        try:
            return await super().next(within)
        finally:
            self._wanted = False


class ScriptedChannel:
    """A phone whose far end presses keys, speaks and hangs up when told to.

    *keys* are pressed at the given times of the loop's clock, several at one time one
    after the other. `heard` is what came out of the phone, each entry with its time;
    `on_change` is called whenever the flow begins to play, to listen, or to record.
    """

    def __init__(
        self,
        *,
        id: str = "caller",
        caller_id: str = "13800138000",
        dialled: str = "100",
        phone: str = "",
        keys: Mapping[float, str] | None = None,
        hangs_up_at: float | None = None,
    ) -> None:
        loop = asyncio.get_running_loop()
        self.id, self.caller_id, self.dialled = id, caller_id, dialled
        self.phone = phone
        self.remembered = ""
        self.gone: asyncio.Future[Cause] = loop.create_future()
        self._own_keys = ScriptedKeys(lambda: self.on_change())
        self.keys: Keys = self._own_keys
        self.heard: list[tuple[float, Utterance]] = []
        self.answered = False
        self.playing: Utterance | None = None
        self.recording: str = ""
        self.music_class = ""
        self.disk_full = False
        self.on_change: Callable[[], None] = lambda: None
        self.gone.add_done_callback(lambda _: self.on_change())
        self._stop: asyncio.Future[None] | None = None
        self._stop_on = ""
        self._speech_ends = 0.0
        self._spoke = asyncio.Event()
        self._recordings: dict[str, Recorded] = {}
        for at, pressed in (keys or {}).items():
            loop.call_at(at, self.press, pressed)
        if hangs_up_at is not None:
            loop.call_at(hangs_up_at, self.drop)

    @property
    def listening(self) -> bool:
        """True while the flow waits for a key: in a question, a queue, a recording."""
        return self._own_keys.wanted and not self.gone.done()

    # What the far end does --------------------------------------------------------

    def press(self, keys: str) -> None:
        """The far end presses *keys*, all at this moment."""
        for key in keys:
            self.keys.press(key)
            if self._stop and not self._stop.done() and key in self._stop_on:
                self._stop.set_result(None)

    def speak(self, seconds: float) -> None:
        """The far end speaks for *seconds* from now on."""
        self._speech_ends = asyncio.get_running_loop().time() + seconds
        self._spoke.set()

    def drop(self, cause: Cause = Cause.NORMAL_CLEARING) -> None:
        """The far end hangs up."""
        if not self.gone.done():
            self.gone.set_result(cause)

    # What the flow does -----------------------------------------------------------

    def _check(self) -> None:
        if self.gone.done():
            raise HungUp(self.gone.result())

    async def remember(self, text: str) -> None:
        self._check()
        self.remembered = text

    async def answer(self) -> None:
        self._check()
        self.answered = True

    async def play(self, said: Sequence[Utterance], *, stop_on: str = "") -> bool:
        self._check()
        if (waiting := self.keys.peek()[:1]) and waiting in stop_on:
            return False
        loop = asyncio.get_running_loop()
        self._stop, self._stop_on = loop.create_future(), stop_on
        try:
            for utterance in said:
                self.playing = utterance
                self.heard.append((loop.time(), utterance))
                self.on_change()
                length = utterance.seconds or UNKNOWN_LENGTH
                ends: list[asyncio.Future[Any]] = [self._stop, self.gone]
                await asyncio.wait(
                    ends, timeout=length, return_when=asyncio.FIRST_COMPLETED
                )
                self._check()
                if self._stop.done():
                    return False
        finally:
            self.playing = self._stop = None
        return True

    @asynccontextmanager
    async def music(self, name: str) -> AsyncIterator[None]:
        self._check()
        self.music_class = name
        try:
            yield
        finally:
            self.music_class = ""

    async def record(self, order: RecordOrder) -> Recorded:
        self._check()
        if self.disk_full:
            raise RecordingFailed("the scripted disk is full")
        began = asyncio.get_running_loop().time()
        self.recording = order.name
        self.on_change()
        ended_by = "hang-up"
        try:
            ended_by = await self._until_recorded(order, began)
        finally:
            self.recording = ""
            self._recordings[order.name] = done = self._so_far(order, began, ended_by)
        return done

    async def _until_recorded(self, order: RecordOrder, began: float) -> str:
        """Wait until a key, silence or the length ends it; return which."""
        loop = asyncio.get_running_loop()
        ends = began + order.longest
        while True:
            quiet_at = max(began, self._speech_ends) + (order.silence or order.longest)
            until = min(ends, quiet_at)
            key = await self._key_or_speech(until - loop.time())
            if key and key in order.stop_on:
                return key
            if loop.time() >= ends:
                return "longest"
            if order.silence and loop.time() >= quiet_at >= self._speech_ends:
                return "silence"

    async def _key_or_speech(self, within: float) -> str:
        self._spoke.clear()
        key = asyncio.get_running_loop().create_task(self.keys.next(within))
        spoke = asyncio.get_running_loop().create_task(self._spoke.wait())
        try:
            await asyncio.wait([key, spoke], return_when=asyncio.FIRST_COMPLETED)
            return key.result() if key.done() else ""
        finally:
            for task in (key, spoke):
                task.cancel()
            await asyncio.gather(key, spoke, return_exceptions=True)

    def _so_far(self, order: RecordOrder, began: float, ended_by: str) -> Recorded:
        now = asyncio.get_running_loop().time()
        # The silence that ended it is cut off, as Asterisk does.
        ended = now - order.silence if ended_by == "silence" else now
        return Recorded(name=order.name, seconds=ended - began, ended_by=ended_by)

    async def kept(self, name: str) -> Recorded | None:
        return self._recordings.get(name)

    async def hang_up(self, cause: Cause = Cause.NORMAL_CLEARING) -> None:
        self.drop(cause)


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
        names = " and ".join(c.id for c in channels)
        self._note(f"joins {names}")
        self.bridges += 1
        self.on_change()
        try:
            yield
        finally:
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
        if room.members >= most:
            raise RoomFull(name, most)
        room.inside.append(channel)
        self._note(f"{channel.id} enters {name}")
        self.on_change()
        try:
            yield room
        finally:
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
        recorder = ScriptedRecorder(channel, name)
        self.recorders.append(recorder)
        return recorder
