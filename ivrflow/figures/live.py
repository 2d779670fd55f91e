"""Today's figures while they come about: the fold, fed with facts as they are noted.

What a wallboard shows are sums of the day, kept by the same fold that reports are made
by, so that no report of this day can show others.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from ivrflow.facts import Connected, Fact, LeftQueue
from ivrflow.figures.fold import Fold
from ivrflow.figures.lasting import Lasting
from ivrflow.figures.ledger import CALL, AgentKey, QueueKey
from ivrflow.figures.limits import USUAL, Limits
from ivrflow.figures.metrics import AgentFigures, QueueFigures
from ivrflow.figures.record import TakeRecord
from ivrflow.figures.spans import quarters_and_days
from ivrflow.figures.sums import AgentSum, QueueSum

REMEMBERED = 3600.0
"""Seconds for which the ends of waits are kept one by one."""

MOST_ENDS = 20_000
"""Of one queue in that time."""


@dataclass(frozen=True, slots=True)
class AgentNow:
    """An agent, as the fold knows him."""

    number: str
    state: str
    """ready, paused, ring, talk, hold, wrap-up or other."""
    since: float
    reason: str
    queue: str
    call: str


class Live(Lasting):
    """A wallboard's figures. `note` is a `Note`: it never blocks."""

    GIVEN = frozenset({"limits"})

    def __init__(
        self,
        zone: tzinfo,
        limits: Callable[[str], Limits] = lambda _: USUAL,
        *,
        on_record: TakeRecord = lambda _: None,
    ) -> None:
        """*zone* says when a day begins; *limits* are those of a queue, by its name."""
        self.limits = limits
        self.fold = Fold(quarters_and_days(zone), on_record=on_record)
        self._ends: dict[str, deque[tuple[float, bool]]] = {}

    def note(self, fact: Fact) -> None:
        """Take one fact."""
        self.fold.note(fact)
        if isinstance(fact, Connected | LeftQueue):
            self._end(fact)

    def _end(self, fact: Connected | LeftQueue) -> None:
        answered = isinstance(fact, Connected)
        if isinstance(fact, LeftQueue) and fact.how != "abandoned":
            return
        visit = self.fold.visits.of(fact.call)
        waited = fact.waited if visit is None else visit.waited
        if visit is not None and visit.item != CALL:
            return
        in_time = waited <= self.limits(fact.queue).within
        if not answered and in_time:
            return  # by the usual definition it does not count at all
        ends = self._ends.setdefault(fact.queue, deque(maxlen=MOST_ENDS))
        ends.append((fact.at, in_time))

    def service_level(self, queue: str, seconds: float, now: float) -> tuple[int, int]:
        """Of the waits that ended in the last *seconds* (an hour at most): how many by
        an answer in time, and how many count. Abandons in time don't."""
        ends = self._ends.get(queue)
        if not ends:
            return (0, 0)
        while ends and ends[0][0] < now - REMEMBERED:
            ends.popleft()
        recent = [kept for at, kept in ends if at >= now - seconds]
        return (sum(recent), len(recent))

    def queue(self, queue: str, now: float, item: str = CALL) -> QueueFigures:
        """Today so far, by the day of entry; those of yesterday who wait are not in."""
        day = self.fold.ledger.spans(now)[-1]
        sums = self.fold.ledger.queues.get(QueueKey(queue, item, day), QueueSum())
        limits = self.limits(queue)
        return QueueFigures(sums, limits.within, limits.short)

    def agents(self, now: float) -> Mapping[str, AgentFigures]:
        """Today so far, of everybody who was there."""
        self.fold.settle(now)
        day = self.fold.ledger.spans(now)[-1]
        sums = self.fold.ledger.agents
        numbers = [p.number for p in self.fold.people.all()]
        return {
            number: AgentFigures(sums.get(AgentKey(number, day), AgentSum()))
            for number in sorted(numbers)
        }

    def agents_now(self) -> list[AgentNow]:
        """What everybody who is signed in does."""
        return [
            AgentNow(p.number, p.state, p.since, p.shown_reason, p.queue, p.call)
            for p in self.fold.people.all()
            if p.state
        ]

    def waiting(self) -> Mapping[str, Sequence[float]]:
        """Queue -> since when each call waits, the longest first.

        All at once: of each queue alone would be as many walks through all calls.
        """
        found: dict[str, list[float]] = {}
        for visit in self.fold.waiting():
            if visit.item == CALL:
                found.setdefault(visit.queue, []).append(visit.entered)
        return {queue: sorted(since) for queue, since in found.items()}
