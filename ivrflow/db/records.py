"""Writes what happened: every fact, and the calls and steps that follow from them.

Whoever notes a fact must never wait for a disk. So `note` only puts it into a queue
with an end, and one task writes what is there, many facts in one transaction.

A step that acts waits until it is known where its call is, and all that was noted
before: its bookmark (`keep`) stands in the same queue, and goes in one transaction with
what stands before it. So what has been decided and the place to which that led are in
the database together, or neither is. It is for that bookmark that the writer hurries.

When the database is away the queue fills. Then the chatty facts (each sentence said)
are dropped first, later all of them, and the log says how many: a hole in the records
is bad, a service without memory is worse. What could be queued is written when the
database is back.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from ivrflow.aio import finish
from ivrflow.db.engine import Database, Refused
from ivrflow.db.record_rows import Bookmark, write_batch
from ivrflow.facts import Fact, FactsLost, Said
from ivrflow.flow.world import Trouble

log = logging.getLogger(__name__)

ROOM = 20_000
"""Facts that wait at most: some minutes of a busy service, some tens of megabytes."""

CHATTY = (Said,)
"""Dropped first, when three quarters of the room are taken."""

BATCH = 500
TICK = 0.05
"""Seconds in which facts gather before they are written together."""

GATHER = 0.003
"""Seconds in which others may join a bookmark for which a caller waits."""

PATIENCE = 4.0
"""Seconds that a caller waits for his bookmark at most. Mostly it is milliseconds; on a
machine that has more to do than it can, it must be long enough for a busy loop: who did
not wait is lost if the process dies just then (403 of 1,500 calls with 0.25 s)."""

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 5.0
LAST_TRY = 3.0
"""Seconds that a stop waits for what is still queued."""


@dataclass(eq=False, slots=True)
class _Barrier:
    """Somebody waits until all that was noted before is written."""

    done: asyncio.Future[None]


Item = Fact | Bookmark | _Barrier


class Records:
    """The facts' way into the database: `note` is a `Note`, `run` writes for ever."""

    def __init__(self, database: Database, *, room: int = ROOM) -> None:
        self._database = database
        self._room = room
        self._waiting: deque[Item] = deque()
        self._bookmarks: dict[str, Bookmark] = {}
        """Of each call the last one that waits: it is the only one that counts."""
        self._news = asyncio.Event()
        self._urgent = asyncio.Event()
        self._last_at = 0.0
        self.away = False
        """Whether the database did not take the last batch."""
        self._slow = False
        """Whether somebody has waited in vain since the last batch was written."""
        self._batches = 0
        """Batches that were written, since the start."""
        self.dropped = 0
        """Facts that are lost, since the start."""
        self._told = 0
        self._untold = 0
        """Of them, those that figures need and of which no `FactsLost` tells yet."""

    def note(self, fact: Fact) -> None:
        """Take one fact. Never blocks, never fails."""
        taken = len(self._waiting)
        if taken >= self._room or (
            isinstance(fact, CHATTY) and taken >= self._room * 3 // 4
        ):
            self._drop(1, "the database does not take them")
            self._untold += not isinstance(fact, CHATTY)
            return
        self._waiting.append(fact)
        self._last_at = fact.at
        self._news.set()

    @property
    def stalls(self) -> bool:
        """Whether the database takes nothing now: it is away, or does not answer."""
        return self.away or self._slow

    @property
    def waiting(self) -> int:
        """Facts and bookmarks that are not written yet."""
        return len(self._waiting)

    async def keep(self, call: str, number: int, text: str, mark: int = 0) -> None:
        """Keep where *call* is, durably, with all facts that were noted before.

        Returns after `PATIENCE` at the latest, and at once while the database is known
        to be away, or too slow: then it is written when that is back. Never raises,
        unless it is cancelled. *number* and *mark* say which of two is the newer one.
        """
        if len(self._waiting) >= self._room:
            return
        done = asyncio.get_running_loop().create_future()
        if (old := self._bookmarks.get(call)) is not None:
            old.text = ""  # while the database is away they must not fill the memory
        entry = Bookmark(call, number, mark, text, self._last_at, done)
        self._bookmarks[call] = entry
        before = self._batches
        # Who has waited in vain has waited for all: else each step of each call would.
        # But a database that has written meanwhile is busy, and gets to others in time.
        if not await self._queued(entry, 0.0 if self._slow else PATIENCE):
            self._slow = self._slow or self._batches == before

    async def durable(self, within: float) -> bool:
        """Wait until all that is noted by now is in the database; whether it is."""
        if not self._waiting:
            return not self.away
        done = asyncio.get_running_loop().create_future()
        return await self._queued(_Barrier(done), within)

    async def _queued(self, entry: Bookmark | _Barrier, within: float) -> bool:
        self._waiting.append(entry)
        self._news.set()
        self._urgent.set()
        if within and not self.away:
            await asyncio.wait([entry.done], timeout=within)
        return entry.done.done()

    async def run(self) -> None:
        """Write for ever. Cancelled, it writes what is there, if that goes quickly."""
        try:
            while True:
                await self._news.wait()
                self._news.clear()  # before reading: news that comes meanwhile counts
                await self._gather()
                await self._write_all()
        finally:
            await finish(self._last_try())

    async def _gather(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(TICK):
                await self._urgent.wait()
            await asyncio.sleep(GATHER)
        self._urgent.clear()

    async def flush(self) -> None:
        """Write what is there now; raises `Trouble`. For tests and for the end."""
        while batch := self._next_batch():
            await finish(self._write(batch))

    async def _write_all(self) -> None:
        pause = 0.0
        while batch := self._next_batch():
            try:
                # To its end, or a stop in between would write the batch twice.
                await finish(self._write(batch))
            except Trouble as trouble:
                self.away = True
                if not pause:
                    log.warning(
                        "%s; %d facts wait, trying again until it is back",
                        trouble,
                        self.waiting,
                    )
                pause = min(max(pause * 2, FIRST_PAUSE), LONGEST_PAUSE)
                await asyncio.sleep(pause)
                continue
            self.away = self._slow = False
            self._batches += 1
            if pause:
                log.warning("the database is back; %d facts wait", self.waiting)
            pause = 0.0

    async def _last_try(self) -> None:
        try:
            async with asyncio.timeout(LAST_TRY):
                await self.flush()
        except (Trouble, TimeoutError) as error:
            self._drop(
                sum(isinstance(item, Fact) for item in self._waiting),
                f"the service ends: {error or 'too slow'}",
            )
            self._waiting.clear()
        finally:
            self.away = True  # nobody is kept waiting for what nobody writes

    def _next_batch(self) -> list[Item]:
        # They stay in the queue until they are written: what fails is tried again.
        waiting = self._waiting
        size = min(len(waiting), BATCH)
        # What a call notes in one go, up to its bookmark, is never cut in two.
        while 0 < size < len(waiting) and _of_one(waiting[size - 1], waiting[size]):
            size += 1
        return [waiting[i] for i in range(size)]

    async def _write(self, batch: Sequence[Item]) -> None:
        """Write *batch* and take it from the queue; raise `Trouble` if that is vain."""
        if await self._taken(batch) is None:
            for _ in batch:
                self._written(self._waiting.popleft())
        else:
            # One of them is what the database does not take: the others shall not wait
            # behind it for ever.
            for item in batch:
                if (refused := await self._taken([item])) is not None:
                    self._refused(item, refused)
                self._written(self._waiting.popleft())
        if self._untold:
            # Figures that are made of facts must know of the hole; the chatty ones are
            # in none.
            self._waiting.append(FactsLost(at=self._last_at, count=self._untold))
            self._untold = 0

    async def _taken(self, batch: Sequence[Item]) -> Exception | None:
        """Write *batch*; return why it can't be written, now or ever. Raises `Trouble`
        where it may be later."""
        try:
            await self._transact(batch)
        except Refused as refused:
            return refused
        except Trouble:
            raise
        except Exception as fault:
            log.exception("a fault of ours in what is to be written")
            return fault
        return None

    def _refused(self, item: Item, why: Exception) -> None:
        if isinstance(item, Fact):
            self._drop(1, f"{item.kind}: {why or type(why).__name__}")
            self._untold += 1
        elif isinstance(item, Bookmark):
            log.error("call %s: where it is could not be kept: %s", item.call, why)

    def _written(self, item: Item) -> None:
        if isinstance(item, Fact):
            return
        if isinstance(item, Bookmark) and self._bookmarks.get(item.call) is item:
            del self._bookmarks[item.call]
        if not item.done.done():
            item.done.set_result(None)

    async def _transact(self, batch: Sequence[Item]) -> None:
        await self._database.write_at_once(lambda db: write_batch(db, batch))

    def _drop(self, count: int, why: str) -> None:
        self.dropped += count
        # At 1, 2, 4, 8 ... lost facts: told at once, and not once per fact.
        if self.dropped and self.dropped >= 2 * self._told:
            self._told = self.dropped
            log.error("%d facts lost: %s", self.dropped, why)


def _of_one(one: Item, other: Item) -> bool:
    """Whether both are of the same call."""
    if isinstance(one, _Barrier) or isinstance(other, _Barrier):
        return False
    return bool(one.call) and one.call == other.call
