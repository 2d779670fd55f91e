"""The rows of messages: how they become values, and what is written along with them.

Leaving, hearing, sending on and throwing away all write the same tables; what more than
one of them does stands here, and is done in the transaction of whoever calls.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import RowMapping, Select, and_, func, insert, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from ivrflow.acd.model import ANYONE, Need
from ivrflow.db.tables import mailboxes, messages, outbox, sounds, transcripts, work
from ivrflow.flow.world import Notice
from ivrflow.flow.world.boxes import Placed, Speech, Stored
from ivrflow.voicemail.retention import NEW, OLD, TAKES_ROOM

if TYPE_CHECKING:
    from ivrflow.flow.working.item import NewWork

WAITING = "waiting"
"""Of what goes out, of work, of a transcript: it is not done yet."""

PLAYABLE = ("switch", "store")
"""Places from which a sound can be heard, and to which something may refer anew."""

DROPPED, GONE = "dropped", "gone"

intros = sounds.alias("intros")


# Reading ------------------------------------------------------------------------------


def stored_rows() -> Select[Any]:
    """Ask for messages as `stored` wants them."""
    return (
        select(
            messages,
            *_speech_columns(sounds, "sound"),
            *_speech_columns(intros, "intro"),
            transcripts.c.words,
        )
        .outerjoin(sounds, sounds.c.id == messages.c.sound)
        .outerjoin(intros, intros.c.id == messages.c.intro)
        .outerjoin(transcripts, transcripts.c.sound == messages.c.sound)
    )


def _speech_columns(table: Any, name: str) -> list[Any]:
    return [
        table.c[column].label(f"{name}_{column}")
        for column in ("seconds", "place", "recorded")
    ]


def stored(row: RowMapping, zone: tzinfo | None) -> Stored:
    """A message from a row of `stored_rows`; its times are in *zone*."""
    return Stored(
        **_place(row, zone),
        seconds=row["seconds"] or 0.0,
        speech=_speech(row, "sound"),
        intro=_speech(row, "intro") if row["intro"] else None,
        call=row["call"],
        caller=row["caller"],
        number=row["number"],
        language=row["language"],
        queue=row["queue"],
        waited=row["waited"],
        dialled=row["dialled"],
        sender=row["sender"],
        origin=row["origin"],
        data=row["data"],
        transcript=row["words"] or "",
    )


def _speech(row: RowMapping, name: str) -> Speech:
    return Speech(
        sound=row[name],
        seconds=row[f"{name}_seconds"] or row["seconds"] or 0.0,
        place=row[f"{name}_place"] or GONE,
        recorded=row[f"{name}_recorded"] or "",
    )


PLACED = (
    messages.c.id,
    messages.c.mailbox,
    messages.c.state,
    messages.c.folder,
    messages.c.urgent,
    messages.c.at,
    messages.c.heard,
    messages.c.deleted,
    messages.c.anew,
)
"""What `placed` wants of a message."""


def placed(row: RowMapping, zone: tzinfo | None) -> Placed:
    """What a message's place depends on."""
    return Placed(**_place(row, zone))


def _place(row: RowMapping, zone: tzinfo | None) -> dict[str, Any]:
    return {
        "message": row["id"],
        "mailbox": row["mailbox"],
        "state": row["state"],
        "folder": row["folder"],
        "urgent": row["urgent"],
        "at": datetime.fromtimestamp(row["at"], zone),
        "heard": moment(row["heard"], zone),
        "deleted": moment(row["deleted"], zone),
        "anew": moment(row["anew"], zone),
    }


def moment(at: float | None, zone: tzinfo | None) -> datetime | None:
    """Seconds since 1970 as a time in *zone*; None stays None."""
    return None if at is None else datetime.fromtimestamp(at, zone)


def need_row(need: Need) -> Any:
    """A need as one column; None for one that anybody meets."""
    return None if need == ANYONE else msgspec.to_builtins(need)


def need_of(column: Any) -> Need:
    """The need of such a column."""
    return msgspec.convert(column, Need) if column else ANYONE


def referred() -> Any:
    """Of a row of `sounds`: whether a message that can be heard refers to it."""
    return (
        select(messages.c.id)
        .where(
            or_(messages.c.sound == sounds.c.id, messages.c.intro == sounds.c.id),
            messages.c.state.not_in((DROPPED, GONE)),
        )
        .exists()
    )


# Writing ------------------------------------------------------------------------------


async def make_boxes(db: AsyncConnection, names: Collection[str]) -> set[str]:
    """See that these mailboxes have rows; return which had none."""
    known = await db.scalars(
        select(mailboxes.c.name).where(mailboxes.c.name.in_(names))
    )
    missing = set(names) - set(known)
    for name in sorted(missing):
        try:
            async with db.begin_nested():
                await db.execute(insert(mailboxes).values(name=name))
        except IntegrityError:
            pass  # another service knows it since a moment ago
    return missing


async def lock_boxes(db: AsyncConnection, names: Collection[str]) -> None:
    """Have these mailboxes for oneself until this transaction ends.

    For who decides by what is in them, or on hold. SQLite has one writer anyway;
    elsewhere their rows are locked, always in the same order.
    """
    await db.execute(
        select(mailboxes.c.name)
        .where(mailboxes.c.name.in_(names))
        .order_by(mailboxes.c.name)
        .with_for_update()
    )


async def room_taken(db: AsyncConnection, boxes: Collection[str]) -> dict[str, int]:
    """Mailbox -> how many messages count for how many it keeps, *boxes* locked."""
    await lock_boxes(db, boxes)
    return {row[0]: row[1] for row in await db.execute(room_asked(boxes))}


def room_asked(boxes: Collection[str]) -> Select[Any]:
    """Ask how many messages of each of *boxes* count for how many it keeps."""
    return (
        select(messages.c.mailbox, func.count())
        .where(messages.c.mailbox.in_(boxes), messages.c.state.in_(TAKES_ROOM))
        .group_by(messages.c.mailbox)
    )


async def put_notices(
    db: AsyncConnection, message: str, notices: Iterable[Notice], at: float
) -> None:
    """Put *notices* of *message* into the outbox; nobody is told twice, though a site
    may name him twice."""
    once = {(notice.channel, notice.to): notice for notice in notices}
    rows = [_outbox_row(message, notice, at) for notice in once.values()]
    if rows:
        await db.execute(insert(outbox), rows)


def _outbox_row(message: str, notice: Notice, at: float) -> dict[str, Any]:
    return {
        "key": secrets.token_hex(12),
        "at": at,
        "channel": notice.channel,
        "to": notice.to,
        "mailbox": notice.mailbox,
        "message": message,
        "attach": notice.attach,
        "call": "",
        "subject": "",
        "text": "",
        "data": {},
        "state": WAITING,
        "tries": 0,
        "due": at,
        "error": "",
    }


async def put_work(
    db: AsyncConnection, message: str, new: NewWork, *, asked: float, wanted: Any
) -> None:
    """Make *message*, left at *asked*, work; *wanted* as `need_row` gives it: what is
    needed where *new* says nothing."""
    wanted = wanted if new.need == ANYONE else need_row(new.need)
    await db.execute(
        insert(work).values(
            message=message,
            queue=new.queue,
            asked=asked,
            promised=new.promised,
            wanted=wanted,
            state=WAITING,
            tries=0,
            dials=0,
            not_before=0.0,
            offset=0.0,
            agent="",
            disposition="",
            by="",
            told=0,
        )
    )


async def known_in(db: AsyncConnection, ids: Sequence[str]) -> set[str]:
    """Which messages of these *ids* have rows."""
    return set(await db.scalars(select(messages.c.id).where(messages.c.id.in_(ids))))


def in_folder(box: str, folder: str) -> Any:
    """Of a message: whether it stands in *folder* of *box*, by its row's folder.

    Inbox, new and old are one folder there: what they differ in is the state.
    """
    stands = "" if folder in (NEW, OLD) else folder
    return and_(messages.c.mailbox == box, messages.c.folder == stands)


HEARABLE = (NEW, OLD)
"""States of messages that are in folders."""

Most = Mapping[str, int]
"""Mailbox -> how many messages it keeps; one that is left out keeps all."""
