"""Mailboxes for who hears them: what is in them, and what is done with it.

Each act is one transaction with its entry in the audit log: there is no listening, and
no deletion, of which the log does not tell. An act that finds things as it wants them
changes nothing and, but for listening, is no entry.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, delete, func, insert, or_, select
from sqlalchemy import update as change
from sqlalchemy.ext.asyncio import AsyncConnection

from ivrflow.db import box_pins, greetings
from ivrflow.db.audit import Entry, add_entry
from ivrflow.db.box_pages import folder_page, left_behind
from ivrflow.db.engine import Database
from ivrflow.db.forwarding import Sending, send_on
from ivrflow.db.message_rows import (
    DROPPED,
    GONE,
    HEARABLE,
    PLACED,
    Most,
    in_folder,
    placed,
    stored,
    stored_rows,
)
from ivrflow.db.tables import left_off, mailboxes, messages
from ivrflow.flow.world import Clock
from ivrflow.flow.world.boxes import Greeting, LeftOff, NewCopy, NewSound, Pin, Stored
from ivrflow.voicemail.order import INBOX, Counts, Filed, listed, put_into
from ivrflow.voicemail.retention import DELETED, NEW, OLD, RECORDING

Values = dict[str, Any]
Change = Callable[[RowMapping, float], Values | None]
"""What of a message's row changes at a time; None: nothing."""


class SqlBoxes:
    """The `Boxes` of who hears messages."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        work_news: Callable[[], None] = lambda: None,
    ) -> None:
        """*work_news* is called when work may have come into sight, or out of it."""
        self._database = database
        self._clock = clock
        self._work_news = work_news

    # What is there --------------------------------------------------------------------

    async def names(self) -> list[str]:
        """The mailboxes that have ever been known here, also of an older site."""

        async def work(db: AsyncConnection) -> list[str]:
            return list(await db.scalars(select(mailboxes.c.name).order_by("name")))

        return await self._database.read(work)

    async def counts(self, box: str) -> Counts:
        """As `Boxes.counts`."""
        return (await self.all_counts([box]))[box]

    async def all_counts(self, boxes: Collection[str]) -> Mapping[str, Counts]:
        """As `Boxes.all_counts`."""
        urgent = and_(messages.c.state == NEW, messages.c.urgent)
        counted = (
            select(
                messages.c.mailbox,
                func.count().filter(urgent),
                func.count().filter(messages.c.state == NEW),
                func.count().filter(messages.c.state == OLD),
            )
            .where(
                messages.c.mailbox.in_(boxes),
                messages.c.folder == INBOX,
                messages.c.state.in_(HEARABLE),
            )
            .group_by(messages.c.mailbox)
        )

        async def work(db: AsyncConnection) -> dict[str, Counts]:
            found = {
                row[0]: Counts(urgent=row[1], new=row[2], old=row[3])
                for row in await db.execute(counted)
            }
            return {box: found.get(box, Counts()) for box in boxes}

        return await self._database.read(work)

    async def filed(
        self, box: str, folder: str, *, since: datetime | None = None
    ) -> Sequence[Filed]:
        """As `Boxes.filed`."""
        zone = self._clock().tzinfo
        there: Any = messages.c.state.in_(HEARABLE)
        if since is not None:
            deleted = messages.c.deleted >= since.timestamp()
            there = or_(there, and_(messages.c.state == DELETED, deleted))

        def work(db: Connection) -> list[Filed]:
            rows = db.execute(select(*PLACED).where(in_folder(box, folder), there))
            all_of_them: list[Filed] = [placed(row, zone) for row in rows.mappings()]
            return listed(all_of_them, folder, since=since)

        return await self._database.read_at_once(work)

    async def messages(
        self, box: str, folder: str, *, after: str = "", most: int = 50
    ) -> Sequence[Stored]:
        """As `Boxes.messages`."""
        zone = self._clock().tzinfo

        def work(db: Connection) -> list[Stored]:
            page = folder_page(db, box, folder, after, most)
            rows = db.execute(stored_rows().where(messages.c.id.in_(page)))
            found = {row["id"]: stored(row, zone) for row in rows.mappings()}
            return [found[one] for one in page]

        return await self._database.read_at_once(work)

    async def kept(
        self, box: str, *, after: str = "", most: int = 200
    ) -> Sequence[Stored]:
        """A page of all that *box* has, of whatever folder, deleted ones too.

        From the oldest on, behind message *after*: an order that nobody's hearing
        changes meanwhile.
        """
        zone = self._clock().tzinfo

        def work(db: Connection) -> list[Stored]:
            rows = stored_rows().where(
                messages.c.mailbox == box,
                messages.c.state.not_in((RECORDING, DROPPED, GONE)),
                left_behind(db, after),
            )
            page = rows.order_by(messages.c.at, messages.c.id).limit(most)
            return [stored(row, zone) for row in db.execute(page).mappings()]

        return await self._database.read_at_once(work)

    async def message(self, message: str) -> Stored | None:
        """As `Boxes.message`."""
        zone = self._clock().tzinfo

        async def work(db: AsyncConnection) -> Stored | None:
            found = await db.execute(stored_rows().where(messages.c.id == message))
            row = found.mappings().first()
            return None if row is None else stored(row, zone)

        return await self._database.read(work)

    # What is done with it -------------------------------------------------------------

    async def heard(self, message: str, *, by: str) -> bool | None:
        """As `Boxes.heard`."""

        def hear(row: RowMapping, now: float) -> Values | None:
            if row["state"] in (RECORDING, DROPPED, GONE):
                return None
            values: Values = {} if row["heard"] is not None else {"heard": now}
            return values | ({"state": OLD} if row["state"] == NEW else {})

        was = await self._act(message, hear, by=by, after="heard")
        return None if was is None else was["state"] == NEW

    async def make_new(self, message: str, *, by: str) -> bool:
        """As `Boxes.make_new`."""

        def forget(row: RowMapping, now: float) -> Values | None:
            if row["state"] != OLD:
                return None
            return {"state": NEW, "heard": None, "anew": now}

        return await self._act(message, forget, by=by, after="new") is not None

    async def urge(self, message: str, urgent: bool, *, by: str) -> bool:
        """As `Boxes.urge`."""

        def urging(row: RowMapping, now: float) -> Values | None:
            if row["urgent"] == urgent or row["state"] not in HEARABLE:
                return None
            return {"urgent": urgent}

        after = "urgent" if urgent else "not urgent"
        return await self._act(message, urging, by=by, after=after) is not None

    async def move(self, message: str, folder: str, *, by: str) -> bool:
        """As `Boxes.move`."""

        def moving(row: RowMapping, now: float) -> Values | None:
            if row["state"] not in HEARABLE:
                return None
            state, stands = put_into(folder, state=row["state"])
            if (state, stands) == (row["state"], row["folder"]):
                return None
            again: Values = {}
            if state == OLD:
                again = {"heard": row["heard"] or now}
            elif row["state"] == OLD:
                again = {"heard": None, "anew": now}
            return {"state": state, "folder": stands, **again}

        after = f"in folder {folder}"
        return await self._act(message, moving, by=by, after=after) is not None

    async def delete(self, message: str, *, by: str) -> bool:
        """As `Boxes.delete`."""

        def deleting(row: RowMapping, now: float) -> Values | None:
            if row["state"] not in HEARABLE:
                return None
            return {"state": DELETED, "deleted": now}

        was = await self._act(message, deleting, by=by, after="deleted")
        if was is not None:
            self._work_news()
        return was is not None

    async def restore(self, message: str, *, by: str) -> bool:
        """As `Boxes.restore`."""

        def restoring(row: RowMapping, now: float) -> Values | None:
            if row["state"] != DELETED:
                return None
            state = NEW if row["heard"] is None else OLD
            return {"state": state, "deleted": None, "anew": now}

        was = await self._act(message, restoring, by=by, after="restored")
        if was is not None:
            self._work_news()
        return was is not None

    async def forward(
        self,
        message: str,
        copies: Sequence[NewCopy],
        *,
        by: str,
        sender: str,
        intro: str = "",
        seconds: float = 0.0,
        most: Most | None = None,
    ) -> frozenset[str]:
        """As `Boxes.forward`."""
        sending = Sending(
            message=message,
            copies=copies,
            by=by,
            sender=sender,
            intro=intro,
            seconds=seconds,
            most=most or {},
            at=self._clock().timestamp(),
        )
        sent = await self._database.write(lambda db: send_on(db, sending))
        if any(copy.work for copy in copies):
            self._work_news()
        return sent

    async def _act(
        self, message: str, what: Change, *, by: str, after: str
    ) -> RowMapping | None:
        """Change a message and note it; the row as it was, None: nothing was done."""
        now = self._clock().timestamp()

        async def work(db: AsyncConnection) -> RowMapping | None:
            this = messages.c.id == message
            found = await db.execute(select(messages).where(this).with_for_update())
            row = found.mappings().first()
            values = None if row is None else what(row, now)
            if row is None or values is None:
                return None
            if values:
                await db.execute(change(messages).where(this).values(**values))
            await add_entry(
                db,
                Entry(
                    at=now,
                    who=by,
                    what=f"message {message} of mailbox {row['mailbox']}",
                    before=_told(row),
                    after=after,
                ),
            )
            return row

        return await self._database.write(work)

    # Where somebody was ---------------------------------------------------------------

    async def leave_off(self, box: str, who: str, place: LeftOff | None) -> None:
        """As `Boxes.leave_off`."""
        his = and_(left_off.c.mailbox == box, left_off.c.who == who[:80])

        async def work(db: AsyncConnection) -> None:
            await db.execute(delete(left_off).where(his))
            if place is not None:
                await db.execute(
                    insert(left_off).values(
                        mailbox=box,
                        who=who[:80],
                        message=place.message,
                        offset=place.offset,
                        at=place.at.timestamp(),
                    )
                )

        await self._database.write(work)

    async def left_off(self, box: str, who: str) -> LeftOff | None:
        """As `Boxes.left_off`."""
        zone = self._clock().tzinfo

        async def work(db: AsyncConnection) -> LeftOff | None:
            found = await db.execute(
                select(left_off)
                .join(messages, messages.c.id == left_off.c.message)
                .where(
                    left_off.c.mailbox == box,
                    left_off.c.who == who[:80],
                    messages.c.mailbox == box,
                    messages.c.state.in_(HEARABLE),
                )
            )
            row = found.first()
            if row is None:
                return None
            at = datetime.fromtimestamp(row.at, zone)
            return LeftOff(message=row.message, offset=row.offset, at=at)

        return await self._database.read(work)

    # PINs and greetings ---------------------------------------------------------------

    async def pin(self, box: str) -> Pin | None:
        """As `Boxes.pin`."""
        return await self._database.read(lambda db: box_pins.pin(db, box))

    async def set_pin(
        self,
        box: str,
        hashed: str | None,
        *,
        by: str,
        must_change: bool = False,
        fixed: bool | None = None,
    ) -> None:
        """As `Boxes.set_pin`."""
        now = self._clock().timestamp()
        new = box_pins.NewPin(hashed or "", must_change=must_change, fixed=fixed)
        await self._database.write(
            lambda db: box_pins.set_pin(db, box, new, by=by, now=now)
        )

    async def begin_sound(self, new: NewSound) -> None:
        """As `Boxes.begin_sound`."""
        await self._database.write(lambda db: greetings.begin_sound(db, new))

    async def greetings(self, box: str) -> Mapping[tuple[str, str], Greeting]:
        """As `Boxes.greetings`."""
        zone = self._clock().tzinfo
        return await self._database.read(lambda db: greetings.spoken(db, box, zone))

    async def greet(
        self,
        box: str,
        kind: str,
        language: str,
        sound: str | None,
        *,
        by: str,
        seconds: float = 0.0,
        until: datetime | None = None,
    ) -> bool:
        """As `Boxes.greet`."""
        which = greetings.Which(box, kind, language)
        now = self._clock()
        if sound is None:
            return await self._database.write(
                lambda db: greetings.take_off(db, which, by=by, now=now)
            )
        new = greetings.NewGreeting(sound=sound, seconds=seconds, until=until)
        return await self._database.write(
            lambda db: greetings.put_on(db, which, new, by=by, now=now)
        )


def _told(row: RowMapping) -> str:
    """Where a message is, in words."""
    if row["state"] in HEARABLE and row["folder"]:
        return f"{row['state']}, in folder {row['folder']}"
    return str(row["state"])
