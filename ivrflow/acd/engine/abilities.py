"""What agents can do and callers ask for, in the terms of rosters and lines.

An *ability* is a skill, or a membership: whom a queue's work may ring. What is asked
for is an `Ask`: first from which agents (a queue's, mostly), then what these must be
able to do. Equal asks of callers who wait are one object, so that what is worked out
for one (which masks of a roster, which heap of the line) need not be looked up again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import msgspec

from ivrflow.acd.model import ITEMS, TOP_LEVEL, Agent, Levels, Need, Waiting

if TYPE_CHECKING:
    from ivrflow.acd.engine.line import Entry

Ability = str | tuple[str, str, str]
"""A skill, or a membership: (kind, item, name), as `("queue", "call", "sales")`: takes
calls of that queue. Kinds are queue, demand (of a queue, but only on demand), team,
agent and reserve."""

Abilities = Mapping[Ability, int]
"""Ability -> level."""

Atom = tuple[Ability, int]
"""An ability at this level (from 1) or better."""

KNOWN_ASKS = 512
"""Asks that are remembered: what is asked for may come from the outside."""


class AnyOf(msgspec.Struct, frozen=True, cache_hash=True):
    """One of these must be met, each all of its atoms."""

    options: tuple[tuple[Atom, ...], ...]


class Not(msgspec.Struct, frozen=True, cache_hash=True):
    """This ability must not be there at this level or better."""

    ability: Ability
    level: int


Clause = Atom | AnyOf | Not
"""One thing that must be so of an agent."""


def holds(clause: Clause, abilities: Abilities) -> bool:
    """Whether *clause* is so of one with *abilities*."""
    if isinstance(clause, tuple):
        return abilities.get(clause[0], 0) >= clause[1]
    if isinstance(clause, Not):
        return abilities.get(clause.ability, 0) < clause.level
    return any(
        all(abilities.get(ability, 0) >= level for ability, level in option)
        for option in clause.options
    )


class Ask:
    """What a caller asks for, and what is known of it."""

    __slots__ = (
        "clauses",
        "heap",
        "held",
        "least",
        "live",
        "masks",
        "need",
        "odd",
        "on_demand",
        "roots",
        "stamp",
    )

    def __init__(
        self,
        roots: tuple[Ability, ...],
        need: Need,
        *,
        held: str = "",
        inside: Iterable[Clause] = (),
    ) -> None:
        """*roots* are memberships, one of which must be there, that of the caller's own
        queue first; *inside* says what else must be so beside *need*."""
        self.roots = roots
        self.need = need
        self.held = held
        """The agent for whom the call is held; "" if for nobody."""
        self.least: Levels = need.least
        self.odd: tuple[Clause, ...] = tuple(inside)
        """What is neither a membership nor a skill at a level."""
        if need.any or need.none:
            self.odd += tuple(map(AnyOf, need.any))
            self.odd += tuple(Not(name, level) for name, level in need.none)
        first: Clause = (roots[0], 1)
        if len(roots) > 1:
            first = AnyOf(tuple(((root, 1),) for root in roots))
        self.clauses: tuple[Clause, ...] = (first, *self.least, *self.odd)
        self.on_demand: Ask | None = None
        """The same, asked of those whom the queue calls on demand."""
        # These belong to the roster's `Clauses`...
        self.masks: tuple[int, ...] | None = None
        self.stamp = -1
        # ...and these to the line.
        self.heap: list[Entry] = []
        self.live = 0

    def met_by(self, abilities: Abilities) -> bool:
        return all(holds(clause, abilities) for clause in self.clauses)


class Asks:
    """The asks of callers, one object each."""

    def __init__(self) -> None:
        self._known: dict[object, Ask] = {}

    def of(
        self, waiting: Waiting, need: Need, others: tuple[Ability, ...], held: bool
    ) -> Ask:
        """What *waiting* asks for when it needs *need*.

        *others* are memberships that will do beside the queue's. *held*: only the
        preferred agent will do.
        """
        item, queue = waiting.item, waiting.queue
        preferred = waiting.preferred if held else None
        if preferred is not None:
            key: object = (queue, item, need, others, preferred.agent, preferred.anyway)
        else:
            key = (queue, item, need, others)
        ask = self._known.get(key)
        if ask is None:
            if len(self._known) >= KNOWN_ASKS:
                # Whoever waits keeps the own one. Two of a kind cost a little time.
                self._known.clear()
            member: Ability = ("queue", item, queue)
            if preferred is None:
                ask = Ask((member, *others), need)
            else:
                root = ("agent", item, preferred.agent)
                if preferred.anyway:
                    ask = Ask((root,), Need(), held=preferred.agent)
                else:
                    anyone = (member, ("demand", item, queue), *others)
                    inside = AnyOf(tuple(((one, 1),) for one in anyone))
                    ask = Ask((root,), need, held=preferred.agent, inside=(inside,))
            self._known[key] = ask
        return ask

    def on_demand(self, waiting: Waiting, ask: Ask) -> Ask:
        """The same as *ask*, of those whom the queue calls only on demand."""
        if ask.on_demand is None:
            ask.on_demand = Ask((("demand", waiting.item, waiting.queue),), ask.need)
        return ask.on_demand


def abilities_of(agent: Agent) -> dict[Ability, int]:
    """The skills and memberships of *agent*."""
    found: dict[Ability, int] = {s: n for s, n in agent.skills.items() if n > 0}
    for item in filter(agent.takes, ITEMS):
        found["agent", item, agent.number] = TOP_LEVEL
        if agent.team:
            found["team", item, agent.team] = TOP_LEVEL
        for queue in agent.queues:
            kind = "demand" if queue in agent.on_demand else "queue"
            found[kind, item, queue] = TOP_LEVEL
    for queue in agent.reserve:
        found["reserve", "", queue] = TOP_LEVEL
    return found


def wants(waiting: Waiting, now: float) -> tuple[Need, float, tuple[Ability, ...]]:
    """What *waiting* asks for at *now*, its priority, and whose agents will do too:
    widened as far as is due."""
    need, priority = waiting.need, waiting.priority
    if not waiting.widening:
        return need, priority, ()
    for step in sorted(waiting.widening, key=lambda w: w.after):
        if waiting.joined + step.after <= now:
            need, priority = step.apply(need), priority + step.priority
    return need, priority, others_of(waiting, now)


def others_of(waiting: Waiting, now: float) -> tuple[Ability, ...]:
    """Memberships that will do at *now* beside the queue's."""
    others: dict[Ability, None] = {}
    for step in waiting.widening:
        if waiting.joined + step.after <= now:
            for kind, names in (
                ("queue", step.queues),
                ("team", step.teams),
                ("agent", step.agents),
            ):
                for name in names:
                    if (kind, name) != ("queue", waiting.queue):
                        others[kind, waiting.item, name] = None
    return tuple(others)
