"""The records of calls: one row for each call that is over."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

from sqlalchemy import RowMapping, Select, String, and_, delete, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ivrflow.db.engine import Database
from ivrflow.db.tables import call_records
from ivrflow.figures.record import CallRecord

AT_ONCE = 200
"""Rows that are written in one transaction, below the variables of one statement."""

PAGE = 2000

_LISTS = ("queues", "agents", "transfers", "recordings")
_NAMES = tuple(field.name for field in fields(CallRecord))
_LENGTHS: dict[str, int] = {
    column.name: column.type.length
    for column in call_records.columns
    if isinstance(column.type, String) and column.type.length
}


class SqlCallRecords:
    """Written as calls end, read for reports. Every method raises `Trouble`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def write(self, records: Sequence[CallRecord]) -> None:
        """Write these, in the place of what was there of the same calls."""
        rows = [_row(record) for record in records]
        for begin in range(0, len(rows), AT_ONCE):
            part = rows[begin : begin + AT_ONCE]
            calls = [row["call"] for row in part]

            async def work(
                db: AsyncConnection, part: Any = part, calls: Any = calls
            ) -> None:
                gone = delete(call_records).where(call_records.c.call.in_(calls))
                await db.execute(gone)
                await db.execute(insert(call_records), part)

            await self._database.write(work)

    async def drop(self, since: float, until: float) -> None:
        """Drop the records of calls that began in that time."""

        async def work(db: AsyncConnection) -> None:
            await db.execute(delete(call_records).where(_began(since, until)))

        await self._database.write(work)

    async def read(
        self,
        since: float,
        until: float,
        *,
        queue: str | None = None,
        agent: str | None = None,
    ) -> AsyncIterator[list[CallRecord]]:
        """Read the calls that began from *since* on and before *until*, in pages, in
        their order; *queue*, *agent*: those that had to do with it."""
        last: CallRecord | None = None
        while True:
            # The begin is in the range too: of an "or" alone no index makes anything.
            first = since if last is None else last.started
            query = select(call_records).where(_began(first, until))
            if last is not None:
                later = and_(
                    call_records.c.started == last.started,
                    call_records.c.call > last.call,
                )
                query = query.where(or_(call_records.c.started > last.started, later))
            query = query.order_by(call_records.c.started, call_records.c.call)
            rows = await self._rows(query.limit(PAGE))
            found = [_record(row) for row in rows]
            yield [
                record
                for record in found
                if queue in (None, *record.queues) and agent in (None, *record.agents)
            ]
            if len(rows) < PAGE:
                return
            last = found[-1]

    async def _rows(self, query: Select[Any]) -> list[RowMapping]:
        async def work(db: AsyncConnection) -> list[RowMapping]:
            return list((await db.execute(query)).mappings())

        return await self._database.read(work)


def _began(since: float, until: float) -> Any:
    return and_(call_records.c.started >= since, call_records.c.started < until)


def _row(record: CallRecord) -> dict[str, Any]:
    row = asdict(record)
    return {
        name: list(value)
        if name in _LISTS
        else value[: _LENGTHS[name]]
        if name in _LENGTHS
        else value
        for name, value in row.items()
    }


def as_kept(record: CallRecord) -> CallRecord:
    """*record* as it comes back from the table, which cuts texts that are too long."""
    return _record(_row(record))


def _record(row: Mapping[Any, Any]) -> CallRecord:
    given: dict[str, Any] = {name: row[name] for name in _NAMES}
    for name in _LISTS:
        given[name] = tuple(given[name])
    return CallRecord(**given)
