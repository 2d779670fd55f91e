"""The API's part for queues: how they stand; close one, divert one, open it again.

GET  /api/queues                all queues: who waits, who is there, figures, alarms
GET  /api/queues/NAME           one
POST /api/queues/NAME/close     {"until": "2026-12-24 18:00", "waiting": true}
POST /api/queues/NAME/divert    {"to": {"queue": "other"}, "for": "2h"}
POST /api/queues/NAME/open

Callers of a closed queue take their flow's way `closed`; those of a diverted one go to
a queue, a flow or a number. With `waiting` it is for those too who wait already, which
is usual for a diversion. NAME `*` is every queue that whoever asks may run: for an
emergency.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Protocol

from aiohttp import web

from ivrflow.acd.desk import Desk
from ivrflow.acd.desk.state import CallerState, QueueState, State
from ivrflow.acd.doors import Door, Doors, InCircle, Way
from ivrflow.acd.engine.seat import DOING, RESTING
from ivrflow.acd.model import LEFT_BEHIND, Presence, Work
from ivrflow.acd.watch import Alarm
from ivrflow.console.asking import Refused, body_of
from ivrflow.console.changing import Body, asked_by, end_in, only, time
from ivrflow.console.who import least, who
from ivrflow.flow.kinds import did_you_mean
from ivrflow.flow.outbound import Refused as NotDialled
from ivrflow.flow.site import Site

ALL = "*"
WINDOWS = {"15m": 900.0, "30m": 1800.0, "60m": 3600.0}
"""The times for which a service level is shown, in seconds."""


WORKS: Mapping[str, str] = {
    Work.TALKING.value: "talking",
    Work.WRAP_UP.value: "wrap_up",
    DOING[RESTING]: "resting",
    Work.OFFERED.value: "rung",
    Presence.NOT_READY.value: "not_ready",
}
"""What is counted of agents: an idle one by what he has chosen."""


class Levels(Protocol):
    """Service levels of the last hour."""

    def service_level(self, queue: str, seconds: float, now: float) -> tuple[int, int]:
        """Callers answered in time, and all that count, in the last *seconds*."""


class Promised(Protocol):
    """A callback that waits, or a message that is work."""

    @property
    def queue(self) -> str: ...

    @property
    def promised(self) -> float:
        """Until when; seconds since 1970."""


class Promises(Protocol):
    """Callbacks that wait, or messages that are work."""

    async def open(self, queue: str | None = None) -> Sequence[Promised]:
        """Those of *queue*, or all. Raises `Trouble`."""


class Dials(Protocol):
    """The guard of numbers."""

    def allows(self, number: str) -> None:
        """Raise `outbound.Refused` for a number that may never be dialled."""


@dataclass(frozen=True, kw_only=True)
class Floor:
    """What queues are made of: *site* is the live version, *clock* the time there."""

    site: Callable[[], Site]
    desk: Desk
    doors: Doors
    levels: Levels
    promises: Promises
    work: Promises
    """Messages that are work."""
    alarms: Callable[[], Mapping[Alarm, float]]
    dials: Dials | None
    """None where no number can be dialled."""
    clock: Callable[[], datetime]


class QueueRoutes:
    """What the API says and does about queues."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """Its routes."""
        return [
            web.get("/api/queues", self._list),
            web.get("/api/queues/{name}", self._show),
            web.post("/api/queues/{name}/close", self._close),
            web.post("/api/queues/{name}/divert", self._divert),
            web.post("/api/queues/{name}/open", self._open),
        ]

    @least("agent")
    async def _list(self, request: web.Request) -> web.Response:
        return await self._told(who(request).sees_queue)

    @least("agent")
    async def _show(self, request: web.Request) -> web.Response:
        name, person = request.match_info["name"], who(request)
        self._known(name)
        if not person.sees_queue(name):
            person.must_run(name)
        for found in await self._states(lambda queue: queue == name, alone=name):
            return web.json_response(found)
        raise Refused(404, f"queue {name!r} is gone; `open` takes off what was done")

    @least("supervisor")
    async def _close(self, request: web.Request) -> web.Response:
        body = await body_of(request)
        only(body, "for", "until", "waiting", "by")
        return await self._shut(request, body, None)

    @least("supervisor")
    async def _divert(self, request: web.Request) -> web.Response:
        body = await body_of(request)
        only(body, "to", "for", "until", "waiting", "by")
        to = self._way(body.get("to"))
        if to.kind == "queue":
            who(request).must_run(to.name)  # callers are put upon its agents
        return await self._shut(request, body, to)

    async def _shut(
        self, request: web.Request, body: Body, to: Way | None
    ) -> web.Response:
        queues = self._meant(request)
        if to is not None and to.kind == "queue" and request.match_info["name"] == ALL:
            queues = queues - {to.name}
        waiting = body.get("waiting", to is not None)
        if not isinstance(waiting, bool):
            raise Refused(400, "'waiting' must be true or false")
        now = self._floor.clock()
        end = end_in(body, now)
        door = Door(
            state="closed" if to is None else "diverted",
            to=to,
            by=asked_by(request, body),
            at=now.timestamp(),
            until=None if end is None else end.timestamp(),
            waiting_too=waiting,
        )
        try:
            await self._floor.doors.set(sorted(queues), door)
        except InCircle as circle:
            raise Refused(409, str(circle)) from None
        return await self._told(queues.__contains__)

    @least("supervisor")
    async def _open(self, request: web.Request) -> web.Response:
        body = await body_of(request)
        only(body, "by")
        queues = self._meant(request)
        await self._floor.doors.open(sorted(queues), by=asked_by(request, body))
        return await self._told(queues.__contains__)

    def _meant(self, request: web.Request) -> frozenset[str]:
        """The queues that are asked about, which may be run by who asks."""
        name, person = request.match_info["name"], who(request)
        if name == ALL:
            all_of_them = frozenset(map(str, self._floor.site().queues))
            return frozenset(filter(person.may_run, all_of_them))
        self._known(name)
        person.must_run(name)
        return frozenset((name,))

    def _known(self, name: str) -> None:
        queues = self._floor.site().queues
        # One that a new version has not any more may still have callers, and a door.
        if name not in queues and name not in self._floor.doors.all:
            hint = did_you_mean(name, map(str, queues))
            raise Refused(404, f"queues.yaml has no queue {name!r}{hint}")

    def _way(self, to: object) -> Way:
        if not isinstance(to, dict) or len(to) != 1:
            raise Refused(400, '\'to\' must be {"queue": NAME}, a "flow" or a "number"')
        [(kind, name)] = to.items()
        site = self._floor.site()
        if not isinstance(name, str):
            raise Refused(400, f"{kind!r} must be a text")
        if kind == "queue":
            if name not in site.queues:
                hint = did_you_mean(name, map(str, site.queues))
                raise Refused(404, f"queues.yaml has no queue {name!r}{hint}")
            return Way("queue", name)
        if kind == "flow":
            flow = next((f for n, f in site.flows.items() if n == name), None)
            if flow is None:
                hint = did_you_mean(name, map(str, site.flows))
                raise Refused(404, f"the site has no flow {name!r}{hint}")
            if flow.takes:
                taken = ", ".join(map(str, flow.takes))
                raise Refused(409, f"flow {name!r} takes {taken}: nobody hands that in")
            return Way("flow", name)
        if kind == "number":
            if self._floor.dials is None:
                raise Refused(
                    409, "no number may be dialled: the settings have no `outbound`"
                )
            try:
                self._floor.dials.allows(name)
            except NotDialled as refused:
                raise Refused(
                    409, f"{name[:40]!r} may not be dialled: {refused}"
                ) from None
            return Way("number", name)
        raise Refused(400, f"'to' leads to a queue, flow or number, not {kind!r}")

    async def _told(self, meant: Callable[[str], bool]) -> web.Response:
        return web.json_response({"queues": await self._states(meant)})

    async def _states(
        self, meant: Callable[[str], bool], alone: str | None = None
    ) -> list[dict[str, Any]]:
        """Those that are *meant*; *alone*: it is this one, and no other is read."""
        floor = self._floor
        wishes, work = await floor.promises.open(alone), await floor.work.open(alone)
        callbacks = Counter(one.queue for one in wishes)
        messages = Counter(one.queue for one in work)
        promised: dict[str, float] = {}
        for one in (*wishes, *work):
            first = promised.get(one.queue, one.promised)
            promised[one.queue] = min(first, one.promised)
        now = floor.clock()
        state = floor.desk.state()
        people = _people(state)
        alarms: dict[str, list[str]] = {}
        for alarm in floor.alarms():
            alarms.setdefault(alarm.queue, []).append(alarm.name)
        return [
            {
                **asdict(queue),
                "waiting": [self._caller(caller) for caller in queue.waiting],
                "title": self._title(queue.name),
                **{work: people[queue.name, work] for work in WORKS.values()},
                "longest_wait": longest_wait(queue),
                "service_level": self._levels(queue.name, state.at),
                "callbacks": callbacks[queue.name],
                "messages": messages[queue.name],
                "promised": time(promised.get(queue.name), now),
                "door": self._door(queue.name),
                "alarms": sorted(alarms.get(queue.name, ())),
            }
            for queue in state.queues
            if meant(queue.name)
        ]

    def _caller(self, caller: CallerState) -> dict[str, Any]:
        """One who waits, and how many agents could take the call."""
        free, on_duty = self._floor.desk.fitting(caller.call)
        return {**asdict(caller), "agents": {"free": free, "on_duty": on_duty}}

    def _title(self, name: str) -> dict[str, str]:
        site = self._floor.site()
        titles = next((q.title for n, q in site.queues.items() if n == name), {})
        return {str(language): str(text) for language, text in titles.items()}

    def _levels(self, name: str, now: float) -> dict[str, dict[str, Any]]:
        found = {}
        for window, seconds in WINDOWS.items():
            in_time, counted = self._floor.levels.service_level(name, seconds, now)
            share = round(in_time / counted, 4) if counted else None
            found[window] = {"in_time": in_time, "counted": counted, "share": share}
        return found

    def _door(self, name: str) -> dict[str, Any]:
        door, now = self._floor.doors.of(name), self._floor.clock()
        return {
            "state": door.state,
            "to": str(door.to) if door.to else None,
            "by": door.by or None,
            "at": time(door.at, now) if door.at else None,
            "until": time(door.until, now),
            "waiting_too": door.waiting_too,
        }


def _people(state: State) -> Counter[tuple[str, str]]:
    """How many of a queue's agents are doing what, by whichever queue's call."""
    found: Counter[tuple[str, str]] = Counter()
    for agent in state.agents:
        doing = agent.presence if agent.work == Work.IDLE.value else agent.work
        if doing in WORKS:
            for queue in agent.queues:
                found[queue, WORKS[doing]] += 1
    return found


def longest_wait(queue: QueueState) -> float:
    """Seconds that the first of those who wait has waited; 0 where nobody does.

    A message waits for nobody's patience: it has a promise.
    """
    waited = (one.waited for one in queue.waiting if one.item != LEFT_BEHIND)
    return max(waited, default=0.0)
