"""Wrong PINs counted over all calls, and the locks that follow from them.

They are counted per card, and, where the settings have limits, per calling number, per
dialled number and in all: then the "source" is the kind of limit, in brackets.

An attempt is counted before the PIN is compared, so that neither a crash nor a hang-up
at the right moment gives a free one. A card is known here by a keyed hash only, and
one that does not exist is counted like any other.

Rows of old attempts go when a new one comes: the table holds what was tried within the
longest `within` that is in use, and no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ivrflow.db.engine import Database
from ivrflow.db.tables import attempts, lock_outs
from ivrflow.flow.world import Against
from ivrflow.hashing import Hasher
from ivrflow.secret import Secret


class SqlLockOuts:
    """A flow's `LockOuts`."""

    def __init__(self, database: Database, hasher: Hasher) -> None:
        self._database = database
        self._hasher = hasher

    async def locked(self, source: str, card: Secret, now: datetime) -> bool:
        """True as long as a lock of *card* at *source* lasts."""
        this = _this(lock_outs, source, self._known_as(card))

        async def work(db: AsyncConnection) -> bool:
            until = await db.scalar(select(lock_outs.c.until).where(*this))
            return until is not None and until > now.timestamp()

        return await self._database.read(work)

    async def count(
        self,
        source: str,
        card: Secret,
        now: datetime,
        *,
        after: int,
        within: float,
        lasting: float,
    ) -> bool:
        """Count an attempt, before it is checked; lock the card from *after* on.

        True if it may be checked. See `LockOuts.count`.
        """
        one = Against(source, card, after, within, lasting)
        return await self.count_all([one], now)

    async def count_all(self, against: Sequence[Against], now: datetime) -> bool:
        """Count one attempt against several things, in one act.

        False, and nothing is counted, while any of them is locked.
        """
        at = now.timestamp()
        # In one order everywhere: two attempts that wait for each other's rows would
        # wait for ever.
        each = sorted(
            ((one.source, self._known_as(one.who), one) for one in against),
            key=lambda known: known[:2],
        )

        async def work(db: AsyncConnection) -> bool:
            for source, known, _ in each:
                if await _locks(db, source, known, at):
                    return False  # neither counted nor making the lock longer
            for source, known, one in each:
                await _count(db, source, known, at, one)
            return True

        return await self._database.write(work)

    async def take_back(self, against: Sequence[Against], now: datetime) -> None:
        """The attempt that was counted at *now* was none: right, or never judged.

        A lock that only it made is taken back too. One that was not counted changes
        nothing.
        """
        at = now.timestamp()

        async def work(db: AsyncConnection) -> None:
            for one in against:
                known = self._known_as(one.who)
                mine = (
                    select(attempts.c.id)
                    .where(*_this(attempts, one.source, known), attempts.c.at == at)
                    .limit(1)
                    .scalar_subquery()
                )
                gone = await db.execute(delete(attempts).where(attempts.c.id == mine))
                if not gone.rowcount:
                    continue  # it was never counted: no lock is of its making
                await db.execute(
                    update(lock_outs)
                    .where(
                        *_this(lock_outs, one.source, known),
                        _tried(one.source, known, at - one.within) < one.after,
                    )
                    .values(until=0)
                )

        await self._database.write(work)

    async def forget(self, source: str, card: Secret) -> None:
        """The attempt was right: nothing stands against the card any more."""
        known = self._known_as(card)

        async def work(db: AsyncConnection) -> None:
            for table in (attempts, lock_outs):
                await db.execute(delete(table).where(*_this(table, source, known)))

        await self._database.write(work)

    def _known_as(self, card: Secret) -> str:
        return self._hasher.known_as("card", card)


async def _locks(db: AsyncConnection, source: str, known: str, at: float) -> bool:
    """True if a lock holds at *at*; makes all who try the same thing take turns."""
    # The row is written before it is read: so each of them sees the others' attempts.
    row = await db.execute(
        update(lock_outs)
        .where(*_this(lock_outs, source, known))
        .values(source=source)
        .returning(lock_outs.c.until)
    )
    until = row.scalar()
    if until is None:
        await db.execute(insert(lock_outs).values(source=source, card=known, until=0))
        return False
    return bool(until > at)


async def _count(
    db: AsyncConnection, source: str, known: str, at: float, one: Against
) -> None:
    await db.execute(
        delete(attempts).where(
            attempts.c.source == source, attempts.c.at <= at - one.within
        )
    )
    await db.execute(insert(attempts).values(source=source, card=known, at=at))
    await db.execute(
        update(lock_outs)
        .where(
            *_this(lock_outs, source, known),
            _tried(source, known, at - one.within) >= one.after,
        )
        .values(until=at + one.lasting)
    )


def _tried(source: str, known: str, since: float) -> Any:
    """How many attempts there were after *since*."""
    return (
        select(func.count())
        .where(*_this(attempts, source, known), attempts.c.at > since)
        .scalar_subquery()
    )


def _this(table: Any, source: str, known: str) -> tuple[Any, ...]:
    return table.c.source == source, table.c.card == known
