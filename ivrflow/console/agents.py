"""The API's part for agents: what they choose, and how it stands with them.

GET  /api/agents                     everybody's presence and work
GET  /api/agents/NUMBER              one agent's, with today's pauses
GET  /api/pauses                     the pauses and dispositions of queues.yaml
POST /api/agents/apply               bring queues and skills back to agents.yaml
POST /api/agents/NUMBER/sign-in      {"endpoint": "PJSIP/1007"} or nothing
POST /api/agents/NUMBER/sign-out
POST /api/agents/NUMBER/ready
POST /api/agents/NUMBER/not-ready    {"reason": "lunch"}
POST /api/agents/NUMBER/wrap-up      {"seconds": 60} from now, or {"done": true}
POST /api/agents/NUMBER/disposition  {"disposition": "solved"}

Each act is in the audit, with who did it.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Protocol

from aiohttp import web

from ivrflow.acd.breaks import Used
from ivrflow.acd.desk import Desk
from ivrflow.acd.desk.state import AgentState
from ivrflow.acd.disposing import CannotDispose
from ivrflow.acd.model import Presence
from ivrflow.console.asking import Refused, body_of, text_in
from ivrflow.console.audit import Ledger, noted
from ivrflow.console.changing import asked_by, only
from ivrflow.console.who import Person, least, who
from ivrflow.flow.kinds import did_you_mean
from ivrflow.flow.site import Site

_REASON = re.compile(r"[\w .-]{1,40}")
PHONE = re.compile(r"PJSIP/[A-Za-z0-9_.-]{1,80}")
"""A phone of ours. No number through a trunk (PJSIP/NUMBER@TRUNK) and no extension of
the dialplan (Local/...): whoever has the token could ring the world at our cost."""

LONGEST_WRAP_UP = 3600.0

Body = Mapping[str, Any]


class Pauses(Protocol):
    """What agents have used of the day's time for their pauses."""

    def all_of(self, agents: Iterable[str], now: float) -> Mapping[str, Sequence[Used]]:
        """Agent -> a line for each reason."""


class AgentRoutes:
    """What the API says and does about agents."""

    def __init__(
        self,
        desk: Desk,
        site: Callable[[], Site],
        pauses: Pauses,
        ledger: Ledger,
        apply: Callable[[], Awaitable[Sequence[str]]],
    ) -> None:
        """*site* is the live version. *apply* brings all agents back to it, and returns
        the numbers of those who were others."""
        self._desk = desk
        self._site = site
        self._pauses = pauses
        self._ledger = ledger
        self._apply = apply
        self._acts: dict[str, Callable[[str, Body, Person], Awaitable[str]]] = {
            "sign-in": self._sign_in,
            "sign-out": self._sign_out,
            "ready": self._ready,
            "not-ready": self._not_ready,
            "wrap-up": self._wrap_up,
            "disposition": self._dispose,
        }

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """Its routes."""
        return [
            web.get("/api/agents", self._list),
            web.get("/api/pauses", self._known),
            web.post("/api/agents/apply", self._back_to_file),
            web.get("/api/agents/{number}", self._show),
            web.post("/api/agents/{number}/{act}", self._act),
        ]

    # Looking --------------------------------------------------------------------------

    @least("agent")
    async def _list(self, request: web.Request) -> web.Response:
        sees = who(request).sees_agent
        await self._desk.until_loaded()
        shown = self._shown(lambda agent: sees(agent.number))
        return web.json_response({"agents": shown})

    @least("agent")
    async def _show(self, request: web.Request) -> web.Response:
        number = request.match_info["number"]
        who(request).must_act_for(number)
        await self._desk.until_loaded()
        return web.json_response(self._state_of(number))

    @least("agent")
    async def _known(self, _: web.Request) -> web.Response:
        site = self._site()
        limits = {str(name): one.seconds for name, one in site.pauses.items()}
        named = list(map(str, site.dispositions))
        return web.json_response({"pauses": limits, "dispositions": named})

    def _state_of(self, number: str) -> dict[str, Any]:
        for shown in self._shown(lambda agent: agent.number == number):
            return shown
        raise Refused(404, f"there is no agent {number!r}; see agents.yaml")

    def _shown(self, wanted: Callable[[AgentState], bool]) -> list[dict[str, Any]]:
        """Agents as JSON says it."""
        state = self._desk.state()
        agents = [agent for agent in state.agents if wanted(agent)]
        pauses = self._pauses.all_of([agent.number for agent in agents], state.at)
        return [
            {
                **asdict(agent),
                "owes_disposition": self._desk.agents[agent.number].owes,
                "pauses": [
                    {**asdict(used), "over": used.over} for used in pauses[agent.number]
                ],
            }
            for agent in agents
        ]

    # Acting ---------------------------------------------------------------------------

    @least("agent")
    async def _act(self, request: web.Request) -> web.Response:
        number, name = request.match_info["number"], request.match_info["act"]
        person = who(request)
        person.must_act_for(number)
        body = await body_of(request)
        if (act := self._acts.get(name)) is None:
            known = ", ".join(self._acts)
            raise Refused(404, f"an agent can't {name!r}: {known}")
        by = asked_by(request, body)
        before = self._word(number)
        try:
            after = await act(number, body, person)
        except CannotDispose as why:
            raise Refused(409, str(why)) from None
        await noted(self._ledger, by, f"agent {number}: {name}", before, after)
        return web.json_response(self._state_of(number))

    async def _sign_in(self, number: str, body: Body, person: Person) -> str:
        only(body, "endpoint", "by")
        endpoint = text_in(body, "endpoint", PHONE, "like PJSIP/1001")
        if endpoint:
            self._must_be_phone(endpoint, person)
        self._must_be_free(number, endpoint)
        await self._desk.sign_in(number, endpoint, by=person.by)
        return self._word(number)

    def _must_be_phone(self, endpoint: str, person: Person) -> None:
        """Refuse what is no phone of agents.yaml: a slip, or a trunk.

        Where a feature code lets agents sit at any phone, admins may name any: whoever
        signs in by that phone proves that it is one, and by the API nobody does.
        """
        site = self._site()
        listed = sorted({str(a.endpoint) for a in site.agents.values() if a.endpoint})
        codes = site.numbers.values()
        anywhere = any(c.agent == "sign_in" and c.phones == "any" for c in codes)
        if endpoint not in listed and not (anywhere and person.role == "admin"):
            hint = did_you_mean(endpoint, listed)
            raise Refused(403, f"{endpoint} is no phone of agents.yaml{hint}")

    async def _sign_out(self, number: str, body: Body, person: Person) -> str:
        only(body, "by")
        await self._desk.sign_out(number, by=person.by)
        return self._word(number)

    def _must_be_free(self, number: str, endpoint: str = "") -> None:
        """Refuse a phone at which somebody else is signed in: one rings for one agent.

        By phone he would be signed out, as who sits there knows that nobody else does.
        """
        known = self._desk.agents
        phone = endpoint or (known[number].endpoint if number in known else "")
        for other in known.values():
            there = other.presence is not Presence.LOGGED_OUT
            if phone and there and other.address == phone and other.number != number:
                raise Refused(
                    409,
                    f"agent {other.number} is signed in at {phone}: sign that one out "
                    "first, or sign in by that phone",
                )

    async def _ready(self, number: str, body: Body, person: Person) -> str:
        only(body, "by")
        known = self._desk.agents.get(number)
        if known is not None and known.presence is Presence.LOGGED_OUT:
            self._must_be_free(number, known.address)  # where he sat stays his seat
        await self._desk.ready(number, by=person.by)
        return self._word(number)

    async def _not_ready(self, number: str, body: Body, person: Person) -> str:
        only(body, "reason", "by")
        reason = text_in(body, "reason", _REASON, "a word like lunch")
        known = list(map(str, self._site().pauses))
        # Else a slip of the pen would be a break that no quota counts.
        if reason and known and reason not in known:
            hint = did_you_mean(reason, known)
            raise Refused(
                400, f"queues.yaml has these pauses: {', '.join(known)}{hint}"
            )
        await self._desk.not_ready(number, reason or "not ready", by=person.by)
        return self._word(number)

    async def _wrap_up(self, number: str, body: Body, person: Person) -> str:
        only(body, "seconds", "done", "by")
        seconds, done = body.get("seconds"), body.get("done")
        if done is True and seconds is None:
            seconds = 0
        elif done is not None or not _is_seconds(seconds):
            most = f"{LONGEST_WRAP_UP:.0f}"
            raise Refused(
                400, f'write {{"seconds": 60}} from now, {most} at most, or done: true'
            )
        until = self._desk.state().at + float(seconds or 0)
        try:
            await self._desk.wrap_up(number, until, by=person.by)
        except CannotDispose:
            raise
        except ValueError as why:
            raise Refused(409, str(why)) from None
        return "over" if done else f"{seconds} s from now"

    async def _dispose(self, number: str, body: Body, person: Person) -> str:
        only(body, "disposition", "by")
        said, known = body.get("disposition"), list(map(str, self._site().dispositions))
        if not isinstance(said, str) or said not in known:
            hint = did_you_mean(said, known) if isinstance(said, str) else ""
            listed = ", ".join(known) or "none"
            raise Refused(400, f"queues.yaml has these dispositions: {listed}{hint}")
        await self._desk.dispose(number, said, by=person.by)
        return said

    def _word(self, number: str) -> str:
        """An agent's presence, for the audit."""
        agent = self._desk.agents.get(number)
        if agent is None:
            return ""
        why = f": {agent.reason}" if agent.reason else ""
        return f"{agent.presence.value}{why}"

    @least("admin")
    async def _back_to_file(self, request: web.Request) -> web.Response:
        body = await body_of(request)
        only(body, "by")
        by = asked_by(request, body)
        changed = list(await self._apply())
        await noted(self._ledger, by, "agents.yaml applied", None, ", ".join(changed))
        version = self._site().version
        return web.json_response({"version": version, "changed": changed})


def _is_seconds(given: object) -> bool:
    return (
        isinstance(given, int | float)
        and not isinstance(given, bool)
        and 0 <= given <= LONGEST_WRAP_UP
    )
