"""Wishes to be called back and kept places, in memory."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from ivrflow.flow.wish import Kept, Wish, WishState, plain_number, settled
from ivrflow.flow.wish_ends import Untold


class MemoryCallbacks:
    """A flow's `Callbacks`, and `Promises` too; `asked` is (call, queue) -> wish."""

    def __init__(self) -> None:
        self.asked: dict[tuple[str, str], Wish] = {}
        self.news = asyncio.Event()

    async def keep(self, wish: Wish, *, most: int, own: bool) -> Kept:
        """As `Callbacks.keep`."""
        kept = settled(self._waiting(), wish, own=own, most=most)
        if kept:
            for old in kept.instead_of:
                await self.end(old, WishState.TAKEN_BACK, wish.asked)
            self.asked[wish.key] = kept.wish
            self.news.set()
        return kept

    async def booked(
        self, queue: str, first: datetime, last: datetime
    ) -> Mapping[float, int]:
        """As `Callbacks.booked`."""
        begin, end = first.timestamp(), last.timestamp()
        return Counter(
            wish.due
            for wish in self._waiting()
            if wish.queue == queue and wish.due is not None and begin <= wish.due <= end
        )

    async def take_back(self, queue: str, number: str, now: float) -> Wish | None:
        """As `Callbacks.take_back`."""
        for wish in self._waiting():
            mine = wish.queue == queue and wish.number == plain_number(number)
            if mine and (wish.due or 0.0) <= now:
                await self.end(wish, WishState.TAKEN_BACK, now)
                return wish
        return None

    async def open(self, queue: str | None = None) -> list[Wish]:
        """As `Promises.open`."""
        return [wish for wish in self._waiting() if queue in (None, wish.queue)]

    async def overdue(self, now: float) -> Mapping[str, tuple[int, float]]:
        """As `SqlCallbacks.overdue`."""
        late: dict[str, list[float]] = {}
        for wish in self._waiting():
            if wish.tried is None and wish.promised < now:
                late.setdefault(wish.queue, []).append(now - wish.promised)
        return {queue: (len(over), max(over)) for queue, over in late.items()}

    async def dialled(self, wish: Wish, now: float) -> Wish | None:
        """As `Promises.dialled`."""
        kept = self.asked.get(wish.key)
        if kept is None or kept.state is not WishState.WAITING:
            return None
        self.asked[wish.key] = kept = kept.dialled(now)
        return kept

    async def pause(self, wish: Wish, until: float) -> None:
        """As `Promises.pause`."""
        kept = self.asked.get(wish.key)
        if kept is not None:
            self.asked[wish.key] = replace(kept, not_before=until)

    async def end(
        self, wish: Wish, state: WishState, now: float, *, by: str = ""
    ) -> bool:
        """As `Promises.end`."""
        kept = self.asked.get(wish.key)
        if kept is None or kept.state is not WishState.WAITING:
            return False
        self.asked[wish.key] = replace(kept, state=state)
        self.news.set()
        return True

    async def untold(self, before: float) -> Sequence[Untold]:
        """As `Ending.untold`: nothing, as the facts go with it."""
        return ()

    def _waiting(self) -> list[Wish]:
        return sorted(
            (w for w in self.asked.values() if w.state is WishState.WAITING),
            key=lambda w: (w.joined, w.call),
        )


class MemoryPlaces:
    """A flow's `KeptPlaces`."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], tuple[float, float]] = {}
        """(queue, who) -> when joined, and until when the place is kept."""

    async def keep(self, queue: str, who: str, *, joined: float, until: float) -> None:
        """As `KeptPlaces.keep`."""
        self.kept[queue, who] = (joined, until)

    async def take(self, queue: str, who: str, now: float) -> float | None:
        """As `KeptPlaces.take`."""
        joined, until = self.kept.pop((queue, who), (0.0, -1.0))
        return joined if now <= until else None
