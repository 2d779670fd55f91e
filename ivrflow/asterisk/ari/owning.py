"""Whose the application is: of two programs that want it, the loser stops.

An application of Asterisk has one connection. Who connects last has it, and the other
one is told (`ApplicationReplaced`), keeps a connection on which nothing comes any more,
and could still send orders to every call. Two that connect again and again would take
it from each other for ever, and both would handle half of each call. So who has lost
it sends nothing from then on, and does not come back.

Two things look the same and are none. Asterisk, when it connects to us anew, may tell
the older of its own two connections; then the newer one is ours too, and is there a
moment later. And it may have kept the news for us while we were away, together with all
other events, and bring it on the next connection; then it says behind them that we are
registered (measured on 22.10). So nothing is sent for `DOUBT` seconds, and only then it
is settled.
"""

from __future__ import annotations

import asyncio
import logging

from ivrflow.asterisk.ari.errors import Replaced
from ivrflow.asterisk.ari.wire.event_models import (
    ApplicationRegistered,
    ApplicationReplaced,
)

log = logging.getLogger(__name__)

DOUBT = 1.0
"""Seconds in which a connection of our own may prove that nobody else is there."""


class Owning:
    """Whether the Stasis application *app* is ours."""

    def __init__(self, app: str) -> None:
        self._app = app
        self._sure = asyncio.Event()
        self._sure.set()
        self.replaced = asyncio.Event()
        """Set when another program has it, for good."""
        self._deciding: asyncio.TimerHandle | None = None

    async def sure(self) -> None:
        """Return if it is ours; wait while that is in doubt; raise `Replaced`."""
        if not self._sure.is_set():
            await self._sure.wait()
        if self.replaced.is_set():
            raise Replaced(
                f"another program has taken the application {self._app!r} of "
                "Asterisk; nothing is sent any more"
            )

    def heard(self, event: ApplicationReplaced) -> None:
        """Asterisk says that somebody else has connected as this application."""
        if event.application != self._app or self._deciding or self.replaced.is_set():
            return
        self._sure.clear()
        loop = asyncio.get_running_loop()
        self._deciding = loop.call_later(DOUBT, self._decide)

    def connected(self) -> None:
        """A connection of ours is made: if it was in doubt, it was our own."""
        if self._deciding is not None:
            self._deciding.cancel()
            self._deciding = None
            self._sure.set()

    def registered(self, event: ApplicationRegistered) -> None:
        """Asterisk says that the application is registered by this connection."""
        if event.application == self._app:
            self.connected()

    def _decide(self) -> None:
        self._deciding = None
        log.error(
            "another program has taken the application %r of Asterisk: this one lets "
            "go of it and leaves all calls to the other; two with one application "
            "would fight for each call. Stop one of them, or give it another app: in "
            "its settings, in ari.conf and in the dialplan",
            self._app,
        )
        self.replaced.set()
        self._sure.set()
