"""The API's part for hours: what holds now, other hours on a date, the old ones again.

GET    /api/hours               all timetables, and dates with hours of their own
PUT    /api/hours/NAME/DATES    {"hours": "closed"}, "09:00-15:00" or "normal"
DELETE /api/hours/NAME/DATES    what was there before the change

DATES are `2026-12-24` or `2026-12-24..2026-12-26`, the hours as in hours.yaml; `normal`
takes the dates out, so that they are days like others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from aiohttp import web

from ivrflow.console.asking import Refused
from ivrflow.console.changing import (
    Body,
    Changer,
    Changes,
    Made,
    answering,
    end_in,
    standing,
)
from ivrflow.console.who import least, who
from ivrflow.flow.calendar import Timetable
from ivrflow.flow.changes import Place, Unknown, hours_of
from ivrflow.flow.site import Site
from ivrflow.flow.world import Switches

NORMAL = "normal"
"""The hours of a date that has none of its own."""


class HoursRoutes:
    """What the API says and does about hours."""

    def __init__(
        self,
        site: Callable[[], Site],
        changes: Changes,
        switches: Switches,
        clock: Callable[[], datetime],
    ) -> None:
        """*site* is the live version, *clock* the time in its zone."""
        self._site = site
        self._changes = changes
        self._switches = switches
        self._clock = clock
        self._changer = Changer(site, changes, clock)

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """Its routes."""
        place = "/api/hours/{name}/{dates}"
        return [
            web.get("/api/hours", self._list),
            web.put(place, self._set),
            web.delete(place, self._undo),
        ]

    @least("agent")
    async def _list(self, _: web.Request) -> web.Response:
        listed = [self._state(one) for one in self._site().hours.values()]
        return web.json_response({"hours": listed})

    def _state(self, table: Timetable) -> dict[str, Any]:
        now, name = self._clock(), table.name
        state = table.now_at(now, self._switches)
        who = table.hours.who
        exceptions = [
            {
                "dates": str(dates),
                "hours": str(hours),
                "changed": standing(self._changed(name, str(dates)), now),
            }
            for dates, hours in table.hours.except_.items()
        ]
        removed = [
            {"dates": place.dates, "hours": NORMAL, "changed": standing(change, now)}
            for place, change in self._changes.all.items()
            if place.dates and place.name == name and change.after is None
        ]
        return {
            "name": name,
            "who": None if who is None else str(who),
            "open": state.open,
            "why": state.why,
            "opens": state.opens and state.opens.isoformat(timespec="minutes"),
            "closes": state.closes and state.closes.isoformat(timespec="minutes"),
            "dates": exceptions + removed,
        }

    def _changed(self, name: str, dates: str) -> Any:
        return self._changes.all.get(Place(name, dates))

    @least("agent")
    async def _set(self, request: web.Request) -> web.Response:
        name, dates = await self._named(request)

        async def work(body: Body, by: str, now: datetime) -> Made:
            hours = body.get("hours")
            if not isinstance(hours, str):
                raise Refused(
                    400, "'hours' must be as in hours.yaml: closed, 09:00-15:00"
                )
            return await self._changes.set_hours(
                name,
                dates,
                None if hours == NORMAL else hours,
                by=by,
                until=end_in(body, now),
            )

        keys = ("hours", "for", "until")
        return await self._changer.made(request, keys, work, lambda: self._of(name))

    @least("agent")
    async def _undo(self, request: web.Request) -> web.Response:
        name, dates = await self._named(request)
        place = Place(name, dates)
        return await self._changer.undone(request, place, lambda: self._of(name))

    async def _named(self, request: web.Request) -> tuple[str, str]:
        """Timetable and dates, for whoever may change them."""
        name = request.match_info["name"]
        async with answering(self._site().version):
            meant = hours_of(self._site(), name).who
        who(request).must_be(str(meant), f"the hours of {name!r}")
        return name, request.match_info["dates"]

    def _of(self, name: str) -> dict[str, Any]:
        table = next((t for n, t in self._site().hours.items() if n == name), None)
        if table is None:
            raise Unknown(f"hours.yaml has no timetable {name!r} any more")
        return self._state(table)
