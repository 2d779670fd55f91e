"""Events by the connection that Asterisk makes, and by ours where that one is dead.

A line that is cut without a word is found by us (`probe`), but not by Asterisk: it
believes in its old connection until it has something to send and hears nothing, which
may take minutes, and does not connect again before. (Versions after 22.10 can send
pings; `websocket_client.conf` has to ask for them.) So after a connection was found
dead we give Asterisk a moment to come back, and else connect to it ourselves.

Asterisk then takes our application away from its own connection, and does not give it
back when that one is made again: it is open, and nothing comes on it (measured on
22.10; a restart of Asterisk mends it). So who stands in goes on until its connection
ends by itself, as when Asterisk is started anew; then the usual one counts again, and
the probe tells whether it is worth anything.

Only after a connection that there was: one to whom Asterisk has never connected may
have a copy of another one's settings, and would take his calls.
"""

from __future__ import annotations

import asyncio
import logging
import math
from dataclasses import dataclass
from typing import NoReturn

from ivrflow.asterisk.ari.source import EventSource, Sink

log = logging.getLogger(__name__)

MOMENT = 0.75
"""Seconds that Asterisk has to come back; it tries four times a second."""


TRUST = 15.0
"""Seconds after a dead connection in which the next one must not be dead too."""

NEW = 1.0
"""Seconds for which a connection is a new one."""

REPLACED = '"ApplicationReplaced"'


class StandingIn:
    """*usual* as a rule; *other* once a connection of the usual one was dropped."""

    def __init__(self, usual: EventSource, other: EventSource) -> None:
        self._usual = usual
        self._other = other
        self._open: set[EventSource] = set()
        self._current: EventSource | None = None
        self._dropping = False
        """We have ended the connection that there is, and another one follows."""
        self._usual_since = -math.inf
        self._dead = asyncio.Event()
        self._news = asyncio.Event()

    @property
    def where(self) -> str:
        """The address of the one that is in use."""
        return (self._current or self._usual).where

    @property
    def cure(self) -> str:
        """As `EventSource.cure`."""
        return self._usual.cure

    def drop(self, why: str) -> None:
        """As `EventSource.drop`."""
        if self._current is self._usual:
            self._dead.set()
        self._dropping = True
        if self._current is not None:
            self._current.drop(why)

    async def run(self, sink: Sink) -> None:
        """As `EventSource.run`."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._usual.run(_Part(self, self._usual, sink)))
            group.create_task(self._watch(sink))

    async def _watch(self, sink: Sink) -> NoReturn:
        loop = asyncio.get_running_loop()
        last = -math.inf
        while True:
            await self._dead.wait()
            self._dead.clear()
            again = loop.time() - last < TRUST
            last = loop.time()
            if not again:
                await asyncio.sleep(MOMENT)
                if self._current is self._usual:
                    continue
            log.warning(
                "what Asterisk connects to %s is dead; connecting to it at %s instead",
                self._usual.where,
                self._other.where,
            )
            await self._stand_in(sink)

    async def _stand_in(self, sink: Sink) -> None:
        """Bring events by the other way, until a connection of it ends by itself."""
        if self._current is self._usual:
            sink.disconnected("nothing comes on it")
        self._current = self._other
        self._news.clear()
        loop = asyncio.get_running_loop()
        standing_in = loop.create_task(self._other.run(_Part(self, self._other, sink)))
        try:
            await self._news.wait()
        finally:
            standing_in.cancel()
            await asyncio.wait([standing_in])
            self._current = None
        if self._usual in self._open:
            self._current = self._usual
            sink.connected()

    def _connected(self, source: EventSource, sink: Sink) -> None:
        self._open.add(source)
        self._dropping = False
        if source is self._usual:
            self._usual_since = asyncio.get_running_loop().time()
        if self._current is None:
            self._current = source
        if self._current is source:
            sink.connected()

    def _received(self, source: EventSource, sink: Sink, text: str | bytes) -> None:
        if self._current is not source:
            return
        sink.received(text)
        if (
            source is self._other
            and REPLACED in str(text)
            and self._usual in self._open
        ):
            # Asterisk has given the application back to its own connection.
            self._news.set()

    def _disconnected(self, source: EventSource, sink: Sink, why: str) -> None:
        self._open.discard(source)
        if self._current is not source:
            return
        sink.disconnected(why)
        if source is self._usual:
            self._current = None
        elif not self._dropping:
            self._news.set()


@dataclass(frozen=True)
class _Part:
    """The sink of one of the two."""

    both: StandingIn
    source: EventSource
    sink: Sink

    def connected(self) -> None:
        self.both._connected(self.source, self.sink)

    def received(self, text: str | bytes) -> None:
        self.both._received(self.source, self.sink, text)

    def disconnected(self, why: str) -> None:
        self.both._disconnected(self.source, self.sink, why)
