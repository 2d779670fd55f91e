"""The decision of the ACD: which agent is offered to which caller.

The engine is told what happens, each time with the time at which it happens, and
answers with what follows from it. It knows no clock, event loop, socket or database:
the same inputs give the same answers, in a live service, in a test, and in a replay of
last Monday.

What holds after every input: no free agent and no waiting caller whom the agent could
serve, and may, are left side by side. So a new input can make one pair at most (a
`tick`: one per thing that was due; a queue that begins to call for its on-demand
agents: one per agent), and looking for it takes microseconds.

- A caller who starts to wait, or asks for less, looks for an agent: of those who are
  free and can serve, the queue's strategy chooses (`choosing`), and the reserve only
  when there is nobody else.
- An agent who gets free looks for a caller: over all queues of the agent, the first in
  the order of `Line`.
- From the moment of a match neither is matched again until `connected` or `ended` says
  how it went on. With ring_all and ring_progressively (`rounds`) one caller has several
  matches, of which one is `connected` and the others are withdrawn.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from heapq import heappop

from msgspec.structs import replace

from ivrflow.acd.engine.abilities import others_of, wants
from ivrflow.acd.engine.choosing import ROUNDS
from ivrflow.acd.engine.line import Caller, Stand
from ivrflow.acd.engine.outcome import Freed, Outcome, Withdrawn
from ivrflow.acd.engine.pairs import LATE, WIDEN, Pairs
from ivrflow.acd.engine.roster import count
from ivrflow.acd.engine.seat import DOING, FREE, Seat, settled
from ivrflow.acd.model import Agent, Presence, Waiting, Work


class Engine(Pairs):
    """Told what happens, it answers with who rings for whom, and why."""

    # Agents ----------------------------------------------------------------------

    def see(self, agents: Iterable[Agent], now: float) -> list[Outcome]:
        """These agents are new, or are as given here now; longest idle first.

        Of one who serves a call, the work stays as it is; counts that are older than
        those known here, and what the phone does, are not taken from here either.
        """
        for agent in sorted(agents, key=lambda a: (a.idle_since, a.number)):
            seat = self._seats.get(agent.number)
            if seat is None:
                self._update(self._staff.enrol(settled(agent, now)), now)
                continue
            old = seat.agent
            agent = replace(agent, elsewhere=old.elsewhere)
            if seat.caller is not None:
                agent = replace(
                    agent, work=old.work, work_since=old.work_since, free_at=old.free_at
                )
            if (agent.last_call, agent.calls) < (old.last_call, old.calls):
                agent = replace(
                    agent, calls=old.calls, busy=old.busy, last_call=old.last_call
                )
            agent = settled(agent, now)
            if agent == old:
                continue
            if agent.order != old.order:
                self._staff.reorder()
            if seat.differs(agent):
                self._staff.describe(seat, agent)
            else:
                seat.take(agent)
            self._staff.present(seat, old.presence)
            if old.work is Work.WRAP_UP and agent.work is Work.IDLE:
                self._out.append(Freed(agent.number))
            self._update(seat, now)
            if agent.presence is Presence.LOGGED_OUT is not old.presence:
                self._hold_no_longer(agent.number, now)
        return self._answer()

    def doing(self, queue: str) -> dict[str, int]:
        """What the agents of *queue* are doing now, and how many do it."""
        counted = zip(DOING, self._staff.tally(queue), strict=True)
        return {what: number for what, number in sorted(counted) if number}

    def forget(self, number: str) -> None:
        """An agent is not one any more. One who serves a call must not be forgotten."""
        seat = self._seats.get(number)
        if seat is not None:
            self._staff.forget(seat)

    def set_presence(
        self,
        number: str,
        presence: Presence,
        now: float,
        *,
        reason: str = "",
        sits_at: str | None = None,
        since: float,
    ) -> list[Outcome]:
        """An agent signed in or out, got ready or not, at *since*."""
        seat = self._seats[number]
        was = seat.presence
        seat.choose(presence, reason, sits_at, since)
        if presence is not was:
            self._staff.present(seat, was)
        self._settle(seat, now)
        self._update(seat, now)
        if presence is Presence.LOGGED_OUT is not was:
            self._hold_no_longer(number, now)
        return self._answer()

    def set_free_at(self, number: str, free_at: float, now: float) -> list[Outcome]:
        """A wrap-up ends at *free_at*. Whoever serves a call is left alone."""
        seat = self._seats[number]
        if seat.caller is None:
            wrapped = seat.work is Work.WRAP_UP
            seat.rest(now, free_at)
            if wrapped and seat.work is Work.IDLE:
                self._out.append(Freed(number))
            self._update(seat, now)
        return self._answer()

    def set_elsewhere(self, number: str, elsewhere: bool, now: float) -> list[Outcome]:
        """The agent's phone is in a call that is not ours, or out of it again.

        Like an offer that ended through no fault of the agent, it costs no place.
        """
        seat = self._seats[number]
        if seat.elsewhere is not elsewhere:
            seat.elsewhere = elsewhere
            seat.changed()
            self._settle(seat, now)
            self._update(seat, now)
        return self._answer()

    # Callers ---------------------------------------------------------------------

    def join(self, waiting: Waiting, now: float) -> None:
        """A caller takes a place in the line. `listen` lets agents be offered."""
        self._put(self.line.add(waiting), now)

    def listen(self, call: str, now: float) -> list[Outcome]:
        """A caller in line can take an agent from now on."""
        caller = self.line.callers[call]
        if caller.stand is Stand.ASIDE:
            self._seek(caller, now)
        elif caller.closed:
            caller.closed = False
            self._grow(caller, now)
        return self._answer()

    def aside(self, call: str) -> None:
        """A caller can't take an agent just now, and keeps the place.

        While agents ring, no other one joins them.
        """
        caller = self.line.callers.get(call)
        if caller is None:
            return
        if caller.stand is Stand.WAITING:
            self.line.unfile(caller)
            caller.stand = Stand.ASIDE
            self._demand.fewer(caller.waiting.queue)
        elif caller.stand is Stand.OFFERED and caller.round:
            self._close(caller)
            caller.closed = True

    def change(self, call: str, waiting: Waiting, now: float) -> list[Outcome]:
        """A caller asks for something else, or stands in another queue, from now on.

        The order of arrival stays. An agent who rings goes on ringing; in a queue that
        knows no rounds nobody joins him.
        """
        caller = self.line.callers[call]
        self.line.pick_up(caller)
        self._demand.left(caller)
        caller.waiting = waiting
        if caller.round and self._rules[waiting.queue].choose not in ROUNDS:
            self._close(caller)
            caller.round, caller.closed = 0, False
        self._put(caller, now)
        if caller.stand is Stand.WAITING:
            self._seek(caller, now)
        return self._answer()

    def in_order(self, calls: Iterable[str]) -> list[str]:
        """Those of *calls* that stand in line, as they are served."""
        known = self.line.callers
        return sorted((c for c in calls if c in known), key=lambda c: known[c].key)

    def leave(self, call: str) -> None:
        """A caller is out of the line. An offered agent stays so until `ended`."""
        caller = self.line.callers.get(call)
        if caller is not None:
            self._take_out(caller)

    # Offers ----------------------------------------------------------------------

    def connected(self, number: str, now: float) -> list[Outcome]:
        """The agent has answered: the caller is out of the line.

        All others who ring are withdrawn; if one of them was connected before, it is
        this agent who is.
        """
        seat = self._seats[number]
        caller = seat.caller
        assert caller is not None
        if caller.won is not None:
            return [Withdrawn(caller.waiting.call, number)]
        caller.won = seat
        # Who left and joined again under the same call id is another caller.
        if self.line.callers.get(caller.waiting.call) is caller:
            self._take_out(caller)
        seat.answer(now)
        self._staff.count(seat)
        if len(caller.ringing) > 1:
            for other in caller.ringing:
                if other is not seat:
                    self._out.append(Withdrawn(caller.waiting.call, other.number))
        return self._answer()

    def ended(self, number: str, now: float, free_at: float | None) -> list[Outcome]:
        """The offer to this agent, or the talk, is over; see `Board.end_offer`.

        A caller who still stands in line, and for whom nobody else rings, is aside
        until `listen`.
        """
        seat = self._seats[number]
        caller, seat.caller = seat.caller, None
        assert caller is not None
        caller.ringing.remove(seat)
        if caller.stand is Stand.OFFERED and not caller.ringing:
            caller.stand = Stand.ASIDE
            caller.closed = False
            if caller.round:
                self._close(caller)
                caller.round = 0
        seat.end(now, free_at)
        self._update(seat, now)
        return self._answer()

    def take_up(
        self, waiting: Waiting, number: str, at: float, *, round: bool = False
    ) -> bool:
        """An agent has been rung since *at* already, by an earlier life of the service.

        For the caller of this id, if he stands in line, and in a *round* perhaps; else
        for somebody who never will, or who talks already: `connected` then has to
        follow. False, and nothing happens, if the agent serves a call.
        """
        seat = self._seats[number]
        if seat.caller is not None:
            return False
        caller = self.line.callers.get(waiting.call)
        if caller is None:
            caller = Caller(waiting, 0)
        elif round:
            if not caller.round:
                self._begin_round(caller)
            caller.been.add(seat)
            # Whoever else could ring does so when the caller is heard to `listen`.
            caller.closed = True
        caller.stand = Stand.OFFERED
        caller.ringing.append(seat)
        seat.caller = caller
        seat.ring(at)
        if self._staff.count(seat) == FREE:
            self._staff.hide(seat)
        return True

    # Time ------------------------------------------------------------------------

    def next_due(self) -> float | None:
        """When `tick` will have something to do; None if never, as things stand."""
        return self._timers[0][0] if self._timers else None

    def tick(self, now: float) -> list[Outcome]:
        """Do what was due until *now*, in the order in which it was due."""
        while self._timers and self._timers[0][0] <= now:
            due, _, kind, whose = heappop(self._timers)
            if isinstance(whose, Seat):
                if self._seats.get(whose.number) is whose and self._settle(whose, now):
                    self._update(whose, now)
            elif self.line.callers.get(whose.waiting.call) is whose:
                if kind == WIDEN:
                    self._widen(whose, now)
                elif kind == LATE:
                    self._late(whose, now)
                elif whose.round and whose.next_at == due and not whose.closed:
                    # Not what an earlier round has left behind.
                    self._grow(whose, now)
        return self._answer()

    # Questions -------------------------------------------------------------------

    def can_ever_serve(self, waiting: Waiting) -> bool:
        """Whether anyone who is signed in can serve it, when all is widened."""
        wish = waiting.preferred
        held = wish is not None and wish.for_ever
        if held and wish is not None and wish.anyway:
            held = self.is_signed_in(wish.agent)
        ask = self._asks.of(
            waiting, waiting.widest(), others_of(waiting, math.inf), held
        )
        signed_in = self._staff.signed_in
        if signed_in.match(ask):
            return True
        if held or not self._demand.possible(waiting.queue):
            return False
        return bool(signed_in.match(self._asks.on_demand(waiting, ask)))

    def free_for(self, waiting: Waiting, now: float) -> int:
        """Count the agents who could take it this moment."""
        need, _, others = wants(waiting, now)
        ask = self._asks.of(waiting, need, others, self._is_held(waiting, now))
        return count(self._free(waiting, ask, self._staff.idle)[0])

    def on_duty_for(self, call: str) -> int:
        """Count the agents, ready or at work, who could serve a caller in line."""
        caller = self.line.callers[call]
        ask = self._asks.of(caller.waiting, caller.need, caller.others, False)
        able = count(self._staff.on_duty.match(ask))
        if self._demand.calls(caller.waiting.queue):
            on_demand = self._asks.on_demand(caller.waiting, ask)
            able += count(self._staff.on_duty.match(on_demand))
        return able

    def rivals(self, call: str) -> float:
        """How many callers of other queues are served before a caller in line.

        Each counts by the share of the agents on duty who serve his queue that could
        serve this caller: who has other agents as well is half a rival.
        """
        caller = self.line.callers[call]
        on_duty = self._staff.on_duty
        ask = self._asks.of(caller.waiting, caller.need, caller.others, False)
        mine = {id(block): able for block, able in on_duty.match(ask)}
        total = 0.0
        for queue, number in self.line.ahead_elsewhere(caller):
            anyone = Waiting(call="", queue=queue, joined=0.0)
            theirs = on_duty.match(self._asks.of(anyone, anyone.need, (), False))
            shared = sum(
                (able & mine.get(id(block), 0)).bit_count() for block, able in theirs
            )
            if shared:
                total += number * shared / count(theirs)
        return total

    def is_waiting(self, call: str) -> bool:
        """Whether the caller could take an agent, and none is offered."""
        caller = self.line.callers.get(call)
        return caller is not None and caller.stand is Stand.WAITING

    def is_offered(self, call: str) -> bool:
        """Whether an agent is claimed for the caller, or rings."""
        caller = self.line.callers.get(call)
        return caller is not None and caller.stand is Stand.OFFERED

    def rests(self, number: str) -> bool:
        """Whether a wrap-up that the agent has now is a pause after a ring in vain."""
        seat = self._seats.get(number)
        return seat is not None and seat.rests

    def serving(self, number: str) -> str:
        """For which call the agent rings, or with whom he talks; "" if nobody."""
        seat = self._seats.get(number)
        return seat.caller.waiting.call if seat and seat.caller else ""
