"""A caller who does what a script says, as a `Channel`.

What is ordered here outlives whoever has ordered it, as it does in a switch: a process
that finds its channel again and orders the same takes up what is there.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from ivrflow.sim.scripted_rooms import UNKNOWN_LENGTH
from ivrflow.telephony.channel import (
    Cause,
    HungUp,
    Recorded,
    RecordingFailed,
    RecordOrder,
)
from ivrflow.telephony.keys import NOWHERE, Before, Keys, Place
from ivrflow.telephony.sound import Utterance

FIRST = asyncio.FIRST_COMPLETED


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
        self._keeper = ""
        self._typed: dict[int, str] = {}
        self._own_keys = ScriptedKeys(lambda: self.on_change())
        self.keys: Keys = self._own_keys
        self.heard: list[tuple[float, Utterance]] = []
        self.begins: dict[float, float] = {}
        """When something was heard -> the second of its first clip at which it began,
        where that was not its beginning."""
        self.answered = False
        self.playing: Utterance | None = None
        self.recording: str = ""
        self.music_class = ""
        self.disk_full = False
        self.given_back: Mapping[str, str] | None = None
        """The variables with which the dialplan got it back; None: it did not."""
        self.on_change: Callable[[], None] = lambda: None
        self.gone.add_done_callback(lambda _: self.on_change())
        self._stop: asyncio.Future[None] | None = None
        self._said: tuple[list[Utterance], float] = ([], 0.0)
        self._played: asyncio.Future[bool] = loop.create_future()
        self._stop_on = ""
        self._speech_ends = 0.0
        self._spoke = asyncio.Event()
        self._recordings: dict[str, Recorded] = {}
        self._recorded: asyncio.Future[None] = loop.create_future()
        self._recorded_from = self._gone_at = 0.0
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
            at = NOWHERE
            if self._keeper:
                at = Place(self._keeper, len(self._typed) + 1)
                self._typed[at.number] = key
            self.keys.press(key, at)
            if self._stop and not self._stop.done() and key in self._stop_on:
                self._stop.set_result(None)

    def keeps_keys(self, keeper: str = "relay") -> None:
        """Somebody of that name keeps all that is pressed from now on."""
        self._keeper, self.keys.taken = keeper, Place(keeper, 0)

    def left_alone(self) -> None:
        """The process that had it has died, and with it the keys that it was given."""
        self.keys.clear()
        kept = Before(self._keeper, 0, dict(self._typed)) if self._keeper else None
        self.keys.came_meanwhile((), kept)

    def speak(self, seconds: float) -> None:
        """The far end speaks for *seconds* from now on."""
        self._speech_ends = asyncio.get_running_loop().time() + seconds
        self._spoke.set()

    def drop(self, cause: Cause = Cause.NORMAL_CLEARING) -> None:
        """The far end hangs up."""
        if not self.gone.done():
            self._gone_at = asyncio.get_running_loop().time()
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

    async def play(
        self, said: Sequence[Utterance], *, stop_on: str = "", begin: float = 0.0
    ) -> bool:
        self._check()
        waits = (waiting := self.keys.peek()[:1]) and waiting in stop_on
        if self._stop is not None and not self._stop.done():
            # Ordered by a process that has died: it plays on, if it is what we want,
            # or comes after it.
            ours = (list(said), begin) == self._said
            if waits and not ours:
                return False
            if not waits and ours:
                self._stop_on = stop_on
                await asyncio.wait([self._played])
                self._check()
                return self._played.result()
            self._stop.set_result(None)
        if waits:
            return False
        loop = asyncio.get_running_loop()
        stop = self._stop = loop.create_future()
        played = self._played = loop.create_future()
        self._said, self._stop_on = (list(said), begin), stop_on
        try:
            for utterance in said:
                self.playing = utterance
                self.heard.append((loop.time(), utterance))
                if begin:
                    self.begins[loop.time()] = begin
                self.on_change()
                length = max(0.0, (utterance.seconds or UNKNOWN_LENGTH) - begin)
                begin = 0.0
                ends: list[asyncio.Future[Any]] = [stop, self.gone]
                await asyncio.wait(ends, timeout=length, return_when=FIRST)
                self._check()
                if stop.done():
                    return False
        finally:
            played.set_result(not stop.done())
            if self._stop is stop:
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
        if order.name == self.recording:
            # Begun by a process that has died: it goes on, and ends by itself.
            over: list[asyncio.Future[Any]] = [self._recorded, self.gone]
            await asyncio.wait(over, return_when=FIRST)
            self._check()
        if order.name in self._recordings:
            return self._recordings[order.name]
        loop = asyncio.get_running_loop()
        began = self._recorded_from = loop.time()
        self.recording, self._recorded = order.name, loop.create_future()
        self.on_change()
        ended_by = "hang-up"
        try:
            ended_by = await self._until_recorded(order, began)
        finally:
            self.recording = ""
            self._recordings[order.name] = done = self._so_far(order, began, ended_by)
            self._recorded.set_result(None)
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
            await asyncio.wait([key, spoke], return_when=FIRST)
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
        if name == self.recording and self.gone.done():
            # Nobody of ours is there who would have ended it.
            seconds = self._gone_at - self._recorded_from
            return Recorded(name=name, seconds=seconds, ended_by="hang-up")
        return self._recordings.get(name)

    async def hang_up(self, cause: Cause = Cause.NORMAL_CLEARING) -> None:
        self.drop(cause)

    async def give_back(self, variables: Mapping[str, str]) -> None:
        self._check()
        self.given_back = dict(variables)
        self.drop()
