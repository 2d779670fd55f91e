"""The PINs of mailboxes, hashed. The audit log tells that one was set, and no more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ivrflow.db.audit import Entry, add_entry
from ivrflow.db.message_rows import make_boxes
from ivrflow.db.tables import mailboxes
from ivrflow.flow.world.boxes import Pin


@dataclass(frozen=True)
class NewPin:
    """*hashed* "": the mailbox opens by none. *fixed* None: as it was."""

    hashed: str
    must_change: bool = False
    fixed: bool | None = None


async def pin(db: AsyncConnection, box: str) -> Pin | None:
    """How *box* is opened; None: by no PIN."""
    found = await db.execute(select(mailboxes).where(mailboxes.c.name == box))
    row = found.first()
    if row is None or not row.pin_hash:
        return None
    return Pin(hashed=row.pin_hash, must_change=row.must_change, fixed=row.fixed)


async def set_pin(
    db: AsyncConnection, box: str, new: NewPin, *, by: str, now: float
) -> None:
    """Give *box* another PIN, or none; the same one again changes nothing."""
    await make_boxes(db, [box])
    was = await pin(db, box)
    fixed = new.fixed if new.fixed is not None else was is not None and was.fixed
    # Who can't change it is not asked to: he would never come in.
    must_change = new.must_change and not fixed
    now_is = (
        Pin(hashed=new.hashed, must_change=must_change, fixed=fixed)
        if new.hashed
        else None
    )
    if was == now_is:
        return
    values: dict[str, Any] = {
        "pin_hash": new.hashed,
        "pin_set": now,
        "must_change": must_change,
        "fixed": fixed,
    }
    await db.execute(update(mailboxes).where(mailboxes.c.name == box).values(values))
    entry = Entry(
        at=now,
        who=by,
        what=f"PIN of mailbox {box}",
        before=_told(was),
        after="changed" if was and now_is else _told(now_is),
    )
    await add_entry(db, entry)


def _told(one: Pin | None) -> str:
    return "none" if one is None else "set"
