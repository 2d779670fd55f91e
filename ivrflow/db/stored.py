"""Reads stored facts again, in the order in which they were noted.

Some thousand at a time, each time in a transaction of its own, so that a day of a busy
line neither fills the memory nor keeps a reader open beside the service.

A commit whose answer got lost was made twice: its facts then stand there twice, one
batch behind the other. `Once` lets only the first of each through.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Collection
from typing import Any

import msgspec
from sqlalchemy import Select, Text, and_, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ivrflow.db.engine import Database
from ivrflow.db.history import StoredFact
from ivrflow.db.records import BATCH
from ivrflow.db.tables import facts
from ivrflow.facts import Fact

PAGE = 2000

REMEMBERED = 3 * BATCH
"""Facts that `Once` compares with: a batch and its double stand side by side."""


class Once:
    """Finds out what was told before."""

    def __init__(self, remembered: int = REMEMBERED) -> None:
        self._room = remembered
        self._seen: OrderedDict[tuple[Any, ...], None] = OrderedDict()

    def new(self, row: tuple[Any, ...]) -> bool:
        """Whether *row* is none of the last ones."""
        if row in self._seen:
            return False
        self._seen[row] = None
        if len(self._seen) > self._room:
            self._seen.popitem(last=False)
        return True


async def stored_facts(
    database: Database,
    since: float,
    until: float,
    kinds: Collection[type[Fact]],
    *,
    after: int = 0,
    last: int | None = None,
) -> AsyncIterator[list[Fact]]:
    """Read the facts of *kinds* that happened from *since* on and before *until*.

    Pages of them, in order. *after*, *last*: those that were stored after the one of
    that id, and none after the one of this. Raises `Trouble`.
    """
    async for _, page in stored_pages(
        database, since, until, kinds, after=after, last=last
    ):
        yield page


async def stored_pages(
    database: Database,
    since: float,
    until: float,
    kinds: Collection[type[Fact]],
    *,
    after: int = 0,
    last: int | None = None,
) -> AsyncIterator[tuple[int, list[Fact]]]:
    """As `stored_facts`, each page with the id of its last fact."""
    names = [kind.__name__ for kind in kinds]
    wanted = and_(facts.c.kind.in_(names), facts.c.at >= since, facts.c.at < until)
    once = Once()

    async def ends(db: AsyncConnection) -> tuple[int, int] | None:
        row = (
            await db.execute(
                select(func.min(facts.c.id), func.max(facts.c.id)).where(wanted)
            )
        ).one()
        return (row[0], row[1]) if row[0] is not None else None

    if after and last is not None:
        at, end = after + 1, last
    else:
        found = await database.read(ends)
        if found is None:
            return
        at, end = max(found[0], after + 1), found[1]
        if last is not None:
            end = min(end, last)

    # The same as `wanted`, in a form for which no index is of use: by that of kinds and
    # times SQLite would sort the whole period again for each page.
    shown = and_((facts.c.kind + "").in_(names), facts.c.at + 0.0 >= since)
    shown = and_(shown, facts.c.at + 0.0 < until)
    columns = select(
        facts.c.id, facts.c.at, facts.c.call, facts.c.kind, cast(facts.c.data, Text)
    )

    async def rows_of(page: Select[Any]) -> list[Any]:
        async def read(db: AsyncConnection) -> list[Any]:
            return [tuple(row) for row in await db.execute(page)]

        return await database.read(read)

    if after and at <= end:
        # The first ones may be the doubles of those that were read some other time.
        before = facts.c.id.between(after - REMEMBERED + 1, after)
        for row in await rows_of(columns.where(shown, before).order_by(facts.c.id)):
            once.new(row[1:])
    while at <= end:
        page = columns.where(shown, facts.c.id >= at, facts.c.id <= end)
        rows = await rows_of(page.order_by(facts.c.id).limit(PAGE))
        if not rows:
            return
        at = rows[-1][0] + 1
        yield rows[-1][0], await asyncio.to_thread(_restored, rows, once)


def _restored(rows: list[Any], once: Once) -> list[Fact]:
    decode = msgspec.json.decode
    found = []
    for _, at, call, kind, data in rows:
        if not once.new((at, call, kind, data)):
            continue
        fact = StoredFact(at=at, kind=kind, data=decode(data)).restored(call)
        if fact is not None:
            found.append(fact)
    return found


async def newest(database: Database) -> int:
    """The id of the last fact that is stored; 0 if there is none."""

    async def work(db: AsyncConnection) -> int:
        return await db.scalar(select(func.max(facts.c.id))) or 0

    return await database.read(work)
