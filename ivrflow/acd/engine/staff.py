"""All agents, and which of them are signed in, on duty and free."""

from __future__ import annotations

from ivrflow.acd.engine.clauses import Clauses
from ivrflow.acd.engine.roster import Roster
from ivrflow.acd.engine.seat import DOING, FREE, Agents, Seat
from ivrflow.acd.model import Agent, Presence


class Staff:
    """The agents of an engine."""

    def __init__(self) -> None:
        self.seats: dict[str, Seat] = {}
        self.agents = Agents(self.seats)
        self.clauses = Clauses()
        self.idle = Roster(self.clauses)
        """Who is free, longest idle first."""
        self.on_duty = Roster(self.clauses)
        """Who is ready, or at work and ready afterwards."""
        self.signed_in = Roster(self.clauses)
        self.reserves: dict[str, int] = {}
        """Queue -> how many agents it has in reserve, if any."""
        self._in_order: Roster | None = None
        self._tallies: dict[str, list[int]] = {}
        """Queue -> how many of its agents do what, in the order of `DOING`."""

    def tally(self, queue: str) -> list[int]:
        """How many agents of *queue* do what: a list that changes."""
        tally = self._tallies.get(queue)
        if tally is None:
            tally = self._tallies[queue] = [0] * len(DOING)
        return tally

    def in_order(self) -> Roster:
        """Who is free, in the order of agents.yaml. Only kept once it was asked for."""
        if self._in_order is None:
            self._in_order = Roster(self.clauses)
            seats = self.seats.values()
            for seat in sorted(seats, key=lambda s: (s.given.order, s.number)):
                self._in_order.add(seat)
                if seat.doing == FREE:
                    self._in_order.show(seat)
        return self._in_order

    def enrol(self, agent: Agent) -> Seat:
        """There is one more agent, who is not counted and not free yet."""
        seat = self.seats[agent.number] = Seat(agent)
        self.clauses.enrol(seat)
        self._belong(seat, +1)
        for roster in (self.on_duty, self.signed_in):
            roster.add(seat)
        self.present(seat)
        self._drop_order()
        return seat

    def describe(self, seat: Seat, agent: Agent) -> None:
        """An agent can do other things from now on: as *agent*, who is all of it."""
        self._belong(seat, -1)
        self.clauses.dismiss(seat)
        seat.take(agent)
        seat.describe()
        self.clauses.enrol(seat)
        self._belong(seat, +1)
        for roster in self.clauses.rosters:
            roster.describe(seat)

    def reorder(self) -> None:
        """The order of agents.yaml is another one."""
        self._drop_order()

    def forget(self, seat: Seat) -> None:
        """An agent is not one any more."""
        del self.seats[seat.number]
        self._belong(seat, -1)
        self.clauses.dismiss(seat)
        for roster in self.clauses.rosters:
            roster.remove(seat)

    def present(self, seat: Seat, was: Presence | None = None) -> None:
        """The agent's presence is another one now; *was* is the one before, if any."""
        for roster, there, before in (
            (self.on_duty, seat.presence is Presence.READY, was is Presence.READY),
            (
                self.signed_in,
                seat.presence is not Presence.LOGGED_OUT,
                was is not Presence.LOGGED_OUT and was is not None,
            ),
        ):
            if there and not before:
                roster.show(seat)
            elif before and not there:
                roster.hide(seat)

    def count(self, seat: Seat) -> int:
        """Count what the agent does now; return what it was before."""
        was, doing = seat.doing, seat.does()
        if was != doing:
            seat.doing = doing
            for tally in seat.tallies:
                if was >= 0:
                    tally[was] -= 1
                tally[doing] += 1
        return was

    def line_up(self, seat: Seat) -> None:
        """Give a free agent a place among the idle, not shown yet.

        Whose idle time goes on (an offer ended through no fault of the agent, say)
        keeps the old place.
        """
        since = max(seat.presence_since, seat.free_at)
        if since != seat.idle_since or seat not in self.idle:
            self.idle.add(seat)
            seat.idle_since = since

    def show(self, seat: Seat) -> None:
        """A free agent can be found from now on."""
        self.idle.show(seat)
        if self._in_order is not None:
            self._in_order.show(seat)

    def hide(self, seat: Seat) -> None:
        """An agent is not free any more."""
        self.idle.hide(seat)
        if self._in_order is not None:
            self._in_order.hide(seat)

    # -----------------------------------------------------------------------------

    def _belong(self, seat: Seat, by: int) -> None:
        for tally in seat.tallies:
            if seat.doing >= 0:
                tally[seat.doing] -= 1
        seat.tallies = []
        if by > 0:
            seat.tallies = [self.tally(queue) for queue in sorted(seat.given.queues)]
            for tally in seat.tallies:
                if seat.doing >= 0:
                    tally[seat.doing] += 1
        for queue in seat.given.reserve:
            left = self.reserves.get(queue, 0) + by
            if left:
                self.reserves[queue] = left
            else:
                self.reserves.pop(queue, None)

    def _drop_order(self) -> None:
        if self._in_order is not None:
            self.clauses.rosters.remove(self._in_order)
            self._in_order = None
