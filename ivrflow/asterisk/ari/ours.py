"""What we have in Asterisk: the channels and bridges that this process knows.

Each stands in here before Asterisk is asked to make it. So whatever of ours Asterisk
has that does not stand in here was left by a process before us.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from ivrflow.asterisk.ari.callers import Callers
from ivrflow.asterisk.ari.channel import AriChannel
from ivrflow.asterisk.ari.client import Client
from ivrflow.asterisk.ari.errors import AriError, Gone
from ivrflow.asterisk.ari.media import Sounds
from ivrflow.asterisk.ari.still_playing import Before
from ivrflow.telephony.channel import Cause

log = logging.getLogger(__name__)

LEG = "leg"
"""First argument of a phone's channel that we make, so that it is known for ours."""

SNOOP = "snoop"
"""The same of a channel that listens to another one."""

LONGEST_NAME = 80
"""Characters of a bridge's name."""


class Ours:
    """The channels and bridges of one process, by id."""

    def __init__(self, client: Client, sounds: Sounds) -> None:
        """*sounds* tells where recordings are."""
        self.client = client
        self.channels: dict[str, AriChannel] = {}
        self.bridges: set[str] = set()
        self.callers = Callers()
        """Whose calls came in and are up, and who of them talks."""
        self._sounds = sounds
        self._making: set[str] = set()

    # Channels -------------------------------------------------------------------------

    def channel(
        self,
        id: str,
        *,
        caller_id: str = "",
        dialled: str = "",
        phone: str = "",
        up: bool = False,
        remembered: str = "",
        before: Before | None = None,
    ) -> AriChannel:
        """Make our side of a channel. It stays in `channels` until it has ended."""
        channel = AriChannel(
            self.client,
            id,
            caller_id=caller_id,
            dialled=dialled,
            phone=phone,
            up=up,
            remembered=remembered,
            before=before,
            sounds=self._sounds,
            ended=self._ended,
        )
        self.channels[id] = channel
        return channel

    def _ended(self, channel: AriChannel) -> None:
        if self.channels.get(channel.id) is channel:
            self.forget(channel.id)

    def forget(self, id: str) -> None:
        """There is no such channel any more."""
        self.channels.pop(id, None)
        self.callers.went(id)

    @contextmanager
    def making(self, id: str) -> Iterator[None]:
        """While the block runs, Asterisk may not have the channel yet."""
        self._making.add(id)
        try:
            yield
        finally:
            self._making.discard(id)

    @property
    def made(self) -> dict[str, AriChannel]:
        """Those that Asterisk has, unless they have ended."""
        return {i: c for i, c in self.channels.items() if i not in self._making}

    async def hang_up(self, id: str, cause: Cause = Cause.NORMAL_CLEARING) -> bool:
        """Hang up a channel, whoever knows it. False: it has gone already."""
        try:
            await self.client.channels.hangup(id, reason_code=str(int(cause)))
        except Gone:
            return False
        except AriError as error:
            # It is looked for when Asterisk is back.
            log.warning("channel %s could not be hung up: %s", id, error)
        return True

    # Bridges --------------------------------------------------------------------------

    async def open_bridge(self, id: str, what: str) -> None:
        """Make a bridge; *what* it is for tells it from others after a restart.

        Raises what requests raise.
        """
        self.bridges.add(id)
        await self.client.bridges.create_with_id(
            id, type="mixing", name=self.named(what)
        )

    async def close_bridge(self, id: str) -> None:
        """Destroy a bridge. One that is no more is no error."""
        try:
            await self.client.bridges.destroy(id)
        except Gone:
            pass
        except AriError as error:
            log.warning("bridge %s could not be destroyed: %s", id, error)
        self.bridges.discard(id)

    def named(self, what: str) -> str:
        """The name in Asterisk of a bridge for *what*: other programs have others."""
        return f"{self.client.app} {what}"[:LONGEST_NAME]
