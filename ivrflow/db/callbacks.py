"""Promises to call back, and places that are kept for who was cut off.

A wish is in line because it is in this table, and no longer than that: whoever takes a
row from `waiting` to another state has ended it, and nobody else can. So a caller who
calls himself, a supervisor and the one who dials can't all three have it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, and_, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ivrflow.acd.model import Need, Widening
from ivrflow.db.audit import Entry, add_entry
from ivrflow.db.engine import Database
from ivrflow.db.tables import KIND_OF_A_CALL, callbacks, facts, kept_places
from ivrflow.facts import CallbackEnded, CallbackTried
from ivrflow.flow.wish import Kept, Wish, WishState, plain_number, settled
from ivrflow.flow.wish_ends import TALKED, Untold

WAITING = callbacks.c.state == WishState.WAITING.value

OLD_PROMISE = 7200.0
"""Seconds that were promised to those who asked before promises were written down."""

LOOKS_BACK = 60.0
"""Seconds before the last end that an earlier process has written: no fact was further
behind, unless the database was away."""

ENDED, ENDS = CallbackEnded.__name__, (CallbackEnded.__name__, CallbackTried.__name__)

ENDED_FOR = 30 * 86400.0
"""Seconds for which a wish that is over is kept: the facts tell of it longer."""


class _Wanted(msgspec.Struct, frozen=True):
    """What a wish takes into the line, as one column."""

    need: Need = Need()
    priority: float = 0.0
    widening: tuple[Widening, ...] = ()
    shown: dict[str, str] = {}


class SqlCallbacks:
    """A flow's `Callbacks`, and the `Promises` of who calls back."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.news = asyncio.Event()

    async def keep(self, wish: Wish, *, most: int, own: bool) -> Kept:
        """As `Callbacks.keep`."""

        async def work(db: AsyncConnection) -> Kept:
            found = await db.execute(
                select(callbacks).where(callbacks.c.queue == wish.queue, WAITING)
            )
            kept = settled(map(_wish, found), wish, own=own, most=most)
            if not kept:
                return kept
            for old in kept.instead_of:
                await _end(db, old, WishState.TAKEN_BACK, wish.asked, "")
            await db.execute(
                delete(callbacks).where(
                    or_(and_(*_this(wish)), callbacks.c.ended < wish.asked - ENDED_FOR)
                )
            )
            await db.execute(insert(callbacks).values(**_row(kept.wish)))
            return kept

        kept = await self._database.write(work)
        self.news.set()
        return kept

    async def booked(
        self, queue: str, first: datetime, last: datetime
    ) -> Mapping[float, int]:
        """As `Callbacks.booked`."""

        async def work(db: AsyncConnection) -> dict[float, int]:
            found = await db.execute(
                select(callbacks.c.due, func.count())
                .where(
                    callbacks.c.queue == queue,
                    WAITING,
                    callbacks.c.due.between(first.timestamp(), last.timestamp()),
                )
                .group_by(callbacks.c.due)
            )
            return {row[0]: row[1] for row in found}

        return await self._database.read(work)

    async def take_back(self, queue: str, number: str, now: float) -> Wish | None:
        """As `Callbacks.take_back`."""
        plain = plain_number(number)
        if not plain:
            return None

        async def look(db: AsyncConnection) -> Wish | None:
            found = await db.execute(
                select(callbacks)
                .where(
                    callbacks.c.queue == queue,
                    callbacks.c.number == plain[:80],
                    WAITING,
                    or_(callbacks.c.due.is_(None), callbacks.c.due <= now),
                )
                .order_by(func.coalesce(callbacks.c.due, callbacks.c.since))
                .limit(1)
            )
            row = found.first()
            return _wish(row) if row is not None else None

        # Nearly everybody who comes to a queue wants no callback: only a look is cheap.
        wish = await self._database.read(look)
        if wish is None or not await self.end(wish, WishState.TAKEN_BACK, now):
            return None
        return wish

    async def open(self, queue: str | None = None) -> list[Wish]:
        """As `Promises.open`."""

        async def work(db: AsyncConnection) -> list[Wish]:
            asked = select(callbacks).where(WAITING)
            if queue is not None:
                asked = asked.where(callbacks.c.queue == queue)
            return [_wish(row) for row in await db.execute(asked)]

        return sorted(
            await self._database.read(work), key=lambda wish: (wish.joined, wish.call)
        )

    async def overdue(self, now: float) -> Mapping[str, tuple[int, float]]:
        """Queue -> how many promises are over untried, and the oldest one's seconds."""

        async def work(db: AsyncConnection) -> dict[str, tuple[int, float]]:
            found = await db.execute(
                select(
                    callbacks.c.queue,
                    func.count(),
                    func.min(callbacks.c.promised),
                )
                .where(WAITING, callbacks.c.tried.is_(None), callbacks.c.promised < now)
                .group_by(callbacks.c.queue)
            )
            return {row[0]: (row[1], now - row[2]) for row in found}

        return await self._database.read(work)

    async def dialled(self, wish: Wish, now: float) -> Wish | None:
        """As `Promises.dialled`."""

        async def work(db: AsyncConnection) -> Wish | None:
            done = await db.execute(
                update(callbacks)
                .where(*_this(wish), WAITING)
                .values(
                    tries=callbacks.c.tries + 1,
                    tried=func.coalesce(callbacks.c.tried, now),
                )
            )
            if done.rowcount == 0:
                return None
            row = (await db.execute(select(callbacks).where(*_this(wish)))).one()
            return _wish(row)

        return await self._database.write(work)

    async def pause(self, wish: Wish, until: float) -> None:
        """As `Promises.pause`."""

        async def work(db: AsyncConnection) -> None:
            await db.execute(
                update(callbacks).where(*_this(wish)).values(not_before=until)
            )

        await self._database.write(work)

    async def end(
        self, wish: Wish, state: WishState, now: float, *, by: str = ""
    ) -> bool:
        """As `Promises.end`. What a person ends (*by*) stands in the audit log."""

        async def work(db: AsyncConnection) -> bool:
            if not await _end(db, wish, state, now, by):
                return False
            if by:
                what = f"callback of call {wish.call} in queue {wish.queue}"
                entry = Entry(
                    at=now, who=by, what=what, before="waiting", after=state.value
                )
                await add_entry(db, entry)
            return True

        ended = await self._database.write(work)
        self.news.set()
        return ended

    async def untold(self, before: float) -> Sequence[Untold]:
        """As `Ending.untold`."""

        async def work(db: AsyncConnection) -> list[Untold]:
            newest = await db.scalar(
                select(func.max(callbacks.c.ended)).where(callbacks.c.ended < before)
            )
            if newest is None:
                return []
            ended = await db.execute(
                select(callbacks).where(
                    callbacks.c.ended.between(newest - LOOKS_BACK, newest)
                )
            )
            rows = {(row.call, row.queue): row for row in ended}
            told: dict[tuple[str, str], set[str]] = {}
            noted = select(facts.c.call, facts.c.kind, facts.c.data).where(
                facts.c.call.in_({call for call, _ in rows}), KIND_OF_A_CALL.in_(ENDS)
            )
            for call, kind, data in await db.execute(noted):
                if kind == ENDED or data["how"] == TALKED:
                    told.setdefault((call, str(data["queue"])), set()).add(kind)
            return [
                Untold(_wish(row), row.ended, row.by, told.get(key, frozenset()))
                for key, row in rows.items()
                if ENDED not in told.get(key, ())
            ]

        return await self._database.read(work)


@dataclass(frozen=True)
class KeptPlace:
    """Who gets which place again, and until when; seconds since 1970."""

    queue: str
    who: str
    joined: float
    until: float


class SqlPlaces:
    """A flow's `KeptPlaces`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, queue: str, who: str, *, joined: float, until: float) -> None:
        """As `KeptPlaces.keep`."""
        await self.keep_all([KeptPlace(queue, who, joined, until)])

    async def keep_all(self, places: Sequence[KeptPlace]) -> None:
        """Keep many at once: of those whom the end of the last service cut off."""

        async def work(db: AsyncConnection) -> None:
            for place in places:
                row = {**asdict(place), "who": place.who[:80]}
                await db.execute(
                    delete(kept_places).where(*_place(place.queue, place.who))
                )
                await db.execute(insert(kept_places).values(**row))

        if places:
            await self._database.write(work)

    async def take(self, queue: str, who: str, now: float) -> float | None:
        """As `KeptPlaces.take`. What is over by now goes too, whosever it is."""

        ours = (*_place(queue, who), kept_places.c.until >= now)

        async def look(db: AsyncConnection) -> float | None:
            return await db.scalar(select(kept_places.c.joined).where(*ours))

        async def take(db: AsyncConnection) -> float | None:
            # In one statement: who dials in twice at once gets the place once.
            joined = await db.scalar(
                delete(kept_places).where(*ours).returning(kept_places.c.joined)
            )
            await db.execute(delete(kept_places).where(kept_places.c.until < now))
            return joined

        if await self._database.read(look) is None:
            return None
        return await self._database.write(take)


def _place(queue: str, who: str) -> tuple[Any, Any]:
    return (kept_places.c.queue == queue, kept_places.c.who == who[:80])


def _this(wish: Wish) -> tuple[Any, Any]:
    return (callbacks.c.call == wish.call, callbacks.c.queue == wish.queue)


async def _end(
    db: AsyncConnection, wish: Wish, state: WishState, now: float, by: str
) -> bool:
    done = await db.execute(
        update(callbacks)
        .where(*_this(wish), WAITING)
        .values(state=state.value, ended=now, by=by[:80])
    )
    return bool(done.rowcount)


def _row(wish: Wish) -> dict[str, Any]:
    wanted = _Wanted(wish.need, wish.priority, wish.widening, dict(wish.shown))
    return {
        "call": wish.call,
        "queue": wish.queue,
        "number": wish.number[:80],
        "since": wish.since,
        "state": wish.state.value,
        "due": wish.due,
        "asked": wish.asked,
        "promised": wish.promised,
        "wanted": msgspec.to_builtins(wanted),
        "language": wish.language,
        "tries": wish.tries,
        "tried": wish.tried,
        "not_before": wish.not_before,
    }


def _wish(row: Row[Any]) -> Wish:
    wanted = msgspec.convert(row.wanted or {}, _Wanted)
    asked = row.since if row.asked is None else row.asked
    begins = asked if row.due is None else row.due
    return Wish(
        call=row.call,
        queue=row.queue,
        number=row.number,
        since=row.since,
        asked=asked,
        promised=begins + OLD_PROMISE if row.promised is None else row.promised,
        due=row.due,
        need=wanted.need,
        priority=wanted.priority,
        widening=wanted.widening,
        language=row.language,
        shown=wanted.shown,
        state=WishState(row.state),
        tries=row.tries,
        tried=row.tried,
        not_before=row.not_before,
    )
