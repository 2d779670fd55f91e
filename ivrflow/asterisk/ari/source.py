"""The seam between Asterisk's events and those who need them: who brings, who takes.

There are two ways for events to come, by a connection that we make (`inbound`, in
Asterisk's words) or by one that Asterisk makes (`outbound`). What lies behind knows
neither.
"""

from __future__ import annotations

from typing import Protocol

LONGEST_EVENT = 1024 * 1024
"""Bytes. Events of 40 kB have been seen: a channel's variables may stand in them."""

HEARTBEAT = 8.0
"""Seconds between pings; half of it without a pong, and the connection is dead.

Only for the time in which nothing else looks: `probe` finds a dead connection sooner,
and does not take a loop of ours that stood still for a fault of the line, as this
does."""


class Sink(Protocol):
    """What an `EventSource` tells: synchronous, in order, never raises."""

    def connected(self) -> None: ...

    def received(self, text: str | bytes) -> None:
        """One event, as JSON."""

    def disconnected(self, why: str) -> None: ...


class EventSource(Protocol):
    """A way on which events come."""

    @property
    def where(self) -> str:
        """The address, for messages."""
        ...

    @property
    def cure(self) -> str:
        """Why no connection comes about, as far as is known, and what to look at."""
        ...

    async def run(self, sink: Sink) -> None:
        """Bring events to *sink* until cancelled."""

    def drop(self, why: str) -> None:
        """Close the connection at once, without a farewell; another one follows.

        *why* is what the sink is told. Without a connection nothing happens.
        """
