"""The HTTP API: agents get ready, supervisors see queues and calls.

Every request needs `Authorization: Bearer TOKEN`; the token is made once per
installation and compared in constant time. Answers are JSON; an error is
`{"error": "what is wrong and what to do"}`. It listens on the loopback unless the
settings say otherwise, refuses requests that a web page of another origin sends, and
takes bodies of a few kilobytes at most.

    GET  /livez                          no token: the service's loop runs
    GET  /api/agents                     everybody's presence and work
    GET  /api/agents/NUMBER              one agent's
    POST /api/agents/NUMBER/sign-in      {"endpoint": "PJSIP/1007"} or nothing
    POST /api/agents/NUMBER/sign-out
    POST /api/agents/NUMBER/ready
    POST /api/agents/NUMBER/not-ready    {"reason": "lunch"}
    GET  /api/queues                     who waits, since when, in which place
    GET  /api/calls                      which call is in which step

More are in `calls`, `sites`, `switches`, `wording` and `hours`.
"""

from __future__ import annotations

import hmac
import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

from aiohttp import web

from ivrflow.acd.board import BoardAway
from ivrflow.acd.desk import Desk, UnknownAgent
from ivrflow.console.asking import (
    LARGEST_BODY,
    Part,
    Refused,
    body_of,
    text_in,
    told,
)
from ivrflow.flow.live import LiveCalls
from ivrflow.flow.world import Trouble

log = logging.getLogger(__name__)

_REASON = re.compile(r"[\w .-]{1,40}")
_ENDPOINT = re.compile(r"PJSIP/[A-Za-z0-9_.-]{1,80}")
"""A phone of ours. No number through a trunk (PJSIP/NUMBER@TRUNK) and no extension of
the dialplan (Local/...): whoever has the token could ring the world at our cost."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Api:
    """The routes, and what they need: the desk, the live calls, the token.

    *parts* have routes of their own, behind the same guard.
    """

    def __init__(self, desk: Desk, calls: LiveCalls, token: str, *parts: Part) -> None:
        if len(token) < 20:
            raise ValueError("the API's token is too short: at least 20 characters")
        self._desk = desk
        self._calls = calls
        self._token = token.encode()
        self._parts = parts

    def application(self) -> web.Application:
        """The application that an aiohttp runner serves."""
        app = web.Application(middlewares=[self._guard], client_max_size=LARGEST_BODY)
        app.add_routes(
            [
                web.get("/livez", self._alive),
                web.get("/api/agents", self._agents),
                web.get("/api/agents/{number}", self._agent),
                web.post("/api/agents/{number}/{act}", self._change),
                web.get("/api/queues", self._queues),
                web.get("/api/calls", self._live_calls),
            ]
        )
        for part in self._parts:
            app.add_routes(part.routes())
        return app

    @web.middleware
    async def _guard(
        self, request: web.Request, handler: Handler
    ) -> web.StreamResponse:
        """Who may ask at all, and how errors are told: at one place."""
        try:
            if request.path != "/livez":
                self._admit(request)
            return await handler(request)
        except Refused as refused:
            return told(refused)
        except UnknownAgent as unknown:
            return told(Refused(404, str(unknown)))
        except (BoardAway, Trouble) as away:
            return told(Refused(503, f"{away}; try again in some seconds"))
        except web.HTTPException as http:
            return told(Refused(http.status, http.reason))
        except Exception:
            log.exception("API: %s %s failed", request.method, request.path)
            ours = "a fault of ours; its trace is in the service's log"
            return told(Refused(500, ours))

    def _admit(self, request: web.Request) -> None:
        # A browser sends Origin with every request that a page makes: none of ours do.
        if "Origin" in request.headers:
            raise Refused(403, "web pages may not use this API")
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        # Bytes that are no text come as surrogates: they must not raise here.
        token = given.encode(errors="surrogateescape")
        right = hmac.compare_digest(token, self._token)
        if scheme.lower() != "bearer" or not right:
            raise Refused(401, "send the header Authorization: Bearer TOKEN")

    async def _alive(self, _: web.Request) -> web.Response:
        return web.json_response({"alive": True})

    async def _agents(self, _: web.Request) -> web.Response:
        agents = [asdict(agent) for agent in self._desk.state().agents]
        return web.json_response({"agents": agents})

    async def _agent(self, request: web.Request) -> web.Response:
        return web.json_response(self._state_of(request.match_info["number"]))

    def _state_of(self, number: str) -> dict[str, Any]:
        for agent in self._desk.state().agents:
            if agent.number == number:
                return asdict(agent)
        raise Refused(404, f"there is no agent {number!r}; see agents.yaml")

    async def _change(self, request: web.Request) -> web.Response:
        number, act = request.match_info["number"], request.match_info["act"]
        body = await body_of(request)
        if act == "ready":
            await self._desk.ready(number)
        elif act == "not-ready":
            reason = text_in(body, "reason", _REASON, "a word like lunch")
            await self._desk.not_ready(number, reason=reason or "not ready")
        elif act == "sign-in":
            endpoint = text_in(body, "endpoint", _ENDPOINT, "like PJSIP/1001")
            await self._desk.sign_in(number, endpoint=endpoint)
        elif act == "sign-out":
            await self._desk.sign_out(number)
        else:
            known = "sign-in, sign-out, ready or not-ready"
            raise Refused(404, f"an agent can't {act!r}: {known}")
        return web.json_response(self._state_of(number))

    async def _queues(self, _: web.Request) -> web.Response:
        queues = [asdict(queue) for queue in self._desk.state().queues]
        return web.json_response({"queues": queues})

    async def _live_calls(self, _: web.Request) -> web.Response:
        calls = [asdict(call) for call in self._calls.state()]
        return web.json_response({"calls": calls})
