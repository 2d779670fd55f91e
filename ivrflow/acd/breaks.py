"""How long agents have been away today, by reason, and whose time for it is over.

`pauses` of queues.yaml says how long a pause may last a day: `lunch: 60m`. What counts
is the time not ready for that reason, from midnight by the site's clock to the next.
It is read from the facts: those of today are folded at the start of the service, so
that a restart gives nobody a second lunch, and the board tells who is away just now.

Pure: it knows no clock. Times are wall-clock seconds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from ivrflow.acd.model import Agent, Presence
from ivrflow.facts import AgentChanged, AlarmCleared, AlarmRaised, Fact

ALARM = "break over quota"
"""The name of the alarm."""

SHORTEST_DAY = 22 * 3600.0
"""Seconds; no day is as short, whatever becomes of summer time."""

NOT_READY = Presence.NOT_READY.value


@dataclass(frozen=True, slots=True)
class Used:
    """What an agent has used today of the time for one reason."""

    reason: str
    seconds: float
    limit: float | None
    """Seconds; None: as long as one likes."""

    @property
    def over(self) -> bool:
        """Whether that is all, or more."""
        return self.limit is not None and self.seconds >= self.limit


@dataclass(frozen=True, slots=True)
class Taken:
    """A pause that is over, or a part of one."""

    agent: str
    reason: str
    begin: float
    end: float


@dataclass(frozen=True, slots=True)
class Away:
    """A pause that lasts."""

    reason: str
    since: float


class Breaks:
    """The pauses of one day, of all agents."""

    def __init__(
        self,
        limits: Callable[[], Mapping[str, float | None]],
        midnight: Callable[[float], float],
    ) -> None:
        """*limits* are reason -> seconds a day, None for none, of the live version.

        *midnight* gives the begin of a time's day by the site's clock.
        """
        self._limits = limits
        self._begin_of = midnight
        self._day = -math.inf
        self._taken: dict[str, dict[str, float]] = {}
        """Agent -> reason -> seconds of pauses that are over."""
        self._away: dict[str, Away] = {}
        self._raised: dict[str, float] = {}
        """Agent -> since when the alarm is on, for the pause that lasts."""
        self.pauses = 0
        """Counts the pauses that began or ended."""
        self._told: set[tuple[str, str]] = set()
        """(agent, reason) for which there was an alarm today."""

    # What happens ---------------------------------------------------------------------

    def begin(
        self,
        agents: Iterable[Agent],
        taken: Iterable[Taken],
        told: Iterable[tuple[str, float]],
        now: float,
    ) -> None:
        """Take what the service of before has left.

        *agents* are those of the board: it knows who is away just now, and since when.
        *taken* are the pauses of today that are over, *told* the agents for whom there
        was an alarm today, and when. What was heard already is kept.
        """
        self._turn(now)
        told = list(told)
        for agent in agents:
            if agent.presence is Presence.NOT_READY and agent.reason:
                away = Away(agent.reason, agent.presence_since)
                self._away[agent.number] = away
                for number, at in told:
                    if number == agent.number and at >= away.since:
                        self._raised[number] = at
                        self._told.add((number, away.reason))
        for one in taken:
            now_away = self._away.get(one.agent)
            if now_away is not None and one.begin >= now_away.since:
                continue  # a part of the pause that lasts
            self._add(one.agent, one.reason, one.begin, one.end)
            self._told |= {
                (number, one.reason)
                for number, at in told
                if number == one.agent and one.begin <= at <= one.end
            }

    def hear(self, fact: Fact) -> list[Fact]:
        """Take a fact of any kind, in its order; return those that follow from it."""
        return self._changed(fact) if isinstance(fact, AgentChanged) else []

    def tick(self, now: float) -> list[Fact]:
        """Return an alarm for each pause whose time is over, once."""
        self._turn(now)
        found: list[Fact] = []
        for number, away in self._away.items():
            if (number, away.reason) in self._told:
                continue
            used = self.used(number, away.reason, now)
            if used.over and used.limit is not None:
                self._told.add((number, away.reason))
                self._raised[number] = now
                found.append(
                    AlarmRaised(
                        at=now,
                        call="",
                        alarm=ALARM,
                        queue="",
                        agent=number,
                        value=used.seconds,
                        limit=used.limit,
                    )
                )
        return found

    # Questions ------------------------------------------------------------------------

    def next_due(self, now: float) -> float:
        """When `tick` will have something to do; infinity if never, as things stand."""
        limits = self._limits()
        due = math.inf
        for number, away in self._away.items():
            limit = limits.get(away.reason)
            if limit is not None and (number, away.reason) not in self._told:
                left = limit - self.used(number, away.reason, now).seconds
                due = min(due, now + max(left, 0.0))
        return due

    def used(self, agent: str, reason: str, now: float) -> Used:
        """What *agent* has used of today's time for *reason*."""
        limit = self._limits().get(reason)
        return Used(reason, self._seconds(agent, reason, now), limit)

    def all_of(self, agents: Iterable[str], now: float) -> dict[str, list[Used]]:
        """As `used`, for each reason that the site names, by agent."""
        limits, today = self._limits(), self._midnight(now)
        return {
            agent: [
                Used(reason, self._seconds(agent, reason, now, today), limit)
                for reason, limit in limits.items()
            ]
            for agent in agents
        }

    # ----------------------------------------------------------------------------------

    def _seconds(
        self, agent: str, reason: str, now: float, today: float | None = None
    ) -> float:
        today = self._midnight(now) if today is None else today
        seconds = 0.0
        if self._day == today:
            seconds = self._taken.get(agent, {}).get(reason, 0.0)
        away = self._away.get(agent)
        if away is not None and away.reason == reason:
            seconds += max(0.0, now - max(away.since, today))
        return seconds

    def _changed(self, fact: AgentChanged) -> list[Fact]:
        self._turn(fact.at)
        number = fact.agent
        reason = fact.reason if fact.presence == NOT_READY else ""
        away = self._away.get(number)
        if (away.reason if away is not None else "") == reason:
            return []
        self.pauses += 1
        if away is not None:
            self._add(number, away.reason, away.since, fact.at)
            del self._away[number]
        if reason:
            self._away[number] = Away(reason, fact.at)
        return self._clear(number, fact.at)

    def _clear(self, number: str, at: float) -> list[Fact]:
        since = self._raised.pop(number, None)
        if since is None:
            return []
        return [
            AlarmCleared(
                at=at,
                call="",
                alarm=ALARM,
                queue="",
                agent=number,
                seconds=max(0.0, at - since),
            )
        ]

    def _add(self, agent: str, reason: str, begin: float, end: float) -> None:
        seconds = end - max(begin, self._day)
        if seconds > 0:
            taken = self._taken.setdefault(agent, {})
            taken[reason] = taken.get(reason, 0.0) + seconds

    def _midnight(self, now: float) -> float:
        """The begin of the day of *now*: asked once a day, and often near its end."""
        if 0.0 <= now - self._day < SHORTEST_DAY:
            return self._day
        return self._begin_of(now)

    def _turn(self, now: float) -> None:
        """Begin a new day where there is one."""
        today = self._midnight(now)
        if today > self._day:
            self._day = today
            self._taken.clear()
            self._told.clear()
