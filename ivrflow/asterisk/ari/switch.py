"""Asterisk as the telephony room's `Switch`: it rings phones and joins channels.

It also takes the calls that Asterisk hands to our Stasis application, and those that a
process before us has left there. The parts: `dialling`, `bridging`, `rooms`, `monitor`,
`call_recorder`, and `adopting` for what is found.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from ivrflow.aio import finish
from ivrflow.asterisk.ari.adopting import Adopting, Look, kind_of
from ivrflow.asterisk.ari.bridging import Bridging
from ivrflow.asterisk.ari.call_recorder import AriCallRecorder, snoop_of
from ivrflow.asterisk.ari.caller_id import number, phone, printable
from ivrflow.asterisk.ari.channel import AriChannel
from ivrflow.asterisk.ari.client import Client
from ivrflow.asterisk.ari.dialling import Dialling
from ivrflow.asterisk.ari.errors import AriAway, AriError, Gone
from ivrflow.asterisk.ari.media import Sounds, safe
from ivrflow.asterisk.ari.monitor import AriMonitor
from ivrflow.asterisk.ari.orphans import Orphans
from ivrflow.asterisk.ari.ours import LEG, SNOOP, Ours
from ivrflow.asterisk.ari.recordings import stored
from ivrflow.asterisk.ari.rooms import AriRoom, Rooms
from ivrflow.asterisk.ari.still_playing import as_noted
from ivrflow.asterisk.ari.wire.event_models import StasisStart
from ivrflow.telephony.channel import (
    Cause,
    Channel,
    DialOrder,
    MonitorMode,
    NotReached,
    Recorded,
    RecordingFailed,
    Unreached,
)
from ivrflow.telephony.sound import Utterance

log = logging.getLogger(__name__)

HANDED_TO = re.compile(r"[A-Za-z][A-Za-z0-9]{1,20}/[A-Za-z0-9_.+:;=@*#-]{1,200}")
"""The same for a call that is let go: here it may be a whole SIP address."""

AT_ONCE = 2.0
"""Seconds within which a network refuses to take a call over."""

LEAVING = 1.0
"""Seconds within which a call that was taken over is hung up."""


class AriSwitch:
    """One Asterisk. Made before `Client.run` begins, so that no call is missed."""

    def __init__(
        self,
        client: Client,
        *,
        on_call: Callable[[AriChannel], None],
        on_found: Callable[[Look], None] | None = None,
        new_id: Callable[[], str],
        sounds: Sounds,
    ) -> None:
        """*on_call* takes each new call: it starts a task for it and returns.

        *on_found* hears in each look what Asterisk has; None: the callers who are found
        are taken as new calls are. *new_id* makes random names. *sounds* tells where
        recordings are.
        """
        self._client = client
        self._on_call = on_call
        self._new_id = new_id
        self._ours = Ours(client, sounds)
        self._channels = self._ours.channels
        self._orphans = Orphans(client)
        self._dialling = Dialling(self._ours, self._orphans)
        self._bridging = Bridging(self._ours, self._orphans, new_id=new_id)
        self._rooms = Rooms(self._ours, self._orphans, new_id=new_id, sounds=sounds)
        self._adopting = Adopting(
            self._ours,
            self._orphans,
            self._dialling,
            self._rooms,
            on_call=self._take,
            on_found=on_found or self._take_all,
        )
        self.callers = self._ours.callers
        self.callers.left_together = self._orphans.together
        """Whose calls came in and are up, and who of them talks."""
        client.on_event("StasisStart", self._entered)
        client.link.on_return(self._adopting.look)

    @property
    def channels(self) -> int:
        """How many channels Asterisk has for us, callers and agents."""
        return len(self._channels)

    # Calls that come in ---------------------------------------------------------------

    def _entered(self, event: StasisStart) -> None:
        id = event.channel.id
        if id in self._channels:
            return  # a leg of ours, or told twice
        kind, dialled = kind_of(event.args)
        if kind in (LEG, SNOOP) and not self._adopting.settled:
            # A process before us has made it, and it came only now.
            self._adopting.found(event.channel, kind, dialled)
            return
        if kind in (LEG, SNOOP):
            # Nobody waits for it: its caller went while we were ordering it.
            log.warning("leg %s belongs to no call; it is hung up", id)
            self._client.soon(self._ours.hang_up(id))
            return
        if self._adopting.puts_aside(event):
            return
        channel = self._ours.channel(
            id,
            caller_id=number(event.channel.caller.number),
            dialled=printable(dialled or event.channel.dialplan.exten),
            phone=phone(event.channel.name),
            up=event.channel.state == "Up",
            remembered=as_noted(self._adopting.remembered(event.channel)).text,
        )
        self._take(channel)
        if not channel.refused:
            # Who is sent away is the dialplan's again in a moment, with its time limit:
            # one that is moved for us just then would end his talk there.
            self.callers.came(id)

    def _take(self, channel: AriChannel) -> None:
        try:
            self._on_call(channel)
        except Exception:
            log.exception("call %s could not be taken; it is hung up", channel.id)
            self._client.soon(channel.hang_up(Cause.TEMPORARY_FAILURE))

    # Calls that are found -------------------------------------------------------------

    def _take_all(self, found: Look) -> None:
        for channel in found.callers:
            self._take(channel)

    async def look(self) -> None:
        """Compare what we know with what Asterisk has; raises `AriError`.

        It is done after each connection too: who calls this repairs what events that
        were lost have left. While Asterisk is away it would only hold that one up.
        """
        if not self._client.link.ready:
            raise AriAway("Asterisk is away; it is looked at when it is back")
        await self._adopting.look()

    async def reap(self) -> int:
        """End what was found and nobody has claimed; return how many legs and bridges.

        To be called when all callers have had time to claim what is theirs. Looks do so
        by themselves afterwards.
        """
        return await self._adopting.reap()

    # Ringing and joining --------------------------------------------------------------

    async def dial(self, order: DialOrder) -> Channel:
        """As `Switch.dial`."""
        return await self._dialling.dial(order)

    async def leg(self, id: str) -> Channel | None:
        """As `Switch.leg`."""
        return await self._dialling.leg(id)

    def bridge(self, *channels: Channel) -> AbstractAsyncContextManager[None]:
        """As `Switch.bridge`."""
        return self._bridging.bridge(*channels)

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
        monitor = AriMonitor(self._ours, heard, ear, new_id=self._new_id)
        try:
            await finish(monitor.open(mode))
            yield monitor
        finally:
            await finish(monitor.close())

    # Recording ------------------------------------------------------------------------

    async def record_call(self, channel: Channel, name: str) -> AriCallRecorder:
        """As `Switch.record_call`."""
        if not safe(name):
            raise RecordingFailed(f"{name[:80]!r} is no name for a recording")
        if channel.gone.done():
            # Asterisk may know the channel for a moment longer, and would record that.
            raise RecordingFailed(f"{channel.id} has hung up")
        snoop = snoop_of(name)
        recorder = AriCallRecorder(self._client, name, call=channel.id, snoop=snoop)
        before = self._orphans.claim_leg(snoop)
        if before is not None:
            before.when_over(recorder.ended)
            await recorder.take_over()
            return recorder
        listening = self._ours.channel(snoop)
        listening.when_over(recorder.ended)
        try:
            with self._ours.making(snoop):
                await recorder.start()
        except BaseException:
            self._ours.forget(snoop)
            raise
        return recorder

    async def kept(self, name: str) -> Recorded | None:
        """As `Switch.kept`."""
        return await stored(self._client, name) if safe(name) else None
