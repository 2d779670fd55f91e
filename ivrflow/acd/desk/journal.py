"""What the desk knows already and the board does not, in order.

The desk decides in memory and never lets a call wait for the database, least of all on
the way out: a caller who hangs up is gone at once, and the board hears of it next. One
task writes, in the order in which things happened, what has come together meanwhile in
one transaction: so the more there is to write, the cheaper each becomes. When the board
is away the journal waits, and nothing behind the first unwritten entry happens: no
claim, so no ringing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice

from ivrflow.acd.desk.acts import Act, Claim
from ivrflow.acd.desk.board import BoardAway

log = logging.getLogger(__name__)

Write = Callable[[Sequence[Act]], Awaitable[Sequence[bool]]]
"""`Board.write`."""

Then = Callable[[bool], None]
"""Hears what the board has answered, at once and in order."""

BATCH = 50
"""Acts that go into one transaction at most."""


@dataclass(eq=False, slots=True)
class Entry:
    """One thing that is to be written."""

    act: Act
    then: Then | None = None
    under_way: bool = False
    left_out: bool = False
    """Whether it could not be written, by a fault of ours, and never will be."""
    done: asyncio.Future[None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    """Done when it is written; it never holds an exception."""


class Journal:
    """Entries that one task writes, in order."""

    def __init__(self, write: Write) -> None:
        self._write = write
        # A dict keeps the order and lets one be taken out of the middle.
        self._entries: dict[Entry, None] = {}
        self._alone = 0
        """So many of the first entries are written one by one: one of them is bad."""
        self.news = asyncio.Event()
        """Set whenever there is something to write."""

    def __len__(self) -> int:
        return len(self._entries)

    def owed(self) -> list[asyncio.Future[None]]:
        """One for each entry, done when that is written."""
        return [entry.done for entry in self._entries]

    def add(self, act: Act, then: Then | None = None) -> Entry:
        """Note that *act* is to be done; *then* hears when it is.

        A claim is heard of also when the board has not taken it: it is not won.
        """
        entry = Entry(act, then)
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
        """Write the first few entries, in one transaction.

        Raises `BoardAway`; the entries then stay the first ones. What fails otherwise
        is a fault of ours: it is logged and left out, so that the rest goes on.
        """
        batch = list(islice(self._entries, 1 if self._alone else BATCH))
        if not batch:
            return
        for entry in batch:
            # It stays so after a failure: perhaps the board has it, and only the
            # answer was lost.
            entry.under_way = True
        answers: Sequence[bool | None]
        try:
            answers = await self._write([entry.act for entry in batch])
        except BoardAway:
            raise
        except Exception:
            if len(batch) > 1:
                self._alone = len(batch)
                return
            log.exception("the desk could not note something; it goes on without")
            answers = [None]
        self._alone = max(0, self._alone - 1)
        for entry, answer in zip(batch, answers, strict=True):
            self._entries.pop(entry, None)
            self._tell(entry, answer)

    def _tell(self, entry: Entry, answer: bool | None) -> None:
        entry.left_out = answer is None
        if entry.then is not None and (
            answer is not None or isinstance(entry.act, Claim)
        ):
            try:
                entry.then(bool(answer))
            except Exception:
                log.exception("the desk could not act on what is written")
        if not entry.done.done():
            entry.done.set_result(None)
