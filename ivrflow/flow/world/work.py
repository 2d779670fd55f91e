"""Messages as work, as who puts them in line and who deals with them need them.

A message is in line because its row says "waiting", and no longer than that. Whoever
takes the row to another state has ended the work, and nobody else can: so an agent at
the phone, a supervisor with the API and whoever deletes the message can't all three
have it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Protocol

from ivrflow.flow.working.item import NewWork, WorkItem, WorkState

__all__ = ["NewWork", "WorkItem", "WorkState", "WorkStore"]


class WorkStore(Protocol):
    """The work of all queues. Raises `Trouble`; each method is one act.

    Rows are made by `Messages.keep`, `Boxes.forward` and whoever else takes a message
    in, in the act that makes the message new.
    """

    news: asyncio.Event
    """Set whenever work begins, ends, or comes into sight or out of it, as far as this
    process knows: by `Messages.keep`, `Boxes.delete` and `Boxes.restore` too."""

    async def open(self, queue: str | None = None) -> list[WorkItem]:
        """All that wait, or those of one queue: the oldest promise first.

        Only those whose message is there: one that is deleted waits out of sight.
        """

    async def of(self, message: str) -> WorkItem | None:
        """That of a message, whatever its state; None if it is no work."""

    async def had(self, item: WorkItem, agent: str) -> WorkItem | None:
        """*agent* has answered for it. None: it waits no more, or is out of sight."""

    async def at(self, item: WorkItem, offset: float) -> None:
        """The agent has heard the message up to there, in seconds."""

    async def dialled(self, item: WorkItem, now: float) -> WorkItem | None:
        """Its number is about to be dialled: count it. None: it waits no more."""

    async def give_back(self, item: WorkItem, until: float) -> None:
        """Whoever had it gave it back: the try is over, the next one comes *until*
        then or later. Again, for the same try: nothing changes."""

    async def end(
        self,
        message: str,
        state: WorkState,
        now: float,
        *,
        agent: str = "",
        disposition: str = "",
        by: str = "",
    ) -> bool:
        """It waits no more. False: it did not wait; nothing has changed.

        What a person ends from outside (*by*) stands in the audit log, by the same act.
        """

    async def overdue(self, now: float) -> Mapping[str, tuple[int, float]]:
        """Queue -> how many of those in `open` are over their promise untried, and the
        oldest one's seconds."""

    async def untold(self, most: int) -> Sequence[WorkItem]:
        """At most *most* of whose beginning or end no fact tells yet, in the order in
        which that happened; out of sight or not."""

    async def told(self, items: Sequence[WorkItem]) -> None:
        """Facts tell of these as they are: that they began, and of those which have
        ended, that too. To be called when the facts are durable."""
