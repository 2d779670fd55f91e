"""Which switches are thrown, by whom, and until when."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ivrflow.db.audit import Entry, add_entry
from ivrflow.db.engine import Database
from ivrflow.db.tables import switches
from ivrflow.flow.world import Trouble

log = logging.getLogger(__name__)

LOOK_EVERY = 2.0
"""Seconds until a switch that was thrown elsewhere is seen here."""


@dataclass(frozen=True)
class Thrown:
    """Who threw a switch, when, and when it falls back by itself (None: never)."""

    by: str
    at: float
    until: float | None


class SqlSwitches:
    """A flow's `Switches`: asked from memory, kept in the database.

    `refresh` reads them once, `run` for ever; both leave what is known as it is while
    the database is away.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._thrown: dict[str, Thrown] = {}

    def thrown(self, name: str, now: datetime) -> bool:
        """True if the switch *name* is thrown at *now*. Never waits."""
        found = self._thrown.get(name)
        if found is None:
            return False
        return found.until is None or found.until > now.timestamp()

    @property
    def all(self) -> MappingProxyType[str, Thrown]:
        """What is thrown, those that have fallen back since included."""
        return MappingProxyType(self._thrown)

    async def throw(
        self, name: str, *, by: str, now: datetime, until: datetime | None
    ) -> None:
        """Throw the switch, also again with another end; raises `Trouble`."""
        new = Thrown(by, now.timestamp(), until.timestamp() if until else None)

        async def work(db: AsyncConnection) -> None:
            await _audited(db, name, new, by=by, now=now)
            await db.execute(
                insert(switches).values(
                    name=name, by=new.by[:80], at=new.at, until=new.until
                )
            )

        await self._database.write(work)
        self._thrown[name] = new

    async def put_back(self, name: str, *, by: str, now: datetime) -> None:
        """Put the switch back; one that is not thrown is no error. Raises `Trouble`."""

        async def work(db: AsyncConnection) -> None:
            await _audited(db, name, None, by=by, now=now)

        await self._database.write(work)
        self._thrown.pop(name, None)

    async def refresh(self) -> None:
        """Read what is thrown. Raises `Trouble`, and then keeps what it knew."""

        async def work(db: AsyncConnection) -> dict[str, Thrown]:
            found = await db.execute(select(switches))
            return {row.name: Thrown(row.by, row.at, row.until) for row in found}

        self._thrown = await self._database.read(work)

    async def run(self, every: float = LOOK_EVERY) -> None:
        """Refresh for ever, so that other programs can throw switches too."""
        away = False
        while True:
            try:
                await self.refresh()
                away = False
            except Trouble as trouble:
                if not away:
                    log.warning("%s; switches stay as they are", trouble)
                away = True
            await asyncio.sleep(every)


async def _audited(
    db: AsyncConnection, name: str, new: Thrown | None, *, by: str, now: datetime
) -> None:
    """Take the switch's row away and note the change, unless there is none."""
    this = switches.c.name == name
    found = (await db.execute(select(switches).where(this))).first()
    was = Thrown(found.by, found.at, found.until) if found else None
    if was is not None and was.until is not None and was.until <= now.timestamp():
        was = None  # it has gone back by itself
    await db.execute(delete(switches).where(this))
    if was is not None or new is not None:
        before, after = (_said(one, now) for one in (was, new))
        what = f"switch {name}"
        entry = Entry(at=now.timestamp(), who=by, what=what, before=before, after=after)
        await add_entry(db, entry)


def _said(thrown: Thrown | None, now: datetime) -> str:
    if thrown is None:
        return "off"
    if thrown.until is None:
        return "thrown"
    end = datetime.fromtimestamp(thrown.until, now.tzinfo)
    return f"thrown until {end.isoformat(' ', 'seconds')}"
