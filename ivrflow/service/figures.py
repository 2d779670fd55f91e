"""The figures of a service that runs: heard, kept, written, and checked each night.

Each fact is folded as it is noted. Once a minute what has changed is written: sums of
quarters and days, and the records of calls that are over. At the start the facts of
before are folded first, so that a restart at noon leaves the morning as it was; what is
noted meanwhile waits its turn.

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
from ivrflow.db.stored import newest, stored_facts
from ivrflow.facts import AgentSeen, Fact, Note, SelfChecked
from ivrflow.figures.fold import FOLDED
from ivrflow.figures.leaving_out import LeavingOut
from ivrflow.figures.limits import USUAL, Limits
from ivrflow.figures.live import Live
from ivrflow.figures.queue_log import LOGGED, QueueLog
from ivrflow.figures.record import CallRecord
from ivrflow.figures.spans import Span, day_of, day_span
from ivrflow.flow.site import Site
from ivrflow.flow.world import Trouble
from ivrflow.service.log_file import LogFile, lines_of, missing_at_end

log = logging.getLogger(__name__)

TICK = 60.0
"""Seconds between two times of writing."""

ROOM = 200_000
"""Facts that wait at most while those of before are read, and records of calls that
wait while the database is away."""

QUIET = range(4, 6)
"""The hours, by the site's clock, in which the day before is checked: calls must not
feel it."""

PATIENCE = 15.0
"""Seconds that the facts of before are left unread while calls are taken over."""

AT_ONCE = 100
"""Facts of before that are folded without a break: a millisecond or two."""

LAST_LINES = 1000
"""Lines before a start that may be missing in the queue_log."""

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
        self, database: Database, around: Around, queue_log: Path | None = None
    ) -> None:
        self._database = database
        self._around = around
        self._zone = around.zone
        self._records: dict[str, CallRecord] = {}
        self._began: deque[Fact] | None = deque()
        """What was noted while the facts of before are not read yet; None: they are."""
        self._missed = 0
        self._unkept = 0
        """Records of calls for which there was no room while the database was away."""
        self._last_of_before = 0
        self._stale = True
        """Whether rows may be there of time that a service which died never told."""
        self.live = Live(self._zone, around.limits, on_record=self._over)
        self._log = QueueLog()
        self.file = LogFile(queue_log, around.stored) if queue_log else None
        # A figure that is wrong is bad; a call that ends because of it is worse, or a
        # service that can't begin as long as the fact is stored.
        self._folded = LeavingOut(self._fold)
        self._whole_from = 0.0
        """Spans that begin earlier are not whole in memory."""
        self._rolled: date | None = None
        self._checked: date | None = None
        """The last day that was."""

    def note(self, fact: Fact) -> None:
        """Take one fact. Never blocks, never fails."""
        if self._began is None:
            self._take(fact)
        elif len(self._began) < ROOM:
            self._began.append(fact)
        else:
            self._missed += 1

    def _take(self, fact: Fact) -> None:
        lines = self._folded(fact)
        if self.file is not None and lines:
            self.file.add(lines)

    def _fold(self, fact: Fact) -> Sequence[str]:
        """Fold *fact*; return its lines for a queue_log."""
        self.live.note(fact)
        return self._log.lines(fact) if self.file is not None else ()

    def _over(self, record: CallRecord) -> None:
        if len(self._records) < ROOM:
            self._records[record.call] = record
        else:
            self._unkept += 1

    # What was before ------------------------------------------------------------------

    async def begin(self) -> None:
        """Look where the facts of before end: before anything is noted. Raises
        `Trouble`."""
        self._last_of_before = await newest(self._database)

    async def restore(self) -> None:
        """Fold the facts of before, then those that were noted meanwhile."""
        # A first try may have come half the way before the database was away.
        self.live.begin_again()
        self._log = QueueLog()
        self._records.clear()
        now = self._around.clock()
        first = day_of(now - LATEST, self._zone)
        self._whole_from = float(day_span(first, self._zone).start)
        since = self._whole_from - BEFORE
        kinds = {*FOLDED, *LOGGED, SelfChecked}
        lines: deque[str] = deque(maxlen=LAST_LINES)
        async for page in stored_facts(
            self._database, since, now + BEFORE, kinds, last=self._last_of_before
        ):
            # In the loop, but some at a time: what is folded here is read elsewhere.
            for number, fact in enumerate(page):
                lines.extend(self._folded(fact))
                if isinstance(fact, SelfChecked):
                    self._checked = date.fromisoformat(fact.day)
                if number % AT_ONCE == 0:
                    await asyncio.sleep(0)
        if self.file is not None:
            path = self.file.path
            self.file.add(await asyncio.to_thread(missing_at_end, path, lines))
        noted, self._began = self._began or deque(), None
        if self._missed:
            log.error("figures: %d facts came too early to be kept", self._missed)
        for fact in noted:
            self._take(fact)

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

    def roll_call(self) -> None:
        """Once a day, and at the start: note how everybody is who is signed in."""
        now = self._around.clock()
        today = day_of(now, self._zone)
        agents = self._around.agents()
        if today == self._rolled or not agents:
            return
        self._rolled = today
        for agent in agents:
            if agent.presence != "logged out":
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

    async def _write_or_wait(self) -> None:
        try:
            await self.write()
        except Trouble as trouble:
            log.warning("figures are written later: %s", trouble)

    async def write(self) -> None:
        """Write what has changed since. Raises `Trouble`; the next time has it too."""
        now = self._around.clock()
        fold = self.live.fold
        fold.settle(now)
        ledger = fold.ledger
        queue_keys, ledger.changed_queues = ledger.changed_queues, set()
        agent_keys, ledger.changed_agents = ledger.changed_agents, set()
        records, self._records = self._records, {}
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
            self._records = {**records, **self._records}
            raise
        if self._unkept:
            log.error(
                "figures: %d records of calls had no room while the database was away; "
                "make them again: ivrflow report rebuild",
                self._unkept,
            )
            self._unkept = 0
        if self._stale:
            span = Span(round(whole), round(now + BEFORE - whole))
            await SqlFigures(self._database).keep_only(
                span, ledger.queues, ledger.agents
            )
            self._stale = False
        ledger.forget(now - 2 * BEFORE)

    # The nights -----------------------------------------------------------------------

    async def check_in_time(self) -> None:
        """Check yesterday, if it is time and not done."""
        now = datetime.fromtimestamp(self._around.clock(), self._zone)
        yesterday = now.date() - timedelta(days=1)
        if now.hour not in QUIET or self._checked == yesterday:
            return
        try:
            await self.check(yesterday)
        except Trouble as trouble:
            log.warning("the figures of yesterday could not be checked: %s", trouble)
        except Exception:
            # Tried again, it would fold a whole day each minute of the quiet hours.
            self._checked = yesterday
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
        self._checked = day
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
