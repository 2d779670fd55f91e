"""Mailboxes in memory, with the notices that their messages caused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ivrflow.flow.world import LeftMessage, NewMessage, Notice, Trouble


@dataclass(frozen=True, kw_only=True)
class KeptMessage:
    """A message in memory; *state* is recording, new or dropped."""

    new: NewMessage
    state: str = "recording"
    seconds: float | None = None
    urgent: bool = False


class MemoryMessages:
    """A flow's `Messages`; `all` holds the messages by id, `outbox` the notices."""

    def __init__(self) -> None:
        self.all: dict[str, KeptMessage] = {}
        self.outbox: list[Notice] = []

    async def begin(self, message: NewMessage) -> None:
        """Make the message, before its recording starts; one that is there stays."""
        self.all.setdefault(message.message, KeptMessage(new=message))

    async def urge(self, message: str) -> None:
        """It is urgent."""
        if message in self.all and self.all[message].state == "recording":
            self.all[message] = replace(self.all[message], urgent=True)

    async def keep(
        self, message: str, *, seconds: float, urgent: bool, notices: Sequence[Notice]
    ) -> bool:
        """The message is whole, and its notices are in the outbox; only once."""
        if message not in self.all:
            raise Trouble(f"message {message} was never begun, so it can't be kept")
        kept = self.all[message]
        if kept.state != "recording":
            return False
        self.all[message] = replace(
            kept, state="new", seconds=seconds, urgent=urgent or kept.urgent
        )
        once = {(notice.channel, notice.to): notice for notice in notices}
        self.outbox += [replace(notice, message=message) for notice in once.values()]
        return True

    async def drop(self, message: str) -> None:
        """Nothing worth keeping was recorded. A message that was kept stays."""
        if message in self.all and self.all[message].state == "recording":
            self.all[message] = replace(self.all[message], state="dropped")

    async def left(self) -> Sequence[LeftMessage]:
        """Those that are neither kept nor dropped."""
        return [
            LeftMessage(
                message=name,
                mailbox=kept.new.mailbox,
                call=kept.new.call,
                urgent=kept.urgent,
            )
            for name, kept in self.all.items()
            if kept.state == "recording"
        ]
