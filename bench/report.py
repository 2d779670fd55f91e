"""How long a report of a month of a million calls takes, and what a fact costs.

    python -m bench.report [calls a day]

One day of 33,333 calls, in 20 queues and to 200 agents, is folded from facts. Its sums
are kept for each of 30 days, in an SQLite file: what is read is as large as that of a
real month, as a quarter of an hour of a queue has one row however many came. Only the
records of calls are not made thirty times; of them one day is read.
"""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, timedelta
from pathlib import Path

from bench.machine import beside_goal, machine
from ivrflow.db.call_records import SqlCallRecords
from ivrflow.db.engine import Database
from ivrflow.db.figures import SqlFigures
from ivrflow.db.reports import SqlReports
from ivrflow.db.tables import metadata
from ivrflow.facts import (
    AgentChanged,
    AgentOffered,
    CallEnded,
    CallerQueued,
    CallStarted,
    Connected,
    Fact,
    LeftQueue,
    OfferEnded,
    TalkEnded,
)
from ivrflow.figures.fold import Fold
from ivrflow.figures.live import Live
from ivrflow.figures.period import Period
from ivrflow.figures.record import CallRecord
from ivrflow.figures.report import queue_columns
from ivrflow.figures.sheet import table
from ivrflow.figures.spans import Span, day_span, quarters_and_days

CALLS = 33_333
DAYS = 30
QUEUES = 20
AGENTS = 200
FIRST = date(2026, 10, 1)

GOAL = 3.0
"""Seconds for a report of the month."""

GOAL_OF_A_FACT = 50_000.0
"""Facts folded in a second: 30 calls a second make 300."""


def facts_of(calls: int, chance: random.Random) -> list[Fact]:
    """A day: three of four calls are answered, some phones ring in vain."""
    found: list[Fact] = []
    begin = float(day_span(FIRST, UTC).start)
    for number in range(calls):
        found += _call(f"c{number}", begin + chance.uniform(0, 86_000), chance)
    found.sort(key=lambda fact: fact.at)
    return found


def _call(call: str, at: float, chance: random.Random) -> Iterator[Fact]:
    queue = f"queue{chance.randrange(QUEUES)}"
    agent = str(1000 + chance.randrange(AGENTS))
    caller = f"138{chance.randrange(10**6):08}"
    yield CallStarted(
        at=at, call=call, caller=caller, dialled="100", flow="main", version="v"
    )
    yield CallerQueued(
        at=at, call=call, queue=queue, needs={}, priority=0.0, position=1
    )
    wait = chance.expovariate(1 / 60)
    if chance.random() < 0.25:
        yield LeftQueue(
            at=at + wait, call=call, queue=queue, how="abandoned", waited=wait
        )
        yield _ended(at + wait, call)
        return
    if chance.random() < 0.1:
        offer = f"{call}x"
        yield AgentOffered(
            at=at, call=call, queue=queue, agent=agent, offer=offer, why=""
        )
        yield OfferEnded(
            at=at + wait / 2,
            call=call,
            queue=queue,
            agent=agent,
            offer=offer,
            how="no answer",
        )
    about = {"call": call, "queue": queue, "agent": agent, "offer": f"{call}o"}
    talk = chance.expovariate(1 / 180)
    end = at + wait + talk
    yield AgentOffered(at=at + wait * 0.9, why="", **about)
    yield Connected(at=at + wait, waited=wait, **about)
    yield AgentChanged(
        at=at + wait, agent=agent, presence="ready", work="talking", why="answered"
    )
    yield TalkEnded(at=end, seconds=talk, by="caller", **about)
    yield AgentChanged(
        at=end, agent=agent, presence="ready", work="wrap-up", why="talk ended"
    )
    yield _ended(end, call)
    yield AgentChanged(
        at=end + 20, agent=agent, presence="ready", work="idle", why="wrap-up over"
    )


def _ended(at: float, call: str) -> CallEnded:
    return CallEnded(
        at=at, call=call, by="caller", cause=16, flow="main", step="end", seconds=0.0
    )


async def fill(database: Database, fold: Fold, records: list[CallRecord]) -> int:
    """Keep the sums of the day for each day of the month; return how many rows."""
    await database.write(lambda db: db.run_sync(metadata.create_all))
    figures = SqlFigures(database)
    rows = 0
    for day in range(DAYS):
        later = day * 86_400

        def moved(span: Span, later: int = later) -> Span:
            return Span(span.start + later, span.seconds)

        queues = {
            key._replace(span=moved(key.span)): sums
            for key, sums in fold.ledger.queues.items()
        }
        agents = {
            key._replace(span=moved(key.span)): sums
            for key, sums in fold.ledger.agents.items()
        }
        await figures.write(queues, agents)
        rows += len(queues) + len(agents)
    await SqlCallRecords(database).write(records)
    return rows


async def measure(database: Database, calls: int, records: int) -> None:
    reports = SqlReports(database)
    last = FIRST + timedelta(days=DAYS - 1)
    for by in ("", "day", "1h", "15m"):
        period = Period(first=FIRST, last=last, zone=UTC, by=by)
        began = time.perf_counter()
        rows = await reports.queues(period)
        shown = table(queue_columns(UTC), rows)
        took = time.perf_counter() - began
        what = f"queues by {by or 'the whole month'}, {len(rows):,} rows"
        print(beside_goal(what, took, GOAL, "s", more=False))
        counted = sum(row.figures.offered for row in rows)
        assert counted == calls * DAYS, (counted, shown[:0])
    period = Period(first=FIRST, last=last, zone=UTC, by="day")
    began = time.perf_counter()
    his = await reports.agents(period)
    took = time.perf_counter() - began
    print(beside_goal(f"agents by day, {len(his):,} rows", took, GOAL, "s", more=False))
    began = time.perf_counter()
    found = 0
    async for page in reports.calls(Period(first=FIRST, last=FIRST, zone=UTC)):
        found += len(page)
    took = time.perf_counter() - began
    assert found == records
    print(f"records of one day: {found:,} calls read in {took:.2f} s")


async def main(calls: int) -> None:
    print(machine())
    facts = facts_of(calls, random.Random(1))
    began = time.process_time()
    plain = Fold()
    for fact in facts:
        plain.note(fact)
    rate = len(facts) / (time.process_time() - began)
    what = f"facts folded, {len(facts):,} of {calls:,} calls"
    print(beside_goal(what, rate, GOAL_OF_A_FACT, "/s", more=True))
    began = time.process_time()
    live = Live(UTC)
    for fact in facts:
        live.note(fact)
    each = (time.process_time() - began) / len(facts)
    print(f"a fact noted by a wallboard, with the sums of its day: {each * 1e6:.1f} us")

    records: list[CallRecord] = []
    fold = Fold(quarters_and_days(UTC), on_record=records.append)
    for fact in facts:
        fold.note(fact)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ivrflow.db"
        database = Database(f"sqlite:///{path}")
        rows = await fill(database, fold, records)
        size = path.stat().st_size / 1e6
        print(f"a month of {calls * DAYS:,} calls: {rows:,} sums, {size:.0f} MB")
        await measure(database, calls, len(records))
        await database.close()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else CALLS))
