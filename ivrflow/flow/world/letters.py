"""What a flow sends to people and systems outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from ivrflow.secret import Secret


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One message to someone outside, whole: what `send` puts into the outbox."""

    key: str
    """Random, chosen once: whoever gets the letter twice knows it by this."""
    channel: str
    """email, sms or webhook."""
    to: str
    """An address, a number or a URL."""
    subject: str = ""
    text: str | Secret = ""
    """A secret text (a one-time code) is handed over at once and never kept."""
    data: Mapping[str, Any] = field(default_factory=dict)
    """What a webhook gets: plain JSON."""
    call: str = ""


class Outbox(Protocol):
    """Letters that are sent for sure, if not at once; raises `Trouble`."""

    async def put(self, letters: Sequence[Letter]) -> None:
        """Keep *letters*, all or none; one that is there already changes nothing."""


class Courier(Protocol):
    """Hands letters of one kind over; raises `Trouble`."""

    async def deliver(self, letter: Letter) -> None:
        """Return when whoever carries it on from here has taken it."""
