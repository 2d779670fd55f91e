"""How the service itself is: what it waits for, what waits in it, what it has refused.

    GET  /readyz                         no token: can calls be taken, and why not
    GET  /api/health                     supervisors

For whoever watches the machine. Neither asks anything of the database or of Asterisk,
so they answer when those don't.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aiohttp import web

from ivrflow.console.who import anyone, least

Health = Callable[[], Mapping[str, Any]]
"""Tells how the service is now, as JSON can hold it."""

Lacks = Callable[[], Sequence[str]]
"""Tells why calls can't be taken now; nothing if they can."""


class HealthRoutes:
    """A part of the API."""

    def __init__(self, health: Health, lacks: Lacks) -> None:
        self._health = health
        self._lacks = lacks

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        return [
            web.get("/readyz", self._ready),
            web.get("/api/health", self._tell),
        ]

    @anyone
    async def _ready(self, _: web.Request) -> web.Response:
        lacks = list(self._lacks())
        return web.json_response(
            {"ready": not lacks, "lacks": lacks}, status=503 if lacks else 200
        )

    @least("supervisor")
    async def _tell(self, _: web.Request) -> web.Response:
        return web.json_response(self._health())
