"""A past call as a whole: its facts as they were noted, and the account made of them.

Facts may have been dropped while the database was away, or be too old to be there any
more; then the rows of the call and its steps tell what they can.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from ivrflow.db.engine import Database
from ivrflow.db.history import CallRecord, History, StoredFact
from ivrflow.db.versions import SqlVersions
from ivrflow.facts import (
    CallEnded,
    CallStarted,
    Decided,
    Fact,
    StepEntered,
)
from ivrflow.flow.versions import NoVersion, Texts
from ivrflow.flow.why.account import Account, Wording, account_of


class Past:
    """The calls that were, and those that are up. Every method raises `Trouble`."""

    def __init__(self, database: Database) -> None:
        self._history = History(database)
        self._versions = SqlVersions(database)

    async def matching(self, call: str) -> list[CallRecord]:
        """Return the calls whose ids begin with *call*; see `History.matching`."""
        return await self._history.matching(call)

    async def of_caller(
        self, caller: str | None, *, since: float = 0.0, limit: int = 10
    ) -> list[CallRecord]:
        """Return the last calls, perhaps of one caller; see `History.of_caller`."""
        return await self._history.of_caller(caller, since=since, limit=limit)

    async def facts(self, call: CallRecord) -> list[Fact]:
        """Return what happened in *call*, in order; at least that it began."""
        stored = await self._history.facts(call.id)
        facts = await asyncio.to_thread(_restored, stored, call.id)
        if not any(isinstance(fact, StepEntered) for fact in facts):
            facts += await self._of_steps(call)
        if not any(isinstance(fact, CallStarted) for fact in facts):
            facts.insert(0, _beginning(call))
        if not any(isinstance(fact, CallEnded) for fact in facts) and call.ended:
            facts.append(_end(call, call.ended))
        return facts

    async def texts(self, call: CallRecord) -> Texts | None:
        """Return the files of the version that *call* ran; None if they are gone."""
        try:
            return (await self._versions.texts(call.version))[1]
        except NoVersion:
            return None

    async def account(
        self, call: CallRecord, *, wording: Wording | None = None
    ) -> Account:
        """Return the account of *call*; see `account_of`."""
        texts, facts = await self.texts(call), await self.facts(call)
        # In a thread: the longest calls have 20,000 facts, and others are up.
        return await asyncio.to_thread(account_of, facts, texts, wording=wording)

    async def _of_steps(self, call: CallRecord) -> list[Fact]:
        """What the rows of the steps say, where the facts are gone."""
        found: list[Fact] = []
        for row in await self._history.steps(call.id):
            entered = StepEntered(
                at=row.at,
                call=call.id,
                flow=row.flow,
                step=row.step,
                verb=row.verb,
                place=row.place,
                number=row.number,
            )
            found.append(entered)
            if row.outcome is not None:
                decided = Decided(
                    at=row.at,
                    call=call.id,
                    step=row.step,
                    outcome=row.outcome,
                    target=row.target or "",
                    why=row.why or "",
                )
                found.append(decided)
        return found


def _restored(stored: Sequence[StoredFact], call: str) -> list[Fact]:
    every = (fact.restored(call) for fact in stored)
    return [fact for fact in every if fact is not None]


def _beginning(call: CallRecord) -> CallStarted:
    return CallStarted(
        at=call.started,
        call=call.id,
        caller=call.caller,
        dialled=call.dialled,
        flow=call.flow,
        version=call.version,
    )


def _end(call: CallRecord, ended: float) -> CallEnded:
    return CallEnded(
        at=ended,
        call=call.id,
        by=call.by or "",
        cause=call.cause or 0,
        flow=call.last_flow or "",
        step=call.last_step or "",
        seconds=ended - call.started,
    )
