"""How far the estimated wait is from the real one, beside what is to be beaten.

    python -m bench.estimate [hours]

Three lines are simulated for so many hours (the first two are warm-up), and the
recorded day is lived through call by call. Whoever finds all agents busy is told
something when he comes, and who is answered is counted. *ours* is `acd.estimate` as the
desk uses it, with rates that it has to learn; *QL_m* is told the true rates of a
simulated line (on the day it learns them, and knows one line and its agents);
*app_queue* says the running mean of past waits. The error is the root of the mean
square, by the mean wait.

On the day an agent is on duty from a talk to the next one, if that begins within ten
minutes, and serves the kinds of calls that he was seen to serve. Every kind is a queue.
"""

from __future__ import annotations

import heapq
import math
import random
import sys
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bench.machine import machine
from ivrflow.acd.estimate import Guess, Pace, guess
from ivrflow.sim.queue.recorded import Day, read_day

HOUR = 3600.0
HOURS = 200.0
WARM_UP = 2 * HOUR
DAY = Path(__file__).parents[1] / "tests" / "data" / "anonymous_bank_one_day.csv"
PAUSE = 600.0
"""Seconds between two talks of one who stayed on duty."""
AFTER = 5.0
"""Seconds after a talk in which nobody can be given to this agent yet, on the day."""


@dataclass
class Score:
    """What was said to those who were answered, and what came."""

    pairs: list[tuple[float, float, float]] = field(default_factory=list)
    """Mean said, standard deviation said, seconds waited."""

    def add(self, mean: float, spread: float, waited: float) -> None:
        self.pairs.append((mean, spread, waited))

    @property
    def mean_wait(self) -> float:
        return sum(waited for _, _, waited in self.pairs) / len(self.pairs)

    @property
    def error(self) -> float:
        """RMSE / mean wait."""
        squares = sum((mean - waited) ** 2 for mean, _, waited in self.pairs)
        return math.sqrt(squares / len(self.pairs)) / self.mean_wait

    @property
    def bias(self) -> float:
        """Mean of said less came, seconds."""
        return sum(mean - waited for mean, _, waited in self.pairs) / len(self.pairs)

    @property
    def covered(self) -> float:
        """Share of the waits that ended within one standard deviation of the mean."""
        inside = sum(abs(mean - came) <= spread for mean, spread, came in self.pairs)
        return inside / len(self.pairs)


class Estimators:
    """The three of them, for one line or for several that share agents."""

    def __init__(self, true: Callable[[float, int], Guess] | None) -> None:
        """*true* is QL_m with the true rates; None: it has to learn them."""
        self._true = true
        self._paces: defaultdict[str, Pace] = defaultdict(_pace)
        self._whole = _pace()
        self._running = 0.0
        self.scores: dict[str, Score] = defaultdict(Score)

    def said(
        self, queue: str, ahead: float, agents: int, *, line: int, staff: int
    ) -> tuple[Guess, Guess, float]:
        """What each says to one who comes to *queue*; `came` wants it back.

        *ahead* counts rivals of other queues, *agents* can serve the caller; *line* are
        all who wait and *staff* all agents.
        """
        whole = self._whole
        if self._true is not None:
            ql_m = self._true(line, staff)
        else:
            ql_m = guess(whole, ahead=line, agents=staff)
        return (
            guess(self._paces[queue], ahead=ahead, agents=agents),
            ql_m,
            self._running,
        )

    def came(
        self,
        queue: str,
        said: tuple[Guess, Guess, float],
        waited: float,
        *,
        count: bool,
    ) -> None:
        """Who was told *said* is answered."""
        ours, ql_m, running = said
        pace = self._paces[queue]
        if count:
            self.scores["ours"].add(pace.mean(ours), pace.spread(ours), waited)
            self.scores["QL_m"].add(ql_m.mean, ql_m.spread, waited)
            self.scores["app_queue"].add(running, 0.0, waited)
        pace.came(ours, waited)

    def left(self, queue: str, waited: float, *, lost: bool) -> None:
        for pace in (self._paces[queue], self._whole):
            pace.waited(waited, lost=lost)
        if not lost:
            self._running = (3 * self._running + waited) / 4

    def talked(self, queues: Iterable[str], seconds: float) -> None:
        """A talk of an agent who serves *queues* is over."""
        self._whole.talked(seconds)
        for queue in queues:
            self._paces[queue].talked(seconds)


def _pace() -> Pace:
    return Pace(handle=180.0, patience=600.0)


# Simulated lines ----------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """One queue: Poisson arrivals, exponential talks and patience."""

    name: str
    agents: int
    load: float
    patience: float
    swing: float = 0.0
    """How far the arrivals swing around their mean, over four hours."""
    handle: float = 240.0
    goals: tuple[float, float] = (0.0, 0.0)
    """QL_m and app_queue of the design, RMSE / mean wait."""

    def rate(self, now: float) -> float:
        wave = math.sin(2 * math.pi * now / (4 * HOUR))
        return self.load * self.agents / self.handle * (1 + self.swing * wave)

    def true(self, ahead: float, agents: int) -> Guess:
        """QL_m, summed as it is written."""
        busy, leaves = agents / self.handle, 1 / self.patience
        rates = [busy + j * leaves for j in range(int(ahead) + 1)]
        spread = math.sqrt(sum(1 / rate**2 for rate in rates))
        return Guess(sum(1 / rate for rate in rates), spread)


LINES = (
    Line("M/M/100+M, load 1.4, patience 240 s", 100, 1.4, 240, goals=(0.159, 0.227)),
    Line("M/M/20+M, load 1.1, patience 180 s", 20, 1.1, 180, goals=(0.498, 0.772)),
    Line("30 agents, load 1 +-35 %", 30, 1.0, 240, swing=0.35, goals=(0.353, 0.542)),
)
DAY_GOALS = (0.65, 0.76)


def lived(line: Line, hours: float, seed: int = 1) -> Estimators:
    """Simulate *line* for *hours*."""
    chance = random.Random(seed)
    estimators = Estimators(line.true)
    highest = line.rate(HOUR) if line.swing else line.rate(0)
    events: list[tuple[float, int, str, float]] = []
    waiting: dict[int, float] = {}
    said: dict[int, tuple[Guess, Guess, float]] = {}
    order: deque[int] = deque()
    free, number, turn, now = line.agents, 0, 0, 0.0

    def at(when: float, what: str, value: float) -> None:
        nonlocal turn
        turn += 1
        heapq.heappush(events, (when, turn, what, value))

    def serve(now: float) -> None:
        talk = chance.expovariate(1 / line.handle)
        at(now + talk, "ends", talk)

    at(chance.expovariate(highest), "comes", 0)
    while now < hours * HOUR:
        now, _, what, value = heapq.heappop(events)
        if what == "comes":
            at(now + chance.expovariate(highest), "comes", 0)
            if chance.random() * highest > line.rate(now):
                continue
            if free:
                free -= 1
                estimators.left("", 0.0, lost=False)
                serve(now)
                continue
            number += 1
            said[number] = estimators.said(
                "",
                len(waiting),
                line.agents,
                line=len(waiting),
                staff=line.agents,
            )
            waiting[number] = now
            order.append(number)
            at(now + chance.expovariate(1 / line.patience), "leaves", number)
        elif what == "leaves" and value in waiting:
            estimators.left("", now - waiting.pop(int(value)), lost=True)
        elif what == "ends":
            estimators.talked([""], value)
            while order and order[0] not in waiting:
                order.popleft()
            if not order:
                free += 1
                continue
            first = order.popleft()
            waited = now - waiting.pop(first)
            estimators.left("", waited, lost=False)
            told = said.pop(first)
            estimators.came("", told, waited, count=now > WARM_UP)
            serve(now)
    return estimators


# The recorded day ---------------------------------------------------------------------


def lived_through(day: Day) -> Estimators:
    """Go through *day* as the desk would have seen it."""
    calls = day.calls
    duty, kinds = list(_duty(day)), {call.klass for call in calls}
    serves: defaultdict[str, set[str]] = defaultdict(set)
    for call in calls:
        if call.agent:
            serves[call.agent].add(call.klass)
    estimators = Estimators(None)
    waiting: set[int] = set()
    said: dict[int, tuple[Guess, Guess, float]] = {}
    events = []
    for number, call in enumerate(calls):
        events.append((call.at, 2, number))
        events.append((call.at + call.waited, 0, number))
        if call.talked is not None:
            events.append((call.at + call.waited + call.talked, 1, number))
    for now, what, number in sorted(events):
        call = calls[number]
        if what == 2 and call.waited > 0:
            there = {agent for begins, ends, agent in duty if begins <= now < ends}
            able = {k: {a for a in there if k in serves[a]} for k in kinds}
            mine = able[call.klass]
            share = {
                k: len(mine & them) / max(1, len(them)) for k, them in able.items()
            }
            share[call.klass] = 1.0
            ahead = sum(share[calls[other].klass] for other in waiting)
            said[number] = estimators.said(
                call.klass, ahead, len(mine), line=len(waiting), staff=len(there)
            )
            waiting.add(number)
        elif what == 0:
            waiting.discard(number)
            estimators.left(call.klass, call.waited, lost=call.talked is None)
            if call.talked is not None and number in said:
                estimators.came(call.klass, said[number], call.waited, count=True)
        elif what == 1 and call.talked is not None:
            estimators.talked(serves[call.agent], call.talked + AFTER)
    return estimators


def _duty(day: Day) -> Iterator[tuple[float, float, str]]:
    """When which agent was on duty: from, until, who."""
    talks: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    for call in day.calls:
        if call.talked is not None:
            begins = call.at + call.waited
            talks[call.agent].append((begins, begins + call.talked))
    for agent, its in talks.items():
        its.sort()
        since, until = its[0]
        for begins, ends in its:
            if begins - until > PAUSE:
                yield since, until, agent
                since = begins
            until = max(until, ends)
        yield since, until, agent


# --------------------------------------------------------------------------------------


def show(name: str, estimators: Estimators, goals: tuple[float, float]) -> None:
    """Print one row of the table."""
    scores = estimators.scores
    ours = scores["ours"]
    print(f"{name}: {len(ours.pairs)} answered, mean wait {ours.mean_wait:.1f} s")
    print(
        f"    ours {ours.error:.3f}, bias {ours.bias:+.1f} s, "
        f"{ours.covered:.0%} within one deviation\n"
        f"    QL_m {scores['QL_m'].error:.3f}, to beat {goals[0]:.3f}; "
        f"app_queue {scores['app_queue'].error:.3f}, to beat {goals[1]:.3f}"
    )


def main(hours: float = HOURS) -> None:
    print(machine())
    print("RMSE / mean wait")
    for line in LINES:
        show(line.name, lived(line, hours), line.goals)
    day, problems = read_day(DAY.read_bytes(), DAY.name)
    if day is None:
        raise SystemExit(f"{problems[0]}")
    show("the recorded day", lived_through(day), DAY_GOALS)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else HOURS)
