"""The outbox: what goes out, kept until it is handed over.

Whoever delivers takes rows for a while only: a process that dies with them loses
nothing, since they are due again. So each arrives at least once; its key says which one
it is to whoever gets it twice. What was sent or given up stays, without its words.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import RowMapping, Select, and_, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ivrflow.db.engine import Database
from ivrflow.db.tables import messages, outbox
from ivrflow.flow.letters import About, Parcel
from ivrflow.flow.world import Clock, Letter, Trouble
from ivrflow.secret import Secret

WAITING = "waiting"
SENT = "sent"
FAILED = "failed"
LONGEST_ERROR = 500

CALL = "call"
"""The channel whose letters are told by phone, out of the mailbox itself."""

TAKEN = ""
"""The error of one that was tried and has not failed: somebody has it, or died with
it."""


class SqlOutbox:
    """A flow's `Outbox`, and the `Deliveries` of whoever delivers."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def put(self, letters: Sequence[Letter]) -> None:
        """Keep *letters*, all or none; one that is there already changes nothing."""
        at = self._clock().timestamp()
        rows = [_row(letter, at) for letter in letters]

        async def work(db: AsyncConnection) -> None:
            keys = [row["key"] for row in rows]
            known = await db.scalars(select(outbox.c.key).where(outbox.c.key.in_(keys)))
            there = set(known)
            new = [row for row in rows if row["key"] not in there]
            if new:
                await db.execute(insert(outbox), new)

        await self._database.write(work)

    async def take(
        self, channels: Collection[str], now: float, *, most: int, lease: float
    ) -> Sequence[Parcel]:
        """Take what is due, for *lease* seconds; see `Deliveries.take`."""
        due = due_now(channels, now).limit(most)

        async def look(db: AsyncConnection) -> bool:
            return (await db.execute(due.limit(1))).first() is not None

        async def work(db: AsyncConnection) -> list[Parcel]:
            taken = await db.scalars(
                # The condition stands in the update: of two that take, one gets it.
                update(outbox)
                .where(outbox.c.id.in_(due), outbox.c.due <= now)
                .values(due=now + lease, tries=outbox.c.tries + 1, error=TAKEN)
                .returning(outbox.c.id)
            )
            ids = list(taken)
            found = await db.execute(
                select(
                    outbox,
                    messages.c.caller,
                    messages.c.at.label("left_at"),
                    messages.c.seconds,
                    messages.c.urgent,
                )
                .join_from(
                    outbox, messages, outbox.c.message == messages.c.id, isouter=True
                )
                .where(outbox.c.id.in_(ids))
                .order_by(outbox.c.id)
            )
            return [_parcel(row) for row in found.mappings()]

        # Mostly there is nothing: who only looks holds up no writer.
        if not await self._database.read(look):
            return []
        return await self._database.write(work)

    async def release(self) -> int:
        """Make what a dead process had taken due at once; return how many those were.

        Only for who knows that nobody else delivers: what he has would go out twice.
        """
        now = self._clock().timestamp()

        async def work(db: AsyncConnection) -> int:
            released = await db.execute(
                update(outbox)
                .where(
                    outbox.c.state == WAITING,
                    outbox.c.due > now,
                    outbox.c.tries > 0,
                    outbox.c.error == TAKEN,
                )
                .values(due=now)
            )
            return released.rowcount

        return await self._database.write(work)

    async def renew(self, key: str, until: float) -> None:
        """As `Deliveries.renew`."""
        await self._settle(key, due=until)

    async def sent(self, key: str, now: float) -> None:
        """It was handed over: what it said is forgotten."""
        await self._settle(key, state=SENT, due=now, error="", text="", data={})

    async def later(self, key: str, due: float, why: str) -> None:
        """It failed, and is tried again at *due*."""
        await self._settle(key, due=due, error=why[:LONGEST_ERROR])

    async def put_off(self, key: str, due: float, why: str) -> None:
        """It waits for something until *due*: that it was taken counts as no try."""
        await self._settle(key, due=due, tries=outbox.c.tries - 1, error=why)

    async def last(self, parcel: Parcel) -> bool:
        """As `Deliveries.last`."""
        its = select(outbox.c.message).where(outbox.c.key == parcel.key)

        async def work(db: AsyncConnection) -> bool:
            others = await db.scalar(
                select(func.count()).where(
                    outbox.c.message == its.scalar_subquery(),
                    outbox.c.key != parcel.key,
                    or_(
                        and_(
                            outbox.c.channel == parcel.channel, outbox.c.state != SENT
                        ),
                        and_(outbox.c.channel == CALL, outbox.c.state == WAITING),
                    ),
                )
            )
            return not others

        return await self._database.read(work)

    async def give_up(self, key: str, now: float, why: str) -> None:
        """It failed for good; it stays to be looked at."""
        await self._settle(key, state=FAILED, due=now, error=why[:LONGEST_ERROR])

    async def waiting(self) -> Mapping[str, int]:
        """Return channel -> how many wait."""

        async def work(db: AsyncConnection) -> dict[str, int]:
            found = await db.execute(
                select(outbox.c.channel, func.count())
                .where(outbox.c.state == WAITING)
                .group_by(outbox.c.channel)
            )
            return {row[0]: row[1] for row in found}

        return await self._database.read(work)

    async def _settle(self, key: str, **values: Any) -> None:
        async def work(db: AsyncConnection) -> None:
            await db.execute(
                update(outbox)
                .where(outbox.c.key == key, outbox.c.state == WAITING)
                .values(**values)
            )

        await self._database.write(work)


def due_now(channels: Collection[str], now: float) -> Select[Any]:
    """Ask for the letters of *channels* that are due, the first one first."""
    return (
        select(outbox.c.id)
        .where(
            outbox.c.state == WAITING,
            outbox.c.channel.in_(list(channels)),
            outbox.c.due <= now,
        )
        .order_by(outbox.c.due, outbox.c.id)
    )


def _row(letter: Letter, at: float) -> dict[str, Any]:
    if isinstance(letter.text, Secret):
        raise Trouble("a letter with a secret can't be kept; hand it over at once")
    return {
        "key": letter.key,
        "at": at,
        "channel": letter.channel,
        "to": letter.to,
        "mailbox": "",
        "message": None,
        "attach": "",
        "call": letter.call,
        "subject": letter.subject,
        "text": letter.text,
        "data": dict(letter.data),
        "state": WAITING,
        "tries": 0,
        "due": at,
        "error": "",
    }


def _parcel(row: RowMapping) -> Parcel:
    about = None
    if row["message"] is not None:
        about = About(
            message=row["message"],
            mailbox=row["mailbox"],
            caller=row["caller"],
            at=row["left_at"],
            seconds=row["seconds"] or 0.0,
            urgent=row["urgent"],
        )
    return Parcel(
        key=row["key"],
        channel=row["channel"],
        to=row["to"],
        at=row["at"],
        tries=row["tries"] - 1,
        subject=row["subject"],
        text=row["text"],
        data=row["data"],
        call=row["call"],
        attach=row["attach"],
        about=about,
    )
