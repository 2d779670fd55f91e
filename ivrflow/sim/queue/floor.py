"""The loop: calls come, agents talk, time jumps from one thing to the next.

The engine that serves live calls decides; here is what a telephone, a caller and a
clock would do around it. An agent who is offered a call answers it, at once or when the
phone has rung for the call's `ring`: nobody lets it ring, refuses, or is not there.

What happens at one moment is done in one order: talks end before phones are answered,
these before callers lose their patience, then agents come and go, and all of it before
the next call comes. So a run with the same calls is the same to the last bit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

from ivrflow.acd.engine import Engine
from ivrflow.acd.engine.outcome import Freed, Match, Outcome, Withdrawn
from ivrflow.acd.model import ANYONE, Need, Presence, QueueRules, Waiting, Widening
from ivrflow.facts import Fact, Note
from ivrflow.sim.queue import told
from ivrflow.sim.queue.chance import Coming
from ivrflow.sim.queue.staff import Staff, Turn
from ivrflow.sim.queue.tally import WITHIN, Result, Tally

END, ANSWER, LOST, TURN = range(4)
"""What happens at a time, in the order in which it is done."""

LONGEST_END = 7 * 86_400.0
"""Seconds after the last call in which who still waits may be served."""

OVERTAKERS = 20_000
"""Further calls after twice the counted ones, in which the last counted may end."""

TOLD_EVERY = 4096
"""Calls between two reports of progress."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Class:
    """Calls that are alike: what the engine is asked for them."""

    name: str
    queue: str
    need: Need = ANYONE
    priority: float = 0.0
    widening: tuple[Widening, ...] = ()

    def at(self, now: float, call: str = "") -> Waiting:
        """One of these calls, that joins the queue at *now*."""
        return Waiting(
            call=call,
            queue=self.queue,
            joined=now,
            need=self.need,
            priority=self.priority,
            widening=self.widening,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """All that a run needs beside the calls."""

    classes: Sequence[Class]
    """`Coming.klass` counts them."""
    staff: Staff
    rules: Mapping[str, QueueRules]
    room: int | None = None
    """Callers who may wait, of all classes together."""
    warm_up: int = 0
    """Calls at the beginning that are not counted."""
    counted: int | None = None
    """Calls that are counted then; None: all there are."""


class Floor:
    """One run. `play` it once; `result` is there whenever `play` has ended or died."""

    def __init__(
        self, setting: Setting, calls: Iterator[Coming], note: Note | None = None
    ) -> None:
        """*note* hears of each call what the desk would note; None is faster."""
        self._setting = setting
        self._calls = calls
        self._note = note
        self._engine = Engine(setting.rules)
        self._agents = {agent.number: agent for agent in setting.staff.agents}
        """As they are at midnight: what is given of them stays."""
        self._tallies = [Tally() for _ in setting.classes]
        self._waiting: dict[str, tuple[Coming, bool]] = {}
        """Call -> what it is, and whether it is counted."""
        self._rings: dict[str, tuple[str, float]] = {}
        """Agent whose phone rings -> for which call, and when it is answered."""
        self._serves: dict[str, tuple[float, int]] = {}
        """Agent -> busy since when, ringing included, with which class."""
        self._calls_of: dict[str, tuple[str, float]] = {}
        """Agent -> the call, and when the talk began; kept only for who listens."""
        self._shift_from: dict[str, float] = {}
        """Agent -> since when there, ready or still busy."""
        self._going: set[str] = set()
        """Agents whose time is over, and who are busy still."""
        self._staffed = 0.0
        self._events: list[tuple[float, int, str]] = []
        self._turns = setting.staff.days()
        self._turn: Turn | None = None
        self._now = 0.0
        self._from = math.inf
        """When the first counted call came."""
        self._came = 0
        self._open = 0
        """Counted calls whose end is not known yet."""
        self._frozen: Result | None = None
        self._last: float | None = None
        """When the last counted call came: what is shared of time ends here."""

    def play(self, tell: Callable[[int], None] | None = None) -> Result:
        """Play to the end. *tell* hears now and then how many calls have come."""
        setting, engine, events = self._setting, self._engine, self._events
        classes, waiting, tallies = setting.classes, self._waiting, self._tallies
        room = math.inf if setting.room is None else setting.room
        noting = self._note is not None
        warm_up = setting.warm_up
        until = math.inf if setting.counted is None else warm_up + setting.counted
        self._act(engine.see(setting.staff.agents, 0.0), 0.0)
        for agent in setting.staff.agents:
            if agent.presence is Presence.READY:
                self._shift_from[agent.number] = 0.0
        self._next_turn()
        coming = next(self._calls, None)
        ending = math.inf
        join, listen, next_due = engine.join, engine.listen, engine.next_due
        while coming is not None or self._open or (noting and self._serves):
            at = coming.at if coming is not None else math.inf
            event = events[0][0] if events else math.inf
            due = next_due()
            if due is not None and due < at and due < event:
                self._now = due
                self._act(engine.tick(due), due)
                continue
            if event <= at:
                if event == math.inf or event > ending:
                    break  # nobody is left who could ever serve them
                self._now = event
                self._happen(*heappop(events))
                continue
            assert coming is not None
            self._now = at
            number = self._came
            self._came = number + 1
            counts = warm_up <= number < until
            if counts:
                if number == warm_up:
                    self._begin(at)
                self._open += 1
                tallies[coming.klass].offered += 1
            klass = classes[coming.klass]
            call = str(number)
            waiting[call] = coming, counts
            if noting:
                self._tell(told.came(at, call, klass.queue))
            join(klass.at(at, call), at)
            outcomes = listen(call, at)
            if outcomes:
                self._act(outcomes, at)
            if call in waiting:
                offered = coming.ring > 0.0 and engine.is_offered(call)
                if len(waiting) > room and not offered:
                    self._block(call, at)
                else:
                    if counts and not offered:
                        tallies[coming.klass].waited += 1
                    if coming.patience != math.inf:
                        heappush(events, (at + coming.patience, LOST, call))
            if number + 1 >= until:
                if self._last is None:
                    self._freeze(at)
                if number >= 2 * until + OVERTAKERS:
                    break  # those who wait are overtaken for ever
                if not self._open:
                    break
            coming = next(self._calls, None)
            if coming is None:
                ending = at + LONGEST_END
            if tell is not None and not number % TOLD_EVERY:
                tell(number)
        return self.result()

    def result(self) -> Result:
        """The figures of what has happened so far."""
        if self._last is None:
            self._freeze(self._now)
        seconds = max(0.0, (self._last or 0.0) - self._from)
        together = Tally()
        for tally in self._tallies:
            together.add(tally)
        return Result(
            all=together.figures(self._staffed),
            classes={
                klass.name: tally.figures(self._staffed)
                for klass, tally in zip(
                    self._setting.classes, self._tallies, strict=True
                )
            },
            waiting=self._open,
            seconds=seconds,
            calls=self._came,
        )

    # -----------------------------------------------------------------------------

    def _act(self, outcomes: Sequence[Outcome], now: float) -> None:
        for outcome in outcomes:
            if type(outcome) is Match:
                self._offer(outcome.call, outcome.agent, now)
            elif type(outcome) is Freed:
                self._idle(outcome.agent, now)
            elif type(outcome) is Withdrawn:
                self._silence(outcome.agent, now)

    def _offer(self, call: str, agent: str, now: float) -> None:
        """The agent's phone rings, or is answered at once."""
        waiting = self._waiting.get(call)
        if waiting is None:
            return  # all were rung, and another one was first
        ring = waiting[0].ring
        if ring > 0.0:
            self._rings[agent] = call, now + ring
            heappush(self._events, (now + ring, ANSWER, agent))
        else:
            self._serve(call, agent, now)

    def _silence(self, agent: str, now: float) -> None:
        """The agent's phone rings no more, and nobody has answered."""
        self._rings.pop(agent, None)
        if agent in self._going:
            self._going.remove(agent)
            self._gone(agent, now)
        self._act(self._engine.ended(agent, now, None), now)

    def _serve(self, call: str, agent: str, now: float) -> None:
        """The agent answers."""
        coming, counts = self._waiting.pop(call)
        withdrawn = self._engine.connected(agent, now)
        if self._note is not None:
            self._calls_of[agent] = call, now
            queue = self._setting.classes[coming.klass].queue
            self._tell(told.answered(now, call, queue, agent, now - coming.at))
        if counts:
            self._open -= 1
            tally = self._tallies[coming.klass]
            wait = now - coming.at
            tally.answered += 1
            tally.wait_served += wait
            if wait <= WITHIN:
                tally.within += 1
        self._serves[agent] = now - coming.ring, coming.klass
        heappush(self._events, (now + coming.handle, END, agent))
        if withdrawn:
            self._act(withdrawn, now)

    def _happen(self, at: float, what: int, who: str) -> None:
        if what == END:
            _, klass = self._serves[who]
            queue = self._setting.classes[klass].queue
            regular = self._setting.rules[queue].wrap_up
            wrap_up = self._agents[who].wrap_up_after(regular)
            if self._note is not None:
                call, began = self._calls_of.pop(who)
                self._tell(told.ended(at, call, queue, who, at - began))
            if not wrap_up:
                self._idle(who, at)
            self._act(self._engine.ended(who, at, at + wrap_up), at)
        elif what == ANSWER:
            call, due = self._rings.get(who, ("", 0.0))
            if call and due == at:  # else it was silenced, and rings for another one
                del self._rings[who]
                self._serve(call, who, at)
        elif what == LOST:
            lost = self._waiting.pop(who, None)
            if lost is None:
                return  # answered in time
            self._engine.aside(who)
            for agent in [a for a, (call, _) in self._rings.items() if call == who]:
                self._silence(agent, at)
            self._engine.leave(who)
            coming, counts = lost
            if self._note is not None:
                queue = self._setting.classes[coming.klass].queue
                self._tell(told.left(at, who, queue, at - coming.at))
            if counts:
                self._open -= 1
                tally = self._tallies[coming.klass]
                tally.abandoned += 1
                tally.wait_lost += at - coming.at
        else:
            turn = self._turn
            assert turn is not None
            self._next_turn()
            self._come_or_go(turn, at)

    def _block(self, call: str, now: float) -> None:
        """No agent is free, and no place either."""
        self._engine.leave(call)
        coming, counts = self._waiting.pop(call)
        if self._note is not None:
            queue = self._setting.classes[coming.klass].queue
            self._tell(told.left(now, call, queue, 0.0, "full"))
        if counts:
            self._open -= 1
            self._tallies[coming.klass].blocked += 1

    def _tell(self, facts: Iterable[Fact]) -> None:
        assert self._note is not None
        for fact in facts:
            self._note(fact)

    def _idle(self, agent: str, now: float) -> None:
        """The agent's talk is over, and the wrap-up."""
        since, klass = self._serves.pop(agent)
        if self._last is None:
            self._tallies[klass].busy += now - since
        if agent in self._going:
            self._going.remove(agent)
            self._gone(agent, now)

    def _next_turn(self) -> None:
        self._turn = next(self._turns, None)
        if self._turn is not None:
            heappush(self._events, (self._turn.at, TURN, self._turn.agent))

    def _come_or_go(self, turn: Turn, now: float) -> None:
        agent = turn.agent
        if turn.presence is Presence.READY:
            self._going.discard(agent)
            self._shift_from.setdefault(agent, now)
        elif agent in self._serves or agent in self._rings:
            self._going.add(agent)
        else:
            self._gone(agent, now)
        outcomes = self._engine.set_presence(agent, turn.presence, now, since=now)
        self._act(outcomes, now)

    def _gone(self, agent: str, now: float) -> None:
        since = self._shift_from.pop(agent, now)
        if self._last is None:
            self._staffed += now - since

    def _begin(self, now: float) -> None:
        """From here on it counts."""
        self._from = now
        self._staffed = 0.0
        self._shift_from = dict.fromkeys(self._shift_from, now)
        for tally in self._tallies:
            tally.busy = 0.0
        self._serves = {who: (now, klass) for who, (_, klass) in self._serves.items()}

    def _freeze(self, now: float) -> None:
        """From here on no time is shared out: who is busy now was so until now."""
        self._last = now
        if self._from == math.inf:  # it was all warm-up
            self._staffed = 0.0
            return
        for since, klass in self._serves.values():
            self._tallies[klass].busy += max(0.0, now - max(since, self._from))
        for since in self._shift_from.values():
            self._staffed += now - since
