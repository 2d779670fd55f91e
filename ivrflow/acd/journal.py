"""What the desk knows already and the board does not, in order.

The desk decides in memory and never lets a call wait for the database, least of all on
the way out: a caller who hangs up is gone at once, and the board hears of it next. One
task writes, in the order in which things happened. When the board is away the journal
waits, and nothing behind the first unwritten entry happens: no claim, so no ringing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from ivrflow.acd.board import BoardAway
from ivrflow.acd.model import Offer

log = logging.getLogger(__name__)

Write = Callable[[], Awaitable[Any]]
Claim = Callable[[Sequence[Offer]], Awaitable[None]]

BATCH = 50
"""Claims that go into one act of the board at most."""


@dataclass(eq=False, slots=True)
class Entry:
    """One thing that is to be written."""

    write: Write | None
    """None: it is the claim of *offer*."""
    offer: Offer | None = None
    under_way: bool = False
    done: asyncio.Future[None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    """Done when it is written; it never holds an exception."""


class Journal:
    """Entries that one task writes, in order."""

    def __init__(self, claim: Claim) -> None:
        """*claim* writes claims that stand next to each other, in one act."""
        self._claim = claim
        # A dict keeps the order and lets one be taken out of the middle.
        self._entries: dict[Entry, None] = {}
        self.news = asyncio.Event()
        """Set whenever there is something to write."""

    def __bool__(self) -> bool:
        return bool(self._entries)

    def add(self, write: Write) -> Entry:
        """Note that *write* is to be done; it must bear being done twice."""
        return self._add(Entry(write))

    def claim(self, offer: Offer) -> Entry:
        """Note that *offer* is to be claimed."""
        return self._add(Entry(None, offer))

    def _add(self, entry: Entry) -> Entry:
        self._entries[entry] = None
        self.news.set()
        return entry

    def drop(self, entry: Entry) -> bool:
        """Forget *entry*; False if it is written, or perhaps is."""
        if entry.under_way or entry not in self._entries:
            return False
        del self._entries[entry]
        return True

    async def write_next(self) -> None:
        """Write the first entry, or the first few if they are claims.

        Raises `BoardAway`; the entry then stays the first one. What fails otherwise
        is a fault of ours: it is logged and left out, so that the rest goes on.
        """
        first = next(iter(self._entries), None)
        if first is None:
            return
        batch = [first]
        if first.write is None:
            batch = []
            for entry in islice(self._entries, BATCH):
                if entry.write is not None:
                    break
                batch.append(entry)
        for entry in batch:
            # It stays so after a failure: perhaps the board has it, and only the
            # answer was lost.
            entry.under_way = True
        try:
            if first.write is not None:
                await first.write()
            else:
                await self._claim([e.offer for e in batch if e.offer is not None])
        except BoardAway:
            raise
        except Exception:
            log.exception("the desk could not note something; it goes on without")
        for entry in batch:
            self._entries.pop(entry, None)
            if not entry.done.done():
                entry.done.set_result(None)
