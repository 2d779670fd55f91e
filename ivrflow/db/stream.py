"""Facts in the order in which they were written, for who was away for a while."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ivrflow.acd.watch import Alarm
from ivrflow.db.engine import Database
from ivrflow.db.tables import facts


class SqlFacts:
    """The facts that were kept."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def newest(self, most: int) -> tuple[int, float]:
        """Behind which number the newest *most* facts stand, and the time of the first
        of them; (0, 0.0) where there are no more than that. Raises `Trouble`.

        Numbers are looked at, not times: by time a year of facts would be searched.
        """

        async def work(db: AsyncConnection) -> tuple[int, float]:
            last = await db.scalar(select(func.max(facts.c.id)))
            past = (last or 0) - most
            if past <= 0:
                return (0, 0.0)
            first = await db.scalar(
                select(facts.c.at)
                .where(facts.c.id > past)
                .order_by(facts.c.id)
                .limit(1)
            )
            return (past, first or 0.0)

        return await self._database.read(work)

    async def after(
        self, at: float, *, until: float, past: int, most: int
    ) -> Sequence[tuple[int, Mapping[str, Any]]]:
        """Return facts later than *at*, up to *until*, each with its number.

        Only those whose number is above *past* are looked at; at most *most* come.
        Raises `Trouble`.
        """

        async def work(db: AsyncConnection) -> list[tuple[int, Mapping[str, Any]]]:
            found = await db.execute(
                select(facts)
                .where(facts.c.id > past, facts.c.at > at, facts.c.at <= until)
                .order_by(facts.c.id)
                .limit(most)
            )
            return [
                (
                    row.id,
                    {
                        "at": row.at,
                        "call": row.call,
                        "kind": row.kind,
                        "data": row.data,
                    },
                )
                for row in found
            ]

        return await self._database.read(work)

    async def alarms(self, since: float) -> Mapping[Alarm, float]:
        """The alarms raised after *since* and not cleared, each with its time.

        Raises `Trouble`.
        """

        async def work(db: AsyncConnection) -> dict[Alarm, float]:
            found = await db.execute(
                select(facts)
                .where(
                    facts.c.kind.in_(("AlarmRaised", "AlarmCleared")),
                    facts.c.at > since,
                )
                .order_by(facts.c.id)
            )
            standing: dict[Alarm, float] = {}
            for row in found:
                data = row.data
                alarm = Alarm(
                    data["alarm"], data["queue"], data["agent"], data.get("what", "")
                )
                if row.kind == "AlarmRaised":
                    standing[alarm] = row.at
                else:
                    standing.pop(alarm, None)
            return standing

        return await self._database.read(work)
