"""The ACD's board in the database: what survives restarts, and refuses doubles.

Each method is one transaction of `Database.write`, which comes to its end even if its
caller is cancelled. What must not be done twice stands in the WHERE of the statement
that does it, so that of two who want the same agent the database lets one change the
row, and the other one changes none; behind that stand the unique indexes on live
offers.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any, TypeVar

from sqlalchemy import (
    RowMapping,
    and_,
    bindparam,
    case,
    delete,
    exists,
    insert,
    select,
)
from sqlalchemy import update as change
from sqlalchemy.ext.asyncio import AsyncConnection

from ivrflow.acd.board import BoardAway
from ivrflow.acd.model import (
    Agent,
    Offer,
    Presence,
    Waiting,
    Work,
)
from ivrflow.db.board_rows import (
    agent_in,
    agent_row,
    given,
    offer_in,
    offer_row,
    waiting_in,
    waiting_row,
)
from ivrflow.db.engine import Database
from ivrflow.db.tables import agents, offers, queue_entries
from ivrflow.flow.world import Trouble

T = TypeVar("T")

BUSY = (Work.OFFERED.value, Work.TALKING.value)


class SqlBoard:
    """A `Board`. Its tables must be there; see `upgrade`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # The agents ---------------------------------------------------------------------

    async def enrol(self, agents_now: Collection[Agent]) -> None:
        """Make the board's agents these; see `Board.enrol`."""

        async def work(db: AsyncConnection) -> None:
            known = set(await db.scalars(select(agents.c.number)))
            new = [a for a in agents_now if a.number not in known]
            old = [a for a in agents_now if a.number in known]
            gone = known - {a.number for a in agents_now}
            if new:
                await db.execute(insert(agents), [agent_row(a) for a in new])
            if old:
                await db.execute(
                    change(agents).where(agents.c.number == bindparam("this")),
                    [{"this": a.number, **given(a)} for a in old],
                )
            if gone:
                await db.execute(
                    delete(agents).where(agents.c.number.in_(gone), ~_in_live_offer())
                )

        await self._write(work)

    async def agents(self) -> list[Agent]:
        """Return all agents, in the order of their numbers."""
        rows = await self._rows(select(agents).order_by(agents.c.number))
        return [agent_in(row) for row in rows]

    async def set_presence(
        self,
        agent: str,
        presence: Presence,
        *,
        at: float,
        reason: str = "",
        sits_at: str | None = None,
        instead_of: Presence | None = None,
    ) -> bool:
        """Set what the agent has chosen; see `Board.set_presence`."""
        this = agents.c.number == agent
        if instead_of is not None:
            this = and_(this, agents.c.presence == instead_of.value)
        same = and_(agents.c.presence == presence.value, agents.c.reason == reason)
        if presence is Presence.LOGGED_OUT:
            sits_at = ""
        where = {} if sits_at is None else {"sits_at": sits_at}

        async def work(db: AsyncConnection) -> bool:
            # Without a change of mind the time stays, and with it the place among the
            # idle. The old values in the row are what CASE looks at.
            done = await db.execute(
                change(agents)
                .where(this)
                .values(
                    presence=presence.value,
                    reason=reason,
                    presence_since=_unless(same, at, agents.c.presence_since),
                    **where,
                )
            )
            return done.rowcount == 1

        return await self._write(work)

    async def set_free_at(self, agent: str, free_at: float, *, at: float) -> None:
        """End a wrap-up early, or make it longer; see `Board.set_free_at`."""
        await self._change(
            change(agents)
            .where(agents.c.number == agent, ~_in_live_offer())
            .values(work=_after(free_at, at), work_since=at, free_at=free_at)
        )

    # The line -----------------------------------------------------------------------

    async def join(self, waiting: Waiting) -> None:
        """Put a caller into the line, or renew what is known of one who is there."""
        row = waiting_row(waiting)

        async def work(db: AsyncConnection) -> None:
            this = queue_entries.c.call == waiting.call
            done = await db.execute(change(queue_entries).where(this).values(row))
            if done.rowcount == 0:
                await db.execute(insert(queue_entries).values(row))

        await self._write(work)

    async def leave(self, call: str) -> None:
        """Take a caller out of the line. Live offers stay."""
        await self._change(delete(queue_entries).where(queue_entries.c.call == call))

    async def waiting(self) -> list[Waiting]:
        """Return all callers in line, in order of joining (then of the call's id)."""
        rows = await self._rows(
            select(queue_entries).order_by(queue_entries.c.joined, queue_entries.c.call)
        )
        return [waiting_in(row) for row in rows]

    # Offers -------------------------------------------------------------------------

    async def claim(self, wanted: Sequence[Offer]) -> frozenset[str]:
        """Make each offer live whose agent and caller are free; return those ids."""

        async def work(db: AsyncConnection) -> frozenset[str]:
            return frozenset([o.id for o in wanted if await _claim(db, o)])

        return await self._write(work)

    async def connected(self, offer: str, *, at: float) -> None:
        """The agent has answered: work becomes talking, the caller leaves the line."""

        async def work(db: AsyncConnection) -> None:
            done = await db.execute(
                change(offers)
                .where(_live(offer), offers.c.connected.is_(None))
                .values(connected=at)
                .returning(offers.c.agent, offers.c.call)
            )
            if (row := done.first()) is not None:
                await db.execute(
                    change(agents)
                    .where(agents.c.number == row.agent)
                    .values(work=Work.TALKING.value, work_since=at)
                )
                await db.execute(
                    delete(queue_entries).where(queue_entries.c.call == row.call)
                )

        await self._write(work)

    async def end_offer(
        self, offer: str, *, how: str, at: float, free_at: float | None
    ) -> None:
        """End a live offer; see `Board.end_offer`."""
        freed: dict[str, Any] = {"work": Work.IDLE.value, "work_since": at}
        if free_at is not None:
            freed |= {"work": _after(free_at, at), "free_at": free_at}

        async def work(db: AsyncConnection) -> None:
            done = await db.execute(
                change(offers)
                .where(_live(offer))
                .values(ended=at, how=how)
                .returning(offers.c.agent)
            )
            if (row := done.first()) is not None:
                await db.execute(
                    change(agents).where(agents.c.number == row.agent).values(freed)
                )

        await self._write(work)

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

    # ----------------------------------------------------------------------------------

    async def _rows(self, statement: Any) -> Sequence[RowMapping]:
        async def work(db: AsyncConnection) -> Sequence[RowMapping]:
            return (await db.execute(statement)).mappings().all()

        try:
            return await self._database.read(work)
        except Trouble as trouble:
            raise BoardAway(str(trouble)) from None

    async def _change(self, statement: Any) -> None:
        async def work(db: AsyncConnection) -> None:
            await db.execute(statement)

        await self._write(work)

    async def _write(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        try:
            return await self._database.write(work)
        except Trouble as trouble:
            raise BoardAway(str(trouble)) from None


async def _claim(db: AsyncConnection, offer: Offer) -> bool:
    """Make *offer* live, or leave everything as it is. True if it is live."""
    known = await db.execute(select(offers.c.ended).where(offers.c.id == offer.id))
    if (row := known.first()) is not None:
        return row.ended is None
    waits = exists().where(queue_entries.c.call == offer.call)
    offered = exists().where(offers.c.call == offer.call, offers.c.ended.is_(None))
    taken = await db.execute(
        change(agents)
        .where(
            agents.c.number == offer.agent,
            agents.c.presence == Presence.READY.value,
            agents.c.work.not_in(BUSY),
            agents.c.free_at <= offer.at,
            # Should a row ever contradict itself, this offer fails, and not, by the
            # index, all the others of the batch for ever.
            ~_in_live_offer(),
            waits,
            ~offered,
        )
        .values(work=Work.OFFERED.value, work_since=offer.at)
    )
    if taken.rowcount != 1:
        return False
    await db.execute(insert(offers).values(offer_row(offer)))
    return True


def _live(offer: str) -> Any:
    return and_(offers.c.id == offer, offers.c.ended.is_(None))


def _in_live_offer() -> Any:
    return exists().where(offers.c.agent == agents.c.number, offers.c.ended.is_(None))


def _unless(same: Any, new: float, old: Any) -> Any:
    return case((same, old), else_=new)


def _after(free_at: float, at: float) -> str:
    return str((Work.WRAP_UP if free_at > at else Work.IDLE).value)


# Rows become values at the door -------------------------------------------------------
