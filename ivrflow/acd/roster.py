"""Agents in a line, findable by what they can do.

An agent takes a slot number that only grows, so the lowest slot is who has been in the
line longest. For each ability at each level that somebody asked for, one `int` holds a
bit per slot; who can serve is the AND of a few such ints, and the longest one in the
line is the lowest bit of the result. With thousands of agents that takes microseconds
where looking at each takes a millisecond.

Leaving the line clears one bit of one mask. Slots are not used again until all are
numbered anew, which happens when most of them are empty.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

Ability = str | tuple[str, str]
"""A skill, or ("queue", its name) or ("agent", the number): who may be asked for."""

Abilities = Mapping[Ability, int]
"""Ability -> level."""

Ask = tuple[tuple[Ability, int], ...]
"""Abilities that are asked for together, each at its level (1 or more) or better."""

SPARE_SLOTS = 64
"""Empty slots that never matter."""


class Roster:
    """Agents in the order in which they were added."""

    def __init__(self) -> None:
        self._abilities: dict[str, Abilities] = {}
        self._slots: dict[str, int] = {}
        self._agents: dict[int, str] = {}
        self._next = 0
        self._shown = 0
        """A bit per agent who may be found."""
        self._masks: dict[Ability, dict[int, int]] = {}
        """Ability -> level -> a bit per slot. Bits of those who left may linger."""

    def __contains__(self, agent: str) -> bool:
        return agent in self._slots

    def add(self, agent: str, abilities: Abilities) -> None:
        """Put *agent* at the end of the line; one who is in it loses the old slot."""
        self.remove(agent)
        if self._next > 4 * len(self._slots) + SPARE_SLOTS:
            self._renumber()
        bit = 1 << self._next
        self._abilities[agent] = abilities
        self._slots[agent] = self._next
        self._agents[self._next] = agent
        self._next += 1
        self._shown |= bit
        for ability, level in abilities.items():
            masks = self._masks.get(ability)
            if masks is not None:
                for least in masks:
                    if level >= least:
                        masks[least] |= bit

    def remove(self, agent: str) -> None:
        """Take *agent* out of the line; one who is not in it is no error."""
        slot = self._slots.pop(agent, None)
        if slot is not None:
            del self._agents[slot]
            del self._abilities[agent]
            self._shown &= ~(1 << slot)

    def hide(self, agent: str) -> None:
        """Let nobody find *agent*, who keeps the slot."""
        self._shown &= ~(1 << self._slots[agent])

    def show(self, agent: str) -> None:
        """Let *agent* be found again, in the old slot."""
        self._shown |= 1 << self._slots[agent]

    def match(self, ask: Ask) -> int:
        """Return a bit for each agent who can do all of *ask*; 0 if there is none."""
        found = self._shown
        for ability, level in ask:
            if not found:
                return 0
            found &= self._mask(ability, level)
        return found

    def first(self, found: int) -> str:
        """Return who of *found* (from `match`, not 0) has been in the line longest."""
        return self._agents[(found & -found).bit_length() - 1]

    def each(self, found: int) -> Iterator[tuple[str, Abilities]]:
        """Yield all of *found*, longest in the line first, with their abilities."""
        while found:
            lowest = found & -found
            agent = self._agents[lowest.bit_length() - 1]
            yield agent, self._abilities[agent]
            found ^= lowest

    def _mask(self, ability: Ability, level: int) -> int:
        masks = self._masks.get(ability)
        if masks is not None and level in masks:
            return masks[level]
        mask = 0
        for agent, slot in self._slots.items():
            if self._abilities[agent].get(ability, 0) >= level:
                mask |= 1 << slot
        if mask:
            # Kept only for what some agent has: what is asked for may come from the
            # outside, and must not fill the memory.
            self._masks.setdefault(ability, {})[level] = mask
        return mask

    def _renumber(self) -> None:
        in_order = sorted(self._slots.items(), key=lambda item: item[1])
        hidden = [agent for agent, slot in in_order if not self._shown >> slot & 1]
        self._slots = {agent: slot for slot, (agent, _) in enumerate(in_order)}
        self._agents = {slot: agent for agent, slot in self._slots.items()}
        self._next = len(in_order)
        self._shown = (1 << self._next) - 1
        self._masks = {}
        for agent in hidden:
            self.hide(agent)
