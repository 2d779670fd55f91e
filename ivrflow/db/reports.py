"""Reports, as the command line and the API ask for them: what is kept, by days.

Of days that are not over the kept sums are a minute old at most, while the service
runs.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace

from ivrflow.db.call_records import SqlCallRecords
from ivrflow.db.engine import Database
from ivrflow.db.figures import SqlFigures
from ivrflow.db.self_check import BEFORE, fold_days
from ivrflow.db.stored import stored_facts
from ivrflow.facts import Fact
from ivrflow.figures.fold import FOLDED, Fold
from ivrflow.figures.leaving_out import LeavingOut
from ivrflow.figures.limits import USUAL, Limits
from ivrflow.figures.people import Segment
from ivrflow.figures.period import Period
from ivrflow.figures.record import CallRecord
from ivrflow.figures.report import AgentRow, QueueRow, agent_rows, queue_rows


class SqlReports:
    """Every method raises `Trouble`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._figures = SqlFigures(database)
        self._records = SqlCallRecords(database)

    async def queues(
        self,
        period: Period,
        *,
        limits: Callable[[str], Limits] = lambda _: USUAL,
        queue: str | None = None,
        item: str = "call",
    ) -> list[QueueRow]:
        """A row for each queue and span of *period*, of calls or of other *item*s."""
        sums = await self._figures.queues(
            period.span, days=period.by_days, queue=queue, item=item
        )
        return await asyncio.to_thread(queue_rows, sums, period.spans, limits)

    async def agents(
        self, period: Period, *, agent: str | None = None
    ) -> list[AgentRow]:
        """A row for each agent and span of *period*."""
        sums = await self._figures.agents(period.span, days=period.by_days, agent=agent)
        return await asyncio.to_thread(agent_rows, sums, period.spans)

    def calls(
        self, period: Period, *, queue: str | None = None, agent: str | None = None
    ) -> AsyncIterator[list[CallRecord]]:
        """The calls that began in *period* and are over, in pages."""
        span = period.span
        return self._records.read(span.start, span.end, queue=queue, agent=agent)

    async def timeline(
        self, period: Period, now: float, *, agent: str | None = None
    ) -> list[Segment]:
        """What agents did in *period* up to *now*, in stretches, from the facts."""
        start, end = period.span.start, min(float(period.span.end), now)
        found: list[Segment] = []

        def keep(segment: Segment) -> None:
            if agent in (None, segment.agent):
                a, b = max(segment.start, start), min(segment.end, end)
                if a < b:
                    found.append(replace(segment, start=a, end=b))

        fold = Fold(on_segment=keep)
        folded = LeavingOut(fold.note)

        def take(page: Sequence[Fact]) -> None:
            for fact in page:
                folded(fact)

        async for page in stored_facts(self._database, start - BEFORE, end, FOLDED):
            await asyncio.to_thread(take, page)
        for person in fold.people.all():
            if person.state:
                keep(person.segment(end))
        return sorted(found, key=lambda one: (one.agent, one.start))

    async def queue_log(self, period: Period, now: float) -> list[str]:
        """The lines of Asterisk's queue_log in *period*, from the facts."""
        fresh = await fold_days(
            self._database, period.first, period.last, period.zone, now=now
        )
        return fresh.lines
