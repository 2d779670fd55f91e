"""How the service itself is: what it waits for, what waits in it, what it has refused.

    GET  /api/health                     supervisors

For whoever watches the machine. It asks nothing of the database or of Asterisk, so it
answers when they don't.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aiohttp import web

from ivrflow.console.who import least

Health = Callable[[], Mapping[str, Any]]
"""Tells how the service is now, as JSON can hold it."""


class HealthRoutes:
    """A part of the API."""

    def __init__(self, health: Health) -> None:
        self._health = health

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        return [web.get("/api/health", self._tell)]

    @least("supervisor")
    async def _tell(self, _: web.Request) -> web.Response:
        return web.json_response(self._health())
