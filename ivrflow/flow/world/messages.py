"""The mailboxes, as the flow that takes a message sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class NewMessage:
    """A message that a caller is about to leave, before the recording starts."""

    message: str
    """Its id, which names its recording too: random, chosen by the step."""
    mailbox: str
    call: str
    caller: str
    at: datetime
    data: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class LeftMessage:
    """A message that is recorded, or was when the service died."""

    message: str
    mailbox: str
    call: str
    urgent: bool = False


@dataclass(frozen=True, kw_only=True)
class Notice:
    """One message to a person outside, for the outbox."""

    channel: str
    """email, call, sms or webhook."""
    to: str
    mailbox: str
    message: str
    attach: str = ""


class Messages(Protocol):
    """The store of mailboxes; raises `Trouble`."""

    async def begin(self, message: NewMessage) -> None:
        """Make its row, before its recording starts; a row with its id stays."""

    async def urge(self, message: str) -> None:
        """It is urgent, should nobody be there any more to say so in the end."""

    async def keep(
        self, message: str, *, seconds: float, urgent: bool, notices: Sequence[Notice]
    ) -> bool:
        """The message is whole; its notices go into the outbox in the same act.

        False: it was kept or dropped before, and nothing has changed.
        """

    async def drop(self, message: str) -> None:
        """Nothing worth keeping was recorded. A message that was kept stays."""

    async def left(self) -> Sequence[LeftMessage]:
        """Those that are neither kept nor dropped, the oldest first."""
