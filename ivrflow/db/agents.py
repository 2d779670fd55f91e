"""What the database knows of agents besides the board: PINs, teams, roles.

The board has presence and work, and writes them; here is what neither the desk nor the
engine needs. Both are columns of one table, so that an agent is one row, and who is
removed from `agents.yaml` leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ivrflow.acd.model import Agent
from ivrflow.db.audit import Entry, add_entry
from ivrflow.db.board import enrol_in
from ivrflow.db.board_rows import agent_in
from ivrflow.db.engine import Database
from ivrflow.db.tables import agents


@dataclass(frozen=True, kw_only=True)
class Enrolled:
    """An agent as `agents.yaml` has it."""

    agent: Agent
    team: str = ""
    role: str = "agent"


@dataclass(frozen=True, kw_only=True)
class AgentEntry:
    """An agent as a list shows it."""

    number: str
    name: str
    endpoint: str
    team: str
    role: str
    presence: str
    work: str
    has_pin: bool


async def sync_agents(
    database: Database,
    site: Sequence[Enrolled],
    *,
    anew: bool = False,
) -> None:
    """Bring the database to the site's agents; raises `Trouble`.

    PINs, presence and work of those who are known stay as they are; who is no longer
    in the file goes, unless he talks just now. Queues and skills that were changed live
    stay too, unless *anew*. All of it, or nothing: nobody is without his team.
    """

    async def work(db: AsyncConnection) -> None:
        await enrol_in(db, [entry.agent for entry in site], anew=anew)
        if site:
            await db.execute(
                update(agents).where(agents.c.number == bindparam("this")),
                [
                    {"this": e.agent.number, "team": e.team, "role": e.role}
                    for e in site
                ],
            )

    await database.write(work)


class SqlAgents:
    """PINs and the list of agents."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def pin_hash(self, agent: str) -> str | None:
        """The hash of the agent's PIN; None if there is no such agent or no PIN."""

        async def work(db: AsyncConnection) -> str | None:
            found: str | None = await db.scalar(
                select(agents.c.pin_hash).where(agents.c.number == agent)
            )
            return found

        return await self._database.read(work)

    async def set_pin(
        self, agent: str, hashed: str | None, entry: Entry | None = None
    ) -> bool:
        """Keep the hash of a new PIN, or with None take the PIN away.

        *entry* goes into the audit with it. False if there is no such agent. Raises
        `Trouble`.
        """

        async def work(db: AsyncConnection) -> bool:
            done = await db.execute(
                update(agents).where(agents.c.number == agent).values(pin_hash=hashed)
            )
            if done.rowcount == 1 and entry is not None:
                await add_entry(db, entry)
            return done.rowcount == 1

        return await self._database.write(work)

    async def all(self) -> list[AgentEntry]:
        """Return all agents in the order of their numbers; raises `Trouble`."""

        async def work(db: AsyncConnection) -> list[AgentEntry]:
            found = await db.execute(select(agents).order_by(agents.c.number))
            return [
                AgentEntry(
                    number=row.number,
                    name=row.name,
                    endpoint=row.endpoint,
                    team=row.team,
                    role=row.role,
                    presence=row.presence,
                    work=row.work,
                    has_pin=row.pin_hash is not None,
                )
                for row in found
            ]

        return await self._database.read(work)

    async def enrolled(self) -> list[Enrolled]:
        """Return all agents as the database has them now; raises `Trouble`.

        In the order of their numbers, live changes included.
        """

        async def work(db: AsyncConnection) -> list[Enrolled]:
            found = await db.execute(select(agents).order_by(agents.c.number))
            return [
                Enrolled(agent=agent_in(row), team=row["team"], role=row["role"])
                for row in found.mappings()
            ]

        return await self._database.read(work)

    async def places(self) -> Mapping[str, tuple[str, str]]:
        """Return number -> (team, role): who may do what for whom. Raises `Trouble`."""
        return {entry.number: (entry.team, entry.role) for entry in await self.all()}
