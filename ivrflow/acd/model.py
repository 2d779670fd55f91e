"""Agents, callers and queues, as plain values.

Times are seconds of the wall clock (since 1970, UTC), so that they mean the same in the
database, after a restart and on another machine. Durations are seconds.

A *skill* is a text: `billing`, or `district=north` where the skill has values. So a
need, an agent's row and a line in the log all write it the same way.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Any

import msgspec

Skills = Mapping[str, int]
"""Skill -> level, 0 (none) to 10 (expert)."""

TOP_LEVEL = 10
NOTHING: Mapping[str, Any] = MappingProxyType({})


def skill(name: str, value: str = "") -> str:
    """Return the skill *name*, or its value *value*, as the text that stands for it."""
    return f"{name}={value}" if value else name


def flat_skills(given: Mapping[str, int | Mapping[str, int]]) -> dict[str, int]:
    """Flatten skills as `agents.yaml` writes them.

    `{billing: 3, district: {north: 5}}` becomes `{billing: 3, district=north: 5}`.
    """
    flat: dict[str, int] = {}
    for name, level in given.items():
        if isinstance(level, Mapping):
            flat |= {skill(name, value): n for value, n in level.items()}
        else:
            flat[name] = level
    return flat


class Presence(Enum):
    """What the agent has chosen. Only the agent, or who acts for him, changes it."""

    LOGGED_OUT = "logged out"
    NOT_READY = "not ready"
    READY = "ready"


class Work(Enum):
    """What the agent is doing. Only the desk changes it."""

    IDLE = "idle"
    OFFERED = "offered"
    TALKING = "talking"
    WRAP_UP = "wrap-up"


class Agent(msgspec.Struct, frozen=True, kw_only=True):
    """An agent: who it is, what it has chosen, what it is doing.

    A struct, since each change makes a new one: `msgspec.structs.replace` takes a tenth
    of the time that `dataclasses.replace` does.
    """

    number: str
    """What callers are told and agents dial; unique."""
    name: str = ""
    endpoint: str = ""
    """The agent's own phone, as the switch dials it: PJSIP/1001."""
    queues: frozenset[str] = frozenset()
    skills: Skills = msgspec.field(default_factory=dict)

    presence: Presence = Presence.LOGGED_OUT
    reason: str = ""
    """Why not ready: a break's name, or "no answer"."""
    presence_since: float = 0.0
    sits_at: str = ""
    """The phone at which the agent signed in, if it is not the own one (hot desk)."""

    work: Work = Work.IDLE
    work_since: float = 0.0
    free_at: float = 0.0
    """When the last wrap-up or delay ends. No task waits for it: it is a time in a row,
    so a row may still say wrap-up when that is over. `work_at` knows."""

    @property
    def address(self) -> str:
        """The phone that rings for this agent."""
        return self.sits_at or self.endpoint

    @property
    def idle_since(self) -> float:
        """Since when the agent could have been given a call, if ready and idle."""
        return max(self.presence_since, self.free_at)

    def work_at(self, now: float) -> Work:
        """What the agent is doing at *now*, a wrap-up that has run out being idle."""
        if self.work is Work.WRAP_UP and self.free_at <= now:
            return Work.IDLE
        return self.work

    def free(self, now: float) -> bool:
        """Whether a call may be offered to this agent at *now*."""
        return (
            self.presence is Presence.READY
            and self.work in (Work.IDLE, Work.WRAP_UP)
            and self.free_at <= now
        )


@dataclass(frozen=True, slots=True)
class Need:
    """What an agent must be able to do: each skill, at its level or better.

    Build it with `need`; equal needs are equal, whatever order they were written in.
    """

    least: tuple[tuple[str, int], ...] = ()

    def met_by(self, skills: Skills) -> bool:
        return all(skills.get(name, 0) >= level for name, level in self.least)

    def without(self, name: str) -> Need:
        """Drop the skill *name*, with whatever value."""
        return Need(tuple((s, n) for s, n in self.least if s.split("=", 1)[0] != name))

    def lowered(self, name: str, level: int) -> Need:
        """Ask only for *level* of the skill *name*; 0 drops it. Never raises one."""
        if level <= 0:
            return self.without(name)
        return Need(
            tuple(
                (s, min(n, level) if s.split("=", 1)[0] == name else n)
                for s, n in self.least
            )
        )

    def spelled(self) -> dict[str, Any]:
        """Return it as a flow would write it: `{district: north, billing: 3}`."""
        spelled: dict[str, Any] = {}
        for text, level in self.least:
            name, _, value = text.partition("=")
            if not value:
                spelled[name] = level
            elif level == 1:
                spelled[name] = value
            else:
                spelled[name] = {"is": value, "level": level}
        return spelled

    def __str__(self) -> str:
        if not self.least:
            return "anyone"
        return ", ".join(s if n == 1 else f"{s} at {n}" for s, n in self.least)


def need(skills: Skills) -> Need:
    """Return the need for *skills*; a level of 0 or less asks for nothing."""
    return Need(tuple(sorted((s, n) for s, n in skills.items() if n > 0)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Widening:
    """*after* seconds in the queue, ask for less, or count for more."""

    after: float
    drop: tuple[str, ...] = ()
    """Skills that are not asked for any more, by name, with whatever value."""
    lower: Mapping[str, int] = field(default_factory=dict)
    """Skill name -> the level that is enough now."""
    priority: float = 0.0
    """Added to the priority."""

    def apply(self, asked: Need) -> Need:
        for name in self.drop:
            asked = asked.without(name)
        for name, level in self.lower.items():
            asked = asked.lowered(name, level)
        return asked


@dataclass(frozen=True, slots=True)
class Preferred:
    """Hold the call for this agent until then; afterwards anyone may take it."""

    agent: str
    until: float
    """`math.inf`: nobody else ever."""

    @property
    def for_ever(self) -> bool:
        return self.until == math.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A caller in a queue."""

    call: str
    queue: str
    joined: float
    """The place in the line. Who comes back keeps it by giving the old time."""
    need: Need = Need()
    priority: float = 0.0
    """Higher first. Within one priority the line is in order of joining."""
    widening: tuple[Widening, ...] = ()
    preferred: Preferred | None = None
    who: str = ""
    """By what this caller is known again (`last_agent: by`): the calling number, or
    a customer's id. "" is nobody."""

    def widest(self) -> Need:
        """What is still asked for when all widening is done."""
        asked = self.need
        for step in self.widening:
            asked = step.apply(asked)
        return asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One agent for one caller, from the claim to the end of the talk."""

    id: str
    """Random. The agent's leg bears it, so that ordering the leg twice rings once."""
    call: str
    queue: str
    agent: str
    at: float
    who: str = ""
    """`Waiting.who`, kept for `Board.last_agent`."""


STRATEGIES = ("longest_idle", "best_skill")
"""Which agent rings first, of several who could: the ways that are built."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRules:
    """What `queues.yaml` says of one queue, as far as the desk acts on it."""

    name: str
    choose: str = "longest_idle"
    """One of `STRATEGIES`. Another strategy's name works as longest_idle."""
    ring: float = 20.0
    wrap_up: float = 0.0
    longest_line: int | None = None
    """Callers at most in the queue, those included whose agent rings; None: no end."""
    after_busy: float = 10.0
    """Before an agent whose phone was busy is offered the next call."""
    after_reject: float = 10.0
    after_unreachable: float = 30.0
    handle: float = 180.0
    """The handling time that an estimate assumes until it has seen enough talks."""
    patience: float = 600.0
    """The patience that an estimate assumes until it has seen enough callers."""
    shown: Mapping[str, str] = field(default_factory=dict)
    """Title per language and whatever else the API shows; the desk does not read it."""
