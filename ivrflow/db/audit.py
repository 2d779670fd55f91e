"""Who changed what: a table that is only ever added to, until what is old goes.

An entry is written in the transaction of the change itself, so that there is none
without the other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ivrflow.db.engine import Database
from ivrflow.db.tables import audit

LONGEST_NAME = 80

BACKUP = "backup made: "
"""How an entry begins that tells of a backup; where it lies follows."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One change, for people to read."""

    at: float
    """Seconds since 1970."""
    who: str
    """`agent 2001`, `api`, `cli ann`, `start`, `SIGHUP`."""
    what: str
    before: str | None = None
    after: str | None = None


async def add_entry(db: AsyncConnection, entry: Entry) -> None:
    """Note *entry* in the transaction that makes the change."""
    await db.execute(
        insert(audit).values(
            at=entry.at,
            who=entry.who[:LONGEST_NAME],
            what=entry.what,
            before=entry.before,
            after=entry.after,
        )
    )


def _entry(row: Row[Any]) -> Entry:
    return Entry(
        at=row.at, who=row.who, what=row.what, before=row.before, after=row.after
    )


class SqlAudit:
    """The audit log."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, entry: Entry) -> None:
        """Note a change that was made elsewhere than in the database."""

        async def work(db: AsyncConnection) -> None:
            await add_entry(db, entry)

        await self._database.write(work)

    async def newest(self, number: int = 100) -> list[Entry]:
        """The last *number* entries, the newest first; raises `Trouble`."""

        async def work(db: AsyncConnection) -> list[Entry]:
            rows = await db.execute(
                select(audit).order_by(audit.c.id.desc()).limit(number)
            )
            return [_entry(row) for row in rows]

        return await self._database.read(work)

    async def latest(self, beginning: str) -> Entry | None:
        """The newest entry whose *what* begins so; None: there is none. Raises
        `Trouble`."""

        async def work(db: AsyncConnection) -> Entry | None:
            rows = await db.execute(
                select(audit)
                .where(audit.c.what.startswith(beginning, autoescape=True))
                .order_by(audit.c.id.desc())
                .limit(1)
            )
            row = rows.first()
            return None if row is None else _entry(row)

        return await self._database.read(work)


class Ledger:
    """The audit for acts that change no table of their own. *clock*: see `Entry.at`."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._audit = SqlAudit(database)
        self._clock = clock

    async def note(
        self, who: str, what: str, before: str | None = None, after: str | None = None
    ) -> None:
        """Note that *who* did *what*; raises `Trouble`."""
        entry = Entry(at=self._clock(), who=who, what=what, before=before, after=after)
        await self._audit.add(entry)
