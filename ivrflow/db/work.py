"""Messages as work: what waits to be dealt with, and what became of it.

A message is in line because its row here says "waiting" and its own says that it is
there. Each act has its condition in the UPDATE itself, so that of two who end the same
work at once one has ended it. Rows are made where messages are (`messages`,
`forwarding`), in the transaction that makes a message new. What is taken in from
another system is no work: nobody knows what was promised there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, Select, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ivrflow.db.audit import Entry, add_entry
from ivrflow.db.engine import Database
from ivrflow.db.message_rows import need_of
from ivrflow.db.tables import KIND_OF_A_CALL, facts, messages, work
from ivrflow.facts import WorkBegan, WorkEnded
from ivrflow.flow.working.item import WorkItem, WorkState
from ivrflow.voicemail.retention import NEW, OLD

WAITS = work.c.state == WorkState.WAITING.value
"""Nobody has ended it."""

THERE = messages.c.state.in_((NEW, OLD))
"""Its message is not deleted."""

TELLS = {WorkBegan.__name__: 1, WorkEnded.__name__: 2}
"""Kind of fact -> what `WorkItem.told` is, once it is there."""


class SqlWork:
    """A `WorkStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.news = asyncio.Event()

    async def open(self, queue: str | None = None) -> list[WorkItem]:
        """As `WorkStore.open`."""

        def look(db: Connection) -> list[WorkItem]:
            asked = waiting()
            if queue is not None:
                asked = asked.where(work.c.queue == queue)
            return [_item(row) for row in db.execute(asked)]

        return await self._database.read_at_once(look)

    async def of(self, message: str) -> WorkItem | None:
        """As `WorkStore.of`."""

        async def look(db: AsyncConnection) -> WorkItem | None:
            return await _of(db, message)

        return await self._database.read(look)

    async def had(self, item: WorkItem, agent: str) -> WorkItem | None:
        """As `WorkStore.had`."""
        return await self._changed(item, agent=agent[:80])

    async def at(self, item: WorkItem, offset: float) -> None:
        """As `WorkStore.at`."""

        async def note(db: AsyncConnection) -> None:
            await db.execute(update(work).where(*_this_try(item)).values(offset=offset))

        await self._database.write(note)

    async def dialled(self, item: WorkItem, now: float) -> WorkItem | None:
        """As `WorkStore.dialled`."""
        return await self._changed(
            item, dials=work.c.dials + 1, tried=func.coalesce(work.c.tried, now)
        )

    async def give_back(self, item: WorkItem, until: float) -> None:
        """As `WorkStore.give_back`."""

        async def back(db: AsyncConnection) -> None:
            await db.execute(
                update(work)
                .where(*_this_try(item))
                .values(tries=work.c.tries + 1, not_before=until, offset=0.0)
            )

        await self._database.write(back)
        self.news.set()

    async def end(
        self,
        message: str,
        state: WorkState,
        now: float,
        *,
        agent: str = "",
        disposition: str = "",
        by: str = "",
    ) -> bool:
        """As `WorkStore.end`."""

        async def ends(db: AsyncConnection) -> bool:
            values: dict[str, Any] = {
                "state": state.value,
                "ended": now,
                "disposition": disposition,
                "by": by[:80],
            }
            if agent:
                values["agent"] = agent[:80]
            done = await db.execute(
                update(work).where(work.c.message == message, WAITS).values(**values)
            )
            if not done.rowcount:
                return False
            if by:
                what = f"work of message {message}"
                said = f"{state.value}: {disposition}" if disposition else state.value
                entry = Entry(at=now, who=by, what=what, before="waiting", after=said)
                await add_entry(db, entry)
            return True

        ended = await self._database.write(ends)
        self.news.set()
        return ended

    async def overdue(self, now: float) -> Mapping[str, tuple[int, float]]:
        """As `WorkStore.overdue`."""

        async def look(db: AsyncConnection) -> dict[str, tuple[int, float]]:
            return {
                row[0]: (row[1], now - row[2]) for row in await db.execute(late(now))
            }

        return await self._database.read(look)

    async def untold(self, most: int) -> Sequence[WorkItem]:
        """As `WorkStore.untold`.

        What facts tell of already, though nobody came to say so here, is found by
        them: a service that died between the two tells nothing twice.
        """

        async def look(db: AsyncConnection) -> list[WorkItem]:
            items = [_item(row) for row in await db.execute(lagging().limit(most))]
            calls = {item.call for item in items} - {""}
            told: dict[str, int] = {}
            noted = select(facts.c.kind, facts.c.data).where(
                facts.c.call.in_(calls), KIND_OF_A_CALL.in_(TELLS)
            )
            for kind, data in await db.execute(noted) if calls else ():
                message = str(data["message"])
                told[message] = max(told.get(message, 0), TELLS[kind])
            return [
                replace(item, told=max(item.told, told.get(item.message, 0)))
                for item in items
            ]

        return await self._database.read(look)

    async def told(self, items: Sequence[WorkItem]) -> None:
        """As `WorkStore.told`."""

        async def note(db: AsyncConnection) -> None:
            for told in (1, 2):
                these = [item.message for item in items if item.to_tell == told]
                if these:
                    await db.execute(
                        update(work)
                        .where(work.c.message.in_(these), work.c.told < told)
                        .values(told=told)
                    )

        if items:
            await self._database.write(note)

    async def _changed(self, item: WorkItem, **values: Any) -> WorkItem | None:
        """Change what waits and is there; as it is then, None: it waits no more."""
        there = select(messages.c.id).where(messages.c.id == item.message, THERE)

        async def change(db: AsyncConnection) -> WorkItem | None:
            done = await db.execute(
                update(work)
                .where(work.c.message == item.message, WAITS, there.exists())
                .values(**values)
            )
            return await _of(db, item.message) if done.rowcount else None

        return await self._database.write(change)


def _this_try(item: WorkItem) -> tuple[Any, ...]:
    return (work.c.message == item.message, work.c.tries == item.tries, WAITS)


def _items() -> Select[Any]:
    """Work with what its message says of it."""
    return select(
        work,
        messages.c.mailbox,
        messages.c.sound,
        messages.c.intro,
        messages.c.call,
        messages.c.number,
        messages.c.caller,
        messages.c.urgent,
        messages.c.language,
        messages.c.data,
        messages.c.seconds,
    ).join(messages, messages.c.id == work.c.message)


def waiting() -> Select[Any]:
    """Ask for what is in line, first in line first."""
    return _items().where(WAITS, THERE).order_by(work.c.promised, messages.c.id)


def late(now: float) -> Select[Any]:
    """Ask for queue, how many are overdue in it at *now*, the oldest promise."""
    return (
        select(work.c.queue, func.count(), func.min(work.c.promised))
        .join(messages, messages.c.id == work.c.message)
        .where(WAITS, THERE, work.c.tried.is_(None), work.c.promised < now)
        .group_by(work.c.queue)
    )


def lagging() -> Select[Any]:
    """Ask for that of which facts do not tell yet, as it happened."""
    lags = or_(work.c.told < 1, ~WAITS)
    return (
        _items()
        # One way to both: by the OR alone the rows are looked for twice.
        .where(work.c.told < 2, lags)
        .order_by(func.coalesce(work.c.ended, work.c.asked))
    )


async def _of(db: AsyncConnection, message: str) -> WorkItem | None:
    row = (await db.execute(_items().where(work.c.message == message))).first()
    return _item(row) if row is not None else None


def _item(row: Row[Any]) -> WorkItem:
    return WorkItem(
        message=row.message,
        mailbox=row.mailbox,
        queue=row.queue,
        sound=row.sound,
        seconds=row.seconds or 0.0,
        intro=row.intro or "",
        call=row.call,
        # Who was not asked for another one is called at the one that he called from.
        number=row.number or row.caller,
        caller=row.caller,
        asked=row.asked,
        promised=row.promised,
        urgent=row.urgent,
        need=need_of(row.wanted),
        language=row.language,
        data={str(name): str(value) for name, value in (row.data or {}).items()},
        state=WorkState(row.state),
        tries=row.tries,
        tried=row.tried,
        dials=row.dials,
        not_before=row.not_before,
        offset=row.offset,
        agent=row.agent,
        disposition=row.disposition,
        by=row.by,
        ended=row.ended,
        told=row.told,
    )
