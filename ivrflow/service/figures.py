"""The figures of a service that runs: heard, kept, written, and checked each night.

Each fact is folded as it is noted. Once a minute what has changed is written: sums of
quarters and days, and the records of calls that are over. At the start the facts of
before are folded first, so that a restart at noon leaves the morning as it was; what is
noted meanwhile waits its turn. They are folded on from the last snapshot: who dies
again and again on a busy afternoon has each time to fold only what came since.

While the database is away, figures go on in memory and are written when it is back.
Facts that could not be kept for so long are told by `FactsLost`: the sums have them,
the facts don't, and the nightly check says so.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any, NoReturn

from ivrflow.acd.desk.state import AgentState
from ivrflow.aio import finish, supervise
from ivrflow.db.call_records import SqlCallRecords
from ivrflow.db.engine import Database
from ivrflow.db.figures import SqlFigures
from ivrflow.db.self_check import BEFORE, Checked, check_day
from ivrflow.db.stored import newest, stored_pages
from ivrflow.facts import (
    AgentChanged,
    AgentSeen,
    Fact,
    Note,
    SelfChecked,
    ServiceLeft,
)
from ivrflow.figures.book import READ, ROOM, Book
from ivrflow.figures.lasting import Unfit, go_on, state_of
from ivrflow.figures.limits import USUAL, Limits
from ivrflow.figures.live import Live
from ivrflow.figures.people import SIGNED_OUT
from ivrflow.figures.spans import QUARTER, Span, day_of, day_span
from ivrflow.flow.site import Site
from ivrflow.flow.world import Trouble
from ivrflow.service.figure_snapshots import Snapshots, state_in_bytes
from ivrflow.service.log_file import LogFile, lines_of, missing_at_end

log = logging.getLogger(__name__)

TICK = 60.0
"""Seconds between two times of writing."""

QUIET = range(4, 6)
"""The hours, by the site's clock, in which the day before is checked: calls must not
feel it."""

PATIENCE = 15.0
"""Seconds that the facts of before are left unread while calls are taken over."""

AT_ONCE = 100
"""Facts of before that are folded without a break: a millisecond or two."""

OFTEN, SELDOM = 30_000, 2_000
"""Facts of before that are folded until the state is kept: while more are to come, so
that who dies in the middle has not begun in vain, and when all are in."""

MARGIN = 3600.0
"""Seconds before a snapshot whose sums are written again, whoever has written them:
they may have had a fact in them that was never stored."""

TRIES = 30
"""Seconds that the first roll call waits for the desk to have loaded its agents."""

LATEST = 12 * 3600.0
"""A call that began longer ago than this is over: sums from before are left alone."""


@dataclass(frozen=True, kw_only=True)
class Around:
    """What the keeper asks others."""

    clock: Callable[[], float]
    zone: tzinfo
    """The site's, by which a day begins; another one is taken at the next start."""
    limits: Callable[[str], Limits]
    agents: Callable[[], Sequence[AgentState]]
    """Who there is, as the desk knows; () before it has loaded them."""
    note: Note
    stored: Callable[[float], Awaitable[bool]] | None = None
    """Waits until all that is noted is stored; see `log_file`."""


def limits_of(site: Site, queue: str) -> Limits:
    """What queues.yaml measures *queue* against; the usual of one that is gone."""
    said = site.queues.get(queue)
    if said is None:
        return USUAL
    return Limits(float(said.answer_within), float(said.short_abandon))


class FigureKeeper:
    """Hears facts (`note` is a `Note`), keeps figures; `run` writes and checks."""

    def __init__(
        self,
        database: Database,
        around: Around,
        queue_log: Path | None = None,
        *,
        key: bytes | None = None,
    ) -> None:
        """*key* signs the snapshots; None: there are none."""
        self._database = database
        self._around = around
        self._zone = around.zone
        self._began: deque[Fact] | None = deque()
        """What was noted while the facts of before are not read yet; None: they are."""
        self._missed = 0
        self._last_of_before = 0
        self._stale_from: float | None = 0.0
        """Since when rows may be there of time that a service which died never told;
        None: there are none."""
        self.file = LogFile(queue_log, around.stored) if queue_log else None
        self._book = self._new_book()
        self._whole_from = 0.0
        """Spans that begin earlier are not whole in memory."""
        self._rolled: date | None = None
        self._writing = asyncio.Lock()
        made_for = f"{self._zone} {'logs' if self.file is not None else ''}"
        self._snapshots = Snapshots(database, key, made_for) if key else None
        self._left: tuple[float, bytes] | None = None
        """When the service left its calls, and the figures as of then."""

    @property
    def live(self) -> Live:
        """Today's figures."""
        return self._book.live

    def _new_book(self) -> Book:
        return Book(self._zone, self._around.limits, logs=self.file is not None)

    def note(self, fact: Fact) -> None:
        """Take one fact. Never blocks, never fails."""
        if self._began is None:
            self._take(fact)
            if isinstance(fact, ServiceLeft) and self._snapshots is not None:
                self._leave(fact.at)
        elif len(self._began) < ROOM:
            self._began.append(fact)
        else:
            self._missed += 1

    def _take(self, fact: Fact) -> None:
        lines = self._book.take(fact)
        if self.file is not None and lines:
            self.file.add(lines)

    def _leave(self, at: float) -> None:
        """What is noted from now on is for the next service. At once, as other facts
        may follow: nobody is served by this loop any more."""
        with suppress(Unfit):
            self._left = at, state_in_bytes(self._book, self._whole_from)

    # What was before ------------------------------------------------------------------

    async def begin(self) -> None:
        """Look where the facts of before end: before anything is noted. Raises
        `Trouble`."""
        self._last_of_before = await newest(self._database)

    async def restore(self) -> None:
        """Fold the facts of before, then those that were noted meanwhile."""
        now = self._around.clock()
        first = day_of(now - LATEST, self._zone)
        self._whole_from = float(day_span(first, self._zone).start)
        book = await self._folded(now)
        if self.file is not None:
            path = self.file.path
            self.file.add(await asyncio.to_thread(missing_at_end, path, book.lines))
        # Others hold the book that is there: it takes over what the new one has.
        go_on(self._book, state_of(book))
        noted, self._began = self._began or deque(), None
        if self._missed:
            log.error("figures: %d facts came too early to be kept", self._missed)
        for fact in noted:
            self._take(fact)

    async def _folded(self, now: float) -> Book:
        """A book of the facts of before. Nobody sees it until they are all in: what a
        reader counts up to now would be counted once more."""
        book, whole = self._new_book(), self._whole_from
        since, last = whole - BEFORE, self._last_of_before
        after, self._stale_from = 0, whole
        if self._snapshots is not None:
            found = await self._snapshots.take_up(book, since, whole, last)
            if found is not None:
                after = found.last
                if found.written:
                    self._stale_from = self._go_on_writing(book)
        folded = 0
        async for at, page in stored_pages(
            self._database, since, now + BEFORE, READ, after=after, last=last
        ):
            for number, fact in enumerate(page):
                book.take(fact)
                if number % AT_ONCE == 0:
                    await asyncio.sleep(0)
            folded += len(page)
            if folded >= OFTEN and self._snapshots is not None:
                await self._snapshots.keep(book, at, whole)
                folded = 0
        if folded >= SELDOM and self._snapshots is not None:
            await self._snapshots.keep(book, last, whole)
        return book

    def _go_on_writing(self, book: Book) -> float:
        """The service that kept *book* has also written it: leave out what is so long
        ago that nothing else can have come to it; return since when to look."""
        since = book.live.fold.last_at - MARGIN
        book.live.fold.ledger.change(since)
        return max(self._whole_from, since // QUARTER * QUARTER)

    # The minutes ----------------------------------------------------------------------

    def works(self, after: asyncio.Event) -> list[Coroutine[Any, Any, NoReturn]]:
        """What runs beside the service, for ever; it begins *after* that has come, as
        callers come first, or when that takes too long."""

        async def run() -> None:
            with suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE):
                    await after.wait()
            await self.run()

        works = [supervise("figures", run)]
        if self.file is not None:
            works.append(supervise("queue_log", self.file.run))
        return works

    async def run(self) -> None:
        """Restore, then write each minute and check each night; to its end."""
        if self._began is not None:
            await self.restore()
        for _ in range(TRIES):
            self.roll_call()
            if self._rolled is not None:
                break
            await asyncio.sleep(1.0)  # the desk does not know its agents yet
        try:
            while True:
                await self._write_or_wait()
                await self.check_in_time()
                await asyncio.sleep(TICK)
                self.roll_call()
        finally:
            await finish(self._write_or_wait())

    async def put_down(self) -> None:
        """Write all that there is, before the process ends and leaves its calls up.

        Raises `Trouble`. What is not written the next process makes of the facts.
        """
        if self._began is None:
            await self.write()
        if self.file is not None:
            await self.file.flush()
        if self._left is not None and self._snapshots is not None:
            at, state = self._left
            await self._snapshots.keep_left(state, at)

    def roll_call(self) -> None:
        """Once a day, and at the start: note how everybody is who is signed in, and who
        has gone from agents.yaml while no service ran: nobody else tells that."""
        now = self._around.clock()
        today = day_of(now, self._zone)
        agents = self._around.agents()
        if today == self._rolled or not agents:
            return
        self._rolled = today
        for agent in agents:
            if agent.presence != SIGNED_OUT:
                seen = AgentSeen(
                    at=now,
                    agent=agent.number,
                    presence=agent.presence,
                    work=agent.work,
                    since=agent.presence_since,
                    reason=agent.reason,
                    queues=agent.queues,
                )
                self._around.note(seen)
        there = {agent.number for agent in agents}
        for number in self.live.fold.people.left_behind(there):
            gone = AgentChanged(
                at=now,
                agent=number,
                presence=SIGNED_OUT,
                work="idle",
                why="is no agent any more",
                by="service",
            )
            self._around.note(gone)

    async def _write_or_wait(self) -> None:
        try:
            await self.write()
        except Trouble as trouble:
            log.warning("figures are written later: %s", trouble)

    async def write(self) -> None:
        """Write what has changed since. Raises `Trouble`; the next time has it too.

        Who comes second has to wait: what is being written is not written yet.
        """
        async with self._writing:
            await self._write()

    async def _write(self) -> None:
        now = self._around.clock()
        book, fold = self._book, self.live.fold
        fold.settle(now)
        ledger = fold.ledger
        queue_keys, ledger.changed_queues = ledger.changed_queues, set()
        agent_keys, ledger.changed_agents = ledger.changed_agents, set()
        records, book.records = book.records, {}
        try:
            whole = self._whole_from
            await SqlFigures(self._database).write(
                {k: ledger.queues[k] for k in queue_keys if k.span.start >= whole},
                {k: ledger.agents[k] for k in agent_keys if k.span.start >= whole},
            )
            await SqlCallRecords(self._database).write(
                [r for r in records.values() if r.started >= whole]
            )
        except BaseException:
            ledger.changed_queues |= queue_keys
            ledger.changed_agents |= agent_keys
            book.records = {**records, **book.records}
            raise
        if book.unkept:
            log.error(
                "figures: %d records of calls had no room while the database was away; "
                "make them again: ivrflow report rebuild",
                book.unkept,
            )
            book.unkept = 0
        if (stale := self._stale_from) is not None:
            await SqlFigures(self._database).keep_only(
                Span(round(stale), round(now + BEFORE - stale)),
                Span(round(whole), round(now + BEFORE - whole)),
                ledger.queues,
                ledger.agents,
            )
            self._stale_from = None
        if self._snapshots is not None:
            await self._snapshots.written()
        ledger.forget(now - 2 * BEFORE)

    # The nights -----------------------------------------------------------------------

    async def check_in_time(self) -> None:
        """Check yesterday, if it is time and not done."""
        now = datetime.fromtimestamp(self._around.clock(), self._zone)
        yesterday = now.date() - timedelta(days=1)
        if now.hour not in QUIET or self._book.checked == yesterday.isoformat():
            return
        try:
            await self.check(yesterday)
        except Trouble as trouble:
            log.warning("the figures of yesterday could not be checked: %s", trouble)
        except Exception:
            # Tried again, it would fold a whole day each minute of the quiet hours.
            self._book.checked = yesterday.isoformat()
            log.exception("the figures of yesterday can't be checked, a fault of ours")

    async def check(self, day: date) -> Checked:
        """Compare what is kept of *day* with its facts; tell it. Raises `Trouble`."""
        await self.write()
        span = day_span(day, self._zone)
        lines = None
        if self.file is not None:
            await self.file.flush()
            lines = await asyncio.to_thread(
                lines_of, self.file.path, span.start, span.end
            )
        whole = self._whole_from <= span.start
        now = self._around.clock()
        checked = await check_day(
            self._database,
            day,
            self._zone,
            now=now,
            log=lines,
            wallboard=self.live.fold.ledger if whole else None,
        )
        self._book.checked = day.isoformat()
        for line in checked.told():
            log.error(line) if checked.differences else log.info(line)
        self._around.note(
            SelfChecked(
                at=now,
                day=day.isoformat(),
                compared=checked.compared,
                differences=len(checked.differences),
            )
        )
        return checked
