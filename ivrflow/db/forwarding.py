"""A message is sent on: other mailboxes get one of the same sound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import RowMapping, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ivrflow.db.audit import Entry, add_entry
from ivrflow.db.message_rows import (
    HEARABLE,
    PLAYABLE,
    Most,
    known_in,
    lock_boxes,
    make_boxes,
    put_notices,
    put_work,
    room_taken,
)
from ivrflow.db.tables import messages, sounds
from ivrflow.flow.world import Trouble
from ivrflow.flow.world.boxes import NewCopy
from ivrflow.voicemail.order import INBOX
from ivrflow.voicemail.retention import DELETED, NEW, room

CARRIED = (
    "call",
    "caller",
    "data",
    "urgent",
    "sound",
    "seconds",
    "number",
    "language",
    "queue",
    "waited",
    "dialled",
    "wanted",
)
"""What a copy has from the message that it is a copy of."""


@dataclass(frozen=True, kw_only=True)
class Sending:
    """What `Boxes.forward` is asked; *at* is seconds since 1970."""

    message: str
    copies: Sequence[NewCopy]
    by: str
    sender: str
    intro: str
    seconds: float
    most: Most
    at: float


async def send_on(db: AsyncConnection, asked: Sending) -> frozenset[str]:
    """Do it; return the copies that are there now. Raises `Trouble`."""
    there = await known_in(db, [copy.message for copy in asked.copies])
    new = [copy for copy in asked.copies if copy.message not in there]
    if not new:
        return frozenset(there)
    boxes = {copy.mailbox for copy in new}
    await make_boxes(db, boxes)
    await lock_boxes(db, boxes)  # before the message: as who clears a mailbox away
    row = await _original(db, asked.message)
    intro = asked.intro or row["intro"]
    await _hold_on_to(db, [row["sound"], *filter(None, [intro])])
    if asked.intro:
        await db.execute(
            update(sounds)
            .where(sounds.c.id == asked.intro)
            .values(seconds=asked.seconds)
        )
    taken = await room_taken(db, boxes)
    for copy in new:
        count, limit = taken.get(copy.mailbox, 0), asked.most.get(copy.mailbox)
        if limit is not None and not room(count, limit):
            continue
        await _copy(db, row, copy, asked, intro)
        taken[copy.mailbox] = count + 1
        there.add(copy.message)
    return frozenset(there)


async def _original(db: AsyncConnection, message: str) -> RowMapping:
    this = select(messages).where(messages.c.id == message).with_for_update()
    row = (await db.execute(this)).mappings().first()
    # One that was deleted in the talk that sends it on can still be restored in it.
    if row is None or row["state"] not in (*HEARABLE, DELETED):
        raise Trouble(f"message {message} can't be sent on: it is not there (any more)")
    return row


async def _hold_on_to(db: AsyncConnection, ids: Sequence[str]) -> None:
    """See that these sounds are there, and that nobody lets them go meanwhile."""
    playable = await db.scalars(
        select(sounds.c.id)
        .where(sounds.c.id.in_(ids), sounds.c.place.in_(PLAYABLE))
        .order_by(sounds.c.id)
        .with_for_update()
    )
    for gone in set(ids) - set(playable):
        raise Trouble(f"sound {gone} can't be sent on: it is not there (any more)")


async def _copy(
    db: AsyncConnection, row: RowMapping, copy: NewCopy, asked: Sending, intro: str
) -> None:
    values: dict[str, Any] = {name: row[name] for name in CARRIED}
    values |= {
        "id": copy.message,
        "mailbox": copy.mailbox,
        "at": asked.at,
        "state": NEW,
        "folder": INBOX,
        "intro": intro,
        "sender": asked.sender,
        "origin": asked.message,
    }
    await db.execute(insert(messages).values(values))
    await put_notices(db, copy.message, copy.notices, asked.at)
    if copy.work is not None:
        await put_work(
            db, copy.message, copy.work, asked=asked.at, wanted=row["wanted"]
        )
    await add_entry(
        db,
        Entry(
            at=asked.at,
            who=asked.by,
            what=f"message {asked.message} of mailbox {row['mailbox']}",
            after=f"sent on to mailbox {copy.mailbox} as message {copy.message}",
        ),
    )
