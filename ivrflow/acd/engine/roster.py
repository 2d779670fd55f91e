"""Agents in a line, findable by what they can do.

An agent takes a slot, and slots are given out in order, so the lowest slot is who has
been in the line longest. For each thing that somebody asked for (a *clause*: a skill at
a level, say), an `int` holds a bit per slot; who can serve is the AND of a few such
ints, and the longest one in the line is the lowest bit of the result. With thousands of
agents that takes microseconds where looking at each takes a millisecond.

Slots lie in blocks, so that who comes or goes changes small ints and not ones as long
as the line has ever been. A slot is not used again: a block that all have left is
dropped, and when most slots are empty all are numbered anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ivrflow.acd.engine.abilities import Ask
from ivrflow.acd.engine.clauses import Clauses
from ivrflow.acd.engine.seat import Seat

SIZE = 2048
"""Slots of a block: more make each change dearer, fewer make each search dearer."""

SPARE_BLOCKS = 2
"""Blocks that are not worth numbering anew for."""


class Block:
    """A stretch of slots. Bits of those who have left may linger in `masks`."""

    __slots__ = ("live", "masks", "seats", "shown")

    def __init__(self, masks: int) -> None:
        self.shown = 0
        """A bit per agent who may be found."""
        self.masks = [0] * masks
        """By the number of a clause: a bit per agent of whom it is so."""
        self.seats: list[Seat] = []
        """By slot; who has left still stands there."""
        self.live = 0
        """How many have not left."""


Found = Sequence[tuple[Block, int]]
"""Whom `Roster.match` has found: empty if nobody. Good until the roster changes."""


class Roster:
    """Agents in the order in which they were added; those who are hidden keep a slot
    and are not found."""

    def __init__(self, clauses: Clauses) -> None:
        self._clauses = clauses
        self._blocks: list[Block] = []
        self._at: dict[Seat, tuple[Block, int]] = {}
        """Agent -> block, and the agent's bit in it."""
        self._unfiled: set[Seat] = set()
        """Agents whose bits are not in the masks yet. That waits until they are shown:
        who is rung the moment he gets free never is."""
        clauses.rosters.append(self)

    def __contains__(self, seat: Seat) -> bool:
        return seat in self._at

    def add(self, seat: Seat) -> None:
        """Put an agent at the end of the line, hidden; an old slot is lost."""
        self.remove(seat)
        block = self._blocks[-1] if self._blocks else None
        if block is None or len(block.seats) == SIZE:
            block = self._new_block()
        self._at[seat] = block, 1 << len(block.seats)
        block.seats.append(seat)
        block.live += 1
        self._unfiled.add(seat)

    def remove(self, seat: Seat) -> None:
        """Take an agent out of the line; one who is not in it is no error."""
        at = self._at.pop(seat, None)
        if at is None:
            return
        block, bit = at
        block.shown &= ~bit
        block.live -= 1
        if not block.live and block is not self._blocks[-1]:
            self._blocks.remove(block)
        self._unfiled.discard(seat)

    def hide(self, seat: Seat) -> None:
        """Let nobody find an agent, who keeps the slot."""
        block, bit = self._at[seat]
        block.shown &= ~bit

    def show(self, seat: Seat) -> None:
        """Let an agent be found from now on."""
        block, bit = self._at[seat]
        if seat in self._unfiled:
            self._unfiled.discard(seat)
            masks = block.masks
            for number in seat.masks:
                masks[number] |= bit
        block.shown |= bit

    def describe(self, seat: Seat) -> None:
        """The agent's masks are others now; the slot stays."""
        if seat in self._at:
            block, bit = self._at[seat]
            block.masks = [mask & ~bit for mask in block.masks]
            self._unfiled.add(seat)
            if block.shown & bit:
                self.show(seat)

    def match(self, ask: Ask) -> Found:
        """Find all who can do all of *ask*."""
        clauses = self._clauses
        numbers = ask.masks if ask.stamp == clauses.stamp else clauses.compile(ask)
        if numbers is None:
            return ()
        found = []
        for block in self._blocks:
            able = block.shown
            if able:
                masks = block.masks
                for number in numbers:
                    able &= masks[number]
                if able:
                    found.append((block, able))
        return found

    def first(self, found: Found) -> Seat:
        """Return who of *found* (somebody) has been in the line longest."""
        block, able = found[0]
        return block.seats[(able & -able).bit_length() - 1]

    def after(self, found: Found, seat: Seat | None) -> Seat:
        """Return who of *found* (somebody) is next in the line after *seat*, who may be
        gone; behind the last one comes the first."""
        at = self._at.get(seat) if seat is not None else None
        if at is not None:
            block, bit = at
            later = {id(b): None for b in self._blocks[self._blocks.index(block) :]}
            for other, able in found:
                if id(other) in later:
                    if other is block:
                        able &= -(bit << 1)
                    if able:
                        return self.first([(other, able)])
        return self.first(found)

    def each(self, found: Found) -> Iterator[Seat]:
        """Yield all of *found*, longest in the line first."""
        for block, able in found:
            rest = able
            while rest:
                lowest = rest & -rest
                yield block.seats[lowest.bit_length() - 1]
                rest ^= lowest

    # For the clauses -------------------------------------------------------------

    def new_mask(self) -> None:
        """There is one more clause."""
        for block in self._blocks:
            block.masks.append(0)

    def no_masks(self) -> None:
        """There are no clauses any more."""
        for block in self._blocks:
            block.masks = []

    def mark(self, seat: Seat, number: int) -> None:
        """This clause is so of this agent."""
        at = self._at.get(seat)
        if at is not None:
            block, bit = at
            block.masks[number] |= bit

    # -----------------------------------------------------------------------------

    def _new_block(self) -> Block:
        if len(self._blocks) > SPARE_BLOCKS + 3 * len(self._at) // SIZE:
            self._renumber()
            if self._blocks and len(self._blocks[-1].seats) < SIZE:
                return self._blocks[-1]
        block = Block(len(self._clauses))
        self._blocks.append(block)
        return block

    def _renumber(self) -> None:
        """Put all into as few blocks as can be, in their order."""
        old, at = self._blocks, self._at
        self._blocks, self._at, self._unfiled = [], {}, set()
        for block in old:
            for slot, seat in enumerate(block.seats):
                if at.get(seat) == (block, 1 << slot):
                    self.add(seat)
                    if block.shown >> slot & 1:
                        self.show(seat)


def count(found: Found) -> int:
    """How many were found."""
    return sum([able.bit_count() for _, able in found])


def without(found: Found, number: int | None) -> Found:
    """Those of *found* of whom this clause is not so."""
    if number is None:
        return found
    rest = ((block, able & ~block.masks[number]) for block, able in found)
    return [(block, able) for block, able in rest if able]
