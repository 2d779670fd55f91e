"""The page of metrics of a running service: what was counted, and what is so just now.

What is read off the parts is read in the loop, in one go, so that it fits together; it
asks neither the database nor Asterisk. The text is made in a thread, and by one that
asks only, however many ask: a flood of requests costs a page a second.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ivrflow import __version__
from ivrflow.acd.desk.state import AgentState, State
from ivrflow.acd.doors import Doors
from ivrflow.acd.model import Presence, Work
from ivrflow.acd.watch import Alarm
from ivrflow.console.queues import WORKS, longest_wait
from ivrflow.flow.site import Site
from ivrflow.flow.taking import takes_callers
from ivrflow.flow.world import Switches
from ivrflow.metrics import catalogue as known
from ivrflow.metrics.counting import CONSULT, Counting
from ivrflow.metrics.tally import Values
from ivrflow.metrics.text import page
from ivrflow.service.alarms import Levels
from ivrflow.service.ground import Ground
from ivrflow.service.ready import Readiness
from ivrflow.service.staff import Staff

FRESH = 1.0
"""Seconds for which a page that was made is given to others too."""

HOUR = 3600.0

READY, LOGGED_OUT, ELSE = "ready", "logged_out", "other"


@dataclass(frozen=True, kw_only=True)
class Gauged:
    """What is read off. *site* is the live version, *clock* seconds since 1970."""

    site: Callable[[], Site]
    health: Callable[[], Mapping[str, Any]]
    readiness: Readiness
    state: Callable[[], State]
    """Of the desk."""
    doors: Doors
    switches: Switches
    levels: Levels
    alarms: Callable[[], Mapping[Alarm, float]]
    clock: Callable[[], float]


class Metrics:
    """Makes the page. *counting* hears the facts."""

    def __init__(self, counting: Counting, gauged: Gauged) -> None:
        self._counting = counting
        self._gauged = gauged
        self._one_at_a_time = asyncio.Lock()
        self._page = b""
        self._made_at = -FRESH

    async def page(self) -> bytes:
        """The text, a second old at most."""
        loop = asyncio.get_running_loop()
        async with self._one_at_a_time:
            if loop.time() - self._made_at >= FRESH:
                self._made_at = loop.time()
                self._page = await asyncio.to_thread(page, self.values())
        return self._page

    def values(self) -> Values:
        """All metrics but those of the process, as they are now."""
        found = self._counting.copied()
        health, gauged = self._gauged.health(), self._gauged
        site = gauged.site()
        found.put(known.INFO, 1.0, __version__, site.version)
        found.put(known.READY, float(not gauged.readiness.lacks()))
        found.put(known.DATABASE_STALLS, float(gauged.readiness.stalls()))
        found.put(known.TASKS, float(len(asyncio.all_tasks())))
        _of_health(found, health)
        alarms = Counter((a.name, a.queue, a.what) for a in gauged.alarms())
        found.numbers[known.ALARMS] = {key: float(n) for key, n in alarms.items()}
        state = gauged.state()
        _of_queues(found, state)
        _of_agents(found, state.agents)
        now = gauged.clock()
        at = datetime.fromtimestamp(now, site.settings.zone)
        for name in map(str, site.queues):
            is_open = takes_callers(name, site, gauged.doors, gauged.switches, at)
            found.put(known.QUEUE_OPEN, float(is_open), name)
            in_time, counted = gauged.levels.service_level(name, HOUR, now)
            if counted:
                found.put(known.SERVICE_LEVEL, in_time / counted, name)
        return found


def _of_health(found: Values, health: Mapping[str, Any]) -> None:
    asterisk, calls, lag = health["asterisk"], health["calls"], health["lag"]
    found.put(known.ASTERISK_READY, float(asterisk["ready"]))
    found.put(known.EVENTS, float(asterisk["events"]))
    found.put(known.EVENTS_UNREADABLE, float(asterisk["unreadable"]))
    found.put(known.EVENTS_FAILED, float(asterisk["failed"]))
    found.put(known.FOUND_DEAD, float(asterisk["found_dead"]))
    found.put(known.CALLS_UP, float(calls["up"]))
    found.put(known.CALLS_MOST, float(calls["most"]))
    found.put(known.CALLS_REFUSED, float(calls["refused"]))
    found.put(known.AGI_CONNECTIONS, float(health["agi"]["connections"]))
    found.put(known.AGI_REFUSED, float(health["agi"]["refused"]))
    for how, count in health["adoption"].items():
        found.put(known.ADOPTED, float(count), how)
    found.put(known.LAG_P99, lag["p99"])
    found.put(known.LAG_LONGEST, lag["longest"])
    found.put(known.LATE, float(lag["late"]))
    found.put(known.HEAVY, float(lag["heavy"]))
    sounds = health["sounds"]
    found.put(known.ROOM_USED, sounds["room_used"])
    found.put(known.IN_ASTERISK, float(sounds["in_asterisk"]))
    found.put(known.SOUNDS_TROUBLE, float(bool(sounds["trouble"])))
    found.put(known.TRANSCRIPTS_TROUBLE, float(bool(health["transcripts"]["trouble"])))
    for line in health["lines"]:
        found.put(known.LINE, float(line["length"]), line["name"])
        found.put(known.LINE_DROPPED, float(line["dropped"]), line["name"])
        if line["most"] is not None:
            found.put(known.LINE_MOST, float(line["most"]), line["name"])


def _of_queues(found: Values, state: State) -> None:
    doing = Counter(
        (queue, WORKS[what])
        for agent in state.agents
        if (what := _doing(agent)) in WORKS
        for queue in agent.queues
    )
    for queue in state.queues:
        waiting = Counter(one.item for one in queue.waiting)
        for item in {"call", *waiting} - {CONSULT}:
            found.put(known.WAITING, float(waiting[item]), queue.name, item)
        found.put(known.LONGEST_WAIT, longest_wait(queue), queue.name)
        states = {
            READY: queue.ready,
            "unreached": queue.unreached,
            "signed_in": queue.signed_in,
            **{works: doing[queue.name, works] for works in WORKS.values()},
        }
        for what, count in states.items():
            found.put(known.QUEUE_AGENTS, float(count), queue.name, what)


def _of_agents(found: Values, agents: Sequence[AgentState]) -> None:
    doing = Counter(_state(agent) for agent in agents)
    for what in (READY, LOGGED_OUT, *WORKS.values()):
        found.put(known.AGENTS, float(doing[what]), what)
    there = [one for one in agents if one.presence != Presence.LOGGED_OUT.value]
    elsewhere = sum(one.elsewhere for one in there)
    unreached = sum(one.unreached is not None for one in there)
    found.put(known.AGENTS_ELSEWHERE, float(elsewhere))
    found.put(known.AGENTS_UNREACHED, float(unreached))


def _doing(agent: AgentState) -> str:
    """What he does; of one who is idle, what he has chosen."""
    return agent.presence if agent.work == Work.IDLE.value else agent.work


def _state(agent: AgentState) -> str:
    doing = _doing(agent)
    if doing == Presence.READY.value:
        return READY
    if doing == Presence.LOGGED_OUT.value:
        return LOGGED_OUT
    return WORKS.get(doing, ELSE)


def metrics_of(
    ground: Ground,
    staff: Staff,
    readiness: Readiness,
    health: Callable[[], Mapping[str, Any]],
) -> Metrics:
    """Those of a service."""
    return Metrics(
        ground.counting,
        Gauged(
            site=ground.site_now,
            health=health,
            readiness=readiness,
            state=staff.desk.state,
            doors=staff.supervision.doors,
            switches=staff.switches,
            levels=staff.figures.live,
            alarms=staff.supervision.standing,
            clock=ground.clock,
        ),
    )
