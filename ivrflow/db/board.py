"""The ACD's board in the database: what survives restarts, and refuses doubles.

Each method is one transaction, which comes to its end even if its caller is cancelled.
How each act is one, or two, statements stands in `board_acts`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import (
    Connection,
    RowMapping,
    and_,
    bindparam,
    delete,
    exists,
    insert,
    select,
)
from sqlalchemy import update as change
from sqlalchemy.ext.asyncio import AsyncConnection

from ivrflow.acd.desk.acts import Act, Acting
from ivrflow.acd.desk.board import BoardAway, BoardRefuses
from ivrflow.acd.model import Agent, Offer, Waiting
from ivrflow.db.board_acts import do
from ivrflow.db.board_rows import (
    able,
    agent_in,
    agent_row,
    offer_in,
    said_of,
    waiting_in,
)
from ivrflow.db.engine import Database, Refused
from ivrflow.db.tables import agents, offers, queue_entries
from ivrflow.flow.world import Trouble

T = TypeVar("T")


class SqlBoard(Acting):
    """A `Board`. Its tables must be there; see `upgrade`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # The agents ---------------------------------------------------------------------

    async def enrol(self, agents_now: Collection[Agent], *, anew: bool = False) -> None:
        """Make the board's agents these; see `Board.enrol`."""

        await self._write(lambda db: enrol_in(db, agents_now, anew=anew))

    async def agents(self) -> list[Agent]:
        """Return all agents, in the order of their numbers."""
        everyone = select(agents).order_by(agents.c.number)

        def work(db: Connection) -> list[Agent]:
            return [agent_in(row) for row in db.execute(everyone).mappings()]

        with _refused_or_away():
            return await self._database.read_at_once(work)

    async def write(self, acts: Sequence[Act]) -> Sequence[bool]:
        """Do all of this in one transaction; see `Board.write`."""

        def work(db: Connection) -> list[bool]:
            return [do(db, act) for act in acts]

        with _refused_or_away():
            return await self._database.write_at_once(work)

    # The line -----------------------------------------------------------------------

    async def waiting(self) -> list[Waiting]:
        """Return all callers in line, in order of joining (then of the call's id)."""
        rows = await self._rows(
            select(queue_entries).order_by(queue_entries.c.joined, queue_entries.c.call)
        )
        return [waiting_in(row) for row in rows]

    # Offers -------------------------------------------------------------------------

    async def offers(self) -> list[Offer]:
        """Return the live offers, oldest first (then by id)."""
        rows = await self._rows(
            select(offers)
            .where(offers.c.ended.is_(None))
            .order_by(offers.c.at, offers.c.id)
        )
        return [offer_in(row) for row in rows]

    async def last_agent(self, who: str, *, since: float) -> str | None:
        """Return the agent who last talked with *who*, not before *since*."""
        if not who:
            return None
        rows = await self._rows(
            select(offers.c.agent)
            .where(offers.c.who == who, offers.c.connected >= since)
            .order_by(offers.c.connected.desc())
            .limit(1)
        )
        return str(rows[0]["agent"]) if rows else None

    async def last_talk(self, agent: str) -> Offer | None:
        """Return the offer of the agent's last talk."""
        rows = await self._rows(
            select(offers)
            .where(offers.c.agent == agent, offers.c.connected.is_not(None))
            .order_by(offers.c.connected.desc())
            .limit(1)
        )
        return offer_in(rows[0]) if rows else None

    # ----------------------------------------------------------------------------------

    async def _rows(self, statement: Any) -> Sequence[RowMapping]:
        async def work(db: AsyncConnection) -> Sequence[RowMapping]:
            return (await db.execute(statement)).mappings().all()

        with _refused_or_away():
            return await self._database.read(work)

    async def _write(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        with _refused_or_away():
            return await self._database.write(work)


async def enrol_in(
    db: AsyncConnection, agents_now: Collection[Agent], *, anew: bool
) -> None:
    """As `Board.enrol`, as a part of a transaction."""
    known = set(await db.scalars(select(agents.c.number)))
    new = [a for a in agents_now if a.number not in known]
    old = [a for a in agents_now if a.number in known]
    gone = known - {a.number for a in agents_now}
    if new:
        await db.execute(insert(agents), [agent_row(a) for a in new])
    if anew:
        await db.execute(change(agents).values(live=False))
    if old:
        this = agents.c.number == bindparam("this")
        for where, part in ((this, said_of), (and_(this, ~agents.c.live), able)):
            await db.execute(
                change(agents).where(where),
                [{"this": a.number, **part(a)} for a in old],
            )
    if gone:
        await db.execute(
            delete(agents).where(agents.c.number.in_(gone), ~_in_live_offer())
        )
        await db.execute(
            change(agents)
            .where(agents.c.number.in_(gone))
            .values(queues=[], live=False)
        )


def _in_live_offer() -> Any:
    return exists().where(offers.c.agent == agents.c.number, offers.c.ended.is_(None))


@contextmanager
def _refused_or_away() -> Iterator[None]:
    try:
        yield
    except Refused as refused:
        raise BoardRefuses(str(refused)) from None
    except Trouble as trouble:
        raise BoardAway(str(trouble)) from None
