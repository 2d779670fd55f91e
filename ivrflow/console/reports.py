"""The API's part for figures: today so far, and reports of past days.

GET  /api/wallboard               today so far, by queue and agent, to the moment
GET  /api/reports/queues          ?from=&to=&by=&queue=&item=&within=
GET  /api/reports/agents          ?from=&to=&by=&agent=
GET  /api/reports/timeline        ?from=&to=&agent=
GET  /api/reports/calls           ?from=&to=&queue=&agent=

`from` and `to` are days of the site's clock, `today` if left out; `by` is one of 15m,
30m, 1h, day, week, month. With `format=csv` the answer is CSV instead of JSON.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import tzinfo
from typing import Any, Protocol, TypeVar

from aiohttp import web

from ivrflow.console.asking import Refused
from ivrflow.console.who import least, who
from ivrflow.figures.limits import Limits
from ivrflow.figures.live import AgentNow
from ivrflow.figures.metrics import AgentFigures, QueueFigures
from ivrflow.figures.people import Segment
from ivrflow.figures.period import BadPeriod, Period, period_of
from ivrflow.figures.record import CallRecord
from ivrflow.figures.report import (
    AgentRow,
    QueueRow,
    agent_columns,
    call_columns,
    queue_columns,
    segment_columns,
)
from ivrflow.figures.sheet import Column, comma_separated, plain
from ivrflow.figures.spans import day_of, day_span
from ivrflow.flow.kinds import did_you_mean
from ivrflow.flow.measures import Duration
from ivrflow.flow.source import Scalar

T = TypeVar("T")

MOST_CALLS = 20_000
"""Records that one answer has at most."""


class Reports(Protocol):
    """Past figures. Every method raises `Trouble`."""

    async def queues(
        self,
        period: Period,
        *,
        limits: Callable[[str], Limits],
        queue: str | None,
        item: str,
    ) -> list[QueueRow]:
        """A row for each queue and span."""

    async def agents(self, period: Period, *, agent: str | None) -> list[AgentRow]:
        """A row for each agent and span."""

    async def timeline(
        self, period: Period, now: float, *, agent: str | None
    ) -> list[Segment]:
        """What agents did, in stretches."""

    def calls(
        self, period: Period, *, queue: str | None, agent: str | None
    ) -> AsyncIterator[list[CallRecord]]:
        """The calls that began then, in pages."""


class Wallboard(Protocol):
    """Today so far."""

    def queue(self, queue: str, now: float) -> QueueFigures:
        """The figures of one queue."""

    def waiting(self) -> Mapping[str, Sequence[float]]:
        """Queue -> since when each call waits, the longest first."""

    def agents(self, now: float) -> Mapping[str, AgentFigures]:
        """The figures of everybody who was there."""

    def agents_now(self) -> list[AgentNow]:
        """What everybody does who is signed in."""


class ReportRoutes:
    """What the API says in figures."""

    def __init__(
        self,
        reports: Reports,
        wallboard: Wallboard,
        *,
        queues: Callable[[], Sequence[str]],
        limits: Callable[[str], Limits],
        clock: Callable[[], float],
        zone: Callable[[], tzinfo],
    ) -> None:
        """*queues* are those of the live version, *clock* tells seconds since 1970."""
        self._reports = reports
        self._wallboard = wallboard
        self._queues = queues
        self._limits = limits
        self._clock = clock
        self._zone = zone
        self._reading = asyncio.Lock()
        """A timeline reads all facts of its days: calls would feel a few at once."""

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """Its routes."""
        return [
            web.get("/api/wallboard", self._today),
            web.get("/api/reports/queues", self._of_queues),
            web.get("/api/reports/agents", self._of_agents),
            web.get("/api/reports/timeline", self._of_times),
            web.get("/api/reports/calls", self._of_calls),
        ]

    @least("agent")
    async def _today(self, request: web.Request) -> web.Response:
        person, now, zone = who(request), self._clock(), self._zone()
        span = day_span(day_of(now, zone), zone)
        columns = queue_columns(zone)
        board = self._wallboard
        waiting = board.waiting()
        queues: list[dict[str, Any]] = []
        for name in filter(person.sees_queue, self._queues()):
            await _breathe(len(queues))
            row = QueueRow(name, span, board.queue(name, now))
            since = waiting.get(name, ())
            there = {
                "waiting_now": len(since),
                "longest_wait_now": round(now - since[0], 3) if since else 0.0,
            }
            queues.append({**plain(columns, [row])[0], **there})
        doing = {one.number: asdict(one) for one in board.agents_now()}
        agents: list[dict[str, Any]] = []
        for number, figures in board.agents(now).items():
            if person.sees_agent(number):
                await _breathe(len(agents))
                (his,) = plain(agent_columns(zone), [AgentRow(number, span, figures)])
                agents.append({**his, "now": doing.get(number)})
        return web.json_response({"at": now, "queues": queues, "agents": agents})

    @least("agent")
    async def _of_queues(self, request: web.Request) -> web.Response:
        _only(request, *CUT, "queue", "item", "within")
        person, period = who(request), self._period(request)
        within = request.query.get("within")
        limits = self._limits if within is None else _threshold(within, self._limits)
        rows = await self._reports.queues(
            period,
            limits=limits,
            queue=request.query.get("queue"),
            item=request.query.get("item", "call"),
        )
        seen = [row for row in rows if person.sees_queue(row.queue)]
        return await _answer(request, queue_columns(period.zone), seen)

    @least("agent")
    async def _of_agents(self, request: web.Request) -> web.Response:
        _only(request, *CUT, "agent")
        person, period = who(request), self._period(request)
        rows = await self._reports.agents(period, agent=request.query.get("agent"))
        seen = [row for row in rows if person.sees_agent(row.agent)]
        return await _answer(request, agent_columns(period.zone), seen)

    @least("agent")
    async def _of_times(self, request: web.Request) -> web.Response:
        _only(request, *WHOLE, "agent")
        person, period = who(request), self._period(request, cut=False)
        if (period.last - period.first).days > LONGEST_TIMELINE:
            raise Refused(
                400, f"a timeline of {LONGEST_TIMELINE} days at most; ask for fewer"
            )
        agent = request.query.get("agent")
        if not person.leads_others:
            # All others' stretches would only be kept to be thrown away.
            agent = agent or person.number
        async with self._reading:
            found = await self._reports.timeline(period, self._clock(), agent=agent)
        seen = [one for one in found if person.sees_agent(one.agent)]
        return await _answer(request, segment_columns(period.zone), seen)

    @least("supervisor")
    async def _of_calls(self, request: web.Request) -> web.Response:
        _only(request, *WHOLE, "queue", "agent")
        person, period = who(request), self._period(request, cut=False)
        found: list[CallRecord] = []
        pages = self._reports.calls(
            period,
            queue=request.query.get("queue"),
            agent=request.query.get("agent"),
        )
        async for page in pages:
            found += [
                record
                for record in page
                if person.queues is None
                or any(map(person.sees_queue, record.queues))
                or any(map(person.sees_agent, record.agents))
            ]
            if len(found) > MOST_CALLS:
                raise Refused(
                    400,
                    f"these are more than {MOST_CALLS:,} calls; ask for fewer days, or "
                    "use `ivrflow report calls --csv`",
                )
        return await _answer(request, call_columns(period.zone), found)

    def _period(self, request: web.Request, *, cut: bool = True) -> Period:
        asked = request.query
        try:
            return period_of(
                asked.get("from", "today"),
                asked.get("to"),
                asked.get("by") if cut else None,
                now=self._clock(),
                zone=self._zone(),
            )
        except BadPeriod as bad:
            raise Refused(400, str(bad)) from None


async def _breathe(done: int) -> None:
    """Let calls have their turn: two thousand agents are a tenth of a second's work."""
    if done % ROWS_AT_ONCE == ROWS_AT_ONCE - 1:
        await asyncio.sleep(0)


ROWS_AT_ONCE = 20
"""Rows of a wallboard that are made without a break."""

LONGEST_TIMELINE = 31
"""Days of one timeline, which is read from the facts."""


WHOLE = ("from", "to", "format")
CUT = (*WHOLE, "by")


def _only(request: web.Request, *known: str) -> None:
    """Refuse what is not asked with: a slip would be a report on everything."""
    for name in request.query:
        if name not in known:
            hint = did_you_mean(name, known)
            raise Refused(
                400,
                f"{name[:40]!r} is nothing that can be asked here: "
                f"{', '.join(known)}{hint}",
            )


def _threshold(within: str, limits: Callable[[str], Limits]) -> Callable[[str], Limits]:
    try:
        seconds = float(Duration.read(Scalar(within[:20])))
    except ValueError:
        raise Refused(400, "'within' must be a duration, like 20s or 1m") from None
    return lambda queue: Limits(seconds, limits(queue).short)


async def _answer(
    request: web.Request, columns: Sequence[Column[T]], rows: Sequence[T]
) -> web.Response:
    form = request.query.get("format", "json")
    if form == "csv":
        text = await asyncio.to_thread(comma_separated, columns, rows)
        return web.Response(text=text, content_type="text/csv")
    if form != "json":
        raise Refused(400, f"'format' is json or csv, not {form[:20]!r}")
    values: list[dict[str, Any]] = await asyncio.to_thread(plain, columns, rows)
    return web.json_response({"rows": values})
