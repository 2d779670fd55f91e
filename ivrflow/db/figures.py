"""The sums of queues and agents that are kept, and how they are read for a report."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Delete, Table, and_, bindparam, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ivrflow.db.engine import Database
from ivrflow.db.figure_snapshots import DROPPED
from ivrflow.db.tables import agent_figures, figure_snapshots, queue_figures
from ivrflow.figures.ledger import AgentKey, QueueKey
from ivrflow.figures.spans import QUARTER, Span
from ivrflow.figures.sums import AgentSum, QueueSum, Sums

AT_ONCE = 200
"""Rows that are made without a break, and written in one transaction."""

Named = Callable[[Any], dict[str, str]]
"""Whose sum it is, of a key."""

PAGE = 20_000
"""Rows that are read at once."""

_encode = msgspec.json.Encoder().encode
_queue_sum = msgspec.json.Decoder(QueueSum).decode
_agent_sum = msgspec.json.Decoder(AgentSum).decode


class SqlFigures:
    """The kept sums. Every method raises `Trouble`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def write(
        self,
        queues: Mapping[QueueKey, QueueSum],
        agents: Mapping[AgentKey, AgentSum],
    ) -> None:
        """Write these sums in the place of what was there.

        They may change meanwhile: each is written as it is when its turn comes.
        """
        await self._replace(
            queue_figures,
            list(queues.items()),
            lambda key: {"queue": key.queue, "item": key.item},
        )
        await self._replace(
            agent_figures, list(agents.items()), lambda key: {"agent": key.agent}
        )

    async def _replace(
        self, table: Table, sums: Sequence[tuple[Any, Sums]], named: Named
    ) -> None:
        keys = [column.name for column in table.primary_key.columns]
        old = _by_key(table)
        for begin in range(0, len(sums), AT_ONCE):
            part = [
                {
                    "seconds": key.span.seconds,
                    "start": key.span.start,
                    **named(key),
                    "sums": _encode(one).decode(),
                }
                for key, one in sums[begin : begin + AT_ONCE]
            ]
            olds = [{f"old_{key}": row[key] for key in keys} for row in part]

            async def work(
                db: AsyncConnection, part: Any = part, olds: Any = olds
            ) -> None:
                await db.execute(old, olds)
                await db.execute(insert(table), part)

            await self._database.write(work)

    async def keep_only(
        self,
        quarters: Span,
        days_in: Span,
        queues: Container[QueueKey],
        agents: Container[AgentKey],
    ) -> None:
        """Of the quarters of an hour that begin in *quarters*, and the days that do in
        *days_in*, drop what is not among these."""
        for days, span in ((False, quarters), (True, days_in)):
            of_queues = await self.queues(span, days=days)
            of_agents = await self.agents(span, days=days)
            rows = [
                {
                    "old_seconds": key.span.seconds,
                    "old_start": key.span.start,
                    "old_queue": key.queue,
                    "old_item": key.item,
                }
                for key in of_queues
                if key not in queues
            ]
            his = [
                {
                    "old_seconds": key.span.seconds,
                    "old_start": key.span.start,
                    "old_agent": key.agent,
                }
                for key in of_agents
                if key not in agents
            ]

            async def work(
                db: AsyncConnection, rows: Any = rows, his: Any = his
            ) -> None:
                if rows:
                    await db.execute(_by_key(queue_figures), rows)
                if his:
                    await db.execute(_by_key(agent_figures), his)

            if rows or his:
                await self._database.write(work)

    async def drop(self, span: Span) -> None:
        """Drop the sums of all that lies in *span*.

        And the snapshot, for good: who drops sums has found something wrong, and a
        service that runs has it in its memory.
        """
        dropped = {"id": 1, "last": DROPPED, "state": b""}

        async def work(db: AsyncConnection) -> None:
            await db.execute(delete(figure_snapshots))
            await db.execute(insert(figure_snapshots).values(dropped))
            for table in (queue_figures, agent_figures):
                await db.execute(delete(table).where(_in(table, span)))

        await self._database.write(work)

    async def queues(
        self,
        span: Span,
        *,
        days: bool,
        queue: str | None = None,
        item: str | None = None,
    ) -> dict[QueueKey, QueueSum]:
        """Return the sums in *span*: those of its days, or of its quarters.

        *queue*, *item*: of that one only.
        """
        table = queue_figures
        wanted = [_in(table, span), _size(table, days=days)]
        if queue is not None:
            wanted.append(table.c.queue == queue)
        if item is not None:
            wanted.append(table.c.item == item)
        rows = await self._rows(table, wanted)
        return await asyncio.to_thread(_queues, rows)

    async def agents(
        self, span: Span, *, days: bool, agent: str | None = None
    ) -> dict[AgentKey, AgentSum]:
        """Return the sums of agents in *span*; see `queues`."""
        table = agent_figures
        wanted = [_in(table, span), _size(table, days=days)]
        if agent is not None:
            wanted.append(table.c.agent == agent)
        rows = await self._rows(table, wanted)
        return await asyncio.to_thread(_agents, rows)

    async def _rows(self, table: Table, wanted: Iterable[Any]) -> list[Any]:
        """In pages: none of them may take so long that the database seems away."""
        key = [
            table.c.start,
            *(
                c
                for c in table.primary_key.columns
                if c.name not in ("seconds", "start")
            ),
        ]
        query = select(table).where(*wanted).order_by(table.c.seconds, *key)
        found: list[Any] = []
        while True:
            page = query.limit(PAGE).offset(len(found))

            async def read(db: AsyncConnection, page: Any = page) -> list[Any]:
                return list(await db.execute(page))

            rows = await self._database.read(read)
            found += rows
            if len(rows) < PAGE:
                return found


def _by_key(table: Table) -> Delete:
    """Delete the row whose key is given, each part of it with `old_` before it."""
    keys = table.primary_key.columns
    return delete(table).where(
        and_(*(column == bindparam(f"old_{column.name}") for column in keys))
    )


def _in(table: Table, span: Span) -> Any:
    return and_(table.c.start >= span.start, table.c.start < span.end)


def _size(table: Table, *, days: bool) -> Any:
    return table.c.seconds > QUARTER if days else table.c.seconds == QUARTER


def _queues(rows: Sequence[Any]) -> dict[QueueKey, QueueSum]:
    return {
        QueueKey(row[2], row[3], Span(row[1], row[0])): _queue_sum(row[4])
        for row in rows
    }


def _agents(rows: Sequence[Any]) -> dict[AgentKey, AgentSum]:
    return {AgentKey(row[2], Span(row[1], row[0])): _agent_sum(row[3]) for row in rows}
