"""The HTTP API: who may ask, how errors are told, and its parts together.

Every request needs `Authorization: Bearer TOKEN`: the installation's, or a person's
(`who`); a few handlers are marked for `@anyone`. Answers are JSON; an error is
`{"error": "what is wrong and what to do"}`. It listens on the loopback unless the
settings say otherwise, refuses requests that a web page of another origin sends, and
takes bodies of a few kilobytes at most.

    GET  /livez                          no token: the service's loop runs
    GET  /api/me                         whose the token is, and what he may
    GET  /api/calls                      which call is in which step

Each other module of this package that has `...Routes` is a part, and lists its own.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import asdict

from aiohttp import web

from ivrflow.acd.desk import UnknownAgent
from ivrflow.acd.desk.board import BoardAway
from ivrflow.console.asking import (
    LARGEST_BODY,
    Closing,
    Part,
    Refused,
    told,
)
from ivrflow.console.who import NOBODY, Guard, People, anyone, for_anyone, least, who
from ivrflow.flow.live import LiveCalls
from ivrflow.flow.world import Trouble

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Api:
    """The API: *parts* have routes of their own, behind the same guard.

    *token* is the installation's, *people* are those with tokens of their own.
    """

    def __init__(
        self,
        calls: LiveCalls,
        token: str,
        *parts: Part,
        people: People = NOBODY,
    ) -> None:
        self._calls = calls
        self._doorman = Guard(token, people)
        self._parts = parts

    def application(self) -> web.Application:
        """The application that an aiohttp runner serves."""
        app = web.Application(middlewares=[self._guard], client_max_size=LARGEST_BODY)
        app.add_routes(
            [
                web.get("/livez", self._alive),
                web.get("/api/me", self._me),
                web.get("/api/calls", self._live_calls),
            ]
        )
        for part in self._parts:
            app.add_routes(part.routes())
            if isinstance(part, Closing):
                app.on_shutdown.append(_closer(part))
        return app

    @web.middleware
    async def _guard(
        self, request: web.Request, handler: Handler
    ) -> web.StreamResponse:
        """Who may ask at all, and how errors are told: at one place."""
        try:
            if not for_anyone(request):
                self._doorman.admit(request)
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

    @anyone
    async def _alive(self, _: web.Request) -> web.Response:
        return web.json_response({"alive": True})

    @least("agent")
    async def _me(self, request: web.Request) -> web.Response:
        person = who(request)
        return web.json_response(
            {
                "name": person.name,
                "role": person.role,
                "number": person.number,
                "agents": None if person.agents is None else sorted(person.agents),
                "queues": None if person.queues is None else sorted(person.queues),
            }
        )

    @least("supervisor")
    async def _live_calls(self, request: web.Request) -> web.Response:
        sees = who(request).sees_agent
        calls = [asdict(c) for c in self._calls.state() if sees(c.agent)]
        return web.json_response({"calls": calls})


def _closer(part: Closing) -> Callable[[web.Application], Awaitable[None]]:
    async def close(_: web.Application) -> None:
        await part.close()

    return close
