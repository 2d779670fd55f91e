"""Joining channels in bridges, and finding those that are joined already.

A bridge goes on while no process of ours is there, and the people in it go on talking.
Who joins the same channels after that takes the bridge over as it is: where all of them
are in it nothing is asked of Asterisk, and nobody hears anything. Who stands in it and
is no part of this talk is led out before anybody comes in: he was asked something while
the caller heard music, or is the third of a talk that two go on with.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from ivrflow.aio import finish
from ivrflow.asterisk.ari.channel import AriChannel
from ivrflow.asterisk.ari.errors import AriError, Gone
from ivrflow.asterisk.ari.orphans import Orphans
from ivrflow.asterisk.ari.ours import Ours
from ivrflow.asterisk.ari.patience import patiently
from ivrflow.telephony.channel import Cause, Channel, HungUp

log = logging.getLogger(__name__)

TALK = "talk"
"""What our bridges are for, as Asterisk shows it in their names."""

LEADING_OUT = 1.0
"""Seconds that others wait for it: Asterisk does it only when a sound that plays to him
has ended."""


class Bridging:
    """See `Switch.bridge`."""

    def __init__(
        self, ours: Ours, orphans: Orphans, *, new_id: Callable[[], str]
    ) -> None:
        self._client = ours.client
        self._link = ours.client.link
        self._ours = ours
        self._orphans = orphans
        self._new_id = new_id

    @asynccontextmanager
    async def bridge(self, *channels: Channel) -> AsyncIterator[None]:
        """As `Switch.bridge`. A channel that has gone is left out: its `gone` tells."""
        ids = [channel.id for channel in channels]
        left = self._orphans.claim_bridge(self._ours.named(TALK), ids)
        if left is not None:
            self._ours.bridges.add(left.id)
            log.info("the talk of %s goes on", " and ".join(ids))
        id = left.id if left is not None else self._new_id()
        there = left.inside if left is not None else set()
        with self._ours.callers.inside(id, *ids):
            try:
                missing = [c for c in channels if c.id not in there]
                for stranger in there.difference(ids):
                    await self._lead_out(id, stranger)
                await self._join(id, channels, missing, new=left is None)
                yield
            finally:
                await finish(self._ours.close_bridge(id))

    async def _join(
        self,
        id: str,
        channels: Sequence[Channel],
        missing: Sequence[Channel],
        *,
        new: bool,
    ) -> None:
        for channel in channels:
            if isinstance(channel, AriChannel):
                channel.joined()
        if new:
            try:
                await patiently(self._link, lambda: self._ours.open_bridge(id, TALK))
            except (AriError, Gone) as error:
                who = ", ".join(c.id for c in channels)
                log.error("cannot join %s: %s", who, error)
                raise HungUp(Cause.TEMPORARY_FAILURE) from None
        for channel in missing:
            # One by one: in a list, one that has gone would keep the others out, and
            # Asterisk does not say which it was.
            try:
                if isinstance(channel, AriChannel):
                    await channel.quiet()
                await self._add(id, channel.id)
            except Gone:
                if isinstance(channel, AriChannel):
                    channel.drop(Cause.NORMAL_CLEARING)
            except AriError as error:
                log.error("cannot join %s: %s", channel.id, error)
                raise HungUp(Cause.TEMPORARY_FAILURE) from None

    async def _lead_out(self, bridge: str, channel: str) -> None:
        log.info("%s is no part of the talk that goes on", channel)
        try:
            async with asyncio.timeout(LEADING_OUT):
                await self._client.bridges.remove_channel(bridge, [channel])
        except (Gone, TimeoutError):
            pass
        except AriError as error:
            log.warning("%s can't leave bridge %s: %s", channel, bridge, error)

    async def _add(self, bridge: str, channel: str) -> None:
        await patiently(
            self._link, lambda: self._client.bridges.add_channel(bridge, [channel])
        )
