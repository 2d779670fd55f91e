"""Takes out what has happened longer ago than anybody wants it kept.

A page at a time, each a transaction of its own, so that nobody waits who writes. Facts
go in the order in which they were noted; calls with their steps and records; what is
not over stays, however old it is. SQLite's file gets no smaller by it: the room is used
for what comes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ivrflow.db.audit import SqlAudit
from ivrflow.db.engine import Database
from ivrflow.db.tables import audit, call_records, calls, facts, steps

FACTS, CALLS, AUDIT = "facts", "calls", "audit"
FACTS_GONE = "facts from before "
"""How the audit begins to tell that facts went; the day follows."""


@dataclass(frozen=True, slots=True)
class Page:
    """What one page has taken out."""

    gone: int
    after: int | None
    """Where the next page begins; None: this was the last one."""


class SqlForgetting:
    """Every method raises `Trouble`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def oldest(self) -> Mapping[str, float]:
        """Kind -> the time of the first that is there, in seconds since 1970.

        A kind of which there is nothing is left out. It asks indexes alone.
        """

        async def work(db: AsyncConnection) -> dict[str, float]:
            asked: Mapping[str, Any] = {
                FACTS: select(facts.c.at).order_by(facts.c.id).limit(1),
                CALLS: select(func.min(calls.c.started)),
                AUDIT: select(audit.c.at).order_by(audit.c.id).limit(1),
            }
            found = {kind: await db.scalar(one) for kind, one in asked.items()}
            return {kind: at for kind, at in found.items() if at is not None}

        return await self._database.read(work)

    async def facts_since(self) -> date | None:
        """The first day of which all facts are there, whatever the settings say by
        now; None: none ever went."""
        entry = await SqlAudit(self._database).latest(FACTS_GONE)
        if entry is None:
            return None
        return date.fromisoformat(entry.what.removeprefix(FACTS_GONE)[:10])

    async def forget(
        self, kind: str, before: float, *, after: int = 0, most: int = 500
    ) -> Page:
        """Take out a page of what was *before*; *after*: the end of the page before."""
        if kind == CALLS:
            return await self._calls(before, most)
        return await self._rows(facts if kind == FACTS else audit, before, after, most)

    async def _rows(self, table: Any, before: float, after: int, most: int) -> Page:
        async def work(db: AsyncConnection) -> Page:
            rows = await db.execute(
                select(table.c.id, table.c.at)
                .where(table.c.id > after)
                .order_by(table.c.id)
                .limit(most)
            )
            page = [(row.id, row.at) for row in rows]
            # One whose clock was wrong neither goes too early nor keeps the others.
            old = [number for number, at in page if at < before]
            if old:
                await db.execute(delete(table).where(table.c.id.in_(old)))
            over = len(page) < most or page[-1][1] >= before
            return Page(len(old), None if over else page[-1][0])

        return await self._database.write(work)

    async def _calls(self, before: float, most: int) -> Page:
        async def work(db: AsyncConnection) -> Page:
            rows = await db.execute(
                select(calls.c.id)
                .where(calls.c.started < before, calls.c.ended.is_not(None))
                .order_by(calls.c.started)
                .limit(most)
            )
            ids = [row.id for row in rows]
            if ids:
                for table, column in (
                    (steps, steps.c.call),
                    (call_records, call_records.c.call),
                    (calls, calls.c.id),
                ):
                    await db.execute(delete(table).where(column.in_(ids)))
            return Page(len(ids), 0 if len(ids) == most else None)

        return await self._database.write(work)
