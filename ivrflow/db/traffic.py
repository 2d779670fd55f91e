"""Reads how past calls went through their flows, to be painted on a picture.

Some hundred calls at a time, each time in a transaction of its own: a week of a busy
line neither fills the memory nor keeps a reader open in the database of a service that
runs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from sqlalchemy import RowMapping, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ivrflow.db.engine import Database
from ivrflow.db.tables import KIND_OF_A_CALL, calls, facts, steps
from ivrflow.flow.traffic import (
    ACHIEVED,
    TALKED,
    TALKED_HOW,
    Stop,
    Traffic,
    Trail,
)

PAGE = 400
"""Calls that are read at once."""


class SqlTraffic:
    """The traffic of past calls."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(
        self,
        since: float,
        until: float,
        *,
        version: str | None = None,
        told: Callable[[int, int], None] = lambda done, all_: None,
    ) -> Traffic:
        """Count the calls that began from *since* on and before *until*.

        Both are seconds since 1970; *version*: only the calls that ran it. *told* is
        called with how many are counted, of how many. Raises `Trouble`.
        """
        traffic = Traffic(since=since, until=until)
        wanted = and_(calls.c.started >= since, calls.c.started < until)
        if version is not None:
            wanted = and_(wanted, calls.c.version == version)

        async def count(db: AsyncConnection) -> int:
            return await db.scalar(select(func.count()).where(wanted)) or 0

        all_ = await self._database.read(count)
        last: RowMapping | None = None
        while True:
            after = wanted
            if last is not None:
                later = and_(
                    calls.c.started == last["started"], calls.c.id > last["id"]
                )
                after = and_(wanted, or_(calls.c.started > last["started"], later))
            query = select(calls).where(after).order_by(calls.c.started, calls.c.id)
            rows, trails = await self._database.read(partial(_page, query.limit(PAGE)))
            for trail in trails:
                traffic.add(trail)
            told(traffic.calls, max(all_, traffic.calls))
            if len(rows) < PAGE:
                return traffic
            last = rows[-1]


async def _page(
    query: Select[Any], db: AsyncConnection
) -> tuple[list[RowMapping], list[Trail]]:
    """The calls of one page, as they are stored and with their steps."""
    rows = list((await db.execute(query)).mappings())
    return rows, await _trails(db, rows)


async def _trails(db: AsyncConnection, rows: Sequence[RowMapping]) -> list[Trail]:
    """The calls *rows* with their steps."""
    ids = [row["id"] for row in rows]
    stops: dict[str, list[Stop]] = {id_: [] for id_ in ids}
    found = await db.execute(
        select(steps)
        .where(steps.c.call.in_(ids))
        .order_by(steps.c.call, steps.c.number)
    )
    for row in found.mappings():
        stops[row["call"]].append(
            Stop(
                at=row["at"],
                flow=row["flow"],
                step=row["step"],
                verb=row["verb"],
                outcome=row["outcome"] or "",
                target=row["target"] or "",
            )
        )
    achieved = await _achieved(db, ids)
    return [
        Trail(
            version=row["version"],
            stops=stops[row["id"]],
            ended=row["ended"],
            by=row["by"] or "",
            achieved=achieved.get(row["id"]),
        )
        for row in rows
    ]


async def _achieved(db: AsyncConnection, ids: Sequence[str]) -> dict[str, float]:
    """When each call got something last: a talk, a message, a place to be called."""
    found = await db.execute(
        select(facts.c.call, facts.c.at, facts.c.kind, facts.c.data).where(
            facts.c.call.in_(ids), KIND_OF_A_CALL.in_((*ACHIEVED, TALKED))
        )
    )
    last: dict[str, float] = {}
    for call, at, kind, data in found:
        if kind != TALKED or data.get("how") in TALKED_HOW:
            last[call] = max(at, last.get(call, at))
    return last
