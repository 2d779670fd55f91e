"""Messages whose time is over go: which, the rules of `voicemail.retention` say.

A page of a mailbox is judged and changed in one transaction, with what is on hold and
what somebody needs at that moment. A message that goes is still a row, for the log and
for who asks what became of it; its sound goes when nobody refers to it any more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, false, func, insert, or_, select, union, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ivrflow.db.engine import Database
from ivrflow.db.holds import holds_on
from ivrflow.db.message_rows import (
    GONE,
    PLACED,
    WAITING,
    Most,
    lock_boxes,
    make_boxes,
    placed,
    room_asked,
)
from ivrflow.db.tables import audit, mailboxes, messages, outbox, transcripts, work
from ivrflow.flow.world import Clock
from ivrflow.flow.world.boxes import Placed
from ivrflow.voicemail.retention import DELETED, NEW, OLD, Keep, may_go, room

GRACE = timedelta(days=1)
"""From when a site says for how long messages are kept until the first one goes."""

AN_EAR_TAKES = 86_400.0
"""Seconds for which a message waits for its words to be written down."""

A_LETTER_TAKES = 30 * 86_400.0
"""Seconds for which a message waits for a letter about it. Two days are what tries
take, the rest is for a machine that stood still. What nobody carries waits for ever."""

BY = "retention"


@dataclass(frozen=True, kw_only=True)
class NewRules:
    """A mailbox whose messages are kept for another time than until now."""

    mailbox: str
    since: datetime
    """Nothing goes before that."""
    over: int
    """Messages whose time is over by then."""


@dataclass(frozen=True, kw_only=True)
class Cleared:
    """A page of a mailbox."""

    gone: Sequence[Placed]
    """As they were before."""
    last: tuple[float, str] | None
    """Where the next page begins; None: this was the last one."""


class SqlRetention:
    """For how long mailboxes keep their messages, and what is over."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def enrol(self, keeps: Mapping[str, Keep]) -> list[NewRules]:
        """See that each mailbox has its row, and its rules in it.

        Returns those whose rules are others than before, and make something go.
        """
        now = self._clock()
        since = now + GRACE

        async def changing(db: AsyncConnection) -> list[NewRules]:
            await make_boxes(db, keeps)
            known = await db.execute(
                select(mailboxes.c.name, mailboxes.c.keeps).where(
                    mailboxes.c.name.in_(keeps)
                )
            )
            changed = [
                row.name for row in known if row.keeps != asdict(keeps[row.name])
            ]
            for box in changed:
                await db.execute(
                    update(mailboxes)
                    .where(mailboxes.c.name == box)
                    .values(keeps=asdict(keeps[box]), keeps_since=since.timestamp())
                )
            return [
                NewRules(
                    mailbox=box,
                    since=since,
                    over=await _over(db, box, keeps[box], since),
                )
                for box in changed
                if keeps[box] != Keep()
            ]

        return await self._database.write(changing)

    async def full(self, most: Most) -> Mapping[str, int]:
        """Mailbox -> how many messages it has, of those with no room for one more.

        Those that only greet are not full: they are to have none.
        """
        boxes = [box for box, limit in most.items() if limit]

        async def look(db: AsyncConnection) -> dict[str, int]:
            found = await db.execute(room_asked(boxes))
            return {row[0]: row[1] for row in found if not room(row[1], most[row[0]])}

        return await self._database.read(look)

    async def clear(
        self, box: str, *, after: tuple[float, str] | None = None, most: int = 200
    ) -> Cleared:
        """Let go what of a page of *box* is over, by the rules that it was enrolled
        with. *after*: the end of the page before; None: from the oldest message on.
        """
        now = self._clock()
        zone = now.tzinfo

        async def clearing(db: AsyncConnection) -> Cleared:
            # Nobody puts one on hold, or brings one back, between the look and the act.
            await lock_boxes(db, [box])
            keep, since = await _rules(db, box, zone)
            if since is None or since > now:
                return Cleared(gone=[], last=None)
            page = _page(box, keep, now, after).limit(most).with_for_update()
            rows = await db.execute(page)
            found = [placed(row, zone) for row in rows.mappings()]
            ids = [one.message for one in found]
            going = may_go(
                found,
                keep,
                now,
                since=since,
                holds=await holds_on(db, box),
                needed=await _needed(db, ids, now.timestamp()),
            )
            await _let_go(db, going, now.timestamp())
            full = len(found) == most
            last = (found[-1].at.timestamp(), ids[-1]) if full else None
            return Cleared(gone=going, last=last)

        return await self._database.write(clearing)


async def _rules(
    db: AsyncConnection, box: str, zone: Any
) -> tuple[Keep, datetime | None]:
    found = await db.execute(select(mailboxes).where(mailboxes.c.name == box))
    row = found.first()
    if row is None or row.keeps is None or row.keeps_since is None:
        return Keep(), None
    return Keep(**row.keeps), datetime.fromtimestamp(row.keeps_since, zone)


def _due_by(keep: Keep, now: datetime) -> Any:
    """That a message's time may be over at *now*: what `due` says, as a question."""
    heard = func.coalesce(messages.c.heard, messages.c.at)
    begun = (
        (NEW, keep.new, messages.c.at),
        (OLD, keep.heard, heard),
        (DELETED, keep.deleted, func.coalesce(messages.c.deleted, heard)),
    )
    at, anew = now.timestamp(), messages.c.anew
    return or_(
        false(),
        *(
            and_(
                messages.c.state == state,
                column <= at - lasts,
                or_(anew.is_(None), anew <= at - lasts),
            )
            for state, lasts, column in begun
            if lasts is not None
        ),
    )


def _page(box: str, keep: Keep, now: datetime, after: tuple[float, str] | None) -> Any:
    asked = select(*PLACED).where(messages.c.mailbox == box, _due_by(keep, now))
    if after is not None:
        at, message = after
        same = and_(messages.c.at == at, messages.c.id > message)
        asked = asked.where(or_(messages.c.at > at, same))
    return asked.order_by(messages.c.at, messages.c.id)


async def _over(db: AsyncConnection, box: str, keep: Keep, when: datetime) -> int:
    there = and_(messages.c.mailbox == box, _due_by(keep, when))
    count = await db.scalar(select(func.count()).select_from(messages).where(there))
    return count or 0


async def _needed(db: AsyncConnection, ids: Sequence[str], now: float) -> set[str]:
    """Which of these messages somebody needs still."""
    to_do = (
        select(work.c.message)
        .join(messages, messages.c.id == work.c.message)
        # Of a deleted message nobody sees the work: it goes with the message.
        .where(work.c.state == WAITING, messages.c.state != DELETED)
    )
    to_send = select(outbox.c.message).where(
        outbox.c.state == WAITING, outbox.c.at > now - A_LETTER_TAKES
    )
    to_read = (
        select(messages.c.id)
        .join(transcripts, transcripts.c.sound == messages.c.sound)
        .where(transcripts.c.state == WAITING, transcripts.c.at > now - AN_EAR_TAKES)
    )
    asked = union(
        to_do.where(work.c.message.in_(ids)),
        to_send.where(outbox.c.message.in_(ids)),
        to_read.where(messages.c.id.in_(ids)),
    )
    return {row[0] for row in await db.execute(asked)}


async def _let_go(db: AsyncConnection, going: Sequence[Placed], now: float) -> None:
    if not going:
        return
    ids = [one.message for one in going]
    await db.execute(
        update(messages)
        .where(messages.c.id.in_(ids))
        # What the flow knew of the caller was kept for who hears the message.
        .values(state=GONE, data={}, number="")
    )
    await db.execute(
        update(work)
        .where(work.c.message.in_(ids), work.c.state == WAITING)
        .values(state="withdrawn", ended=now, by=BY)
    )
    await db.execute(
        insert(audit),
        [
            {
                "at": now,
                "who": BY,
                "what": f"message {one.message} of mailbox {one.mailbox}",
                "before": one.state,
                "after": GONE,
            }
            for one in going
        ],
    )
