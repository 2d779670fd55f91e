"""Agents, callers and queues, as plain values.

Times are seconds of the wall clock (since 1970, UTC), so that they mean the same in the
database, after a restart and on another machine. Durations are seconds.

A *skill* is a text: `billing`, or `district=north` where the skill has values. So a
need, an agent's row and a line in the log all write it the same way.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec

Skills = Mapping[str, int]
"""Skill -> level, 0 (none) to 10 (expert)."""

Levels = tuple[tuple[str, int], ...]
"""Skills with their levels, sorted."""

TOP_LEVEL = 10
ITEMS = ("call", "callback", "voicemail", "consult")
"""What may wait for an agent. A consult is an agent who wants to talk to another."""

LEFT_BEHIND = "voicemail"
"""What nobody waits for at a telephone: it may lie for hours, and is no crowd."""

DAY_ENDS = 4 * 3600.0
"""Seconds signed out after which an agent's counts begin anew."""

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


class Tally(NamedTuple):
    """What is counted of an agent: the fields of `Agent` say what each is."""

    calls: int
    busy: float
    last_call: float


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
    team: str = ""
    queues: frozenset[str] = frozenset()
    """All queues that the agent serves, those of the next two included."""
    reserve: frozenset[str] = frozenset()
    """Queues whose callers ring here only when no regular agent of theirs is free."""
    on_demand: frozenset[str] = frozenset()
    """Queues whose callers ring here only while the queue calls for it: see
    `QueueRules.demand_wait`."""
    skills: Skills = msgspec.field(default_factory=dict)
    items: frozenset[str] = frozenset()
    """Kinds of work that the agent takes, of `ITEMS`; empty: all of them."""
    weight: float = 1.0
    """With `weighted_random`: twice the weight, twice as many calls."""
    order: int = 0
    """The place in agents.yaml, for `in_order` and `round_robin`."""
    wrap_up: float | None = None
    """Seconds after a call, whatever its queue says; None: as the queue says."""
    confirm: bool = False
    """Whether a call is his only when he has pressed 1: at his phone an answering
    machine, or somebody else, may answer."""
    nailed: bool = False
    """Whether his phone is called once and stays up (see `acd.nailed`)."""
    live: bool = False
    """Whether queues and skills are others than in agents.yaml: changed since, live."""

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
    elsewhere: bool = False
    """Whether the phone is in a call that is not ours. It has a third writer: whoever
    watches the phones."""

    calls: int = 0
    """Callers answered in this working day. A working day ends with `DAY_ENDS` seconds
    signed out, so that neither midnight nor a lunch break begins a new one."""
    busy: float = 0.0
    """Seconds of talk and wrap-up in this working day."""
    last_call: float = 0.0
    """When the last talk ended; 0 if there was none."""

    @property
    def tally(self) -> Tally:
        return Tally(self.calls, self.busy, self.last_call)

    @property
    def address(self) -> str:
        """The phone that rings for this agent."""
        return self.sits_at or self.endpoint

    @property
    def idle_since(self) -> float:
        """Since when the agent could have been given a call, if ready and idle."""
        return max(self.presence_since, self.free_at)

    @property
    def owes(self) -> bool:
        """Whether the wrap-up lasts until it is said how the call has ended."""
        return self.work is Work.WRAP_UP and self.free_at == math.inf

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
            and not self.elsewhere
        )

    def wrap_up_after(self, regular: float) -> float:
        """Seconds of wrap-up, which are *regular* by the queue's rules."""
        return regular if self.wrap_up is None else self.wrap_up

    def takes(self, item: str) -> bool:
        """Whether the agent takes this kind of work."""
        return not self.items or item in self.items


class Need(msgspec.Struct, frozen=True, cache_hash=True):
    """What an agent must be able to do.

    Build it with `need`; equal needs are equal, whatever order they were written in.
    """

    least: Levels = ()
    """Each of these skills, at its level or better."""
    any: tuple[tuple[Levels, ...], ...] = ()
    """Of each of these groups one alternative, which may be several skills together."""
    none: Levels = ()
    """Not one of these skills at its level or better."""

    def met_by(self, skills: Skills) -> bool:
        return (
            _has(skills, self.least)
            and all(any(_has(skills, one) for one in group) for group in self.any)
            and not any(skills.get(name, 0) >= level for name, level in self.none)
        )

    def score(self, skills: Skills) -> int:
        """Sum the levels over the skills that are asked for; of alternatives that are
        met, the best one counts."""
        total = sum(skills.get(name, 0) for name, _ in self.least)
        for group in self.any:
            total += max(
                (
                    sum(skills.get(name, 0) for name, _ in one)
                    for one in group
                    if _has(skills, one)
                ),
                default=0,
            )
        return total

    def without(self, name: str) -> Need:
        """Drop the skill *name*, with whatever value, wherever it is asked for."""
        groups = []
        for group in self.any:
            left = tuple(_without(one, name) for one in group)
            if all(left):  # an alternative that asks for nothing is always met
                groups.append(left)
        return Need(
            _without(self.least, name), tuple(groups), _without(self.none, name)
        )

    def lowered(self, name: str, level: int) -> Need:
        """Ask only for *level* of the skill *name*; 0 drops it. Never raises one."""
        if level <= 0:
            return self.without(name)
        return Need(
            _lowered(self.least, name, level),
            tuple(
                tuple(_lowered(one, name, level) for one in group) for group in self.any
            ),
            self.none,
        )

    def spelled(self) -> dict[str, Any]:
        """Return it as a flow would write it: `{district: north, billing: 3}`."""
        spelled = _spelled(self.least)
        if self.any:
            # A flow can write one group; several come only from programs.
            groups = [[_spelled(one) for one in group] for group in self.any]
            spelled["any"] = groups[0] if len(groups) == 1 else groups
        if self.none:
            spelled["not"] = _spelled(self.none)
        return spelled

    def __str__(self) -> str:
        parts = [_told(self.least)] if self.least else []
        parts += ["any of (" + "; ".join(map(_told, group)) + ")" for group in self.any]
        parts += [f"not {_told((one,))}" for one in self.none]
        return ", ".join(parts) or "anyone"


ANYONE = Need()
"""Asks for nothing: whoever serves the queue can do it."""


def need(
    skills: Skills,
    *,
    any: Iterable[Skills] = (),
    none: Skills = NOTHING,
) -> Need:
    """Return the need for *skills*; a level of 0 or less asks for nothing.

    *any* are alternatives, one of which must be there too; *none* must not be there.
    An alternative that asks for nothing is always met, so then all are left out.
    """
    alternatives = tuple(sorted({_levels(one) for one in any}))
    groups = (alternatives,) if alternatives and all(alternatives) else ()
    return Need(_levels(skills), groups, _levels(none))


def _levels(skills: Skills) -> Levels:
    return tuple(sorted((s, n) for s, n in skills.items() if n > 0))


def _has(skills: Skills, least: Levels) -> bool:
    return all(skills.get(name, 0) >= level for name, level in least)


def _without(levels: Levels, name: str) -> Levels:
    return tuple((s, n) for s, n in levels if s.split("=", 1)[0] != name)


def _lowered(levels: Levels, name: str, level: int) -> Levels:
    return tuple(
        (s, min(n, level) if s.split("=", 1)[0] == name else n) for s, n in levels
    )


def _spelled(levels: Levels) -> dict[str, Any]:
    spelled: dict[str, Any] = {}
    for text, level in levels:
        name, _, value = text.partition("=")
        if not value:
            spelled[name] = level
        elif level == 1:
            spelled[name] = value
        else:
            spelled[name] = {"is": value, "level": level}
    return spelled


def _told(levels: Levels) -> str:
    return ", ".join(s if n == 1 else f"{s} at {n}" for s, n in levels)


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
    agents: tuple[str, ...] = ()
    """Agents, by number, who may take it too, of whatever queue."""
    teams: tuple[str, ...] = ()
    """Teams whose agents may take it too, of whatever queue."""
    queues: tuple[str, ...] = ()
    """Queues whose agents may take it too."""

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
    anyway: bool = False
    """Also if this agent does not serve the queue, or lacks a skill: a supervisor gave
    the call to him. When he signs out anyone may take it, whatever `until` says."""

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
    need: Need = ANYONE
    priority: float = 0.0
    """Higher first. Within one priority the line is in order of joining."""
    widening: tuple[Widening, ...] = ()
    preferred: Preferred | None = None
    who: str = ""
    """By what this caller is known again (`last_agent: by`): the calling number, or
    a customer's id. "" is nobody."""
    item: str = "call"
    """What waits, of `ITEMS`."""
    origin: str = ""
    """The call from which this work comes; "" if from none."""

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
    alone: bool = True
    """Whether this is the one offer of its call. False: of a round in which several
    phones may ring for one caller, and one of them wins."""
    connected: float | None = None
    """Since when the two talk, as the board has it; None: the phone rings yet."""


STRATEGIES = (
    "longest_idle",
    "best_skill",
    "fewest_calls",
    "least_busy",
    "round_robin",
    "in_order",
    "random",
    "weighted_random",
    "ring_all",
    "ring_progressively",
)
"""Which agent rings first, of several who could: see `choosing`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRules:
    """What `queues.yaml` says of one queue, as far as the desk acts on it."""

    name: str
    choose: str = "longest_idle"
    """One of `STRATEGIES`."""
    ring: float = 20.0
    wrap_up: float = 0.0
    """Seconds after a call, of agents who have none of their own."""
    dispose: bool = False
    """Whether the wrap-up lasts until the agent has said how the call ended."""
    longest_line: int | None = None
    """Callers at most in the queue, those included whose agent rings; None: no end."""
    after_busy: float = 10.0
    """Before an agent whose phone was busy is offered the next call."""
    after_reject: float = 10.0
    """...who refused the call on his phone."""
    after_unreachable: float = 30.0
    """...whose phone was not there, or was lost."""
    after_not_accepted: float = 30.0
    """Before one who answered and did not press 1 is offered the next call."""
    accept_within: float = 10.0
    """Seconds in which an agent who must press 1 has to, once he has heard what for;
    where he is asked again, of both times together."""
    handle: float = 180.0
    """The handling time that an estimate assumes until it has seen enough talks."""
    patience: float = 600.0
    """The patience that an estimate assumes until it has seen enough callers."""
    answer_within: float = 20.0
    """The service level is measured against this."""
    by_target: bool = False
    """Whether the line is in the order in which `answer_within` runs out, over all
    queues; else in the order of joining."""
    weight: float = 0.0
    """Of an agent's queues the one with the highest weight is served first."""
    ageing: float | None = None
    """Seconds of waiting that one step of priority is worth; None: a higher priority is
    served first however long others wait."""
    ring_next: float = 10.0
    """With `ring_progressively`: seconds after which one more agent rings."""
    demand_wait: float | None = None
    """On-demand agents are rung while somebody in the queue has waited this long..."""
    demand_waiting: int | None = None
    """...or while so many wait. With neither, they are never rung."""
    seed: str = ""
    """What makes `random` another one. The same seed chooses the same agents again."""
    shown: Mapping[str, str] = field(default_factory=dict)
    """Title per language and whatever else the API shows; the desk does not read it."""
