"""What somebody must be told of the floor: told once when it begins and when it ends.

Pure: from agents, waits and figures at one moment, and the limits of queues.yaml, to
what is over a limit now (`over`), and from one moment to the next, to what began and
what ended (`Watch`). Who looks when, and who is told, is another matter.

An alarm ends when it has not been so for `CALM` seconds: a line that is answered at the
limit must not ring a bell with each caller. Agents have the strictest limit of the
queues that they serve.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from ivrflow.acd.model import Agent, Presence, Work
from ivrflow.facts import AlarmCleared, AlarmRaised, Fact, Held, Resumed, TalkEnded

CALM = 30.0
"""Seconds for which it must not have been so before an alarm ends."""

FEWEST = 5
"""Callers without whom a service level says nothing."""

LONGEST_WAIT = "longest_wait"
NO_AGENT_READY = "no_agent_ready"
SERVICE_LEVEL = "service_level"
LONG_TALK = "long_talk"
LONG_HOLD = "long_hold"
LONG_WRAP_UP = "long_wrap_up"
LONG_PAUSE = "long_pause"
CALLBACK_LATE = "callback_late"
PROMISE_LATE = "promise_late"
OURS = frozenset(
    (
        LONGEST_WAIT,
        NO_AGENT_READY,
        SERVICE_LEVEL,
        LONG_TALK,
        LONG_HOLD,
        LONG_WRAP_UP,
        LONG_PAUSE,
        CALLBACK_LATE,
        PROMISE_LATE,
    )
)
"""The alarms that are raised and cleared here; others have others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A service level that must be kept: *share* (0 to 1) in *within* seconds."""

    share: float
    within: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What queues.yaml says of one queue. Seconds; None: nobody need be told."""

    longest_wait: float | None = None
    no_agent_ready: float | None = None
    service_level: Level | None = None
    long_talk: float | None = None
    long_hold: float | None = None
    long_wrap_up: float | None = None
    long_pause: float | None = None
    callback_late: float | None = None
    promise_late: float | None = None
    """Of callbacks and of messages, whichever is later."""


class Alarm(NamedTuple):
    """Which alarm of whom: a *queue*, an *agent*, *what* else; or of the house."""

    name: str
    queue: str = ""
    agent: str = ""
    what: str = ""

    @classmethod
    def of(cls, fact: AlarmRaised | AlarmCleared) -> Alarm:
        """The one that *fact* tells of."""
        return cls(fact.alarm, fact.queue, fact.agent, fact.what)


@dataclass(frozen=True, slots=True)
class Over:
    """By how much it is over the limit: seconds; of service levels, shares."""

    value: float
    limit: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """The floor at one moment. Times are seconds since 1970."""

    now: float
    agents: Iterable[Agent]
    first_joined: Mapping[str, float]
    """Queue -> since when who waits longest has waited."""
    open: frozenset[str]
    """The queues that take callers now."""
    levels: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Queue -> callers answered in time, and all that count, as its limit asks."""
    held: Mapping[str, float] = field(default_factory=dict)
    """Agent -> since when his caller is on hold."""
    unreached: Container[str] = ()
    """Agents whose phones are not there: no caller has one of them, ready or not."""
    late: Mapping[str, float] = field(default_factory=dict)
    """Queue -> for how many seconds the oldest callback is over its promise."""
    late_work: Mapping[str, float] = field(default_factory=dict)
    """The same of messages that are work."""


class Watch:
    """Which alarms stand, from one moment to the next."""

    def __init__(self, standing: Mapping[Alarm, float] | None = None) -> None:
        """*standing* are those that were raised before, each with its time."""
        self._since = {a: t for a, t in (standing or {}).items() if a.name in OURS}
        self._last = dict(self._since)
        """Alarm -> when it was last so."""
        self._unready: dict[str, float] = {}
        """Queue -> since when nobody is ready."""
        for alarm in self._since:
            if alarm.name == NO_AGENT_READY:
                # For long enough: who gets ready ends it, and no restart of ours.
                self._unready[alarm.queue] = -math.inf
        self._held: dict[str, float] = {}

    @property
    def standing(self) -> Mapping[Alarm, float]:
        """The alarms that stand, each with the time at which it was raised."""
        return dict(self._since)

    @property
    def held(self) -> Mapping[str, float]:
        """Agent -> since when his caller is on hold."""
        return self._held

    def note(self, fact: Fact) -> None:
        """Hear of who is put on hold: a `Note`."""
        match fact:
            case Held():
                self._held[fact.agent] = fact.at
            case Resumed() | TalkEnded():
                self._held.pop(fact.agent, None)

    def look(
        self, moment: Moment, limits: Mapping[str, Limits]
    ) -> list[AlarmRaised | AlarmCleared]:
        """What began and what ended since the last look."""
        now = moment.now
        self._see_unready(moment, limits)
        found = dict(over(moment, limits, self._unready))
        told: list[AlarmRaised | AlarmCleared] = []
        for alarm, how in found.items():
            if alarm not in self._since:
                self._since[alarm] = now
                told.append(
                    AlarmRaised(
                        at=now,
                        alarm=alarm.name,
                        queue=alarm.queue,
                        agent=alarm.agent,
                        value=how.value,
                        limit=how.limit,
                    )
                )
            self._last[alarm] = now
        for alarm, since in list(self._since.items()):
            if alarm not in found and now - self._last[alarm] >= CALM:
                del self._since[alarm], self._last[alarm]
                told.append(
                    AlarmCleared(
                        at=now,
                        alarm=alarm.name,
                        queue=alarm.queue,
                        agent=alarm.agent,
                        seconds=now - since,
                    )
                )
        return told

    def _see_unready(self, moment: Moment, limits: Mapping[str, Limits]) -> None:
        ready: set[str] = set()
        for agent in moment.agents:
            reached = agent.number not in moment.unreached
            if reached and agent.presence is Presence.READY:
                ready |= agent.queues
        for queue in limits:
            if queue in ready or queue not in moment.open:
                self._unready.pop(queue, None)
            else:
                self._unready.setdefault(queue, moment.now)


def over(
    moment: Moment, limits: Mapping[str, Limits], unready: Mapping[str, float]
) -> Iterator[tuple[Alarm, Over]]:
    """What is over its limit; *unready* is since when a queue has nobody ready."""
    now = moment.now
    for queue, limit in limits.items():
        seconds = (
            (LONGEST_WAIT, limit.longest_wait, _since(moment.first_joined, queue, now)),
            (NO_AGENT_READY, limit.no_agent_ready, _since(unready, queue, now)),
            (CALLBACK_LATE, limit.callback_late, moment.late.get(queue)),
            (PROMISE_LATE, limit.promise_late, _latest(moment, queue)),
        )
        for name, most, value in seconds:
            if most is not None and value is not None and value > most:
                yield Alarm(name, queue=queue), Over(value, most)
        level = limit.service_level
        if level is not None:
            in_time, counted = moment.levels.get(queue, (0, 0))
            if counted >= FEWEST and in_time / counted < level.share:
                over_level = Over(round(in_time / counted, 4), level.share)
                yield Alarm(SERVICE_LEVEL, queue=queue), over_level
    strictest = min(map(_strictest, limits.values()), default=math.inf)
    if strictest == math.inf:
        return
    for agent in moment.agents:
        # Thousands of agents: most have begun what they do a short while ago.
        if now - min(agent.work_since, agent.presence_since) > strictest:
            yield from _over_of(agent, moment, limits)


def _latest(moment: Moment, queue: str) -> float | None:
    """For how long the oldest promise of *queue* is broken; None: none is."""
    late = (moment.late.get(queue), moment.late_work.get(queue))
    return max((one for one in late if one is not None), default=None)


def _strictest(limit: Limits) -> float:
    """The least that *limit* allows an agent, in seconds."""
    kinds = (limit.long_talk, limit.long_hold, limit.long_wrap_up, limit.long_pause)
    return min((one for one in kinds if one is not None), default=math.inf)


def _over_of(
    agent: Agent, moment: Moment, limits: Mapping[str, Limits]
) -> Iterator[tuple[Alarm, Over]]:
    now = moment.now
    talking = agent.work is Work.TALKING
    wrapping = agent.work_at(now) is Work.WRAP_UP
    paused = agent.presence is Presence.NOT_READY
    seconds = (
        (LONG_TALK, now - agent.work_since if talking else None),
        (LONG_HOLD, _since(moment.held, agent.number, now) if talking else None),
        (LONG_WRAP_UP, now - agent.work_since if wrapping else None),
        (LONG_PAUSE, now - agent.presence_since if paused else None),
    )
    for name, value in seconds:
        if value is None:
            continue
        of_his = (getattr(limits[q], name) for q in agent.queues if q in limits)
        least = min((most for most in of_his if most is not None), default=None)
        if least is not None and value > least:
            yield Alarm(name, agent=agent.number), Over(value, least)


def _since(times: Mapping[str, float], name: str, now: float) -> float | None:
    since = times.get(name)
    return None if since is None else now - since
