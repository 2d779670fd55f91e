"""What the figures cost a start on a busy day, with a snapshot of them and without.

    python -m bench.start [calls of that day]

A day of 10,000 calls to 20 queues and 200 agents is stored in an SQLite file. One
service begins without a snapshot, and keeps one; the next one goes on from that; and
one begins beside an empty database. Seconds are those of the processor, of all threads,
and only those of the figures: of reading, folding and writing them.
"""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
import time
from datetime import UTC
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bench.machine import beside_goal, machine
from bench.report import facts_of
from ivrflow.db.engine import Database
from ivrflow.db.record_rows import write_facts
from ivrflow.db.tables import figure_snapshots, metadata
from ivrflow.facts import Fact, ignore
from ivrflow.figures.limits import USUAL
from ivrflow.service.figures import Around, FigureKeeper

CALLS = 10_000
AT_ONCE = 500

GOAL = 0.5
"""Seconds of a processor for a start that goes on from a snapshot."""


async def store(database: Database, facts: list[Fact]) -> None:
    await database.write(lambda db: db.run_sync(metadata.create_all))
    for begin in range(0, len(facts), AT_ONCE):
        part = facts[begin : begin + AT_ONCE]

        async def work(db: AsyncConnection, part: list[Fact] = part) -> None:
            await write_facts(db, part)

        await database.write(work)


async def started(database: Database, now: float) -> float:
    """Begin as a service does; return the seconds of a processor that it took."""
    around = Around(
        clock=lambda: now, zone=UTC, limits=lambda _: USUAL, agents=tuple, note=ignore
    )
    began = time.process_time()
    keeper = FigureKeeper(database, around, key=bytes(32))
    await keeper.begin()
    await keeper.restore()
    await keeper.write()
    return time.process_time() - began


async def kept(database: Database) -> int:
    async def work(db: AsyncConnection) -> int:
        return await db.scalar(select(func.length(figure_snapshots.c.state))) or 0

    return await database.read(work)


async def main(calls: int) -> None:
    print(machine())
    facts = facts_of(calls, random.Random(1))
    now = facts[-1].at
    with tempfile.TemporaryDirectory() as folder:
        empty = Database(f"sqlite:///{Path(folder)}/empty.db")
        busy = Database(f"sqlite:///{Path(folder)}/busy.db")
        await store(empty, [])
        await store(busy, facts)
        await started(empty, now)  # whatever is only slow the first time
        print(f"a day without calls: {await started(empty, now):.3f} s")
        took = await started(busy, now)
        print(f"{len(facts):,} facts of {calls:,} calls folded: {took:.2f} s")
        took = await started(busy, now)
        size = await kept(busy) / 1e6
        what = f"the same from a snapshot of {size:.1f} MB"
        print(beside_goal(what, took, GOAL, "s", more=False))
        await empty.close()
        await busy.close()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else CALLS))
