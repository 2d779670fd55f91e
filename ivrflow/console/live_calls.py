"""The API's part for calls that are up: an operator ends one.

POST /api/calls/ID/hang-up   whatever it is doing; its flow's `on_end` runs

For a call that should not be: one that goes in circles, one that nobody can end at the
phone. A supervisor ends those of his agents, an admin all. It is in the audit, and the
call's own record says `operator`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from aiohttp import web

from ivrflow.console.asking import Refused, body_of
from ivrflow.console.audit import Ledger, noted
from ivrflow.console.changing import asked_by, only
from ivrflow.console.who import Person, least, who
from ivrflow.flow.live import CallState, LiveCalls


class LiveCallRoutes:
    """What the API does to calls that are up."""

    def __init__(self, live: LiveCalls, ledger: Ledger) -> None:
        self._live = live
        self._ledger = ledger

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """Its routes."""
        return [web.post("/api/calls/{id}/hang-up", self._hang_up)]

    @least("supervisor")
    async def _hang_up(self, request: web.Request) -> web.Response:
        wanted, body = request.match_info["id"], await body_of(request)
        only(body, "by")
        by = asked_by(request, body)
        state = self._state(wanted, who(request))
        if not await self._live.end(wanted):
            raise _not_up(wanted)
        doing = f"in {state.flow} {state.step}".rstrip()
        await noted(self._ledger, by, f"call {wanted}", doing, "hung up")
        return web.json_response(asdict(state))

    def _state(self, wanted: str, person: Person) -> CallState:
        """How that call is, for one who may end it."""
        state = next((one for one in self._live.state() if one.id == wanted), None)
        if state is None:
            raise _not_up(wanted)
        if state.agent:
            person.must_lead(state.agent)
        elif person.role != "admin":
            raise Refused(403, "no agent has had this caller: admins may end the call")
        return state


def _not_up(call: str) -> Refused:
    return Refused(404, f"no call {call[:80]!r} is up; GET /api/calls lists those")
