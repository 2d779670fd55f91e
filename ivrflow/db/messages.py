"""The store of mailboxes: what callers have said, and the notices that tell of it.

A message's row is there before its recording starts, so that a recording is never
without a row, whatever happens in between. Notices go into the outbox in the
transaction that makes the message whole: there is no message without its notices, and
no notice of a message that is not there. Whoever sends them reads the outbox.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import RowMapping, func, insert, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ivrflow.db.engine import Database
from ivrflow.db.tables import facts, mailboxes, messages, outbox
from ivrflow.facts import MessageLeft
from ivrflow.flow.world import Clock, LeftMessage, NewMessage, Notice, Trouble

RECORDING = "recording"
NEW = "new"
DROPPED = "dropped"
WAITING = "waiting"

LOOKS_BACK = 3600.0
"""Seconds before the last fact in which a message that is `untold` was begun."""


@dataclass(frozen=True, kw_only=True)
class StoredMessage:
    """A message as it is kept. *at* is seconds since 1970; *state* recording, new or
    dropped; *seconds* None as long as it is being recorded."""

    message: str
    mailbox: str
    call: str
    caller: str
    at: float
    state: str
    seconds: float | None
    urgent: bool
    data: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class KeptMessage:
    """A message that was kept, as those who are told of it are told."""

    left: LeftMessage
    seconds: float
    notices: tuple[Notice, ...]


class SqlMessages:
    """A flow's `Messages`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def begin(self, message: NewMessage) -> None:
        """Make the message's row, before its recording starts; one with its id stays.

        A step that is done again after a restart begins the same message again.
        """

        async def work(db: AsyncConnection) -> None:
            known = select(messages.c.id).where(messages.c.id == message.message)
            if await db.scalar(known) is not None:
                return
            here = select(mailboxes.c.name).where(mailboxes.c.name == message.mailbox)
            if await db.scalar(here) is None:
                await db.execute(insert(mailboxes).values(name=message.mailbox))
            await db.execute(
                insert(messages).values(
                    id=message.message,
                    mailbox=message.mailbox,
                    call=message.call,
                    caller=message.caller[:80],
                    at=message.at.timestamp(),
                    data=dict(message.data),
                    state=RECORDING,
                    urgent=False,
                )
            )

        await self._database.write(work)

    async def urge(self, message: str) -> None:
        """It is urgent, should nobody be there any more to say so in the end."""

        async def work(db: AsyncConnection) -> None:
            await db.execute(
                update(messages)
                .where(messages.c.id == message, messages.c.state == RECORDING)
                .values(urgent=True)
            )

        await self._database.write(work)

    async def keep(
        self, message: str, *, seconds: float, urgent: bool, notices: Sequence[Notice]
    ) -> bool:
        """The message is whole; its notices go into the outbox in the same act.

        Keeping it again changes nothing and returns False: nobody is told twice.
        """
        at = self._clock().timestamp()

        async def work(db: AsyncConnection) -> bool:
            kept = await db.execute(
                update(messages)
                .where(messages.c.id == message, messages.c.state == RECORDING)
                .values(
                    state=NEW,
                    seconds=seconds,
                    urgent=true() if urgent else messages.c.urgent,
                )
            )
            if kept.rowcount == 0:
                await _must_be_known(db, message)
                return False
            if notices:
                # Nobody is told twice, though the site may name him twice.
                once = {(notice.channel, notice.to): notice for notice in notices}
                await db.execute(
                    insert(outbox),
                    [_outbox_row(message, notice, at) for notice in once.values()],
                )
            return True

        return await self._database.write(work)

    async def drop(self, message: str) -> None:
        """Nothing worth keeping was recorded. A message that was kept stays."""

        async def work(db: AsyncConnection) -> None:
            await db.execute(
                update(messages)
                .where(messages.c.id == message, messages.c.state == RECORDING)
                .values(state=DROPPED)
            )

        await self._database.write(work)

    async def left(self) -> list[LeftMessage]:
        """Return those that are neither kept nor dropped, the oldest first."""

        async def work(db: AsyncConnection) -> list[LeftMessage]:
            found = await db.execute(
                select(messages)
                .where(messages.c.state == RECORDING)
                .order_by(messages.c.at, messages.c.id)
            )
            return [_left(row) for row in found.mappings()]

        return await self._database.read(work)

    async def untold(self) -> list[KeptMessage]:
        """Return those that were kept lately and of which no fact tells: a process that
        dies behind the one may have noted the other and not written it."""

        async def work(db: AsyncConnection) -> list[KeptMessage]:
            last = select(func.max(facts.c.id)).scalar_subquery()
            newest = await db.scalar(select(facts.c.at).where(facts.c.id == last))
            if newest is None:
                return []
            kept = await db.execute(
                select(messages).where(
                    messages.c.state == NEW, messages.c.at >= newest - LOOKS_BACK
                )
            )
            found = {row["id"]: row for row in kept.mappings()}
            told = await db.scalars(
                select(facts.c.data).where(
                    facts.c.call.in_({row["call"] for row in found.values()}),
                    facts.c.kind == MessageLeft.__name__,
                )
            )
            for data in told:
                found.pop(data["message"], None)
            sent = await db.execute(
                select(outbox).where(outbox.c.message.in_(found)).order_by(outbox.c.id)
            )
            notices = [_notice(row) for row in sent.mappings()]
            return [
                KeptMessage(
                    left=_left(row),
                    seconds=row["seconds"],
                    notices=tuple(n for n in notices if n.message == row["id"]),
                )
                for row in found.values()
            ]

        return await self._database.read(work)

    async def of(self, mailbox: str) -> list[StoredMessage]:
        """Return what *mailbox* holds, oldest first, dropped messages included."""

        async def work(db: AsyncConnection) -> list[StoredMessage]:
            found = await db.execute(
                select(messages)
                .where(messages.c.mailbox == mailbox)
                .order_by(messages.c.at, messages.c.id)
            )
            return [_stored(row) for row in found.mappings()]

        return await self._database.read(work)

    async def notices(self, message: str) -> list[Notice]:
        """Return the notices of *message* that wait in the outbox, in their order."""

        async def work(db: AsyncConnection) -> list[Notice]:
            found = await db.execute(
                select(outbox)
                .where(outbox.c.message == message, outbox.c.state == WAITING)
                .order_by(outbox.c.id)
            )
            return [_notice(row) for row in found.mappings()]

        return await self._database.read(work)


async def _must_be_known(db: AsyncConnection, message: str) -> None:
    if await db.scalar(select(messages.c.id).where(messages.c.id == message)) is None:
        raise Trouble(
            f"message {message} has no row; it was never begun, so it can't be kept"
        )


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


def _left(row: RowMapping) -> LeftMessage:
    return LeftMessage(
        message=row["id"],
        mailbox=row["mailbox"],
        call=row["call"],
        urgent=row["urgent"],
    )


def _notice(row: RowMapping) -> Notice:
    return Notice(
        channel=row["channel"],
        to=row["to"],
        mailbox=row["mailbox"],
        message=row["message"],
        attach=row["attach"],
    )


def _stored(row: RowMapping) -> StoredMessage:
    return StoredMessage(
        message=row["id"],
        mailbox=row["mailbox"],
        call=row["call"],
        caller=row["caller"],
        at=row["at"],
        state=row["state"],
        seconds=row["seconds"],
        urgent=row["urgent"],
        data=row["data"],
    )
