"""The pauses that agents have taken, read from the facts.

Of a day's facts of a large centre only the few that matter leave the database: what an
agent's state was until the next change is worked out there.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ivrflow.acd.breaks import ALARM, Taken
from ivrflow.db.engine import Database
from ivrflow.db.tables import facts
from ivrflow.facts import AgentChanged, AlarmRaised


class SqlPauses:
    """What the facts say of pauses. Its coroutines raise `Trouble`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def taken(self, since: float, until: float) -> Sequence[Taken]:
        """Return the pauses that began and ended between these times, oldest first.

        One that was interrupted by a call comes in parts.
        """
        agent = facts.c.data["agent"].as_string()
        changes = (
            select(
                agent.label("agent"),
                facts.c.data["reason"].as_string().label("reason"),
                facts.c.at.label("at"),
                func.lead(facts.c.at)
                .over(partition_by=agent, order_by=facts.c.id)
                .label("end"),
            )
            .where(
                facts.c.kind == AgentChanged.__name__,
                facts.c.at >= since,
                facts.c.at < until,
            )
            .subquery()
        )
        wanted = (
            select(changes)
            .where(changes.c.reason != "", changes.c.end.is_not(None))
            .order_by(changes.c.at)
        )

        async def work(db: AsyncConnection) -> list[Taken]:
            return [
                Taken(row.agent, row.reason, row.at, row.end)
                for row in await db.execute(wanted)
            ]

        return await self._database.read(work)

    async def told(self, since: float, until: float) -> Sequence[tuple[str, float]]:
        """Return (agent, at) of the alarms about pauses between these times."""
        wanted = select(facts.c.data["agent"].as_string(), facts.c.at).where(
            facts.c.kind == AlarmRaised.__name__,
            facts.c.at >= since,
            facts.c.at < until,
            facts.c.data["alarm"].as_string() == ALARM,
        )

        async def work(db: AsyncConnection) -> list[tuple[str, float]]:
            return [(agent, at) for agent, at in await db.execute(wanted)]

        return await self._database.read(work)
