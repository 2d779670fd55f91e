"""The API's part for switches: which are thrown, throw one, put it back.

GET  /api/switches           all of switches.yaml, and how they stand
POST /api/switches/NAME      {"thrown": true, "for": "2h"}, {"thrown": false}

Without `for` a switch goes back after `expires` of switches.yaml; it can't be thrown
for longer than that, so that nobody's emergency closing outlives the emergency.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from aiohttp import web
from pydantic_core import PydanticCustomError

from ivrflow.console.asking import Refused, body_of
from ivrflow.console.changing import asked_by, only, time
from ivrflow.console.who import least, who
from ivrflow.flow.kinds import Duration, did_you_mean
from ivrflow.flow.site import Site
from ivrflow.flow.site.switches import Switch, TooLong
from ivrflow.flow.source import Scalar
from ivrflow.flow.world import Switches

WORDS = {True: True, False: False, "yes": True, "no": False}


class Thrown(Protocol):
    """Who threw a switch, and when, and its end; seconds since 1970."""

    @property
    def by(self) -> str: ...
    @property
    def at(self) -> float: ...
    @property
    def until(self) -> float | None: ...


class AllSwitches(Switches, Protocol):
    """Switches that can be listed."""

    @property
    def all(self) -> Mapping[str, Thrown]: ...


class SwitchRoutes:
    """What the API says and does about switches."""

    def __init__(
        self,
        site: Callable[[], Site],
        switches: AllSwitches,
        clock: Callable[[], datetime],
    ) -> None:
        """*site* is the live version, *clock* the time in its zone."""
        self._site = site
        self._switches = switches
        self._clock = clock

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """Its routes."""
        return [
            web.get("/api/switches", self._list),
            web.post("/api/switches/{name}", self._set),
        ]

    @least("agent")
    async def _list(self, _: web.Request) -> web.Response:
        listed = [self._state(one) for one in self._site().switches.values()]
        return web.json_response({"switches": listed})

    def _state(self, switch: Switch) -> dict[str, Any]:
        name, now = str(switch.name), self._clock()
        row = self._switches.all.get(name)
        state: dict[str, Any] = {
            "name": name,
            "title": {str(k): str(v) for k, v in switch.title.items()},
            "who": str(switch.who),
            "thrown": False,
            "by": None,
            "at": None,
            "until": None,
        }
        if row is not None and self._switches.thrown(name, now):
            state |= {
                "thrown": True,
                "by": row.by,
                "at": time(row.at, now),
                "until": time(row.until, now),
            }
        return state

    @least("agent")
    async def _set(self, request: web.Request) -> web.Response:
        switch = self._switch(request.match_info["name"])
        who(request).must_be(str(switch.who), f"the switch {str(switch.name)!r}")
        body = await body_of(request)
        only(body, "thrown", "for", "by")
        given = body.get("thrown")
        if not isinstance(given, bool | str) or given not in WORDS:
            raise Refused(400, "'thrown' must be true or false")
        now, name = self._clock(), str(switch.name)
        by = asked_by(request, body)
        if WORDS[given]:
            until = _end(switch, body.get("for"), now)
            await self._switches.throw(name, by=by, now=now, until=until)
        elif "for" in body:
            raise Refused(400, "'for' says how long it is thrown; leave it out")
        else:
            await self._switches.put_back(name, by=by, now=now)
        return web.json_response(self._state(switch))

    def _switch(self, name: str) -> Switch:
        switches = self._site().switches
        for known, switch in switches.items():
            if known == name:
                return switch
        hint = did_you_mean(name, map(str, switches))
        raise Refused(404, f"switches.yaml has no switch {name!r}{hint}")


def _end(switch: Switch, given: object, now: datetime) -> datetime | None:
    """When it goes back; *given* is a duration as people write it, `2h`, or None."""
    try:
        lasts = None if given is None else float(Duration.read(Scalar(str(given))))
        return switch.end(now, lasts)
    except PydanticCustomError as wrong:
        raise Refused(400, f"'for': {wrong.message()}") from None
    except TooLong as wrong:
        raise Refused(400, str(wrong)) from None
