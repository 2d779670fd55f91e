"""Ways of calls into queues and out of them, and how they are counted.

A *visit* is offered once and ends once: answered, abandoned or flowed out, however
often its caller was offered to agents. A call that is given to another queue makes
another visit there. Who leaves the line (by a key, say) and is led back to the same
place in it, without another queue or a talk between, has made one visit of it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass, field

from ivrflow.facts import CallerMoved, CallerQueued, EstimateSaid, LeftQueue
from ivrflow.figures.calls import KEPT, Calls
from ivrflow.figures.lasting import Lasting
from ivrflow.figures.ledger import CALL, Ledger, QueueKey
from ivrflow.figures.record import push
from ivrflow.figures.sums import QueueSum, count, take_back, whole

REPEATED_WITHIN = 24 * 3600.0

CONSULT = "consult"
"""An agent who waits for another one: no caller in any figure."""

WAITING, ANSWERED, LEFT = "waiting", "answered", "left"

MOST_ESTIMATES = 50
"""Of one visit."""

DOOR = ("full", "closed", "no agents")
"""How one leaves who was not let in; so does one who has not waited at all."""

ABANDONED, MOVED, LOST = "abandoned", "moved", "lost"

ENDS = (ABANDONED, MOVED, LOST, "shutdown", "outage", "callback")
"""How one leaves who does not come back; a taken callback is what he came for."""


@dataclass(slots=True)
class Visit:
    """A call in a queue."""

    call: str
    queue: str
    item: str
    entered: float
    joined: float
    keys: tuple[QueueKey, ...]
    """Where it is counted; () for a consult."""
    state: str = WAITING
    waited: float = 0.0
    left_at: float = 0.0
    how: str = ""
    given_away: bool = False
    """Its agent gave the caller to somebody else."""
    estimates: list[tuple[float, float, float]] = field(default_factory=list)
    """When a range was said, and its ends."""
    idle_from: float = 0.0
    idle_to: float = 0.0
    """Between them an agent was free for it, the last time, and that is counted."""

    def may_go_on(self, at: float) -> bool:
        """Whether who stands in the same place again at *at* has never been away."""
        if self.state == ANSWERED:
            return not self.given_away
        let_in = self.waited > 0
        return self.how not in ENDS and let_in and at >= self.left_at

    def idle_more(self, at: float, idle: float) -> float:
        """An agent was free for it in the *idle* seconds before *at*: how many of them
        are new. Of phones that ring together, each one's offer tells the same time."""
        since = at - idle
        told = max(0.0, min(at, self.idle_to) - max(since, self.idle_from))
        if since <= self.idle_to:
            since, at = min(since, self.idle_from), max(at, self.idle_to)
        self.idle_from, self.idle_to = since, at
        return max(0.0, idle - told)


class Visits(Lasting):
    """The last visit of each call."""

    def __init__(self, ledger: Ledger, calls: Calls) -> None:
        self.holes = 0
        """Visits whose beginning or end nobody told us."""
        self._ledger = ledger
        self._calls = calls
        self._last: dict[str, Visit] = {}
        self._strays: OrderedDict[str, Visit] = OrderedDict()
        """By call, those that are over, of calls of whose end nobody will tell us."""
        self._seen: dict[tuple[str, str], tuple[float, str]] = {}
        """Queue and number -> when it came last, and by which call."""
        self._swept = 0.0

    def of(self, call: str) -> Visit | None:
        """The last visit of *call*; None if it is not known any more."""
        return self._last.get(call)

    def waiting(self) -> list[Visit]:
        """Who is in a queue now, and has no agent."""
        return [v for v in self._last.values() if v.state == WAITING and v.keys]

    # In -------------------------------------------------------------------------------

    def queued(self, fact: CallerQueued) -> None:
        """Somebody came into a queue, or waits on in it."""
        visit = self._last.get(fact.call)
        joined = fact.joined or fact.at
        if visit is not None and visit.state == WAITING:
            if visit.queue == fact.queue:
                return  # told again
            self.leave(visit, fact.at, MOVED)
        elif (
            visit is not None
            and visit.queue == fact.queue
            and abs(visit.joined - joined) < 0.001
            and visit.may_go_on(fact.at)
        ):
            self._wait_on(visit)
            return
        if fact.item == CONSULT and fact.origin:
            self._calls.consulted(fact.call, fact.origin)
        self._enter(fact.call, fact.queue, fact.item, fact.at, joined)

    def moved(self, fact: CallerMoved) -> None:
        """A supervisor moved somebody; a new priority alone is nothing here."""
        visit = self._last.get(fact.call)
        there = visit is not None and visit.queue == fact.to
        if there or fact.to in ("", fact.queue):
            return
        item, joined = CALL, fact.at
        if visit is not None:
            item, joined = visit.item, visit.joined
            if visit.state == WAITING:
                self.leave(visit, fact.at, MOVED)
        self._enter(fact.call, fact.to, item, fact.at, joined)

    def made_up(self, call: str, queue: str, entered: float) -> Visit:
        """A visit of which we hear only now."""
        self.holes += 1
        return self._enter(call, queue, CALL, entered, entered)

    def _enter(
        self, call: str, queue: str, item: str, at: float, joined: float
    ) -> Visit:
        keys = () if item == CONSULT else self._ledger.keys(queue, item, at)
        visit = Visit(call, queue, item, at, joined, keys)
        self._last[call] = visit
        for sums in self._ledger.queue_sums(keys):
            sums.offered += 1
        known = self._calls.known(call)
        if item == CALL and known is not None:
            push(known.queues, queue)
            if known.caller and self._came_before(queue, known.caller, at, call):
                known.repeated = True
                for sums in self._ledger.queue_sums(keys):
                    sums.repeated += 1
        return visit

    def _came_before(self, queue: str, caller: str, at: float, call: str) -> bool:
        since = at - REPEATED_WITHIN
        if self._swept < since:
            self._swept = at
            for key in [k for k, (was, _) in self._seen.items() if was < since]:
                del self._seen[key]
        was, by = self._seen.get((queue, caller), (0.0, ""))
        self._seen[queue, caller] = (at, call)
        return by not in ("", call) and was >= since

    # Out ------------------------------------------------------------------------------

    def left(self, fact: LeftQueue) -> None:
        """Somebody left without an agent, or was not let in."""
        visit = self._last.get(fact.call)
        if visit is not None and visit.state == WAITING:
            if visit.queue == fact.queue:
                self.leave(visit, fact.at, fact.how)
            return  # else moved to another one, where it waits
        if visit is not None and (visit.queue, visit.how, visit.left_at) == (
            fact.queue,
            fact.how,
            fact.at,
        ):
            return  # told again
        if fact.how in DOOR or not fact.waited:
            new = self._enter(fact.call, fact.queue, CALL, fact.at, fact.at)
        elif visit is not None and visit.state == LEFT and fact.how == MOVED:
            return  # told by `CallerMoved`
        else:
            new = self.made_up(fact.call, fact.queue, fact.at - fact.waited)
        self.leave(new, fact.at, fact.how)

    def leave(self, visit: Visit, at: float, how: str) -> None:
        """*visit* is over, without an agent."""
        self._end(visit, at, LEFT, how)
        for sums in self._ledger.queue_sums(visit.keys):
            if how == ABANDONED:
                sums.abandoned += 1
                sums.lost_wait += visit.waited
                waited = whole(visit.waited)
                sums.lost_waits[waited] = sums.lost_waits.get(waited, 0) + 1
            else:
                count(sums.flowed, how)
        self.forget_some_time(visit)

    def answer(self, visit: Visit, at: float) -> None:
        """*visit* is over, with an agent."""
        self._end(visit, at, ANSWERED, ANSWERED)
        for sums in self._ledger.queue_sums(visit.keys):
            sums.answered += 1
            sums.wait += visit.waited
            waited = whole(visit.waited)
            sums.waits[waited] = sums.waits.get(waited, 0) + 1
            for said, low, high in visit.estimates:
                _judge(sums, at - said, low, high)
        visit.estimates.clear()

    def _end(self, visit: Visit, at: float, state: str, how: str) -> None:
        visit.waited = max(0.0, at - visit.entered)
        visit.state, visit.how, visit.left_at = state, how, at
        for sums in self._ledger.queue_sums(visit.keys):
            sums.longest = max(sums.longest, visit.waited)
        known = self._calls.known(visit.call)
        if known is not None and visit.item == CALL:
            known.waited += visit.waited
            known.outcome = how

    def _wait_on(self, visit: Visit) -> None:
        """The agent was lost before the two could talk, or the way out led back to the
        line: the caller is as before."""
        waited = whole(visit.waited)
        for sums in self._ledger.queue_sums(visit.keys):
            if visit.state == ANSWERED:
                sums.answered -= 1
                sums.wait -= visit.waited
                take_back(sums.waits, waited)
            else:
                take_back(sums.flowed, visit.how)
        known = self._calls.known(visit.call)
        if known is not None and visit.item == CALL:
            known.waited -= visit.waited
            known.outcome = ""
        visit.state, visit.waited = WAITING, 0.0

    def call_ended(self, call: str, at: float) -> None:
        """Nobody of *call* can wait any more."""
        visit = self._last.get(call)
        if visit is None:
            return
        if visit.state == WAITING and visit.item == CALL:
            self.holes += 1
            self.leave(visit, at, LOST)
        if visit.state != WAITING and self._calls.is_up(call):
            del self._last[call]

    def lost(self, at: float, calls: Collection[str] | None = None) -> None:
        """Of these calls, None: of all, nobody waits any more; they ended with the
        service, at *at*. The place of a callback outlives it."""
        for visit in self.waiting():
            if visit.item == CALL and (calls is None or visit.call in calls):
                self.leave(visit, at, LOST)
        for call in [v.call for v in self._last.values() if v.state != WAITING]:
            if calls is None or call in calls:
                del self._last[call]

    def forget_some_time(self, visit: Visit) -> None:
        """Forget *visit*, when many more have come, if its call is not up."""
        if self._calls.is_up(visit.call) or self._last.get(visit.call) is not visit:
            return
        if self._strays.get(visit.call) is not visit:
            self._strays[visit.call] = visit
            self._strays.move_to_end(visit.call)
        while len(self._strays) > KEPT:
            _, old = self._strays.popitem(last=False)
            if self._last.get(old.call) is old:
                del self._last[old.call]

    # Estimates ------------------------------------------------------------------------

    def estimated(self, fact: EstimateSaid) -> None:
        """A caller was told a range."""
        visit = self._last.get(fact.call)
        if visit is None or visit.state != WAITING or visit.queue != fact.queue:
            return
        if len(visit.estimates) < MOST_ESTIMATES:
            visit.estimates.append((fact.at, fact.low, fact.high))


def _judge(sums: QueueSum, came: float, low: float, high: float) -> None:
    """An estimate, beside what came."""
    error = (low + high) / 2 - came
    sums.estimates += 1
    sums.estimate_error += error
    sums.estimate_missed += abs(error)
    sums.estimate_squares += error * error
    sums.estimate_came += came
    sums.estimate_near += abs(error) <= 0.25 * came
    sums.estimate_covered += low <= came <= high
