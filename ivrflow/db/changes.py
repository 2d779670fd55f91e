"""What was changed live in the site's files, as long as it can be undone.

A row stands before its file is written, with its entry in the audit: a service that
dies in between may have noted a change that was never made, but has never made one that
nobody knows of and that would not end.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ivrflow.db.audit import Entry, add_entry
from ivrflow.db.engine import Database
from ivrflow.db.tables import changes
from ivrflow.flow.changes import Change, Place
from ivrflow.flow.edit import Splice


class SqlChanges:
    """The store of changes. Every method raises `Trouble`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> list[Change]:
        """All changes that stand, in the order of their places."""

        async def work(db: AsyncConnection) -> list[Change]:
            rows = await db.execute(select(changes).order_by(changes.c.place))
            return [_change(row) for row in rows]

        return await self._database.read(work)

    async def stands(self, change: Change, *, said: tuple[str, str]) -> None:
        """Keep *change*, instead of an older one of its place, and audit it.

        *said* are before and after, in words.
        """

        async def work(db: AsyncConnection) -> None:
            await _drop(db, change.place)
            await db.execute(insert(changes).values(_row(change)))
            await _audit(db, change.place, change.by, change.at, *said)

        await self._database.write(work)

    async def ended(
        self, place: Place, *, by: str, at: float, said: tuple[str, str]
    ) -> None:
        """Forget what was changed at *place*, and audit that."""

        async def work(db: AsyncConnection) -> None:
            await _drop(db, place)
            await _audit(db, place, by, at, *said)

        await self._database.write(work)

    async def not_made(
        self, place: Place, earlier: Change | None, *, by: str, at: float, why: str
    ) -> None:
        """What was noted last could not be made: put *earlier* back, and audit that."""

        async def work(db: AsyncConnection) -> None:
            await _drop(db, place)
            if earlier is not None:
                await db.execute(insert(changes).values(_row(earlier)))
            what = f"{place}: the change before could not be made"
            await add_entry(db, Entry(at=at, who=by, what=what, after=why))

        await self._database.write(work)


async def _drop(db: AsyncConnection, place: Place) -> None:
    await db.execute(delete(changes).where(changes.c.place == str(place)))


async def _audit(
    db: AsyncConnection, place: Place, by: str, at: float, before: str, after: str
) -> None:
    entry = Entry(at=at, who=by, what=str(place), before=before, after=after)
    await add_entry(db, entry)


def _row(change: Change) -> dict[str, Any]:
    splice = change.splice
    return {
        "place": str(change.place),
        "file": change.file,
        "at": change.at,
        "by": change.by[:80],
        "until": change.until,
        "before": change.before,
        "after": change.after,
        "undo": {
            "token": change.token,
            "mark": change.mark,
            "splice": [splice.at, splice.removed, splice.put] if splice else None,
        },
    }


def _change(row: Any) -> Change:
    splice = row.undo["splice"]
    return Change(
        place=Place.named(row.place),
        file=row.file,
        by=row.by,
        at=row.at,
        until=row.until,
        before=row.before,
        after=row.after,
        token=row.undo["token"],
        splice=Splice(*splice) if splice else None,
        mark=row.undo["mark"],
    )
