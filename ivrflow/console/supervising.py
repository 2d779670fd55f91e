"""The API's part for what supervisors do to agents and to callers who wait.

POST /api/waiting/CALL/move       {"queue": "other"}: keeps the time of joining
POST /api/waiting/CALL/priority   {"priority": 10}
POST /api/waiting/CALL/take       {"agent": "1001"}: that agent is next for this caller
PUT  /api/agents/NUMBER/abilities {"queues": ["service"], "skills": {"billing": 3}}
POST /api/agents/NUMBER/free      an agent who is stuck: ends what holds him

A supervisor gives and takes, and moves callers into, the queues that he runs by
agents.yaml. What agents may serve stays so over a restart, until `ivrflow agent apply`
brings the files back. Each act is in the audit, with who did it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aiohttp import web

from ivrflow.acd.desk import Desk, UnknownCaller, UnknownQueue
from ivrflow.acd.model import TOP_LEVEL, flat_skills
from ivrflow.console.asking import Refused, body_of
from ivrflow.console.audit import Ledger, noted
from ivrflow.console.changing import asked_by, only
from ivrflow.console.who import least, who
from ivrflow.flow.kinds import WORD, did_you_mean
from ivrflow.flow.site import Site

MOST_PRIORITY = 1_000_000.0
MOST_SKILLS = 200


class SupervisorRoutes:
    """What supervisors do by the API."""

    def __init__(self, site: Callable[[], Site], desk: Desk, ledger: Ledger) -> None:
        """*site* is the live version."""
        self._site = site
        self._desk = desk
        self._ledger = ledger

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """Its routes."""
        return [
            web.post("/api/waiting/{call}/move", self._move),
            web.post("/api/waiting/{call}/priority", self._prioritise),
            web.post("/api/waiting/{call}/take", self._take),
            web.put("/api/agents/{number}/abilities", self._enable),
            web.post("/api/agents/{number}/free", self._free),
        ]

    @least("supervisor")
    async def _move(self, request: web.Request) -> web.Response:
        body, queue = await body_of(request), self._queue_of(request)
        only(body, "queue", "by")
        to = body.get("queue")
        if not isinstance(to, str):
            raise Refused(400, "'queue' must be the name of a queue")
        self._must_have(to)
        who(request).must_run(to)
        after = f"queue {to}"
        return await self._changed(request, body, f"queue {queue}", after, queue=to)

    @least("supervisor")
    async def _prioritise(self, request: web.Request) -> web.Response:
        body, queue = await body_of(request), self._queue_of(request)
        only(body, "priority", "by")
        given = body.get("priority")
        if (
            not isinstance(given, int | float)
            or isinstance(given, bool)
            or abs(given) > MOST_PRIORITY  # before: a whole number may have no float
            or not math.isfinite(given)
        ):
            raise Refused(400, "'priority' must be a number, as 10; higher comes first")
        after = f"priority {given:g}"
        before = f"queue {queue}"
        return await self._changed(request, body, before, after, priority=float(given))

    @least("supervisor")
    async def _take(self, request: web.Request) -> web.Response:
        body, queue = await body_of(request), self._queue_of(request)
        only(body, "agent", "by")
        person = who(request)
        agent = body.get("agent", person.number)
        if not isinstance(agent, str) or not agent:
            raise Refused(400, "'agent' must be an agent's number")
        person.must_act_for(agent)
        after = f"agent {agent}"
        return await self._changed(request, body, f"queue {queue}", after, agent=agent)

    def _queue_of(self, request: web.Request) -> str:
        """In which queue the caller waits, which may be run by who asks."""
        call = request.match_info["call"]
        for place in self._desk.waiting():
            if place.waiting.call == call:
                who(request).must_run(place.waiting.queue)
                return place.waiting.queue
        raise Refused(404, f"nobody waits as {call[:80]!r}")

    async def _changed(
        self,
        request: web.Request,
        body: Mapping[str, Any],
        before: str,
        after: str,
        **change: Any,
    ) -> web.Response:
        call = request.match_info["call"]
        by = asked_by(request, body)
        try:
            await self._desk.change(call, **change, by=who(request).by)
        except UnknownCaller:
            raise Refused(404, f"{call[:80]!r} does not wait any more") from None
        except UnknownQueue as unknown:
            raise Refused(404, str(unknown)) from None
        except ValueError as cannot:
            raise Refused(409, str(cannot)) from None
        await noted(self._ledger, by, f"caller {call}", before, after)
        for place in self._desk.waiting():
            if place.waiting.call == call:
                now = {"queue": place.waiting.queue, "position": place.position}
                return web.json_response({"call": call, "waits": True, **now})
        return web.json_response({"call": call, "waits": False})

    @least("supervisor")
    async def _enable(self, request: web.Request) -> web.Response:
        number, body = request.match_info["number"], await body_of(request)
        who(request).must_lead(number)
        only(body, "queues", "skills", "by")
        queues, skills = self._queues_in(body), _skills_in(body)
        if queues is None and skills is None:
            raise Refused(400, "give 'queues' or 'skills', or both")
        known = self._desk.agents.get(number)
        if queues is not None:
            # What is added or taken; what others gave this agent may stay as it is.
            served = known.queues if known is not None else frozenset[str]()
            for queue in sorted(served.symmetric_difference(queues)):
                who(request).must_run(queue)
        before = None if known is None else _said(known.queues, known.skills)
        by = asked_by(request, body)
        await self._desk.set_abilities(
            number, queues=queues, skills=skills, by=who(request).by
        )
        agent = self._desk.agents[number]
        after = _said(agent.queues, agent.skills)
        await noted(self._ledger, by, f"agent {number} serves", before, after)
        return web.json_response(
            {
                "number": number,
                "queues": sorted(agent.queues),
                "skills": dict(sorted(agent.skills.items())),
            }
        )

    def _queues_in(self, body: Mapping[str, Any]) -> list[str] | None:
        queues = body.get("queues")
        if queues is None:
            return None
        if not isinstance(queues, list) or not all(isinstance(q, str) for q in queues):
            raise Refused(400, "'queues' must be a list of names")
        for queue in queues:
            self._must_have(queue)
        return queues

    def _must_have(self, queue: str) -> None:
        queues = self._site().queues
        if queue not in queues:
            hint = did_you_mean(queue, map(str, queues))
            raise Refused(404, f"queues.yaml has no queue {queue[:80]!r}{hint}")

    @least("supervisor")
    async def _free(self, request: web.Request) -> web.Response:
        number, body = request.match_info["number"], await body_of(request)
        only(body, "by")
        who(request).must_lead(number)
        by = asked_by(request, body)
        freed_from = await self._desk.free(number, by=who(request).by)
        await noted(self._ledger, by, f"agent {number}", freed_from, "freed")
        return web.json_response({"number": number, "freed_from": freed_from})


def _skills_in(body: Mapping[str, Any]) -> dict[str, int] | None:
    """The skills as agents.yaml writes them: a level, or a level per value."""
    skills = body.get("skills")
    if skills is None:
        return None
    if not isinstance(skills, dict):
        raise Refused(400, "'skills' must be as in agents.yaml: {\"billing\": 3}")
    levels = [
        level
        for one in skills.values()
        for level in (one.values() if isinstance(one, dict) else (one,))
    ]
    if len(levels) > MOST_SKILLS:
        raise Refused(400, f"{MOST_SKILLS} skills are the most")
    for level in levels:
        if not isinstance(level, int) or isinstance(level, bool):
            raise Refused(400, f"a level is a number from 0 to {TOP_LEVEL}")
        if not 0 <= level <= TOP_LEVEL:
            raise Refused(400, f"{level} is no level from 0 to {TOP_LEVEL}")
    values = [v for one in skills.values() if isinstance(one, dict) for v in one]
    for name in (*skills, *values):
        if not name or len(name) > 80 or not name.isprintable() or "=" in name:
            raise Refused(400, f"{name[:80]!r} is no name of a skill or of its value")
    for name in skills:
        # Else `ivrflow agent export` would write a file that the check refuses.
        if not WORD.fullmatch(name):
            message = f"{name!r} is no name of a skill: one word of a-z, 0-9 and _"
            raise Refused(400, message)
    return flat_skills(skills)


def _said(queues: frozenset[str], skills: Mapping[str, int]) -> str:
    told = ", ".join(f"{name} {level}" for name, level in sorted(skills.items()))
    return f"{', '.join(sorted(queues)) or 'no queue'}; {told or 'no skill'}"
