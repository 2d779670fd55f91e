"""The API's part for logging more of the calls of one number, for a time.

GET    /api/log/callers              the numbers, each until when and for whom
POST   /api/log/callers/NUMBER       {"for": "30m"}
DELETE /api/log/callers/NUMBER

For admins: what is logged then is what a caller does, step by step; never what he
enters in confidence. Each is in the audit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from aiohttp import web

from ivrflow.console.asking import Refused, body_of
from ivrflow.console.audit import Ledger, noted
from ivrflow.console.changing import asked_by, end_in, only, time

NUMBER = re.compile(r"\+?[0-9*#]{1,40}")

USUAL, LONGEST = timedelta(minutes=30), timedelta(hours=24)


class LoggedNumber(Protocol):
    """A number whose calls log more."""

    @property
    def number(self) -> str: ...
    @property
    def until(self) -> float: ...
    @property
    def by(self) -> str: ...


class Numbers(Protocol):
    """Those numbers; see `service.caller_log`."""

    @property
    def all(self) -> Sequence[LoggedNumber]: ...

    def begin(self, number: str, until: float, *, by: str) -> LoggedNumber: ...

    def end(self, number: str) -> bool: ...


class CallerLogRoutes:
    """What the API says and does about it. *clock* is the time in the site's zone."""

    def __init__(
        self,
        numbers: Numbers,
        ledger: Ledger,
        clock: Callable[[], datetime],
        too_many: type[Exception],
    ) -> None:
        """*too_many* is what `begin` raises when there are enough of them."""
        self._numbers = numbers
        self._ledger = ledger
        self._clock = clock
        self._too_many = too_many

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """Its routes."""
        return [
            web.get("/api/log/callers", self._list),
            web.post("/api/log/callers/{number}", self._begin),
            web.delete("/api/log/callers/{number}", self._end),
        ]

    async def _list(self, _: web.Request) -> web.Response:
        found = [self._told(one) for one in self._numbers.all]
        return web.json_response({"callers": found})

    async def _begin(self, request: web.Request) -> web.Response:
        number, body = _number(request), await body_of(request)
        only(body, "for", "until", "by")
        now = self._clock()
        end = end_in(body, now) or now + USUAL
        if not now < end <= now + LONGEST:
            raise Refused(400, "a day at most, and not into the past: write 30m or 2h")
        by = asked_by(request, body)
        try:
            made = self._numbers.begin(number, end.timestamp(), by=by)
        except self._too_many as many:
            raise Refused(409, str(many)) from None
        told = self._told(made)
        what = f"log of caller {number}"
        await noted(self._ledger, by, what, after=f"until {told['until']}")
        return web.json_response(told)

    async def _end(self, request: web.Request) -> web.Response:
        number, body = _number(request), await body_of(request)
        only(body, "by")
        by = asked_by(request, body)
        if not self._numbers.end(number):
            raise Refused(404, f"calls of {number} log as all others do")
        await noted(self._ledger, by, f"log of caller {number}", after="ended")
        return web.json_response({"number": number, "until": None, "by": by})

    def _told(self, one: LoggedNumber) -> dict[str, Any]:
        until = time(one.until, self._clock())
        return {"number": one.number, "until": until, "by": one.by}


def _number(request: web.Request) -> str:
    number = request.match_info["number"]
    if not NUMBER.fullmatch(number):
        raise Refused(400, "the number is that of a caller, as `ivrflow calls` has it")
    return number
