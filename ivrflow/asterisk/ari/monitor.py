"""Hearing another one's talk: a snoop channel, in a bridge with who listens.

Asterisk's snoop channel hears both directions of the channel at which it was put,
through whatever that is joined to meanwhile. Who hears the listener is decided when it
is made, and can't be changed: for another mode a second one is made and takes the place
of the first, which is hung up afterwards, so that the listener never hears a gap.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping

from ivrflow.aio import finish
from ivrflow.asterisk.ari.channel import AriChannel
from ivrflow.asterisk.ari.errors import AriError, Gone
from ivrflow.asterisk.ari.ours import SNOOP, Ours
from ivrflow.asterisk.ari.wire.event_models import StasisStart
from ivrflow.telephony.channel import Cause, Channel, HungUp, MonitorMode

log = logging.getLogger(__name__)

ENTERING = 3.0
"""Seconds for the snoop channel to come to us: before, no bridge takes it."""

WHISPER: Mapping[MonitorMode, str] = {
    MonitorMode.LISTEN: "none",
    MonitorMode.WHISPER: "out",
    MonitorMode.BARGE: "both",
}
"""To whom the listener's voice goes: out to the phone, or in as if it came from it."""


class AriMonitor:
    """See `telephony.channel.Monitor`. Made by `AriSwitch.monitor`."""

    def __init__(
        self,
        ours: Ours,
        heard: Channel,
        ear: Channel,
        *,
        new_id: Callable[[], str],
    ) -> None:
        self._client = ours.client
        self._ours = ours
        self._heard = heard
        self._ear = ear
        self._new_id = new_id
        self._bridge = new_id()
        self._snoop: AriChannel | None = None
        # Two who switch at once, by key and by request, must not both make a channel.
        self._turn = asyncio.Lock()

    async def open(self, mode: MonitorMode) -> None:
        """Begin; raise `HungUp`. `close` must be called in any case."""
        for channel in (self._heard, self._ear):
            if channel.gone.done():
                raise HungUp(channel.gone.result())
        try:
            await self._ours.open_bridge(self._bridge, "ear")
            await self._client.bridges.add_channel(self._bridge, [self._ear.id])
        except (AriError, Gone) as error:
            raise self._failed(error) from None
        await self.set_mode(mode)

    async def set_mode(self, mode: MonitorMode) -> None:
        """As `Monitor.set_mode`."""
        async with self._turn:
            await finish(self._change(mode))

    async def _change(self, mode: MonitorMode) -> None:
        before = self._snoop
        snoop = self._ours.channel(self._new_id())
        entered: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def heard(event: object) -> None:
            if isinstance(event, StasisStart) and not entered.done():
                entered.set_result(None)

        watch = self._client.hub.watch("channel", snoop.id, heard)
        try:
            with self._ours.making(snoop.id):
                await self._client.channels.snoop_channel_with_id(
                    self._heard.id,
                    snoop.id,
                    self._client.app,
                    spy="both",
                    whisper=WHISPER[mode],
                    app_args=SNOOP,
                )
                await asyncio.wait([entered], timeout=ENTERING)
            if before is not None:
                # Out of the bridge first: two ears in it would hear each other's voice.
                await self._client.bridges.remove_channel(self._bridge, [before.id])
            await self._client.bridges.add_channel(self._bridge, [snoop.id])
        except (AriError, Gone) as error:
            await snoop.hang_up()
            snoop.end(Cause.NORMAL_CLEARING)
            raise self._failed(error) from None
        finally:
            watch.close()
        self._snoop = snoop
        if before is not None:
            await before.hang_up()

    def _failed(self, error: Exception) -> HungUp:
        if self._heard.gone.done() or self._ear.gone.done():
            return HungUp(Cause.NORMAL_CLEARING)
        log.warning("%s can't listen to %s: %s", self._ear.id, self._heard.id, error)
        return HungUp(Cause.TEMPORARY_FAILURE)

    async def close(self) -> None:
        """End it; the phones stay as they are."""
        # A change of mode that is under way would bring a snoop that nobody ends.
        async with self._turn:
            await self._end()

    async def _end(self) -> None:
        if self._snoop is not None:
            await self._snoop.hang_up()
        await self._ours.close_bridge(self._bridge)
