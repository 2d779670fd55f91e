"""A supervisor hears an agent's talk: listens, whispers to the agent, or joins in.

The supervisor's phone is an ear at the agent's leg, so it follows the agent: it hears
what he hears, through hold and consultation, and nothing of a caller who is in a flow.
Keys of the supervisor switch: 1 listens, 2 whispers, 3 barges in.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ivrflow.aio import beside
from ivrflow.facts import MonitorBegan, MonitorEnded
from ivrflow.flow.world import World
from ivrflow.telephony.channel import Channel, HungUp, Monitor, MonitorMode, Switch

if TYPE_CHECKING:
    from ivrflow.flow.conversation.live import Seat

BY_KEY: Mapping[str, MonitorMode] = {
    "1": MonitorMode.LISTEN,
    "2": MonitorMode.WHISPER,
    "3": MonitorMode.BARGE,
}


class Ear:
    """One supervisor at one agent's talk."""

    def __init__(
        self, world: World, seat: Seat, channel: Channel, *, by: str, mode: MonitorMode
    ) -> None:
        """*by*: the supervisor's number, or his name. *channel* is his phone."""
        self.by = by
        self.mode = mode
        self._world = world
        self._seat = seat
        self._channel = channel
        self._monitor: Monitor | None = None
        self._since = 0.0

    async def listen(self, switch: Switch) -> None:
        """Hear the talk until the agent's leg or the supervisor's phone is gone.

        Raises `HungUp` where the switch can't do it, or the supervisor has gone.
        """
        legs = [self._seat.leg.gone, self._channel.gone]
        began = False
        try:
            async with (
                switch.monitor(self._seat.leg, self._channel, self.mode) as monitor,
                beside(self._keys()),
            ):
                self._monitor, began = monitor, True
                self._began()
                await asyncio.wait(legs, return_when=asyncio.FIRST_COMPLETED)
        except HungUp:
            if not self._seat.leg.gone.done() or self._channel.gone.done():
                raise
        finally:
            self._monitor = None
            if began:
                self._ended()

    async def switch_to(self, mode: MonitorMode) -> None:
        """Listen, whisper or barge in from now on; raise `HungUp`."""
        if self._monitor is None or mode is self.mode:
            return
        await self._monitor.set_mode(mode)
        self._ended()
        self.mode = mode
        self._began()

    async def _keys(self) -> None:
        self._channel.keys.clear()
        while True:
            key = await self._channel.keys.next(None)
            if key in BY_KEY:
                await self.switch_to(BY_KEY[key])

    def _began(self) -> None:
        self._since = self._world.seconds()
        self._world.note(
            MonitorBegan(
                at=self._since,
                call=self._seat.conversation.call.id,
                agent=self._seat.agent,
                by=self.by,
                mode=self.mode.value,
            )
        )

    def _ended(self) -> None:
        now = self._world.seconds()
        self._world.note(
            MonitorEnded(
                at=now,
                call=self._seat.conversation.call.id,
                agent=self._seat.agent,
                by=self.by,
                seconds=now - self._since,
            )
        )
