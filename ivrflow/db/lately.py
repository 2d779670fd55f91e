"""What happened lately: the last facts of a few kinds, for who learns from them."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from ivrflow.db.engine import Database
from ivrflow.db.history import StoredFact
from ivrflow.db.tables import facts
from ivrflow.facts import Fact


async def lately(
    database: Database, kinds: Collection[type[Fact]], *, since: float, most: int
) -> list[Fact]:
    """Return the last *most* facts of each kind since then, all in their order.

    Raises `Trouble`.
    """

    async def work(db: AsyncConnection) -> list[tuple[float, int, str, Fact]]:
        found = []
        for kind in kinds:
            rows = await db.execute(
                select(facts.c.id, facts.c.at, facts.c.call, facts.c.data)
                .where(facts.c.kind == kind.__name__, facts.c.at >= since)
                .order_by(facts.c.at.desc())
                .limit(most)
            )
            for row in rows:
                stored = StoredFact(at=row.at, kind=kind.__name__, data=row.data)
                fact = stored.restored(row.call)
                if fact is not None:
                    found.append((row.at, row.id, kind.__name__, fact))
        return found

    return [fact for *_, fact in sorted(await database.read(work), key=lambda x: x[:3])]
