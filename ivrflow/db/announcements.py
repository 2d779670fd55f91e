"""What was spoken by phone and is played instead of a recording of the site.

Asked from memory, kept in the database: an end that comes needs nobody, and holds after
a restart too.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ivrflow.db.audit import Entry, add_entry
from ivrflow.db.engine import Database
from ivrflow.db.tables import announcements
from ivrflow.flow.world import Announcement


class SqlAnnouncements:
    """A flow's `Announcements`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._on: dict[str, Announcement] = {}

    def on(self, clip: str, now: float) -> Announcement | None:
        """What is played instead of *clip* at *now*. Never waits."""
        found = self._on.get(clip)
        if found is None or (found.until is not None and found.until <= now):
            return None
        return found

    @property
    def all(self) -> Mapping[str, Announcement]:
        """By clip; those that have ended included."""
        return MappingProxyType(self._on)

    async def read(self) -> None:
        """Read what is on; raises `Trouble`."""

        async def work(db: AsyncConnection) -> dict[str, Announcement]:
            rows = await db.execute(select(announcements))
            return {
                row.clip: Announcement(
                    recording=row.recording,
                    seconds=row.seconds,
                    by=row.by,
                    at=row.at,
                    until=row.until,
                )
                for row in rows
            }

        self._on = await self._database.read(work)

    async def put_on(self, clip: str, new: Announcement, *, now: datetime) -> None:
        """Play *new* instead of *clip* from now on, and audit that; raises `Trouble`.

        *now* tells the zone in which the audit names times.
        """
        was = self.on(clip, new.at)

        async def work(db: AsyncConnection) -> None:
            await db.execute(delete(announcements).where(announcements.c.clip == clip))
            values = {**vars(new), "by": new.by[:80], "clip": clip}
            await db.execute(insert(announcements).values(values))
            await _audit(db, clip, new.by, now, was, new)

        await self._database.write(work)
        self._on[clip] = new

    async def take_off(self, clip: str, *, by: str, now: datetime) -> None:
        """Play *clip* itself again, on or not; raises `Trouble`."""
        was = self.on(clip, now.timestamp())

        async def work(db: AsyncConnection) -> None:
            await db.execute(delete(announcements).where(announcements.c.clip == clip))
            if was is not None:
                await _audit(db, clip, by, now, was, None)

        await self._database.write(work)
        self._on.pop(clip, None)


async def _audit(
    db: AsyncConnection,
    clip: str,
    by: str,
    now: datetime,
    was: Announcement | None,
    new: Announcement | None,
) -> None:
    before, after = (_said(one, now) for one in (was, new))
    what = f"announcement {clip}"
    entry = Entry(at=now.timestamp(), who=by, what=what, before=before, after=after)
    await add_entry(db, entry)


def _said(one: Announcement | None, now: datetime) -> str:
    if one is None:
        return "none"
    said = f"{one.recording} ({one.seconds:.0f} s)"
    if one.until is None:
        return said
    end = datetime.fromtimestamp(one.until, now.tzinfo)
    return f"{said} until {end.isoformat(' ', 'seconds')}"
