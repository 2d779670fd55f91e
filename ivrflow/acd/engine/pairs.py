"""How agents and callers find each other: the inner half of the engine.

`engine` says what may happen; here is what follows from it. Whatever makes an agent
free ends in `_update`, whatever makes a caller ready in `_seek`, and every pair is made
by `_match`.

With ring_all and ring_progressively a caller has *rounds*. In a round several agents
ring, each once; it is *open* while whoever gets free may join it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from heapq import heappush
from typing import NamedTuple

from ivrflow.acd.engine.abilities import Ability, Ask, Asks, wants
from ivrflow.acd.engine.choosing import CHOOSE, ORDERED, ROUNDS, Choice
from ivrflow.acd.engine.demand import Demand
from ivrflow.acd.engine.line import Caller, Line, Stand, key_of
from ivrflow.acd.engine.outcome import Freed, Match, Outcome, Why, Widened
from ivrflow.acd.engine.roster import Found, Roster, count, without
from ivrflow.acd.engine.seat import FREE, Seat
from ivrflow.acd.engine.staff import Staff
from ivrflow.acd.model import Agent, Presence, QueueRules, Waiting, Work

WIDEN, LATE, NEXT, WRAPPED = range(4)
"""What a timer is for: a caller's needs, too long a wait, one more agent of a round, a
wrap-up."""


class Pairs:
    """Agents and callers as they are now, and the rules that pair them."""

    def __init__(self, queues: Mapping[str, QueueRules]) -> None:
        self.line = Line()
        self._staff = Staff()
        self._seats = self._staff.seats
        self.agents: Mapping[str, Agent] = self._staff.agents
        self._rules = queues
        self._asks = Asks()
        self._demand = Demand(queues, self.line)
        self._open: dict[Caller, None] = {}
        """Callers whose rounds whoever gets free joins."""
        self._turns: dict[str, Seat] = {}
        """Queue -> who was rung last, where its strategy asks for that."""
        self._timers: list[tuple[float, int, int, Caller | Seat]] = []
        self._timer_count = 0
        self._out: list[Outcome] = []

    def is_signed_in(self, number: str) -> bool:
        seat = self._seats.get(number)
        return seat is not None and seat.presence is not Presence.LOGGED_OUT

    # Agents, inside --------------------------------------------------------------

    def _answer(self) -> list[Outcome]:
        out, self._out = self._out, []
        return out

    def _at(self, due: float, kind: int, whose: Caller | Seat) -> None:
        self._timer_count += 1
        heappush(self._timers, (due, self._timer_count, kind, whose))

    def _settle(self, seat: Seat, now: float) -> bool:
        """End a wrap-up that is over; return whether there was one."""
        over = seat.work is Work.WRAP_UP and seat.free_at <= now
        if over:
            seat.settle()
            self._out.append(Freed(seat.number))
        return over

    def _update(self, seat: Seat, now: float) -> None:
        """What the agent does has changed, perhaps; if he is free, find a caller."""
        was = self._staff.count(seat)
        if was == FREE:
            self._staff.hide(seat)
        if seat.work is Work.WRAP_UP:
            # One that lasts until something is said needs no timer.
            if seat.due != seat.free_at < math.inf:
                seat.due = seat.free_at
                self._at(seat.free_at, WRAPPED, seat)
        elif seat.doing == FREE:
            self._staff.line_up(seat)
            if not self._find_caller(seat, now):
                self._staff.show(seat)

    def _find_caller(self, seat: Seat, now: float) -> bool:
        """Match a free agent with who is first in line; return whether there was one.

        If nobody waits for whom no phone rings, a round of somebody may be joined.
        """
        called: list[Ability] = []
        if seat.given.on_demand:
            called += [
                ("queue", root[1], root[2])
                for root in seat.roots
                if root[0] == "demand" and self._demand.calls(root[2])
            ]
        caller = self.line.first_for(seat, called)
        if caller is None:
            return bool(self._open) and self._join(seat, called, now)
        choose = self._rules[caller.waiting.queue].choose
        if choose in ROUNDS:
            self._begin_round(caller)
        self._match(caller, seat, self._no_choice(caller, seat, now), now)
        if choose in ROUNDS:
            self._ring_on(caller, now)
        return True

    def _no_choice(self, caller: Caller, seat: Seat, now: float) -> Why:
        """Why the caller gets just this agent: one who got free when nobody was."""
        queue = caller.waiting.queue
        tally = self._staff.tally(queue)
        on_demand = queue in seat.given.on_demand
        return Why(
            choose="",
            held=caller.ask.held != "",
            able=1,
            unable=tally[FREE] - (queue in seat.given.queues),
            doing=tuple(tally),
            waited=max(0.0, now - caller.waiting.joined),
            behind=self.line.length(queue) - 1,
            reserve=queue in seat.given.reserve,
            on_demand=on_demand and not caller.ask.held,
            beside=len(caller.ringing),
        )

    # Callers, inside -------------------------------------------------------------

    def _put(self, caller: Caller, now: float) -> None:
        """Give a caller who has no place the one of what he asks for now."""
        waiting = caller.waiting
        need, priority, others = wants(waiting, now)
        ask = self._asks.of(waiting, need, others, self._is_held(waiting, now))
        rules = self._rules[waiting.queue]
        key = key_of(waiting, priority, rules, caller.arrival)
        self.line.put(caller, need, priority, others, ask, key)
        for step in waiting.widening:
            if waiting.joined + step.after > now:
                self._at(waiting.joined + step.after, WIDEN, caller)
        held = waiting.preferred
        if held is not None and now < held.until < math.inf:
            self._at(held.until, WIDEN, caller)
        if rules.demand_wait is not None and waiting.joined + rules.demand_wait > now:
            self._at(waiting.joined + rules.demand_wait, LATE, caller)

    def _is_held(self, waiting: Waiting, now: float) -> bool:
        """Whether only the preferred agent will do: in time, and if signed in."""
        held = waiting.preferred
        if held is None:
            return False
        if held.for_ever and not held.anyway:
            return True
        return now < held.until and self.is_signed_in(held.agent)

    def _hold_no_longer(self, number: str, now: float) -> None:
        """An agent has signed out: calls that are held for him go to anyone."""
        for caller in list(self.line.callers.values()):
            if caller.ask.held == number:
                self._widen(caller, now)

    def _take_out(self, caller: Caller) -> None:
        self.line.remove(caller)
        if caller.overdue or self._demand.called:
            self._demand.left(caller)
        if caller.round:
            self._close(caller)

    def _seek(self, caller: Caller, now: float) -> None:
        """Find an agent for a caller, who waits if there is none."""
        queue = caller.waiting.queue
        on_demand = self._demand.possible(queue)
        if on_demand:
            self._demand.late(caller, now)
        if not self._find_agent(caller, now):
            self.line.wait(caller)
            if on_demand:
                self._call(queue, now)

    def _call(self, queue: str, now: float) -> None:
        """If the queue begins to call for on-demand agents, let those ring who can."""
        if self._demand.begins(queue):
            for caller in self.line.in_order(queue):
                if caller.stand is Stand.WAITING:
                    self._find_agent(caller, now)

    def _late(self, caller: Caller, now: float) -> None:
        """A caller has waited so long that the queue calls for on-demand agents."""
        if caller.stand is not Stand.ASIDE:
            self._demand.late(caller, now)
            self._call(caller.waiting.queue, now)

    def _widen(self, caller: Caller, now: float) -> None:
        """What a caller asks for may be less by now, or count for more."""
        waiting = caller.waiting
        need, priority, others = wants(waiting, now)
        ask = self._asks.of(waiting, need, others, self._is_held(waiting, now))
        wanted = (need, priority, others)
        same = wanted == (caller.need, caller.priority, caller.others)
        if same and ask.held == caller.ask.held:
            return
        self.line.pick_up(caller)
        key = key_of(waiting, priority, self._rules[waiting.queue], caller.arrival)
        self.line.put(caller, need, priority, others, ask, key)
        if not same:
            queues = tuple(other[2] for other in others if other[0] == "queue")
            after = now - waiting.joined
            self._out.append(Widened(waiting.call, need, priority, after, queues))
        if caller.stand is Stand.WAITING:
            self._seek(caller, now)

    # Pairs -----------------------------------------------------------------------

    def _find_agent(self, caller: Caller, now: float) -> bool:
        """Match the caller with a free agent; return whether there was one."""
        waiting = caller.waiting
        queue = waiting.queue
        rules = self._rules[queue]
        choose = rules.choose
        staff = self._staff
        roster = staff.in_order() if choose in ORDERED else staff.idle
        free = self._free(waiting, caller.ask, roster)
        found = free.found
        if not found:
            return False
        if choose in ROUNDS:
            self._begin_round(caller)
            seats = list(roster.each(found))
            for seat in seats if choose == "ring_all" else seats[:1]:
                why = self._why(caller, free, now - seat.idle_since, now)
                staff.hide(seat)
                self._match(caller, seat, why, now)
            self._ring_on(caller, now)
            return True
        if choose == "longest_idle":  # the usual one, without detours
            seat = roster.first(found)
            figure = now - seat.idle_since
        else:
            last = self._last(queue) if choose == "round_robin" else None
            choice = Choice(waiting.call, caller.need, rules, roster, found, last, now)
            seat, figure = CHOOSE[choose](choice)
        why = self._why(caller, free, figure, now)
        staff.hide(seat)
        self._match(caller, seat, why, now)
        return True

    def _free(self, waiting: Waiting, ask: Ask, roster: Roster) -> Free:
        """Who of *roster*, which has only the free ones, may be rung."""
        found = roster.match(ask)
        queue = waiting.queue
        on_demand = False
        if not found and not ask.held and self._demand.calls(queue):
            found = roster.match(self._asks.on_demand(waiting, ask))
            on_demand = True
        if not found or ask.held or queue not in self._staff.reserves:
            return Free(found, on_demand)
        of_reserve = self._staff.clauses.number((("reserve", "", queue), 1))
        regular = without(found, of_reserve)
        if not regular:
            return Free(found, on_demand, reserve=True)
        return Free(regular, on_demand, spared=count(found) - count(regular))

    def _why(self, caller: Caller, free: Free, figure: float, now: float) -> Why:
        """The reasons for one of those who are free."""
        waiting = caller.waiting
        queue = waiting.queue
        tally = self._staff.tally(queue)
        able = inside = count(free.found) + free.spared
        if caller.others or caller.ask.held:  # else all of them are of the queue
            able_here = self._staff.idle.each(free.found)
            inside = sum(queue in seat.given.queues for seat in able_here)
        return Why(
            choose=self._rules[queue].choose,
            held=caller.ask.held != "",
            able=able,
            unable=tally[FREE] - inside,
            doing=tuple(tally),
            waited=max(0.0, now - waiting.joined),
            behind=self.line.length(queue) - 1,
            figure=figure,
            reserve=free.reserve,
            on_demand=free.on_demand,
            spared=free.spared,
            beside=len(caller.ringing),
        )

    def _last(self, queue: str) -> Seat | None:
        """Who of *queue* was rung last; after a start, who talked last."""
        if queue not in self._turns:
            talked = [
                seat
                for seat in self._seats.values()
                if queue in seat.given.queues and seat.last_call
            ]
            return max(talked, key=lambda s: (s.last_call, s.number), default=None)
        return self._turns[queue]

    def _match(self, caller: Caller, seat: Seat, why: Why, now: float) -> None:
        """Let an agent, hidden by now, ring for a caller."""
        waiting = caller.waiting
        if caller.filed is not None:
            self.line.unfile(caller)
            if self._demand.called:
                self._demand.fewer(waiting.queue)
        caller.stand = Stand.OFFERED
        caller.ringing.append(seat)
        if caller.round:
            caller.been.add(seat)
        seat.caller = caller
        seat.ring(now)
        self._staff.count(seat)
        if why.choose == "round_robin" or (
            not why.choose and self._rules[waiting.queue].choose == "round_robin"
        ):
            self._turns[waiting.queue] = seat
        self._out.append(Match(waiting.call, seat.number, why, caller.round))

    # Rounds: several agents ring for one caller ----------------------------------

    def _begin_round(self, caller: Caller) -> None:
        caller.rounds += 1
        caller.round = caller.rounds
        caller.been = set()

    def _ring_on(self, caller: Caller, now: float) -> None:
        """After the first agents of a round: when others follow."""
        rules = self._rules[caller.waiting.queue]
        if rules.choose == "ring_all":
            self._open_up(caller)
        else:
            caller.next_at = now + rules.ring_next
            self._at(caller.next_at, NEXT, caller)

    def _open_up(self, caller: Caller) -> None:
        caller.open = True
        self._open[caller] = None

    def _close(self, caller: Caller) -> None:
        caller.open = False
        self._open.pop(caller, None)

    def _grow(self, caller: Caller, now: float) -> None:
        """Let one more agent ring in a round, or whoever gets free next.

        With ring_all: all who are free, and whoever gets free.
        """
        queue = caller.waiting.queue
        everyone = self._rules[queue].choose == "ring_all"
        free = self._free(caller.waiting, caller.ask, self._staff.idle)
        seats = [s for s in self._staff.idle.each(free.found) if s not in caller.been]
        if everyone and free.reserve:
            seats = []  # the regular ones are rung already
        for seat in seats if everyone else seats[:1]:
            why = self._why(caller, free, now - seat.idle_since, now)
            self._staff.hide(seat)
            self._match(caller, seat, why, now)
        if everyone or not seats:
            self._open_up(caller)
        else:
            self._ring_on(caller, now)

    def _join(self, seat: Seat, called: list[Ability], now: float) -> bool:
        """Let an agent who got free ring in a round; return whether there was one."""
        for caller in sorted(self._open, key=lambda caller: caller.key):
            queue = caller.waiting.queue
            progressive = self._rules[queue].choose != "ring_all"
            if seat in caller.been or (queue in seat.given.reserve and not progressive):
                continue
            able = caller.ask.met_by(seat.abilities)
            if not able and called and not caller.ask.held:
                on_demand = self._asks.on_demand(caller.waiting, caller.ask)
                able = self._demand.calls(queue) and on_demand.met_by(seat.abilities)
            if able:
                why = self._no_choice(caller, seat, now)
                self._match(caller, seat, why, now)
                if progressive:
                    self._close(caller)
                    self._ring_on(caller, now)
                return True
        return False


class Free(NamedTuple):
    """Free agents who may be rung for a caller."""

    found: Found
    on_demand: bool = False
    reserve: bool = False
    """They are of the reserve."""
    spared: int = 0
    """How many of the reserve could, and are not among them."""
