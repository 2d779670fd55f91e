"""The API's part for past calls: why one went as it did.

GET  /api/calls/ID/why       its account: every step and decision, with the line of the
                             version that it ran; ID may be the beginning of an id
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

from aiohttp import web

from ivrflow.console.asking import Refused
from ivrflow.flow.why.account import Account

C = TypeVar("C", bound="Known")


class Known(Protocol):
    """A call that the records know."""

    @property
    def id(self) -> str: ...


class PastCalls(Protocol[C]):
    """The records of calls. Both raise `Trouble`."""

    async def matching(self, call: str) -> list[C]:
        """The calls whose ids begin with *call*; one alone if it is called so."""

    async def account(self, call: C) -> Account:
        """The account of one of them."""


class CallRoutes(Generic[C]):
    """What the API says about past calls."""

    def __init__(self, past: PastCalls[C]) -> None:
        self._past = past

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """Its routes."""
        return [web.get("/api/calls/{id}/why", self._why)]

    async def _why(self, request: web.Request) -> web.Response:
        wanted = request.match_info["id"]
        found = await self._past.matching(wanted)
        if not found:
            raise Refused(404, f"no call is known whose id begins with {wanted[:80]!r}")
        if len(found) > 1:
            ids = ", ".join(call.id for call in found)
            raise Refused(409, f"several calls begin so: {ids}")
        account = await self._past.account(found[0])
        # Thousands of steps take tenths of a second, which calls must not feel.
        text = await asyncio.to_thread(_json, account)
        return web.Response(text=text, content_type="application/json")


def _json(account: Account) -> str:
    return json.dumps(account.plain(), ensure_ascii=False, default=str)
