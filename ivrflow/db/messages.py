"""The store of mailboxes: what callers are saying, until it is kept or dropped.

A message's row is there before its recording starts, so that a recording is never
without a row, whatever happens in between. Notices go into the outbox, and work into
the line, in the transaction that makes the message whole: there is no message without
them, and none of them of a message that is not there.

What becomes of a message that was kept is `boxes`'.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from itertools import groupby
from typing import TYPE_CHECKING, Any

from sqlalchemy import RowMapping, Select, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ivrflow.db.engine import Database
from ivrflow.db.message_rows import (
    DROPPED,
    Most,
    known_in,
    make_boxes,
    need_of,
    need_row,
    put_notices,
    put_work,
    room_taken,
)
from ivrflow.db.tables import KIND_OF_A_CALL, facts, messages, outbox, sounds
from ivrflow.db.transcripts import put_transcript
from ivrflow.facts import MessageLeft
from ivrflow.flow.world import Clock, LeftSound, NewMessage, Notice, Trouble
from ivrflow.flow.world.sounds import recorded_as
from ivrflow.voicemail.retention import DELETED, NEW, OLD, RECORDING, room

if TYPE_CHECKING:
    from ivrflow.flow.working.item import NewWork

LOOKS_BACK = 7200.0
"""Seconds before the last fact in which a message that is `untold` was begun: the
longest one lasts half of it, and may be heard again before it is kept."""


@dataclass(frozen=True, kw_only=True)
class KeptMessage:
    """A message that was kept, as those who are told of it are told."""

    new: NewMessage
    urgent: bool
    seconds: float
    notices: tuple[Notice, ...]


class SqlMessages:
    """A flow's `Messages`."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        work_news: Callable[[], None] = lambda: None,
    ) -> None:
        """*work_news* is called when a message has become work."""
        self._database = database
        self._clock = clock
        self._work_news = work_news

    async def begin(self, new: Sequence[NewMessage], *, most: Most) -> frozenset[str]:
        """As `Messages.begin`."""
        boxes = {one.mailbox for one in new}

        async def work(db: AsyncConnection) -> frozenset[str]:
            begun = await known_in(db, [one.message for one in new])
            if len(begun) == len(new):
                return frozenset(begun)
            await make_boxes(db, boxes)
            taken = await room_taken(db, boxes)
            for one in new:
                count = taken.get(one.mailbox, 0)
                limit = most.get(one.mailbox)
                full = limit is not None and not room(count, limit)
                if one.message in begun or full:
                    continue
                await _make_sound(db, one)
                await db.execute(insert(messages).values(**_row(one)))
                taken[one.mailbox] = count + 1
                begun.add(one.message)
            return frozenset(begun)

        return await self._database.write(work)

    async def urge(self, sound: str, urgent: bool) -> None:
        """As `Messages.urge`."""

        async def work(db: AsyncConnection) -> None:
            await db.execute(
                update(messages).where(*_begun(sound)).values(urgent=urgent)
            )

        await self._database.write(work)

    async def keep(
        self,
        sound: str,
        *,
        seconds: float,
        urgent: bool | None = None,
        ends: float = 0.0,
        notices: Mapping[str, Sequence[Notice]] | None = None,
        work: Mapping[str, NewWork] | None = None,
        transcribe: str | None = None,
    ) -> Sequence[str]:
        """As `Messages.keep`."""
        at = self._clock().timestamp()
        notices, work = notices or {}, work or {}

        async def keeping(db: AsyncConnection) -> list[str]:
            values: dict[str, Any] = {"state": NEW, "seconds": seconds}
            if urgent is not None:
                values["urgent"] = urgent
            found = await db.execute(
                update(messages)
                .where(*_begun(sound))
                .values(**values)
                .returning(messages.c.id, messages.c.at, messages.c.wanted)
            )
            kept = {row.id: row for row in found}
            if not kept:
                await _must_be_known(db, sound)
                return []
            await db.execute(
                update(sounds)
                .where(sounds.c.id == sound)
                .values(seconds=seconds, ends=ends)
            )
            for message, row in kept.items():
                await put_notices(db, message, notices.get(message, ()), at)
                if message in work:
                    await put_work(
                        db, message, work[message], asked=row.at, wanted=row.wanted
                    )
            if transcribe is not None:
                await put_transcript(db, sound, transcribe, at)
            return sorted(kept, key=lambda message: (message != sound, message))

        kept = await self._database.write(keeping)
        if work:
            self._work_news()
        return kept

    async def drop(self, sound: str, why: str) -> bool:
        """As `Messages.drop`."""

        async def work(db: AsyncConnection) -> bool:
            dropped = await db.execute(
                update(messages)
                .where(*_begun(sound))
                # What the flow knew of the caller was for who would have heard it.
                .values(state=DROPPED, why=why[:40], data={}, number="")
            )
            return bool(dropped.rowcount)

        return await self._database.write(work)

    async def left(self) -> list[LeftSound]:
        """As `Messages.left`."""
        zone = self._clock().tzinfo

        async def work(db: AsyncConnection) -> list[LeftSound]:
            found = await db.execute(
                select(messages)
                .where(messages.c.state == RECORDING)
                # The sound's own message first: it is the one of the first mailbox.
                .order_by(
                    messages.c.at,
                    messages.c.sound,
                    messages.c.id != messages.c.sound,
                    messages.c.id,
                )
            )
            rows = groupby(found.mappings(), key=lambda row: str(row["sound"]))
            return [_left(sound, list(of), zone) for sound, of in rows]

        return await self._database.read(work)

    async def untold(self) -> list[KeptMessage]:
        """Return those that were kept lately and of which no fact tells: a process that
        dies behind the one may have noted the other and not written it.

        What was sent on or taken in from elsewhere is nobody's call: it has no such
        fact.
        """
        zone = self._clock().tzinfo

        async def work(db: AsyncConnection) -> list[KeptMessage]:
            last = select(func.max(facts.c.id)).scalar_subquery()
            newest = await db.scalar(select(facts.c.at).where(facts.c.id == last))
            if newest is None:
                return []
            kept = await db.execute(kept_since(newest - LOOKS_BACK))
            found = {row["id"]: row for row in kept.mappings()}
            told = await db.scalars(
                select(facts.c.data).where(
                    facts.c.call.in_({row["call"] for row in found.values()}),
                    KIND_OF_A_CALL.in_((MessageLeft.__name__,)),
                )
            )
            for data in told:
                found.pop(data["message"], None)
            sent = await db.execute(
                select(outbox).where(outbox.c.message.in_(found)).order_by(outbox.c.id)
            )
            notices = [notice_of(row) for row in sent.mappings()]
            return [
                KeptMessage(
                    new=_new(row, zone),
                    urgent=row["urgent"],
                    seconds=row["seconds"],
                    notices=tuple(n for n in notices if n.message == row["id"]),
                )
                for row in found.values()
            ]

        return await self._database.read(work)


def kept_since(at: float) -> Select[Any]:
    """Ask for what callers have left since *at*, by the index of states and times."""
    return select(messages).where(
        messages.c.state.in_((NEW, OLD, DELETED)),
        messages.c.at >= at,
        messages.c.origin == "",
        messages.c.call != "",
    )


def notice_of(row: RowMapping) -> Notice:
    """A notice from its row in the outbox."""
    return Notice(
        channel=row["channel"],
        to=row["to"],
        mailbox=row["mailbox"],
        message=row["message"],
        attach=row["attach"],
    )


def _begun(sound: str) -> tuple[Any, Any]:
    return (messages.c.sound == sound, messages.c.state == RECORDING)


async def _make_sound(db: AsyncConnection, new: NewMessage) -> None:
    """See that what is recorded has its row: one for all mailboxes."""
    there = select(sounds.c.id).where(sounds.c.id == new.sound)
    if await db.scalar(there) is not None:
        return
    await db.execute(
        insert(sounds).values(
            id=new.sound,
            kind="message",
            place="switch",
            at=new.at.timestamp(),
            ends=0.0,
            sha256="",
            recorded=recorded_as(new.sound),
        )
    )


async def _must_be_known(db: AsyncConnection, sound: str) -> None:
    known = select(messages.c.id).where(messages.c.sound == sound).limit(1)
    if await db.scalar(known) is None:
        raise Trouble(
            f"message {sound} has no row; it was never begun, so it can't be kept"
        )


def _row(new: NewMessage) -> dict[str, Any]:
    return {
        "id": new.message,
        "sound": new.sound,
        "mailbox": new.mailbox,
        "call": new.call,
        "caller": new.caller[:80],
        "at": new.at.timestamp(),
        "data": dict(new.data),
        "state": RECORDING,
        "urgent": False,
        "number": new.number[:80],
        "language": new.language,
        "queue": new.queue,
        "waited": new.waited,
        "dialled": new.dialled[:80],
        "sender": new.sender,
        "wanted": need_row(new.wanted),
    }


def _new(row: RowMapping, zone: tzinfo | None) -> NewMessage:
    """A message as it was begun."""
    return NewMessage(
        message=row["id"],
        sound=row["sound"],
        mailbox=row["mailbox"],
        call=row["call"],
        caller=row["caller"],
        at=datetime.fromtimestamp(row["at"], zone),
        data=row["data"],
        number=row["number"],
        language=row["language"],
        queue=row["queue"],
        waited=row["waited"],
        dialled=row["dialled"],
        sender=row["sender"],
        wanted=need_of(row["wanted"]),
    )


def _left(sound: str, rows: Sequence[RowMapping], zone: tzinfo | None) -> LeftSound:
    return LeftSound(
        sound=sound,
        call=rows[0]["call"],
        urgent=rows[0]["urgent"],
        messages=tuple(_new(row, zone) for row in rows),
    )
