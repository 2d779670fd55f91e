"""Writes what happened: every fact, and the calls and steps that follow from them.

Whoever notes a fact must never wait for a disk. So `note` only puts it into a queue
with an end, and one task writes what is there, many facts in one transaction.

When the database is away the queue fills. Then the chatty facts (each sentence said)
are dropped first, later all of them, and the log says how many: a hole in the records
is bad, a service without memory is worse. What could be queued is written when the
database is back.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections import deque
from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ivrflow.aio import finish
from ivrflow.db.engine import Database, Refused
from ivrflow.db.tables import calls, facts, steps
from ivrflow.facts import (
    CallEnded,
    CallStarted,
    Connected,
    Decided,
    Fact,
    FactsLost,
    Said,
    StepEntered,
    StepFailed,
)
from ivrflow.flow.world import Trouble

log = logging.getLogger(__name__)

ROOM = 20_000
"""Facts that wait at most: some minutes of a busy service, some tens of megabytes."""

CHATTY = (Said,)
"""Dropped first, when three quarters of the room are taken."""

BATCH = 500
TICK = 0.05
"""Seconds in which facts gather before they are written together."""

LONGEST_TEXT = 4000
"""Characters of one text that are kept: whoever calls chooses some of them."""

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 5.0
LAST_TRY = 3.0
"""Seconds that a stop waits for what is still queued."""


class Records:
    """The facts' way into the database: `note` is a `Note`, `run` writes for ever."""

    def __init__(self, database: Database, *, room: int = ROOM) -> None:
        self._database = database
        self._room = room
        self._waiting: deque[Fact] = deque()
        self._news = asyncio.Event()
        self.dropped = 0
        """Facts that are lost, since the start."""
        self._told = 0
        self._untold = 0
        """Of them, those that figures need and of which no `FactsLost` tells yet."""

    def note(self, fact: Fact) -> None:
        """Take one fact. Never blocks, never fails."""
        taken = len(self._waiting)
        if taken >= self._room or (
            isinstance(fact, CHATTY) and taken >= self._room * 3 // 4
        ):
            self._drop(1, "the database does not take them")
            self._untold += not isinstance(fact, CHATTY)
            return
        self._waiting.append(fact)
        self._news.set()

    @property
    def waiting(self) -> int:
        """Facts that are not written yet."""
        return len(self._waiting)

    async def run(self) -> None:
        """Write for ever. Cancelled, it writes what is there, if that goes quickly."""
        try:
            while True:
                await self._news.wait()
                self._news.clear()  # before reading: news that comes meanwhile counts
                await asyncio.sleep(TICK)
                await self._write_all()
        finally:
            await finish(self._last_try())

    async def flush(self) -> None:
        """Write what is there now; raises `Trouble`. For tests and for the end."""
        while batch := self._next_batch():
            await finish(self._write(batch))

    async def _write_all(self) -> None:
        pause = 0.0
        while batch := self._next_batch():
            try:
                # To its end, or a stop in between would write the batch twice.
                await finish(self._write(batch))
            except Trouble as trouble:
                if not pause:
                    log.warning(
                        "%s; %d facts wait, trying again until it is back",
                        trouble,
                        self.waiting,
                    )
                pause = min(max(pause * 2, FIRST_PAUSE), LONGEST_PAUSE)
                await asyncio.sleep(pause)
                continue
            if pause:
                log.warning("the database is back; %d facts wait", self.waiting)
            pause = 0.0

    async def _last_try(self) -> None:
        try:
            async with asyncio.timeout(LAST_TRY):
                await self.flush()
        except (Trouble, TimeoutError) as error:
            self._drop(self.waiting, f"the service ends: {error or 'too slow'}")
            self._waiting.clear()

    def _next_batch(self) -> list[Fact]:
        # They stay in the queue until they are written: what fails is tried again.
        return [self._waiting[i] for i in range(min(len(self._waiting), BATCH))]

    async def _write(self, batch: Sequence[Fact]) -> None:
        """Write *batch* and take it from the queue; raise `Trouble` if that is vain."""
        try:
            await self._transact(batch)
        except Refused:
            # One of them is what the database does not take: the others shall not wait
            # behind it for ever.
            for fact in batch:
                try:
                    await self._transact([fact])
                except Refused as refused:
                    self._drop(1, f"{fact.kind}: {refused}")
                    self._untold += 1
                self._waiting.popleft()
        else:
            for _ in batch:
                self._waiting.popleft()
        if self._untold:
            # Figures that are made of facts must know of the hole; the chatty ones are
            # in none.
            self._waiting.append(FactsLost(at=batch[-1].at, count=self._untold))
            self._untold = 0

    async def _transact(self, batch: Sequence[Fact]) -> None:
        async def work(db: AsyncConnection) -> None:
            await write_facts(db, batch)

        await self._database.write(work)

    def _drop(self, count: int, why: str) -> None:
        self.dropped += count
        # At 1, 2, 4, 8 ... lost facts: told at once, and not once per fact.
        if self.dropped and self.dropped >= 2 * self._told:
            self._told = self.dropped
            log.error("%d facts lost: %s", self.dropped, why)


async def write_facts(db: AsyncConnection, batch: Sequence[Fact]) -> None:
    """Write the facts of *batch*, and what they say about calls and steps."""
    await db.execute(insert(facts), [_fact_row(fact) for fact in batch])
    await _insert_new(
        db, calls, {f.call: _call_row(f) for f in batch if isinstance(f, CallStarted)}
    )
    here, earlier = _outcomes(batch)
    # First those of steps that were entered in an earlier batch: the same step may be
    # entered again in this one.
    await _execute(db, OF_EARLIER_STEP, earlier)
    entered = [f for f in batch if isinstance(f, StepEntered)]
    await _insert_new(db, steps, {(f.call, f.number): _step_row(f) for f in entered})
    await _execute(db, OF_STEP, here)
    await _execute(
        db,
        OF_CALL,
        [{"this": f.call, "agent": f.agent} for f in batch if isinstance(f, Connected)],
    )
    await _execute(db, OF_CALL, [_end(f) for f in batch if isinstance(f, CallEnded)])


OF_CALL = update(calls).where(calls.c.id == bindparam("this"))
OF_STEP = update(steps).where(
    steps.c.call == bindparam("of"), steps.c.number == bindparam("this")
)
_again = steps.alias("again")
OF_EARLIER_STEP = update(steps).where(
    steps.c.call == bindparam("of"),
    # A step that was entered several times: the last of them has been decided.
    steps.c.number
    == select(func.max(_again.c.number))
    .where(_again.c.call == bindparam("of"), _again.c.step == bindparam("this"))
    .scalar_subquery(),
)


def _outcomes(batch: Sequence[Fact]) -> tuple[list[Any], list[Any]]:
    """Return how steps ended: of steps that *batch* enters, by number, and of others,
    by name."""
    numbers: dict[tuple[str, str], int] = {}
    here, earlier = [], []
    for fact in batch:
        if isinstance(fact, StepEntered):
            numbers[fact.call, fact.step] = fact.number
        elif isinstance(fact, Decided | StepFailed):
            number = numbers.get((fact.call, fact.step))
            if number is None:
                earlier.append({"of": fact.call, "this": fact.step, **_outcome(fact)})
            else:
                here.append({"of": fact.call, "this": number, **_outcome(fact)})
    return here, earlier


async def _execute(db: AsyncConnection, statement: Any, rows: list[Any]) -> None:
    if rows:
        await db.execute(statement, rows)


async def _insert_new(db: AsyncConnection, table: Any, rows: dict[Any, Any]) -> None:
    """Insert *rows*, by primary key, but those that are there already.

    A commit whose answer got lost is tried again; the facts are then doubled, which
    hurts nobody, but a call or a step that is there must not stop the rest.
    """
    if not rows:
        return
    key = list(table.primary_key.columns)
    held = await db.execute(select(*key).where(key[0].in_({_first(k) for k in rows})))
    known = {tuple(row) if len(key) > 1 else row[0] for row in held}
    await _execute(db, insert(table), [r for k, r in rows.items() if k not in known])


def _first(key: Any) -> Any:
    return key[0] if isinstance(key, tuple) else key


def _fact_row(fact: Fact) -> dict[str, Any]:
    return {
        "at": fact.at,
        "call": fact.call[:80],
        "kind": fact.kind,
        "data": _plain(fact.details()),
    }


def _call_row(fact: CallStarted) -> dict[str, Any]:
    return {
        "id": fact.call,
        "caller": fact.caller[:80],
        "dialled": fact.dialled[:80],
        "flow": fact.flow,
        "version": fact.version,
        "started": fact.at,
    }


def _step_row(fact: StepEntered) -> dict[str, Any]:
    return {
        "call": fact.call,
        "number": fact.number,
        "at": fact.at,
        "flow": fact.flow,
        "step": fact.step,
        "verb": fact.verb,
        "place": fact.place,
    }


def _outcome(fact: Decided | StepFailed) -> dict[str, Any]:
    if isinstance(fact, Decided):
        return {"outcome": fact.outcome, "target": fact.target, "why": fact.why}
    return {"outcome": "error", "target": None, "why": fact.error}


def _end(fact: CallEnded) -> dict[str, Any]:
    return {
        "this": fact.call,
        "ended": fact.at,
        "by": fact.by,
        "cause": fact.cause,
        "last_flow": fact.flow,
        "last_step": fact.step,
    }


def _plain(value: Any) -> Any:
    """Return *value* as JSON can hold it. What it can't hold becomes its text: one odd
    value must not keep all other facts from being written."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, str):
        # Half a surrogate pair has no place in UTF-8, nor a NUL in PostgreSQL.
        text = value[:LONGEST_TEXT].encode("utf-8", "replace").decode()
        return text.replace("\0", "�")
    if isinstance(value, dict) or hasattr(value, "items"):
        return {str(key): _plain(inside) for key, inside in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(inside) for inside in value]
    return str(value)
