"""Messages that were kept, and of which the last service could not tell any more.

A message is kept in one transaction with its notices; that it was is noted behind that,
and written a moment later. A process that dies in that moment has lost a message for
the figures, though nobody else has. Where the caller is still there, his flow notes it
when it goes on. Where he has hung up, this does.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from ivrflow.db.messages import KeptMessage
from ivrflow.flow.left import note_kept
from ivrflow.flow.world import World

WRITING = 1.0
"""Seconds for what this service has noted to be written: then it is tried later."""


class Store(Protocol):
    """What is asked of `SqlMessages`."""

    async def untold(self) -> Sequence[KeptMessage]: ...


class Untold:
    """What was untold when the service began; `tell` tells it when a call is over."""

    def __init__(
        self,
        store: Store,
        found: Sequence[KeptMessage],
        *,
        durable: Callable[[float], Awaitable[bool]],
    ) -> None:
        """*found* was read before anybody here could keep a message. *durable* waits
        until what is noted is written, and says whether it is."""
        self._store = store
        self._rest = list(found)
        self._durable = durable

    async def tell(self, over: Callable[[str], bool], world: World) -> int:
        """Note those whose calls are over; return how many. Raises `Trouble`."""
        ready = [kept for kept in self._rest if over(kept.new.call)]
        if not ready or not await self._durable(WRITING):
            return 0
        # Its call may have gone on here, and told of it itself.
        again = {kept.new.message for kept in await self._store.untold()}
        told = [kept for kept in ready if kept.new.message in again]
        for kept in told:
            note_kept(
                world,
                kept.new,
                kept.notices,
                seconds=kept.seconds,
                urgent=kept.urgent,
            )
        self._rest = [kept for kept in self._rest if kept not in ready]
        return len(told)
