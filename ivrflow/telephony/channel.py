"""The two things a switch gives us: channels, and ways to join them.

A channel is one leg of a call: the caller's phone, or an agent's. Flows and the
ACD speak to this interface only, so that the same flow runs on ARI, on FastAGI,
in a terminal and in a test.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import Protocol

from ivrflow.telephony.keys import Keys
from ivrflow.telephony.sound import Utterance


class Cause(IntEnum):
    """Why a channel ended: the codes of ITU-T Q.850 that we act on, and one of ours."""

    SWITCH_RESTARTED = -1
    """The switch went away with all its calls. Nobody hung up, so Q.850 has no code."""
    UNKNOWN = 0
    UNALLOCATED = 1
    NORMAL_CLEARING = 16
    USER_BUSY = 17
    NO_USER_RESPONSE = 18
    NO_ANSWER = 19
    CALL_REJECTED = 21
    ANSWERED_ELSEWHERE = 26
    OUT_OF_ORDER = 27
    NORMAL_UNSPECIFIED = 31
    CONGESTION = 34
    TEMPORARY_FAILURE = 41
    RECOVERY_ON_TIMER_EXPIRE = 102
    INTERWORKING = 127

    @classmethod
    def _missing_(cls, value: object) -> Cause:
        """A code that we don't act on is no reason to fail."""
        return cls.UNKNOWN


class MonitorMode(Enum):
    """Who hears somebody who listens to a talk."""

    LISTEN = "listen"
    """Nobody."""
    WHISPER = "whisper"
    """The one who is listened to, alone."""
    BARGE = "barge"
    """Everybody in the talk."""


class Unreached(Enum):
    """How a dialled phone did not answer."""

    BUSY = "busy"
    NO_ANSWER = "no answer"
    REJECTED = "rejected"
    UNREACHABLE = "unreachable"


class HungUp(Exception):
    """The far end has gone; nothing more can be said to it."""

    def __init__(self, cause: Cause) -> None:
        super().__init__(f"hung up ({cause.name.lower().replace('_', ' ')})")
        self.cause = cause


class NotReached(Exception):
    """A dialled phone did not answer: busy, rang out, rejected, or not to be found."""

    def __init__(self, address: str, why: Unreached) -> None:
        super().__init__(f"{address} not reached: {why.value}")
        self.address = address
        self.why = why


class RecordingFailed(Exception):
    """The switch could not record: disk full, no right to write."""


class RecordedAlready(RecordingFailed):
    """There is a recording of that name, and it has ended."""


class RoomFull(Exception):
    """As many stand in a room as may."""

    def __init__(self, name: str, most: int) -> None:
        super().__init__(f"the room {name} is full: {most} are in it")
        self.name = name
        self.most = most


@dataclass(frozen=True, kw_only=True)
class RecordOrder:
    """What to record, and when it ends.

    *name* is a path below the switch's folder of recordings, without an ending.
    *silence* and *longest* are seconds; 0 means that silence never ends it. A key of
    *stop_on* ends it and is taken from the channel's keys.
    """

    name: str
    longest: float
    silence: float = 0.0
    stop_on: str = "#"


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """A finished recording. *ended_by* is a key, "silence", "longest" or "hang-up"."""

    name: str
    seconds: float
    ended_by: str


class Channel(Protocol):
    """One leg of a call. Every method raises `HungUp` once the far end has gone."""

    id: str
    """Unique for ever, chosen by us or by the switch."""
    caller_id: str
    """The calling number, "" when it is withheld. It can be forged: never a proof."""
    dialled: str
    phone: str
    """The phone of the house that calls, as the switch dials it (PJSIP/1001), "" where
    the switch can't tell. Asterisk knows it by its password: it is no claim as the
    calling number is. Who holds it in his hand is another matter."""
    gone: asyncio.Future[Cause]
    """Done as soon as the far end hangs up. Drivers set it, once."""
    keys: Keys
    remembered: str
    """What `remember` was last told, by whatever process of ours; "" if nothing. It is
    hostile until it is checked: others may write there too."""

    async def remember(self, text: str) -> None:
        """Keep *text* with the channel itself, where it outlives this process.

        At most 4 kB. Only while nothing plays to the channel or is recorded of it: a
        switch writes it behind these.
        """

    async def answer(self) -> None:
        """Take the call. A channel that is up already stays so."""

    async def play(
        self, said: Sequence[Utterance], *, stop_on: str = "", begin: float = 0.0
    ) -> bool:
        """Play to the end, or until a key of *stop_on* is pressed. True if to the end.

        The driver itself stops the sound at the key, without waiting for the flow. Keys
        stay in `keys`, also those that don't stop it. When the first key that waits
        there already is one of *stop_on*, nothing is played. Cancelling stops it.

        So many seconds of the first clip are left out: *begin*. It may be all of it.
        """

    def music(self, name: str) -> AbstractAsyncContextManager[None]:
        """Play the music class *name* for as long as the block runs.

        `play` inside the block interrupts it; it goes on afterwards.
        """

    async def record(self, order: RecordOrder) -> Recorded:
        """Record the far end until *order* says stop; raise `RecordingFailed`.

        A far end that hangs up ends the recording and keeps it: the call then raises
        `HungUp` elsewhere, and `kept` tells what there is.
        """

    async def kept(self, name: str) -> Recorded | None:
        """What the recording *name* holds; None if nothing. Works after a hang-up.

        Raises `RecordingFailed` where the switch can't be asked.
        """

    async def hang_up(self, cause: Cause = Cause.NORMAL_CLEARING) -> None:
        """End it. A channel that has gone already is no error."""

    async def give_back(self, variables: Mapping[str, str]) -> None:
        """Let the switch's own dialplan go on with it; after that it is gone.

        *variables* are set there before, in their order: plain names, and values of one
        line each.
        """


@dataclass(frozen=True, kw_only=True)
class DialOrder:
    """Whom to ring, and what the phone shows.

    *leg* becomes the new channel's id, so that ordering it twice rings once. *show* is
    data for the agent's screen; a driver sends what its phones can take.
    """

    address: str
    leg: str
    ring_for: float
    caller_id: str = ""
    show: Mapping[str, str] = field(default_factory=dict)


class Switch(Protocol):
    """Makes and joins channels. FastAGI alone has none; ARI has."""

    async def dial(self, order: DialOrder) -> Channel:
        """Ring until the phone answers and return its channel; raise `NotReached`.

        Cancelling stops the ringing: no channel is left behind.
        """

    async def leg(self, id: str) -> Channel | None:
        """The leg of that id, if it is up and an earlier life of ours has made it.

        It is the caller's of this from now on. None: it is not there any more, or was
        never answered. Rings nobody.
        """

    async def kept(self, name: str) -> Recorded | None:
        """What the recording *name* holds, whoever ordered it; None if nothing.

        Raises `RecordingFailed` where the switch can't be asked.
        """

    def bridge(self, *channels: Channel) -> AbstractAsyncContextManager[None]:
        """Join channels for as long as the block runs. It ends when cancelled only."""

    def room(
        self,
        name: str,
        channel: Channel,
        *,
        most: int,
        farewell: Sequence[Utterance] = (),
    ) -> AbstractAsyncContextManager[Room]:
        """Put *channel* into the room *name* for as long as the block runs.

        All who stand in a room hear each other. Whoever comes first opens it, whoever
        leaves last closes it. Raises `RoomFull` where *most* are in it already. Keys
        that are pressed inside are in the channel's `keys`. Those who stay hear
        *farewell* when this one leaves, by a hang-up too; nobody waits for that.
        """

    async def hand_over(self, channel: Channel, address: str) -> None:
        """Let go of *channel*: its own network rings *address* for it from now on.

        A blind transfer: after it the channel is gone. Raises `NotReached` when the
        network won't do it; then the channel is still here.
        """

    def monitor(
        self, heard: Channel, ear: Channel, mode: MonitorMode
    ) -> AbstractAsyncContextManager[Monitor]:
        """Let *ear* hear what *heard* says and hears, for as long as the block runs.

        It goes on through whatever *heard* is joined to meanwhile, and is silent once
        that has gone: its `gone` tells. *ear* must be in no other bridge. Raises
        `HungUp` where one of them has gone already, or the switch can't do it.
        """

    async def record_call(self, channel: Channel, name: str) -> CallRecorder:
        """Begin to record what *channel* says and hears, as *name*.

        One of that name that runs is taken over. Ends by itself, and is kept, when the
        channel ends. Raises `RecordedAlready` where one of that name has ended, else
        `RecordingFailed`.
        """


class Monitor(Protocol):
    """A phone that hears another one's talk."""

    async def set_mode(self, mode: MonitorMode) -> None:
        """Be heard by nobody, by one, or by all from now on; raise `HungUp`."""


class CallRecorder(Protocol):
    """A recording of both sides of a call, while it runs."""

    name: str

    async def pause(self) -> None:
        """Record nothing from now on; returns when nothing is recorded any more.

        Raises `RecordingFailed` where that can't be made sure: then the recording has
        been ended, or is about to end with the channel.
        """

    async def resume(self) -> None:
        """Go on recording. A recording that has ended is no error."""

    async def stop(self) -> Recorded:
        """End it and keep it; works after a hang-up too, and a second time."""


class Room(Protocol):
    """A room, as one who stands in it sees it."""

    @property
    def members(self) -> int:
        """How many are in it, oneself included."""

    async def play(self, said: Sequence[Utterance]) -> None:
        """Play to all who are in it, to the end."""

    async def record(self, name: str) -> str:
        """Record all that is said in it, from now on until it closes.

        A room is recorded once: return the name of its recording, which is that of who
        asked first. Raises `RecordingFailed`.
        """


@asynccontextmanager
async def while_up(channel: Channel) -> AsyncIterator[None]:
    """Run the block until the far end hangs up; then cancel it and raise `HungUp`.

    A hang-up is a timeout that the caller sets off, not the clock, so we let
    `asyncio.timeout` do the cancelling: it can already tell its own cancellation from
    one that comes from outside, such as a shutdown.
    """
    now = asyncio.get_running_loop().time
    try:
        async with asyncio.timeout(None) as scope:
            inside = True

            def expire(_: object) -> None:
                # The callback may already be on its way when the block ends.
                if inside:
                    scope.reschedule(now())

            channel.gone.add_done_callback(expire)
            try:
                yield
            finally:
                inside = False
                channel.gone.remove_done_callback(expire)
    except TimeoutError:
        if not scope.expired():
            raise
        raise HungUp(channel.gone.result()) from None
    except ExceptionGroup as group:
        # A driver may learn of the hang-up from a refused command, inside some task
        # group of the block, before the hang-up event itself arrives.
        hung_up, others = group.split(HungUp)
        if hung_up is None or others is not None:
            raise
        raise HungUp(_first(hung_up).cause) from hung_up


def _first(group: ExceptionGroup[HungUp]) -> HungUp:
    """One of those in *group*, however deep they stand."""
    inside = group.exceptions[0]
    return inside if isinstance(inside, HungUp) else _first(inside)
