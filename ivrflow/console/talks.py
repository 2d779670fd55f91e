"""The API's part for talks: what an agent, or who leads him, does while he talks.

GET  /api/talks                        all talks that are on
GET  /api/calls/ID/talk                one call's
POST /api/calls/ID/hold                the caller hears music
POST /api/calls/ID/resume              and is back
POST /api/calls/ID/transfer            {"to": {"agent": "1002"}, "mode": "attended"}
POST /api/calls/ID/complete            who was asked has the caller
POST /api/calls/ID/take-back           the agent has the caller again
POST /api/calls/ID/conference          {"to": {"number": "057188880101"}}
POST /api/calls/ID/send-to-flow        {"flow": "pin", "with": {"order": "17"}}
POST /api/calls/ID/record              {"do": "start"}: start, pause, resume or stop
POST /api/calls/ID/monitor             {"supervisor": "2001", "mode": "listen"}
POST /api/calls/ID/end                 as if the agent had hung up

An act is answered when it is done, or with 409 and why it can't be: a transfer in mode
`attended`, and a conference, when the other one has answered. What was done is in the
audit, and in the log where the database is away.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from aiohttp import web

from ivrflow.console.asking import Refused, body_of
from ivrflow.console.audit import Ledger, noted
from ivrflow.console.changing import only
from ivrflow.console.who import Person, least, who
from ivrflow.flow.conversation.inbox import NotNow, Request
from ivrflow.flow.conversation.live import Talks
from ivrflow.flow.conversation.rights import may_monitor
from ivrflow.flow.conversation.talk import Conversation
from ivrflow.flow.conversation.targets import Target, named
from ivrflow.flow.site import Site
from ivrflow.telephony.channel import MonitorMode

LONGEST = 45.0
"""Seconds that a request waits for its answer: longer than a phone rings."""

LONGEST_VALUE = 200

Body = Mapping[str, Any]

NO_BODY = ("hold", "resume", "complete", "take-back", "end")
KEYS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(NO_BODY, ()),
    "transfer": ("to", "mode"),
    "conference": ("to",),
    "send-to-flow": ("flow", "with"),
    "record": ("do",),
    "monitor": ("supervisor", "mode"),
}
MODES = {"attended": "transfer", "blind": "blind"}


class TalkRoutes:
    """What the API says and does about talks."""

    def __init__(self, talks: Talks, site: Callable[[], Site], ledger: Ledger) -> None:
        """*site* is the live version: its teams say who may do what."""
        self._talks = talks
        self._site = site
        self._ledger = ledger

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """Its routes."""
        return [
            web.get("/api/talks", self._list),
            web.get("/api/calls/{id}/talk", self._show),
            web.post("/api/calls/{id}/{act}", self._act),
        ]

    @least("agent")
    async def _list(self, request: web.Request) -> web.Response:
        person = who(request)
        states = [talk.state() for talk in self._talks.all()]
        shown = [asdict(s) for s in states if _may(person, s.agent)]
        return web.json_response({"talks": shown})

    @least("agent")
    async def _show(self, request: web.Request) -> web.Response:
        return web.json_response(asdict(self._talk(request).state()))

    @least("agent")
    async def _act(self, request: web.Request) -> web.Response:
        act = request.match_info["act"]
        if act not in KEYS:
            known = ", ".join(KEYS)
            raise Refused(404, f"nothing is called {act[:40]!r} in a talk: {known}")
        body, talk, person = await body_of(request), self._talk(request), who(request)
        only(body, *KEYS[act])
        try:
            wanted = self._wanted(act, body, talk, person)
            # Until it is done the caller may have come to somebody else.
            wanted.of = talk.main.agent
            agent = wanted.of or "nobody"
            what = f"talk {talk.call.id} of agent {agent}: {_told(act, wanted)}"
            async with asyncio.timeout(LONGEST):
                await talk.inbox.ask(wanted)
        except NotNow as no:
            raise Refused(409, str(no)) from None
        except TimeoutError:
            late = f"not done in {LONGEST:g} s"
            await noted(self._ledger, person.name, what, after=late)
            raise Refused(409, f"{late}; look at the talk") from None
        # Only now: a talk goes on without the database, and so must what is done in it.
        await noted(self._ledger, person.name, what)
        return web.json_response(asdict(talk.state()))

    def _talk(self, request: web.Request) -> Conversation:
        """The call's talk, for who may act for its agent."""
        call = request.match_info["id"]
        talk = self._talks.of_call(call)
        if talk is None:
            raise Refused(404, f"call {call[:80]!r} is in no talk now; see /api/talks")
        person = who(request)
        if not _may(person, talk.main.agent):
            if talk.main.agent:
                person.must_act_for(talk.main.agent)
            raise Refused(403, "no agent has this caller now: admins may act")
        return talk

    def _wanted(
        self, act: str, body: Body, talk: Conversation, person: Person
    ) -> Request:
        """What is asked for, checked; raises `Refused`, or `NotNow` for the target."""
        site = talk.call.site
        if act == "transfer":
            mode = body.get("mode", "attended")
            if not isinstance(mode, str) or mode not in MODES:
                raise Refused(400, "'mode' must be attended or blind")
            target = _target(site, body.get("to"))
            return Request(act=MODES[mode], by=person.by, target=target)
        if act == "conference":
            target = _target(site, body.get("to"))
            return Request(act=act, by=person.by, target=target)
        if act == "send-to-flow":
            target = _target(site, {"flow": body.get("flow")})
            given = _values(body.get("with", {}))
            return Request(act=act, by=person.by, target=target, given=given)
        if act == "record":
            do = _one_of(body.get("do"), "do", ("start", "pause", "resume", "stop"))
            return Request(act=act, by=person.by, given={"do": do})
        if act == "monitor":
            return self._monitor(body, talk, person)
        return Request(act=act, by=person.by)

    def _monitor(self, body: Body, talk: Conversation, person: Person) -> Request:
        """Who listens must be one who may; whoever asks must be one who leads."""
        agent = talk.main.agent
        if not agent:
            raise NotNow("no agent has this caller now")
        person.must_lead(agent)
        given = body.get("supervisor", person.number)
        if not isinstance(given, str) or not given:
            raise Refused(400, "'supervisor' must be the number of who listens")
        if not may_monitor(self._site(), given, agent):
            raise Refused(
                403,
                f"{given[:20]} is neither an admin nor a supervisor who leads a team "
                f"of agent {agent} (agents.yaml)",
            )
        modes = tuple(mode.value for mode in MonitorMode)
        mode = _one_of(body.get("mode", "listen"), "mode", modes)
        return Request(
            act="monitor", by=person.by, given={"supervisor": given, "mode": mode}
        )


def _may(person: Person, agent: str) -> bool:
    """Whose talk it is, who leads him, and admins; these alone where no agent is."""
    return person.may_act_for(agent) if agent else person.role == "admin"


def _target(site: Site, given: object) -> Target:
    if not isinstance(given, Mapping):
        raise Refused(400, 'say where to, like {"to": {"agent": "1002"}}')
    try:
        return named(site, given)
    except NotNow as wrong:
        raise Refused(400, str(wrong)) from None


def _values(given: object) -> Mapping[str, str]:
    """What a flow takes: names and short texts."""
    if not isinstance(given, Mapping) or not all(
        isinstance(value, str) and len(value) <= LONGEST_VALUE
        for value in given.values()
    ):
        raise Refused(
            400, f"'with' must be texts of {LONGEST_VALUE} characters at most"
        )
    return {str(name): str(value) for name, value in given.items()}


def _one_of(given: object, name: str, known: Sequence[str]) -> str:
    if not isinstance(given, str) or given not in known:
        raise Refused(400, f"{name!r} must be {', '.join(known[:-1])} or {known[-1]}")
    return given


def _told(act: str, wanted: Request) -> str:
    """What was asked for, for the audit; values that a flow takes are not repeated."""
    to = f" to {wanted.target}" if wanted.target is not None else ""
    named = {k: v for k, v in wanted.given.items() if act != "send-to-flow"}
    more = "".join(f" {value}" for value in named.values())
    return f"{wanted.act}{to}{more}"
