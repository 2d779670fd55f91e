"""Whether events still come: an event of our own is sent round, again and again.

A connection that is open proves little. A line may be cut without a word, and Asterisk
may have given the connection up and drop every event, while it still answers requests
and lets new calls wait for us. Both look like a quiet night. So an event of our own is
ordered every `EVERY` seconds, and must come back.

It is the line that is judged, and neither Asterisk's haste nor ours:

- any event that comes proves the line as well as our own one;
- time in which our own loop stood still does not count: what has come then waits in
  the socket, unread;
- a connection that is made anew meanwhile is another one.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import NoReturn

from ivrflow.asterisk.ari.errors import AriError, Gone
from ivrflow.asterisk.ari.wire.event_models import ChannelUserevent

EVERY = 2.0
"""Seconds between two probes."""

WITHIN = 2.0
"""Seconds in which it must be back."""

SLICE = 0.25
"""Seconds that are waited at a time; a longer pause was our loop's."""

NAME = "ivrflow_hb"


@dataclass(frozen=True, kw_only=True)
class Probed:
    """What the probe needs of the connection."""

    send: Callable[[str, str], Awaitable[None]]
    """Order an event: its name and what it carries. Raises what requests raise."""
    connection: Callable[[], int | None]
    """Which connection it is; None while there is none that requests make sense on."""
    received: Callable[[], int]
    """Events that have come so far."""
    drop: Callable[[str], None]
    """Close the connection, and say why."""


class Probe:
    """Sends events round: `run` for ever, and `heard` is told of those that come."""

    def __init__(self, probed: Probed) -> None:
        self._probed = probed
        # Another process's probes, sent round by mistake, prove nothing about us.
        self._us = secrets.token_hex(8)
        self._sent = 0
        self._back = asyncio.Event()
        self.dropped = 0
        """Connections that were found dead so far."""

    def heard(self, event: ChannelUserevent) -> None:
        """Take an event of the kind that is sent round."""
        if event.eventname == NAME and event.userevent.get("probe") == self._mark:
            self._back.set()

    async def run(self) -> NoReturn:
        """Probe every connection until cancelled."""
        while True:
            await asyncio.sleep(EVERY)
            connection = self._probed.connection()
            if connection is None:
                continue
            why = await self._once()
            if why and self._probed.connection() == connection:
                self.dropped += 1
                self._probed.drop(why)

    @property
    def _mark(self) -> str:
        return f"{self._us}-{self._sent}"

    async def _once(self) -> str:
        """Send one event round. Return what is wrong, "" if nothing is."""
        self._sent += 1
        self._back.clear()
        loop = asyncio.get_running_loop()
        # Beside us: a request on a dead line takes as long as it takes.
        sending = loop.create_task(self._send(), name="ari probe")
        try:
            return "" if await self._came(sending) else _why(sending)
        finally:
            sending.cancel()
            await asyncio.wait([sending])

    async def _came(self, sending: asyncio.Task[str]) -> bool:
        """Wait until an event has come, for as long as it may take."""
        loop = asyncio.get_running_loop()
        before = self._probed.received()
        left = WITHIN
        while left > 0:
            began = loop.time()
            try:
                async with asyncio.timeout(SLICE):
                    await self._back.wait()
            except TimeoutError:
                pass
            if self._back.is_set() or self._probed.received() != before:
                return True
            if sending.done() and sending.result():
                return False
            left -= min(loop.time() - began, SLICE)
        return False

    async def _send(self) -> str:
        """Return why waiting is of no use, "" if it is."""
        try:
            await self._probed.send(NAME, self._mark)
        except Gone:
            return "Asterisk does not know our application any more"
        except AriError:
            # It starts, stops, or is slow: whether events come will be seen.
            return ""
        return ""


def _why(sending: asyncio.Task[str]) -> str:
    said = sending.result() if sending.done() else ""
    return said or f"no event came back within {WITHIN:g} s"
