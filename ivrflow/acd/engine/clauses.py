"""What somebody asked for, by number, and of which agents it is so.

All rosters share these numbers: in each block of a roster the mask of that number has
a bit per agent of whom the clause is so. A clause is looked up in all agents once, when
it is asked for the first time.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from ivrflow.acd.engine.abilities import Ability, AnyOf, Ask, Clause, Not, holds
from ivrflow.acd.engine.seat import Seat
from ivrflow.acd.model import TOP_LEVEL

if TYPE_CHECKING:
    from ivrflow.acd.engine.roster import Roster

KNOWN_CLAUSES = 4096
"""Clauses that have a number, at most: what is asked for may come from the outside."""


class Clauses:
    """The clauses that were asked for."""

    def __init__(self) -> None:
        self.stamp = 0
        """Another one when what was worked out for an ask may be wrong."""
        self.rosters: list[Roster] = []
        self._numbers: dict[Clause, int] = {}
        self._levels: dict[Ability, list[tuple[int, int]]] = {}
        """Ability -> each level that was asked for, and the clause's number."""
        self._odd: list[tuple[Clause, int]] = []
        """The other clauses."""
        self._seats: dict[Seat, None] = {}
        self._holders: dict[Ability, dict[Seat, None]] = {}

    def __len__(self) -> int:
        return len(self._numbers)

    def enrol(self, seat: Seat) -> None:
        """There is one more agent, who may be put into rosters from now on."""
        self._seats[seat] = None
        masks = seat.masks = []
        for ability, has in seat.abilities.items():
            holders = self._holders.get(ability)
            if holders is None:
                holders = self._holders[ability] = {}
                self.stamp += 1
            holders[seat] = None
            for level, number in self._levels.get(ability, ()):
                if has >= level:
                    masks.append(number)
        for clause, number in self._odd:
            if holds(clause, seat.abilities):
                masks.append(number)

    def dismiss(self, seat: Seat) -> None:
        """An agent is gone, or is about to be described anew."""
        self._seats.pop(seat, None)
        for ability in seat.abilities:
            holders = self._holders.get(ability, {})
            holders.pop(seat, None)
            if not holders:
                self._holders.pop(ability, None)
                self.stamp += 1

    def number(self, clause: Clause) -> int | None:
        """The number of *clause*; None if it is so of nobody."""
        possible = self._possible(clause)
        return None if possible is None else self._number(possible)

    def compile(self, ask: Ask) -> tuple[int, ...] | None:
        """The numbers of the clauses of *ask*, kept there; None: nobody can do it all.

        What nobody can do gets no number, as it may come from the outside, and must not
        fill the memory.
        """
        # What has a number keeps it, also when nobody can do it any more.
        known = tuple(map(self._numbers.get, ask.clauses))
        if None not in known:
            ask.masks, ask.stamp = cast("tuple[int, ...]", known), self.stamp
            return ask.masks
        if len(self._numbers) >= KNOWN_CLAUSES:
            self._forget()
        masks: tuple[int, ...] | None = None
        possible = []
        for clause in ask.clauses:
            # A skill that nobody has is lacking to nobody's harm where it is unwanted.
            if isinstance(clause, Not) and clause.ability not in self._holders:
                continue
            left = self._possible(clause)
            if left is None:
                break
            possible.append(left)
        else:
            masks = tuple([self._number(clause) for clause in possible])
        ask.masks, ask.stamp = masks, self.stamp
        return masks

    def _possible(self, clause: Clause) -> Clause | None:
        """*clause* without what nobody can do; None if nothing is left."""
        holders = self._holders
        if isinstance(clause, tuple):
            ability, level = clause
            return clause if level <= TOP_LEVEL and ability in holders else None
        if isinstance(clause, Not):
            return clause
        options = tuple(
            option
            for option in clause.options
            if all(ability in holders for ability, _ in option)
        )
        if len(options) == 1 and len(options[0]) == 1:
            return self._possible(options[0][0])
        return AnyOf(options) if options else None

    def _number(self, clause: Clause) -> int:
        number = self._numbers.get(clause)
        if number is not None:
            return number
        number = self._numbers[clause] = len(self._numbers)
        able: Iterable[Seat]
        if isinstance(clause, tuple):
            ability, level = clause
            self._levels.setdefault(ability, []).append((level, number))
            able = (s for s in self._holders[ability] if s.abilities[ability] >= level)
        else:
            self._odd.append((clause, number))
            able = (seat for seat in self._seats if holds(clause, seat.abilities))
        for roster in self.rosters:
            roster.new_mask()
        for seat in able:
            seat.masks.append(number)
            for roster in self.rosters:
                roster.mark(seat, number)
        return number

    def _forget(self) -> None:
        """Begin anew with those that are asked for from now on."""
        for known in (self._numbers, self._levels, self._odd):
            known.clear()
        for seat in self._seats:
            seat.masks = []
        for roster in self.rosters:
            roster.no_masks()
        self.stamp += 1
