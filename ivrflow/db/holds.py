"""Legal holds: what nobody's deletion and no retention makes go.

A hold is never removed, only lifted: who wanted it, why, and until when stays.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ivrflow.db.audit import Entry, add_entry
from ivrflow.db.engine import Database
from ivrflow.db.message_rows import DROPPED, GONE, lock_boxes, make_boxes, moment
from ivrflow.db.tables import holds, messages
from ivrflow.flow.world import Clock
from ivrflow.flow.world.boxes import LegalHold
from ivrflow.voicemail.retention import Hold

LONGEST_WHY = 500


class SqlHolds:
    """The `Holds` of an archive."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def hold(self, box: str, message: str = "", *, by: str, why: str) -> str:
        """As `Holds.hold`."""
        now = self._clock().timestamp()

        async def work(db: AsyncConnection) -> str:
            await make_boxes(db, [box])
            await lock_boxes(db, [box])  # nothing of it goes meanwhile
            if message:
                known = select(messages.c.id).where(
                    messages.c.id == message,
                    messages.c.mailbox == box,
                    messages.c.state.not_in((DROPPED, GONE)),  # only its row is left
                )
                if await db.scalar(known) is None:
                    raise LookupError(f"mailbox {box} has no message {message}")
            found = await db.scalar(select(holds.c.id).where(*_on(box, message)))
            if found is not None:
                return str(found)
            new = secrets.token_hex(12)
            await db.execute(
                insert(holds).values(
                    id=new,
                    mailbox=box,
                    message=message,
                    at=now,
                    by=by[:80],
                    why=why[:LONGEST_WHY],
                    lifted_by="",
                )
            )
            await _audit(db, now, by, box, message, f"on hold: {why[:LONGEST_WHY]}")
            return new

        return await self._database.write(work)

    async def release(self, box: str, message: str = "", *, by: str) -> bool:
        """As `Holds.release`."""
        now = self._clock().timestamp()

        async def work(db: AsyncConnection) -> bool:
            lifted = await db.execute(
                update(holds)
                .where(*_on(box, message))
                .values(lifted=now, lifted_by=by[:80])
            )
            if not lifted.rowcount:
                return False
            await _audit(db, now, by, box, message, "not on hold")
            return True

        return await self._database.write(work)

    async def holds(self, box: str | None = None) -> Sequence[LegalHold]:
        """As `Holds.holds`."""
        zone = self._clock().tzinfo
        asked = select(holds).where(holds.c.lifted.is_(None))
        if box is not None:
            asked = asked.where(holds.c.mailbox == box)

        async def work(db: AsyncConnection) -> list[LegalHold]:
            rows = await db.execute(asked.order_by(holds.c.at, holds.c.id))
            return [_hold(row, zone) for row in rows]

        return await self._database.read(work)


async def holds_on(db: AsyncConnection, box: str) -> frozenset[Hold]:
    """What of *box* is on hold now, in the transaction of who asks."""
    rows = await db.execute(
        select(holds.c.message).where(holds.c.mailbox == box, holds.c.lifted.is_(None))
    )
    return frozenset(Hold(box, row.message) for row in rows)


def _on(box: str, message: str) -> tuple[Any, ...]:
    return (
        holds.c.mailbox == box,
        holds.c.message == message,
        holds.c.lifted.is_(None),
    )


async def _audit(
    db: AsyncConnection, now: float, by: str, box: str, message: str, after: str
) -> None:
    what = f"message {message} of mailbox {box}" if message else f"mailbox {box}"
    await add_entry(db, Entry(at=now, who=by, what=what, after=after))


def _hold(row: Row[Any], zone: tzinfo | None) -> LegalHold:
    return LegalHold(
        hold=row.id,
        mailbox=row.mailbox,
        message=row.message,
        at=datetime.fromtimestamp(row.at, zone),
        by=row.by,
        why=row.why,
        lifted=moment(row.lifted, zone),
        lifted_by=row.lifted_by,
    )
