"""Agents in a line, findable by what they can do.

An agent takes a slot, and slots are given out in order, so the lowest slot is who has
been in the line longest. For each ability at each level that somebody asked for, an
`int` holds a bit per slot; who can serve is the AND of a few such ints, and the longest
one in the line is the lowest bit of the result. With thousands of agents that takes
microseconds where looking at each takes a millisecond.

Slots lie in blocks, so that who comes or goes changes small ints and not ones as long
as the line has ever been. A slot is not used again: a block that all have left is
dropped, and when most slots are empty all are numbered anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

Ability = str | tuple[str, str]
"""A skill, or ("queue", its name) or ("agent", the number): who may be asked for."""

Abilities = Mapping[Ability, int]
"""Ability -> level."""

Ask = tuple[tuple[Ability, int], ...]
"""Abilities that are asked for together, each once, at its level (from 1) or better."""

SIZE = 2048
"""Slots of a block: more make each change dearer, fewer make each search dearer."""

SPARE_BLOCKS = 2
"""Blocks that are not worth numbering anew for."""

KNOWN_ASKS = 4096
"""Asks whose masks are remembered: what is asked for may come from the outside."""


class Block:
    """A stretch of slots. Bits of those who have left may linger in `masks`."""

    __slots__ = ("agents", "live", "masks", "shown")

    def __init__(self, masks: int) -> None:
        self.shown = 0
        """A bit per agent who may be found."""
        self.masks = [0] * masks
        """By the number of an ability at a level: a bit per agent who has it."""
        self.agents: list[str] = []
        """By slot; who has left still stands there."""
        self.live = 0
        """How many have not left."""


Found = Sequence[tuple[Block, int]]
"""Whom `Roster.match` has found: empty if nobody. Good until the roster changes."""


class Roster:
    """Agents in the order in which they were added."""

    def __init__(self) -> None:
        self._blocks: list[Block] = []
        self._at: dict[str, tuple[Block, int]] = {}
        """Agent -> block, and the agent's bit in it."""
        self._abilities: dict[str, Abilities] = {}
        self._levels: dict[Ability, dict[int, int]] = {}
        """Ability -> level that was asked for -> the number of its mask."""
        self._masks = 0
        self._asks: dict[Ask, tuple[int, ...]] = {}
        """Ask -> the numbers of its masks."""

    def __contains__(self, agent: str) -> bool:
        return agent in self._at

    def add(self, agent: str, abilities: Abilities) -> None:
        """Put *agent* at the end of the line; one who is in it loses the old slot."""
        self.remove(agent)
        block = self._blocks[-1] if self._blocks else None
        if block is None or len(block.agents) == SIZE:
            block = self._new_block()
        bit = 1 << len(block.agents)
        block.agents.append(agent)
        block.live += 1
        block.shown |= bit
        self._at[agent] = block, bit
        self._abilities[agent] = abilities
        masks = block.masks
        asked = self._levels
        for ability, has in abilities.items():
            if ability in asked:
                for least, number in asked[ability].items():
                    if has >= least:
                        masks[number] |= bit

    def remove(self, agent: str) -> None:
        """Take *agent* out of the line; one who is not in it is no error."""
        at = self._at.pop(agent, None)
        if at is None:
            return
        block, bit = at
        del self._abilities[agent]
        block.shown &= ~bit
        block.live -= 1
        if not block.live and block is not self._blocks[-1]:
            self._blocks.remove(block)

    def hide(self, agent: str) -> None:
        """Let nobody find *agent*, who keeps the slot."""
        block, bit = self._at[agent]
        block.shown &= ~bit

    def show(self, agent: str) -> None:
        """Let *agent* be found again, in the old slot."""
        block, bit = self._at[agent]
        block.shown |= bit

    def match(self, ask: Ask) -> Found:
        """Find all who can do all of *ask*."""
        numbers = self._asks.get(ask)
        if numbers is None:
            numbers = self._numbers(ask)
            if numbers is None:
                return ()
        found = []
        for block in self._blocks:
            able = block.shown
            masks = block.masks
            for number in numbers:
                able &= masks[number]
            if able:
                found.append((block, able))
        return found

    def first(self, found: Found) -> str:
        """Return who of *found* (somebody) has been in the line longest."""
        block, able = found[0]
        return block.agents[(able & -able).bit_length() - 1]

    def each(self, found: Found) -> Iterator[tuple[str, Abilities]]:
        """Yield all of *found*, longest in the line first, with their abilities."""
        for block, able in found:
            rest = able
            while rest:
                lowest = rest & -rest
                agent = block.agents[lowest.bit_length() - 1]
                yield agent, self._abilities[agent]
                rest ^= lowest

    def _numbers(self, ask: Ask) -> tuple[int, ...] | None:
        """The masks of *ask*; None if there is an ability that nobody has."""
        numbers = []
        for ability, level in ask:
            number = self._levels.get(ability, {}).get(level)
            if number is None:
                number = self._new_mask(ability, level)
                if number is None:
                    return None
            numbers.append(number)
        if len(self._asks) >= KNOWN_ASKS:
            self._asks.clear()
        self._asks[ask] = tuple(numbers)
        return self._asks[ask]

    def _new_mask(self, ability: Ability, level: int) -> int | None:
        """Make a mask, and return its number; None if it would be empty.

        Kept only for what some agent has: what is asked for may come from the outside,
        and must not fill the memory.
        """
        able = [
            at
            for agent, at in self._at.items()
            if self._abilities[agent].get(ability, 0) >= level
        ]
        if not able:
            return None
        number = self._masks
        self._masks += 1
        self._levels.setdefault(ability, {})[level] = number
        for block in self._blocks:
            block.masks.append(0)
        for block, bit in able:
            block.masks[number] |= bit
        return number

    def _new_block(self) -> Block:
        if len(self._blocks) > SPARE_BLOCKS + 4 * len(self._at) // SIZE:
            self._renumber()
            if self._blocks and len(self._blocks[-1].agents) < SIZE:
                return self._blocks[-1]
        block = Block(self._masks)
        self._blocks.append(block)
        return block

    def _renumber(self) -> None:
        """Put all into as few blocks as can be, in their order."""
        old = self._blocks
        abilities = self._abilities
        self._blocks, at, self._at = [], self._at, {}
        self._abilities = {}
        for block in old:
            for slot, agent in enumerate(block.agents):
                if at.get(agent) == (block, 1 << slot):
                    shown = block.shown >> slot & 1
                    self.add(agent, abilities[agent])
                    if not shown:
                        self.hide(agent)


def count(found: Found) -> int:
    """How many were found."""
    return sum(able.bit_count() for _, able in found)
