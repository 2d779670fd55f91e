"""The API's part for alarms: which ring now.

GET /api/alarms     each with its queue, its agent or what it is about, and since when
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from aiohttp import web

from ivrflow.acd.watch import Alarm
from ivrflow.console.changing import time
from ivrflow.console.who import Person, least, who


class AlarmRoutes:
    """What the API says about alarms."""

    def __init__(
        self,
        standing: Callable[[], Mapping[Alarm, float]],
        clock: Callable[[], datetime],
    ) -> None:
        """*standing* are those that ring, each with its time in seconds since 1970;
        *clock* is the time of the site."""
        self._standing = standing
        self._clock = clock

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """Its routes."""
        return [web.get("/api/alarms", self._list)]

    @least("agent")
    async def _list(self, request: web.Request) -> web.Response:
        person, now = who(request), self._clock()
        by_time = sorted(self._standing().items(), key=lambda one: one[1])
        listed = [
            {
                "alarm": alarm.name,
                "queue": alarm.queue,
                "agent": alarm.agent,
                "what": alarm.what,
                "since": time(since, now),
                "seconds": round(max(0.0, now.timestamp() - since), 1),
            }
            for alarm, since in by_time
            if _sees(person, alarm)
        ]
        return web.json_response({"alarms": listed})


def _sees(person: Person, alarm: Alarm) -> bool:
    if alarm.agent:
        return person.sees_agent(alarm.agent)
    return person.sees_queue(alarm.queue)
