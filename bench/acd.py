"""How many decisions a second the ACD's engine makes, with nothing to wait for.

    python -m bench.acd [decisions]

10,000 agents with 6 of 64 skills each, and callers who need two skills at some level.
In the first rows agents wait for callers, in the last ones callers for agents: one
after the other comes back from a break, which is a decision too where nobody waits for
this one. Each pair of rows tells two costs: the decision alone (who is it?), and with
it the whole turn: a caller joins, an agent is chosen, answers, and is free again. The
time is the processor's, without the first decisions, in which each skill is asked for
at each level for the first time and looked up in all agents once.
"""

from __future__ import annotations

import itertools
import random
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bench.machine import beside_goal, machine
from ivrflow.acd.engine import Engine
from ivrflow.acd.engine.outcome import Match, Outcome
from ivrflow.acd.model import Agent, Presence, QueueRules, Waiting, need

AGENTS = 10_000
SKILLS = 64
EACH = 6
DECISIONS = 30_000
WAITING = 1000
WARM_UP = 10_000

GOAL = 50_000.0
"""Decisions a second."""

BATCH = 20
"""Decisions that are timed together: the clock costs as much as half of one."""


@dataclass
class Spent:
    """How many decisions were made, and the processor's seconds that they took."""

    made: int = 0
    deciding: float = 0.0
    turns: float = 0.0
    """With all that goes before and after."""


Run = Callable[[int], Spent]
"""Makes so many decisions."""

NAMES = [f"skill{number}" for number in range(SKILLS)]


def staffed(chance: random.Random, *, ready: bool) -> Engine:
    """An engine with all agents signed in, ready or not."""
    engine = Engine({"all": QueueRules(name="all")})
    presence = Presence.READY if ready else Presence.NOT_READY
    engine.see(
        [
            Agent(
                number=str(1000 + number),
                queues=frozenset({"all"}),
                skills={n: chance.randint(1, 10) for n in chance.sample(NAMES, EACH)},
                presence=presence,
                presence_since=float(number),
            )
            for number in range(AGENTS)
        ],
        AGENTS,
    )
    return engine


def caller(chance: random.Random, number: int) -> Waiting:
    """Somebody who needs two skills."""
    wanted = {name: chance.randint(1, 5) for name in chance.sample(NAMES, 2)}
    return Waiting(
        call=f"c{number}",
        queue="all",
        joined=float(AGENTS + number),
        need=need(wanted),
    )


def agents_wait(chance: random.Random, decisions: int) -> tuple[Run, str]:
    """Callers come, each finds somebody at once."""
    engine = staffed(chance, ready=True)
    callers = iter([caller(chance, number) for number in range(decisions + WARM_UP)])

    def run(decisions: int) -> Spent:
        spent = Spent()
        while batch := list(itertools.islice(callers, min(BATCH, decisions))):
            decisions -= len(batch)
            began = time.process_time()
            for waiting in batch:
                engine.join(waiting, waiting.joined)
            deciding = time.process_time()
            found = [engine.listen(one.call, one.joined) for one in batch]
            decided = time.process_time()
            for waiting, outcomes in zip(batch, found, strict=True):
                for match in _matches(outcomes):
                    engine.connected(match.agent, waiting.joined)
                    engine.ended(match.agent, waiting.joined, waiting.joined)
                    spent.made += 1
            spent.turns += time.process_time() - began
            spent.deciding += decided - deciding
        return spent

    return run, "agents wait: a caller looks for an agent"


def callers_wait(chance: random.Random, decisions: int) -> tuple[Run, str]:
    """A thousand callers wait; agents come back from a break, one after the other."""
    engine = staffed(chance, ready=False)
    callers = iter(
        [caller(chance, number) for number in range(decisions + WARM_UP + WAITING)]
    )
    for waiting in itertools.islice(callers, WAITING):
        engine.join(waiting, waiting.joined)
        engine.listen(waiting.call, waiting.joined)
    turns = itertools.cycle(chance.sample(list(engine.agents), AGENTS))

    def run(decisions: int) -> Spent:
        spent = Spent()
        while spent.made < decisions:
            now = float(AGENTS + WAITING + spent.made)
            batch = list(itertools.islice(turns, BATCH))
            began = time.process_time()
            found = [
                engine.set_presence(number, Presence.READY, now, since=now)
                for number in batch
            ]
            decided = time.process_time()
            for number, outcomes in zip(batch, found, strict=True):
                matched = any(_matches(outcomes))
                if matched:
                    engine.connected(number, now)
                engine.set_presence(number, Presence.NOT_READY, now, since=now)
                if matched:
                    engine.ended(number, now, now)
                    waiting = next(callers)
                    engine.join(waiting, now)
                    engine.listen(waiting.call, now)
            spent.turns += time.process_time() - began
            spent.deciding += decided - began
            spent.made += BATCH
        return spent

    return run, f"{WAITING} callers wait: an agent looks for one"


def _matches(outcomes: list[Outcome]) -> Iterator[Match]:
    return (one for one in outcomes if isinstance(one, Match))


def main() -> None:
    decisions = int(sys.argv[1]) if len(sys.argv) > 1 else DECISIONS
    print(machine())
    for make in (agents_wait, callers_wait):
        run, what = make(random.Random(1), decisions)
        run(WARM_UP)
        spent = run(decisions)
        print(f"{what} ({spent.made} decisions)")
        for row, seconds in (
            ("  the decision alone", spent.deciding),
            ("  with the whole turn", spent.turns),
        ):
            rate = spent.made / seconds
            print(beside_goal(row, rate, GOAL, "decisions/s", more=True))


if __name__ == "__main__":
    main()
