"""Asterisk as the telephony room's `Switch`: it rings phones and joins channels.

It also takes the calls that Asterisk hands to our Stasis application, and looks after
all channels when Asterisk comes back: those that went with it are told so, those that
we had to give up meanwhile are hung up.
"""

from __future__ import annotations

import asyncio
import logging
import math
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from ivrflow.aio import finish
from ivrflow.asterisk.ari.call_recorder import AriCallRecorder
from ivrflow.asterisk.ari.channel import REMEMBERED, AriChannel
from ivrflow.asterisk.ari.client import Client
from ivrflow.asterisk.ari.errors import AlreadyThere, AriAway, AriError, Gone
from ivrflow.asterisk.ari.media import Sounds, safe
from ivrflow.asterisk.ari.monitor import AriMonitor
from ivrflow.asterisk.ari.ringing import Ringing
from ivrflow.asterisk.ari.rooms import AriRoom, Rooms
from ivrflow.asterisk.ari.wire.event_models import StasisStart
from ivrflow.telephony.channel import (
    Cause,
    Channel,
    DialOrder,
    HungUp,
    MonitorMode,
    NotReached,
    RecordingFailed,
    Unreached,
)
from ivrflow.telephony.sound import Utterance

log = logging.getLogger(__name__)

LEG = "leg"
"""First argument of the channels that we make, so that they are known for ours."""

ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9]{1,20}/[A-Za-z0-9_.+:;@/*#-]{1,120}")
"""A technology and what it calls: no "&", "," or blank that Asterisk would split at."""

HANDED_TO = re.compile(r"[A-Za-z][A-Za-z0-9]{1,20}/[A-Za-z0-9_.+:;=@*#-]{1,200}")
"""The same for a call that is let go: here it may be a whole SIP address."""

OF_PHONE = re.compile(r"(PJSIP/[A-Za-z0-9_.-]{1,80})-[0-9a-f]{8}")

WITHHELD = frozenset({"anonymous", "unknown", "restricted", "unavailable", "private"})
"""What phones and trunks write where no number is to be seen."""

LONGEST_NUMBER = 64

AT_ONCE = 2.0
"""Seconds within which a network refuses to take a call over."""

LEAVING = 1.0
"""Seconds within which a call that was taken over is hung up."""

ENTERING = 2.0
"""Seconds for a channel that was made to come to us."""


class AriSwitch:
    """One Asterisk. Made before `Client.run` begins, so that no call is missed."""

    def __init__(
        self,
        client: Client,
        *,
        on_call: Callable[[AriChannel], None],
        new_id: Callable[[], str],
        sounds: Sounds,
    ) -> None:
        """*on_call* takes each new call: it starts a task for it and returns.

        *new_id* makes random names. *sounds* tells where recordings are.
        """
        self._client = client
        self._on_call = on_call
        self._new_id = new_id
        self._sounds = sounds
        self._channels: dict[str, AriChannel] = {}
        self._rooms = Rooms(client, new_id=new_id, sounds=sounds)
        client.on_event("StasisStart", self._entered)
        client.link.on_return(self._look_around)

    @property
    def channels(self) -> int:
        """How many channels Asterisk has for us, callers and agents."""
        return len(self._channels)

    # Calls that come in ---------------------------------------------------------------

    def _entered(self, event: StasisStart) -> None:
        id = event.channel.id
        if id in self._channels:
            return  # a leg of ours, or told twice
        if event.args[:1] == [LEG]:
            # Nobody waits for it: its caller went while we were ordering it.
            log.warning("leg %s belongs to no call; it is hung up", id)
            self._client.soon(self._hang_up(id, Cause.NORMAL_CLEARING))
            return
        dialled = event.args[1] if len(event.args) > 1 else event.channel.dialplan.exten
        channel = self._new_channel(
            id,
            caller_id=number(event.channel.caller.number),
            dialled=printable(dialled),
            phone=phone(event.channel.name),
            up=event.channel.state == "Up",
            remembered=str((event.channel.channelvars or {}).get(REMEMBERED, "")),
        )
        try:
            self._on_call(channel)
        except Exception:
            log.exception("call %s could not be taken; it is hung up", id)
            self._client.soon(channel.hang_up(Cause.TEMPORARY_FAILURE))

    def _new_channel(
        self,
        id: str,
        *,
        caller_id: str = "",
        dialled: str = "",
        phone: str = "",
        up: bool = False,
        remembered: str = "",
    ) -> AriChannel:
        channel = AriChannel(
            self._client,
            id,
            caller_id=caller_id,
            dialled=dialled,
            phone=phone,
            up=up,
            remembered=remembered,
            sounds=self._sounds,
            ended=self._ended,
        )
        self._channels[id] = channel
        return channel

    def _ended(self, channel: AriChannel) -> None:
        self._channels.pop(channel.id, None)

    async def _look_around(self) -> None:
        """After each connection: which of our channels does Asterisk still have?"""
        ours = list(self._channels.values())  # before we ask: newer ones may be missing
        if not ours:
            return
        there = {channel.id for channel in await self._client.channels.list()}
        lost = [c for c in ours if c.id not in there and c.id in self._channels]
        for channel in lost:
            channel.end(Cause.TEMPORARY_FAILURE)
        if lost:
            log.warning("%d channels ended while Asterisk was away", len(lost))
        for channel in ours:
            if channel.id in there and channel.gone.done():
                await self._hang_up(channel.id, Cause.NORMAL_CLEARING)
            elif channel.id in there:
                await channel.catch_up()

    # Ringing --------------------------------------------------------------------------

    async def dial(self, order: DialOrder) -> Channel:
        """As `Switch.dial`. `order.show` is not sent: no phone takes it in one way."""
        if not ADDRESS.fullmatch(order.address):
            log.error("%r is no address of a phone; write PJSIP/1001", order.address)
            raise NotReached(order.address, Unreached.UNREACHABLE)
        leg = self._new_channel(order.leg, dialled=order.address)
        ringing = Ringing(self._client.hub, order.leg)
        reached = False
        why = Cause.ANSWERED_ELSEWHERE
        try:
            # To its end even if we are cancelled: what was made can then be hung up.
            await finish(self._ring(order, ringing))
            try:
                async with asyncio.timeout(order.ring_for):
                    await ringing.over()
            except TimeoutError:
                why = Cause.NO_ANSWER
                raise NotReached(order.address, ringing.unanswered()) from None
            if ringing.unreached is not None:
                raise NotReached(order.address, ringing.unreached)
            reached = True
            return leg
        finally:
            ringing.close()
            if not reached:
                leg.drop(why)
                await finish(self._clear(leg, ringing, why))

    async def _ring(self, order: DialOrder, ringing: Ringing) -> None:
        variables = {}
        if order.caller_id:
            # What the phone shows is the line that it is connected to.
            variables["CONNECTEDLINE(num,i)"] = number(order.caller_id)
        try:
            await self._client.channels.create(
                order.address,
                self._client.app,
                app_args=LEG,
                channel_id=order.leg,
                variables=variables or None,
            )
            await ringing.entered(within=ENTERING)
            # Asterisk's own limit is a little later than ours: it counts if we die.
            await self._client.channels.dial(
                order.leg, timeout=math.ceil(order.ring_for) + 1
            )
        except Gone:
            ringing.fail()  # its end was told already, or will be
        except AlreadyThere:
            # The same order again, after a crash: the phone rings, or has answered.
            await self._join_ringing(order, ringing)
        except AriAway as error:
            log.warning("cannot ring %s: %s", order.address, error)
            raise NotReached(order.address, Unreached.UNREACHABLE) from None
        except AriError as error:
            # "Allocation failed" is all that Asterisk says of an unknown phone.
            log.warning("cannot ring %s: %s", order.address, error)
            raise NotReached(order.address, Unreached.UNREACHABLE) from None

    async def _join_ringing(self, order: DialOrder, ringing: Ringing) -> None:
        try:
            ringing.found((await self._client.channels.get(order.leg)).state)
        except Gone:
            ringing.fail()
        except AriError as error:
            log.warning("cannot ring %s: %s", order.address, error)
            ringing.fail()

    async def _clear(self, leg: AriChannel, ringing: Ringing, why: Cause) -> None:
        """Leave nothing of a phone that was not reached."""
        if not ringing.ended:
            await self._hang_up(leg.id, why)
        if leg.id in self._channels and not self._client.link.ready:
            return  # it is looked for when Asterisk is back
        self._channels.pop(leg.id, None)

    async def _hang_up(self, id: str, cause: Cause) -> None:
        try:
            await self._client.channels.hangup(id, reason_code=str(int(cause)))
        except Gone:
            pass
        except AriError as error:
            log.warning("channel %s could not be hung up: %s", id, error)

    # Joining --------------------------------------------------------------------------

    @asynccontextmanager
    async def bridge(self, *channels: Channel) -> AsyncIterator[None]:
        """As `Switch.bridge`. A channel that has gone is left out: its `gone` tells."""
        id = self._new_id()
        try:
            await finish(self._join(id, channels))
            yield
        finally:
            await finish(self._part(id))

    async def _join(self, id: str, channels: tuple[Channel, ...]) -> None:
        try:
            await self._client.bridges.create_with_id(id, type="mixing")
        except (AriError, Gone) as error:
            log.error("cannot join %s: %s", ", ".join(c.id for c in channels), error)
            raise HungUp(Cause.TEMPORARY_FAILURE) from None
        for channel in channels:
            # One by one: in a list, one that has gone would keep the others out, and
            # Asterisk does not say which it was.
            try:
                await self._client.bridges.add_channel(id, [channel.id])
            except Gone:
                if isinstance(channel, AriChannel):
                    channel.drop(Cause.NORMAL_CLEARING)
            except AriError as error:
                log.error("cannot join %s: %s", channel.id, error)
                raise HungUp(Cause.TEMPORARY_FAILURE) from None

    async def _part(self, id: str) -> None:
        try:
            await self._client.bridges.destroy(id)
        except Gone:
            pass
        except AriError as error:
            log.warning("bridge %s could not be destroyed: %s", id, error)

    def room(
        self,
        name: str,
        channel: Channel,
        *,
        most: int,
        farewell: Sequence[Utterance] = (),
    ) -> AbstractAsyncContextManager[AriRoom]:
        """As `Switch.room`."""
        return self._rooms.room(name, channel, most=most, farewell=farewell)

    # Letting go -----------------------------------------------------------------------

    async def hand_over(self, channel: Channel, address: str) -> None:
        """As `Switch.hand_over`: REFER for a call that was answered, else 302.

        Asterisk does not say how it went. A network that takes the call hangs up here.
        One that does not is known by Asterisk having done with it at once, with the
        call still there; who only answers late may have tried, so the call is ended.
        """
        if not HANDED_TO.fullmatch(address):
            log.error("%r is no address to hand a call over to", address)
            raise NotReached(address, Unreached.UNREACHABLE)
        began = asyncio.get_running_loop().time()
        try:
            await self._client.channels.redirect(channel.id, address)
            # It waits in the same line: its answer comes when the transfer is over.
            await self._client.channels.set_channel_var(
                channel.id, "IVRFLOW_HANDED_OVER", value="1"
            )
        except Gone:
            pass  # it has left already: well done
        except AriError as error:
            log.warning("call %s is not handed over: %s", channel.id, error)
            raise NotReached(address, Unreached.UNREACHABLE) from None
        taken = asyncio.get_running_loop().time() - began
        await asyncio.wait([channel.gone], timeout=LEAVING)
        if not channel.gone.done() and taken < AT_ONCE:
            raise NotReached(address, Unreached.REJECTED)
        await channel.hang_up()

    # Listening in ---------------------------------------------------------------------

    @asynccontextmanager
    async def monitor(
        self, heard: Channel, ear: Channel, mode: MonitorMode
    ) -> AsyncIterator[AriMonitor]:
        """As `Switch.monitor`."""
        monitor = AriMonitor(
            self._client, heard, ear, new_id=self._new_id, snooping=self._snooping
        )
        try:
            await finish(monitor.open(mode))
            yield monitor
        finally:
            await finish(monitor.close())

    def _snooping(self, snoop: str) -> AriChannel:
        """A channel that listens for us, known before Asterisk makes it."""
        self._channels[snoop] = AriChannel(self._client, snoop, ended=self._ended)
        return self._channels[snoop]

    # Recording ------------------------------------------------------------------------

    async def record_call(self, channel: Channel, name: str) -> AriCallRecorder:
        """As `Switch.record_call`."""
        if not safe(name):
            raise RecordingFailed(f"{name[:80]!r} is no name for a recording")
        if channel.gone.done():
            # Asterisk may know the channel for a moment longer, and would record that.
            raise RecordingFailed(f"{channel.id} has hung up")
        snoop = self._new_id()
        recorder = AriCallRecorder(self._client, name, call=channel.id, snoop=snoop)

        def ended(snooping: AriChannel) -> None:
            self._ended(snooping)
            recorder.ended()

        self._channels[snoop] = AriChannel(self._client, snoop, ended=ended)
        try:
            await recorder.start()
        except BaseException:
            self._channels.pop(snoop, None)
            raise
        return recorder


def number(text: Any) -> str:
    """A telephone number as it came from outside: "" if it is withheld.

    What is no printable character is dropped, and it is cut where no number goes on.
    """
    text = printable(text)
    return "" if text.lower() in WITHHELD else text


def printable(text: Any) -> str:
    """What may stand in a log, of a text that came from outside."""
    return "".join(c for c in str(text or "") if c.isprintable())[:LONGEST_NUMBER]


def phone(name: str) -> str:
    """The phone of a channel called *name*; "" for a channel of another kind.

    `PJSIP/1001-0000002a` is a call of `PJSIP/1001`, which has logged in as that.
    """
    found = OF_PHONE.fullmatch(name)
    return found[1] if found else ""
