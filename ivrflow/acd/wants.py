"""What callers ask for, findable by who can do it.

The other side of `roster`: there a caller looks for agents, here an agent for callers.
Each distinct ask has a number; per ability and level one `int` has a bit for each ask
that wants more of it than that. Whom an agent can't serve is the OR of one such int per
ability, so that the cost grows with the abilities that are asked for, and neither with
the callers nor with the agents.
"""

from __future__ import annotations

from collections.abc import Iterator

from ivrflow.acd.model import TOP_LEVEL
from ivrflow.acd.roster import Abilities, Ability, Ask


class Wants:
    """The asks of those who wait."""

    def __init__(self) -> None:
        self._groups: dict[Ability, _Group] = {}
        """By the first ability of the asks: the queue, or the agent who is named."""

    def __len__(self) -> int:
        return sum(len(group.numbers) for group in self._groups.values())

    def add(self, ask: Ask) -> None:
        """Somebody asks for this now; one that is there already stays."""
        first = ask[0][0]
        group = self._groups.get(first)
        if group is None:
            group = self._groups[first] = _Group()
        if ask not in group.numbers:
            group.add(ask)

    def remove(self, ask: Ask) -> None:
        """Nobody asks for it any more."""
        first = ask[0][0]
        group = self._groups[first]
        group.remove(ask)
        if not group.numbers:
            del self._groups[first]

    def served_by(self, abilities: Abilities) -> Iterator[Ask]:
        """Yield each ask all of which one with *abilities* can do, in no order.

        What is yielded may be removed meanwhile.
        """
        for first in abilities:
            group = self._groups.get(first)
            if group is not None:
                yield from group.served_by(abilities)


class _Group:
    """Asks that begin with the same ability."""

    __slots__ = ("_above", "_asks", "_free", "_live", "numbers")

    def __init__(self) -> None:
        self.numbers: dict[Ask, int] = {}
        self._asks: list[Ask] = []
        """By number; a number in `_free` may be given out again."""
        self._free: list[int] = []
        self._live = 0
        """A bit per ask that is there."""
        self._above: dict[Ability, list[int]] = {}
        """Ability -> for each level 0 to 10: a bit per ask that wants more of it."""

    def add(self, ask: Ask) -> None:
        if self._free:
            number = self._free.pop()
            self._asks[number] = ask
        else:
            number = len(self._asks)
            self._asks.append(ask)
        self.numbers[ask] = number
        bit = 1 << number
        self._live |= bit
        for ability, level in ask:
            above = self._above.get(ability)
            if above is None:
                above = self._above[ability] = [0] * (TOP_LEVEL + 1)
            for has in range(min(level, TOP_LEVEL + 1)):
                above[has] |= bit

    def remove(self, ask: Ask) -> None:
        number = self.numbers.pop(ask)
        bit = 1 << number
        self._live &= ~bit
        self._free.append(number)
        for ability, level in ask:
            above = self._above[ability]
            for has in range(min(level, TOP_LEVEL + 1)):
                above[has] &= ~bit
            if not above[0]:
                del self._above[ability]

    def served_by(self, abilities: Abilities) -> Iterator[Ask]:
        beyond = 0
        for ability, above in self._above.items():
            beyond |= above[abilities.get(ability, 0)]
        asks, rest = self._asks, self._live & ~beyond
        while rest:
            lowest = rest & -rest
            yield asks[lowest.bit_length() - 1]
            rest ^= lowest
