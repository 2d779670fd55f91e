"""The state of the figures as of some fact, kept for the next start.

There is one at most, as a database has one service. What stands in it is for
`figures.snapshot` to judge: a row is no proof of who has written it. Where sums were
dropped (`SqlFigures.drop`), one of no fact, `DROPPED`, stands in its place: what the
service that runs then has in its memory must not come back when it is told to stop.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select, update

from ivrflow.db.engine import Database
from ivrflow.db.tables import facts, figure_snapshots
from ivrflow.facts import ServiceLeft

MOST = 32_000_000
"""Bytes of one that is read or written: a day of 10,000 calls makes some 4 million."""

DROPPED = 0
"""As `last`: there is none, and the facts of the day are folded. No fact has it."""


@dataclass(frozen=True, kw_only=True)
class KeptSnapshot:
    """A state with all facts in it up to that of the id *last*."""

    last: int
    state: bytes
    unwritten: bytes | None
    """What it had to write; None: that is written."""

    def size(self) -> int:
        """Its bytes, which `MOST` is about."""
        return len(self.state) + len(self.unwritten or b"")


class SqlSnapshots:
    """The kept one. Every method raises `Trouble`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self) -> KeptSnapshot | None:
        """Return it; None if there is none, or if it is larger than `MOST`."""

        def work(db: Connection) -> KeptSnapshot | None:
            table = figure_snapshots.c
            more = func.coalesce(func.length(table.unwritten), 0)
            short = func.length(table.state) + more <= MOST
            row = db.execute(select(figure_snapshots).where(short)).first()
            if row is None:
                return None
            unwritten = None if row.unwritten is None else bytes(row.unwritten)
            return KeptSnapshot(
                last=row.last, state=bytes(row.state), unwritten=unwritten
            )

        return await self._database.read_at_once(work)

    async def keep(self, snapshot: KeptSnapshot, *, but_dropped: bool = False) -> None:
        """Keep *snapshot* in the place of the one of before; *but_dropped*: not where
        that was dropped."""
        dropped = figure_snapshots.c.last == DROPPED

        def work(db: Connection) -> None:
            if but_dropped and db.execute(select(1).where(dropped)).first():
                return
            db.execute(delete(figure_snapshots))
            db.execute(
                insert(figure_snapshots).values(
                    id=1,
                    last=snapshot.last,
                    state=snapshot.state,
                    unwritten=snapshot.unwritten,
                )
            )

        await self._database.write_at_once(work)

    async def forget(self) -> None:
        """There is none any more, nor is it known that one was dropped."""
        await self._database.write_at_once(
            lambda db: db.execute(delete(figure_snapshots))
        )

    async def left_at(self, at: float) -> int | None:
        """The id of the fact that the service left its calls at that time; None if it
        is not stored."""

        def work(db: Connection) -> int | None:
            # Of two, which a commit that was made twice has left, the first one: what
            # stands before its double is known to whoever reads on from there.
            this = facts.c.kind == ServiceLeft.__name__, facts.c.at == at
            found: int | None = db.scalar(select(func.min(facts.c.id)).where(*this))
            return found

        return await self._database.read_at_once(work)

    async def written(self, last: int) -> None:
        """Note that what the one of *last* had to write is written; if it is there."""

        def work(db: Connection) -> None:
            this = figure_snapshots.c.last == last
            db.execute(update(figure_snapshots).where(this).values(unwritten=None))

        await self._database.write_at_once(work)
