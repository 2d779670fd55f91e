"""Reads what `records` has written: the list of calls, and what happened in one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from functools import cache
from typing import Any

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ivrflow.db.engine import Database
from ivrflow.db.tables import calls, facts, steps
from ivrflow.facts import Fact

MOST = 1000
"""Calls that one question gives back at most."""


@dataclass(frozen=True, kw_only=True)
class CallRecord:
    """A call: *started* and *ended* are seconds since 1970, *ended* None while it runs.

    *by* is who ended it, *cause* the code of Q.850, *agent* who talked with the caller
    last; *flow* is where it began, *last_flow* and *last_step* where it ended.
    """

    id: str
    caller: str
    dialled: str
    flow: str
    version: str
    started: float
    ended: float | None
    by: str | None
    cause: int | None
    last_flow: str | None
    last_step: str | None
    agent: str | None


@dataclass(frozen=True, kw_only=True)
class StepRecord:
    """A step of a call; *outcome*, *target* and *why* are None while it runs."""

    number: int
    at: float
    flow: str
    step: str
    verb: str
    place: str
    outcome: str | None
    target: str | None
    why: str | None


@dataclass(frozen=True, kw_only=True)
class StoredFact:
    """A fact as it was written; *data* is `Fact.details`."""

    at: float
    kind: str
    data: Mapping[str, Any]

    def restored(self, call: str) -> Fact | None:
        """Return the fact of *call* that it was; None for a kind that nobody knows.

        An older version may have written it, or a newer one: what it did not know yet
        has its default, and what we don't know any more is left out. A fact that lacks
        what it can't be without is None too.
        """
        of = KINDS.get(self.kind)
        if of is None:
            return None
        known, needed = _fields_of(self.kind)
        given = {name: self.data[name] for name in known if name in self.data}
        if any(name not in given for name in needed):
            return None
        return of(at=self.at, call=call, **given)


@cache
def _fields_of(kind: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of a kind's fields, and of those that it can't be without."""
    known = [f for f in fields(KINDS[kind]) if f.name not in ("at", "call")]
    needed = (f.name for f in known if f.default is f.default_factory is MISSING)
    return tuple(f.name for f in known), tuple(needed)


KINDS: dict[str, type[Fact]] = {of.__name__: of for of in Fact.__subclasses__()}
"""Name, as it is stored -> the kind of fact."""


class History:
    """The past calls. Every method raises `Trouble`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def calls(self, limit: int = 100) -> list[CallRecord]:
        """Return the last *limit* calls, at most `MOST`, the newest first."""
        rows = await self._rows(
            select(calls)
            .order_by(calls.c.started.desc(), calls.c.id)
            .limit(max(0, min(limit, MOST)))
        )
        return [CallRecord(**row) for row in rows]

    async def call(self, call: str) -> CallRecord | None:
        """Return one call; None if it is not known."""
        rows = await self._rows(select(calls).where(calls.c.id == call))
        return CallRecord(**rows[0]) if rows else None

    async def matching(self, call: str, limit: int = 10) -> list[CallRecord]:
        """Return the calls whose ids begin with *call*, the newest first.

        The one that is called so exactly is the only one.
        """
        rows = await self._rows(
            select(calls)
            .where(calls.c.id.startswith(call, autoescape=True))
            .order_by((calls.c.id == call).desc(), calls.c.started.desc())
            .limit(limit)
        )
        found = [CallRecord(**row) for row in rows]
        return found[:1] if found and found[0].id == call else found

    async def of_caller(
        self, caller: str | None, *, since: float = 0.0, limit: int = 10
    ) -> list[CallRecord]:
        """Return the calls of *caller* that began at *since* or later, newest first.

        None: of anybody; "": of those who withheld their number.
        """
        wanted = select(calls).where(calls.c.started >= since)
        if caller is not None:
            wanted = wanted.where(calls.c.caller == caller)
        rows = await self._rows(
            wanted.order_by(calls.c.started.desc(), calls.c.id).limit(limit)
        )
        return [CallRecord(**row) for row in rows]

    async def steps(self, call: str) -> list[StepRecord]:
        """Return the steps that a call has entered, in order."""
        rows = await self._rows(
            select(*(c for c in steps.c if c is not steps.c.call))
            .where(steps.c.call == call)
            .order_by(steps.c.number)
        )
        return [StepRecord(**row) for row in rows]

    async def facts(self, call: str) -> list[StoredFact]:
        """Return all that happened in a call, in order."""
        rows = await self._rows(
            select(facts.c.at, facts.c.kind, facts.c.data)
            .where(facts.c.call == call)
            .order_by(facts.c.id)
        )
        return [StoredFact(**row) for row in rows]

    async def _rows(self, statement: Any) -> list[RowMapping]:
        async def work(db: AsyncConnection) -> list[RowMapping]:
            return list((await db.execute(statement)).mappings())

        return await self._database.read(work)
