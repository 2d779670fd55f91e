"""The recording of a call: when it runs, and when it must not.

A `record` step begins, pauses and ends it, and so does an agent in a talk; the end of
the call ends it in any case. While something secret or masked is asked, or said, it
stands still, whoever asked for it and however deep questions lie in each other: what
was entered is then not even there to be muted.

The switch records by itself, so a recording outlives this process: the next one takes
it up under its name, which stands in the call's bookmark (`state`, `restore`). A pause
for a secret stands in no bookmark. So what was paused stays paused until the step that
asked has asked again, or has ended: too little may be recorded, never a secret.
"""

from __future__ import annotations

import logging
import zlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

from ivrflow.aio import finish
from ivrflow.facts import (
    CallRecorded,
    CallRecordingBegan,
    CallRecordingPaused,
    CallRecordingResumed,
)
from ivrflow.flow.bookmark.keeping import commit, keep
from ivrflow.flow.world import Trouble
from ivrflow.telephony.channel import HungUp, RecordedAlready, RecordingFailed

if TYPE_CHECKING:
    from ivrflow.flow.call import Call
    from ivrflow.flow.site.queues import Recording
    from ivrflow.telephony.channel import CallRecorder

log = logging.getLogger("ivrflow.call")

FOLDER = "calls"
"""Below the switch's folder of recordings."""

LOST = 8
"""Recordings of one step that nobody has noted, at most: each takes a death at the very
moment at which it began."""


class CallRecording:
    """What is recorded of one call. Each file is one stretch from `all` to `off`."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._recorder: CallRecorder | None = None
        self.begun_by = ""
        """The agent who began it; "" if the flow did, or the queue."""
        self.ends_with_talk = False
        """Whether it was begun for a talk, and so ends with it."""
        self._count = 0
        """How many there have been: each has a name of its own."""
        self._paused_by_flow = False
        self._broke_off = False
        """Whether it has ended while nobody was there, and is to go on."""
        self._ends = False
        """Whether it is to end now, and not to go on if we die over that."""
        self.left: Mapping[str, Any] = {}
        """The `state` of one that an earlier process has left, until it is taken up."""
        self._secrets = 0
        """How many secret questions are asked just now, one inside the other."""

    @property
    def on(self) -> bool:
        """Whether there is a recording, running or paused."""
        return self._recorder is not None

    @property
    def paused(self) -> bool:
        """Whether it stands still: somebody paused it, or a secret is asked."""
        return self._paused_by_flow or self._secrets > 0

    async def begin(self, *, by: str = "", in_talk: bool = False) -> None:
        """Record from now on; nothing if it does already, but a pause ends.

        *by* is the number of the agent who wants it, *in_talk* whether it is to end
        with the talk that begins now.
        Raises `RecordingFailed`, or `Trouble` where this line can't record.
        """
        if self._recorder is not None:
            await self.resume()
            return
        call = self._call
        if call.world.switch is None:
            raise Trouble("this line can't record calls")
        for _ in range(LOST):
            try:
                self._recorder = await call.world.switch.record_call(
                    call.channel, self._next()
                )
                break
            except RecordedAlready:
                await self._note_lost()
        else:
            raise RecordingFailed(f"the switch has {LOST} of this call already")
        name = self._recorder.name
        self._broke_off = False
        self._count += 1
        self.begun_by = by
        self.ends_with_talk = in_talk
        call.note(CallRecordingBegan, recording=name)
        log.info("call %s: recorded as %s", call.id, name)
        await self._remember()

    def _next(self) -> str:
        """The name of the next one: the same again where the step that ordered it is
        done again, so that what a process left that died over it goes on."""
        return f"{FOLDER}/{self._call.own_id(f'recording {self._count}')}"

    async def _note_lost(self) -> None:
        """The next one has begun and ended: a process died before it could note it, and
        whoever was to talk then has left."""
        lost = self._next()
        seconds = await self._kept(lost)
        # Nothing is awaited from here to the bookmark: facts and it are written as one.
        self._count += 1
        self._call.note(CallRecordingBegan, recording=lost)
        self._call.note(CallRecorded, recording=lost, seconds=seconds)
        await self._remember()

    async def stop(self) -> None:
        """As `end`, in the middle of what goes on: no step and no end of a talk tells
        the next process that it is over."""
        self._ends = True
        with suppress(HungUp):
            await self._remember()
        await self.end()

    async def end(self) -> None:
        """End and keep it; nothing if there is none. Raises nothing of the switch's."""
        recorder, self._recorder = self._recorder, None
        self._paused_by_flow = self._broke_off = self._ends = False
        self.ends_with_talk = False
        if recorder is None:
            await self.end_left()  # the caller hung up before it was taken up
            return
        done = await recorder.stop()
        self._call.note(CallRecorded, recording=done.name, seconds=done.seconds)
        with suppress(HungUp):
            await self._remember()

    async def _remember(self) -> None:
        """Have the bookmark say what is recorded, with the fact that told of it: else
        the next process tells of it again."""
        call = self._call
        if (seal := call.world.seal) is None:
            return
        if call.channel.gone.done():
            await commit(call, seal)
        else:
            await keep(call, seal)

    # Over a restart -------------------------------------------------------------------

    def state(self) -> Mapping[str, Any]:
        """What a bookmark says of it, plain JSON; {} while nothing was recorded."""
        state: dict[str, Any] = {}
        if self._count:
            state["count"] = self._count
        if self._recorder is not None:
            state |= {"name": self._recorder.name, "by": self.begun_by}
            flags = {
                "paused": self._paused_by_flow,
                "in_talk": self.ends_with_talk,
                "ends": self._ends,
            }
            state |= {name: True for name, holds in flags.items() if holds}
        elif self._broke_off:
            state |= {"goes_on": True, "by": self.begun_by}
        return state

    async def restore(self) -> bool:
        """Take up the recording that is `left`, if any; never raises.

        False: it has ended meanwhile. That is noted, and the call goes on without.
        """
        state = self.left
        self._count = int(state.get("count", 0))
        self._broke_off = bool(state.get("goes_on"))
        self.begun_by = str(state.get("by", ""))
        name, switch = str(state.get("name", "")), self._call.world.switch
        if not name or switch is None:
            return True
        try:
            recorder = await switch.record_call(self._call.channel, name)
        except RecordedAlready:
            # Mostly it was to end: its talk was over when the last process died.
            log.info("call %s: recording %s has ended meanwhile", self._call.id, name)
        except (RecordingFailed, HungUp) as ended:
            log.warning("call %s: recording %s: %s", self._call.id, name, ended)
        else:
            if not state.get("ends"):
                self.left, self._recorder = {}, recorder
                self._paused_by_flow = bool(state.get("paused"))
                self.ends_with_talk = bool(state.get("in_talk"))
                return True
            await recorder.stop()
        await self.end_left()
        self._broke_off = not (state.get("paused") or state.get("ends"))
        return False

    async def settled(self) -> None:
        """The step in which the last process died has ended: no secret is on its way.

        A pause that was for one is over, if asking it again has not ended it already.
        """
        if self._recorder is not None and not self.paused:
            await self._recorder.resume()
        await self.go_on()

    async def go_on(self) -> None:
        """Begin a second part of one that broke off while nobody was there.

        To be called where the call goes on as one that is recorded, and nothing secret
        is on its way. Nothing where it was ended since. Raises nothing of the switch's.
        """
        if not self._broke_off or self._call.channel.gone.done():
            return
        try:
            await self.begin(by=self.begun_by)
        except (RecordingFailed, Trouble, HungUp) as failed:
            log.error("call %s: not recorded any more: %s", self._call.id, failed)

    async def end_left(self) -> bool:
        """Note the recording that is `left` and nobody can take up; False: none is."""
        state, self.left = self.left, {}
        name = str(state.get("name", ""))
        if not name or self._call.world.switch is None:
            return False
        seconds = await self._kept(name)
        self._call.note(CallRecorded, recording=name, seconds=seconds)
        return True

    async def _kept(self, name: str) -> float:
        """How many seconds there are of one that ended while nobody was there."""
        switch, kept = self._call.world.switch, None
        if switch is not None:
            with suppress(RecordingFailed):
                kept = await switch.kept(name)
        return kept.seconds if kept else 0.0

    # What pauses it -------------------------------------------------------------------

    async def pause(self) -> None:
        """The flow pauses it, until `resume`; nothing if there is none."""
        if self._recorder is None or self._paused_by_flow:
            return
        self._paused_by_flow = True
        if not self._secrets:
            await self._stand_still("the flow says so")

    async def resume(self) -> None:
        """The flow lets it go on."""
        if not self._paused_by_flow:
            return
        self._paused_by_flow = False
        if not self._secrets:
            await self._go_on()

    @asynccontextmanager
    async def off_the_record(self) -> AsyncIterator[None]:
        """Nothing is recorded while the block runs. Blocks may lie in each other.

        Raises `RecordingFailed` where that can't be made sure: then the block does not
        run.
        """
        if self._recorder is None:
            # Nobody can begin one inside: the call has one task, and it is here.
            yield
            return
        self._secrets += 1
        try:
            if self._secrets == 1 and not self._paused_by_flow:
                await self._stand_still("something secret is asked or said")
            yield
        finally:
            self._secrets -= 1
            if (
                not self._secrets
                and not self._paused_by_flow
                and not self._call.channel.gone.done()
            ):
                await finish(self._go_on())

    async def _stand_still(self, why: str) -> None:
        if (recorder := self._recorder) is not None:
            await recorder.pause()
            self._call.note(CallRecordingPaused, recording=recorder.name, why=why)

    async def _go_on(self) -> None:
        if (recorder := self._recorder) is not None:
            await recorder.resume()
            self._call.note(CallRecordingResumed, recording=recorder.name)


def is_wanted(wanted: Recording, call: str) -> bool:
    """Whether a queue whose `record:` is *wanted* has this call recorded, unasked."""
    return wanted == "all" or falls_in(call, wanted.share)


def falls_in(call: str, percent: float) -> bool:
    """Whether this call is one of so many in a hundred: always the same answer.

    By its id and not by chance, so that a call which comes here twice is not given two
    chances, and a test knows what to expect.
    """
    return zlib.crc32(call.encode()) % 10_000 < percent * 100
