"""Recomputes a day's figures from its facts, to be compared with what is kept.

A day is folded with the 25 hours before it, in which calls may have come from the same
numbers and in which each agent was seen, and with the hours after it in which its last
calls end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo

from ivrflow.db.call_records import SqlCallRecords, as_kept
from ivrflow.db.engine import Database
from ivrflow.db.figures import SqlFigures
from ivrflow.db.stored import stored_facts
from ivrflow.facts import Fact
from ivrflow.figures.compare import LogPart, lines_differ, records_differ, sums_differ
from ivrflow.figures.fold import FOLDED, Fold
from ivrflow.figures.leaving_out import LeavingOut
from ivrflow.figures.ledger import AgentKey, Ledger, QueueKey
from ivrflow.figures.queue_log import LOGGED, QueueLog
from ivrflow.figures.record import CallRecord
from ivrflow.figures.spans import Span, day_span, quarters_and_days
from ivrflow.figures.sums import AgentSum, QueueSum

BEFORE = 25 * 3600.0
AFTER = 12 * 3600.0

TOLD = 20
"""Differences that are told one by one."""


@dataclass(slots=True)
class Fresh:
    """What the facts say of the days of *span*."""

    span: Span
    queues: dict[QueueKey, QueueSum] = field(default_factory=dict)
    agents: dict[AgentKey, AgentSum] = field(default_factory=dict)
    records: dict[str, CallRecord] = field(default_factory=dict)
    """Of the calls that began there."""
    lines: list[str] = field(default_factory=list)
    """Of a queue_log."""
    holes: int = 0
    lost: int = 0
    """Facts that are known not to be stored, from the begin of the reading on."""
    left_out: int = 0
    """Facts that could not be folded; the log names them."""


@dataclass(frozen=True, slots=True)
class Checked:
    """How a comparison went."""

    day: date
    compared: int
    """Sums, records and lines that were looked at."""
    differences: Sequence[str]
    lost: int
    holes: int
    left_out: int = 0

    def told(self) -> list[str]:
        """The same in lines, for a log or a terminal."""
        found, day = len(self.differences), self.day.isoformat()
        head = f"figures of {day}:"
        lines = [f"{head} {self.compared:,} compared, {found:,} differences"]
        if self.lost:
            lines.append(
                f"{head} {self.lost:,} facts could not be stored while the database "
                "was away, so differences are expected; what is kept is right"
            )
        if self.holes:
            lines.append(
                f"{head} {self.holes:,} facts that others follow from are not there"
            )
        if self.left_out:
            lines.append(
                f"{head} {self.left_out:,} facts could not be folded, a fault of ours: "
                "they are left out"
            )
        lines += [f"{head} {line}" for line in self.differences[:TOLD]]
        if found > TOLD:
            lines.append(f"{head} and {found - TOLD:,} more")
        if found and not self.lost:
            again = f"ivrflow report rebuild --from {day} --to {day}"
            lines.append(f"{head} to keep what the facts say: {again}")
        return lines


async def fold_days(
    database: Database,
    first: date,
    last: date,
    zone: tzinfo,
    *,
    now: float,
    told: Callable[[float], None] = lambda at: None,
) -> Fresh:
    """Fold the facts of the days *first* to *last*, both in it. Raises `Trouble`.

    *told* hears up to which time the facts are read. Computing goes on in a thread.
    """
    start, end = day_span(first, zone).start, day_span(last, zone).end
    fresh = Fresh(Span(start, end - start))
    fold = Fold(
        quarters_and_days(zone),
        on_record=lambda record: _keep(fresh, record),
    )
    log = QueueLog()

    def both(fact: Fact) -> list[str]:
        fold.note(fact)
        return log.lines(fact)

    folded = LeavingOut(both)

    def take(page: Sequence[Fact]) -> None:
        for fact in page:
            lines = folded(fact)
            if lines and int(fact.at) in range(start, end):
                fresh.lines += lines

    kinds = {*FOLDED, *LOGGED}
    async for page in stored_facts(database, start - BEFORE, end + AFTER, kinds):
        await asyncio.to_thread(take, page)
        if page:
            told(page[-1].at)
    fold.settle(min(now, end + AFTER))
    inside = range(start, end)
    ledger = fold.ledger
    fresh.queues = {k: s for k, s in ledger.queues.items() if k.span.start in inside}
    fresh.agents = {k: s for k, s in ledger.agents.items() if k.span.start in inside}
    fresh.holes, fresh.lost = fold.holes, fold.lost
    fresh.left_out = folded.left_out
    return fresh


def _keep(fresh: Fresh, record: CallRecord) -> None:
    if fresh.span.start <= record.started < fresh.span.end:
        fresh.records[record.call] = as_kept(record)


async def rebuild(database: Database, fresh: Fresh) -> None:
    """Write what the facts say in the place of all that was kept of these days."""
    figures, records = SqlFigures(database), SqlCallRecords(database)
    await figures.drop(fresh.span)
    await figures.write(fresh.queues, fresh.agents)
    await records.drop(fresh.span.start, fresh.span.end)
    await records.write(list(fresh.records.values()))


async def check_day(
    database: Database,
    day: date,
    zone: tzinfo,
    *,
    now: float,
    log: LogPart | None = None,
    wallboard: Ledger | None = None,
) -> Checked:
    """Compare what is kept of *day* with its facts. Raises `Trouble`.

    *log*: what the queue_log has of that day; None: there is no such file.
    *wallboard*: what a running service has in memory.
    """
    fresh = await fold_days(database, day, day, zone, now=now)
    span = fresh.span
    figures = SqlFigures(database)
    queues: dict[QueueKey, QueueSum] = {}
    agents: dict[AgentKey, AgentSum] = {}
    for days in (False, True):
        queues |= await figures.queues(span, days=days)
        agents |= await figures.agents(span, days=days)
    records: dict[str, CallRecord] = {}
    async for page in SqlCallRecords(database).read(span.start, span.end):
        records |= {record.call: record for record in page}

    def when(at: float) -> str:
        return datetime.fromtimestamp(at, zone).isoformat(" ", "minutes")

    def compare() -> tuple[int, list[str]]:
        found = sums_differ("reports", queues, fresh.queues, when)
        found += sums_differ("reports", agents, fresh.agents, when)
        found += records_differ(records, fresh.records)
        compared = len(fresh.queues) + len(fresh.agents) + len(fresh.records)
        if log is not None:
            found += lines_differ(log, fresh.lines)
            compared += len(fresh.lines)
        if wallboard is not None:
            found += _wallboard_differs(wallboard, fresh, when)
        return compared, found

    compared, differences = await asyncio.to_thread(compare)
    return Checked(
        day, compared, tuple(differences), fresh.lost, fresh.holes, fresh.left_out
    )


def _wallboard_differs(
    wallboard: Ledger, fresh: Fresh, when: Callable[[float], str]
) -> list[str]:
    """Of the sums of the day only: a service that began in it has no others whole."""
    found = []
    queues = {k: s for k, s in wallboard.queues.items() if k.span == fresh.span}
    agents = {k: s for k, s in wallboard.agents.items() if k.span == fresh.span}
    if queues:
        told = {k: s for k, s in fresh.queues.items() if k.span == fresh.span}
        found += sums_differ("wallboard", queues, told, when)
    if agents:
        his = {k: s for k, s in fresh.agents.items() if k.span == fresh.span}
        found += sums_differ("wallboard", agents, his, when)
    return found
