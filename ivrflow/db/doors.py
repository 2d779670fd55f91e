"""Queues that were closed or diverted, kept over a restart; see `acd.doors`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ivrflow.acd.doors import Door, Way
from ivrflow.db.audit import Entry, add_entry
from ivrflow.db.engine import Database
from ivrflow.db.tables import doors
from ivrflow.flow.world import Clock


class SqlDoors:
    """The store of `Doors`. Both methods raise `Trouble`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """*clock* is the site's: the audit tells ends in its zone."""
        self._database = database
        self._clock = clock

    async def all(self) -> Mapping[str, Door]:
        """Queue -> its door, of those that are not open."""

        return await self._database.read(_all)

    async def put(
        self, queues: Collection[str], door: Door, *, by: str, at: float
    ) -> None:
        """Keep *door* for all *queues*, or for none, and audit it for each."""

        async def work(db: AsyncConnection) -> None:
            before = await _all(db)
            await db.execute(delete(doors).where(doors.c.queue.in_(list(queues))))
            if door.state != "open":
                rows = [
                    {
                        "queue": queue,
                        "state": door.state,
                        "way": door.to.kind if door.to else None,
                        "to": door.to.name if door.to else None,
                        "at": door.at,
                        "by": by[:80],
                        "until": door.until,
                        "waiting_too": door.waiting_too,
                    }
                    for queue in queues
                ]
                await db.execute(insert(doors), rows)
            for queue in queues:
                entry = Entry(
                    at=at,
                    who=by,
                    what=f"queue {queue}",
                    before=self._said(before.get(queue, Door())),
                    after=self._said(door),
                )
                await add_entry(db, entry)

        await self._database.write(work)

    def _said(self, door: Door) -> str:
        to = f" to {door.to}" if door.to else ""
        if door.until is None:
            return f"{door.state}{to}"
        end = datetime.fromtimestamp(door.until, self._clock().tzinfo)
        return f"{door.state}{to} until {end.isoformat(' ', 'seconds')}"


async def _all(db: AsyncConnection) -> dict[str, Door]:
    found = await db.execute(select(doors))
    return {
        row.queue: Door(
            state=row.state,
            to=Way(row.way, row.to) if row.way else None,
            by=row.by,
            at=row.at,
            until=row.until,
            waiting_too=row.waiting_too,
        )
        for row in found
    }
