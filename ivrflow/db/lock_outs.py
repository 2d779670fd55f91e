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

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from ivrflow.db.audit import Entry, add_entry
from ivrflow.db.engine import Database
from ivrflow.db.tables import attempts, lock_outs
from ivrflow.flow.world import Against
from ivrflow.hashing import Hasher
from ivrflow.secret import Masked, Secret

AGENTS, MAILBOXES = "agents", "(mailboxes)"
CALLER, DIALLED, ALL = "(caller)", "(dialled)", "(all)"
OTHERS = frozenset((AGENTS, MAILBOXES, CALLER, DIALLED, ALL))
"""The sources of what is locked beside cards; a card's is its entry of data.yaml."""


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

    async def held(self, now: datetime) -> list[tuple[str, float]]:
        """The locks that hold at *now*: what each is of, and until when.

        Of which card nobody can tell: it is known by a keyed hash.
        """
        at = now.timestamp()

        async def work(db: AsyncConnection) -> list[tuple[str, float]]:
            rows = await db.execute(
                select(lock_outs.c.source, lock_outs.c.until)
                .where(lock_outs.c.until > at)
                .order_by(lock_outs.c.until)
            )
            return [(row.source, row.until) for row in rows]

        return await self._database.read(work)

    async def unlock(
        self, whom: Masked, now: datetime, *, by: str, everyone: bool = False
    ) -> list[str]:
        """Take off all that stands against *whom*, locks and attempts, as *by* says.

        That may be a card, or the number of an agent, a mailbox or a phone: each of
        these that was ever tried. *everyone*: the lock that holds for all calls, and
        no other. Returns the sources that were locked at *now*. It is in the audit,
        where a card shows its end at most.
        """
        known = self._known_as(Secret("") if everyone else whom)

        async def work(db: AsyncConnection) -> list[str]:
            of_all = lock_outs.c.source == ALL
            theirs = lock_outs.c.card == known, of_all if everyone else ~of_all
            rows = await db.execute(
                select(lock_outs.c.source, lock_outs.c.until).where(*theirs)
            )
            there = {row.source: row.until for row in rows}
            shown = _shown(whom, there)
            for name, until in there.items():
                for table in (attempts, lock_outs):
                    await db.execute(delete(table).where(*_this(table, name, known)))
                locked = until > now.timestamp()
                entry = Entry(
                    at=now.timestamp(),
                    who=by,
                    what=f"lock-out: {name} {shown}".rstrip(),
                    before="locked" if locked else "wrong PINs counted",
                    after="unlocked",
                )
                await add_entry(db, entry)
            return sorted(n for n, until in there.items() if until > now.timestamp())

        return await self._database.write(work)

    def _known_as(self, card: Secret) -> str:
        return self._hasher.known_as("card", card)


def _shown(whom: Masked, sources: Collection[str]) -> str:
    """How *whom* stands in the audit: in full where it is no card, but a number."""
    return whom.reveal() if OTHERS.issuperset(sources) else str(whom)


async def _locks(db: AsyncConnection, source: str, known: str, at: float) -> bool:
    """True if a lock holds at *at*; makes all who try the same thing take turns."""
    # The row is written before it is read: so each of them sees the others' attempts.
    its = (
        update(lock_outs)
        .where(*_this(lock_outs, source, known))
        .values(source=source)
        .returning(lock_outs.c.until)
    )
    until = (await db.execute(its)).scalar()
    if until is None:
        row = insert(lock_outs).values(source=source, card=known, until=0)
        try:
            async with db.begin_nested():
                await db.execute(row)
        except IntegrityError:  # somebody tries it for the first time just now, too
            until = (await db.execute(its)).scalar()
    return until is not None and until > at


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
