"""How many decisions a second the ACD's engine makes, with nothing to wait for.

    python -m bench.acd [decisions]

10,000 agents with 6 of 64 skills each, and callers who need two skills at some level. A
decision is all that one costs: a caller joins, an agent is chosen, answers, and is free
again; the time is the processor's, without the first decisions, in which each skill is
asked for at each level for the first time and looked up in all agents once. In the
first row agents wait for callers, in the second callers for agents: one after the other
comes back from a break, which is a decision too where nobody waits for this one.
"""

from __future__ import annotations

import itertools
import random
import sys
import time
from collections.abc import Callable, Iterator

from bench.machine import beside_goal, machine
from ivrflow.acd.engine import Engine
from ivrflow.acd.model import Agent, Presence, QueueRules, Waiting, need
from ivrflow.acd.outcome import Match, Outcome

AGENTS = 10_000
SKILLS = 64
EACH = 6
DECISIONS = 30_000
WAITING = 1000
WARM_UP = 10_000

GOAL = 50_000.0
"""Decisions a second."""

Run = Callable[[int], int]
"""Makes so many decisions, and says how many it made."""

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

    def run(decisions: int) -> int:
        made = 0
        for waiting in itertools.islice(callers, decisions):
            now = waiting.joined
            engine.join(waiting, now)
            for match in _matches(engine.listen(waiting.call, now)):
                engine.connected(match.agent, now)
                engine.ended(match.agent, now, now)
                made += 1
        return made

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

    def run(decisions: int) -> int:
        made = 0
        for waiting in itertools.islice(callers, decisions):
            now = waiting.joined
            matched = False
            while not matched:
                number = next(turns)
                out = engine.set_presence(number, Presence.READY, now, since=now)
                made += 1
                if matched := any(_matches(out)):
                    engine.connected(number, now)
                engine.set_presence(number, Presence.NOT_READY, now, since=now)
            engine.ended(number, now, now)
            engine.join(waiting, now)
            engine.listen(waiting.call, now)
        return made

    return run, f"{WAITING} callers wait: an agent looks for one"


def _matches(outcomes: list[Outcome]) -> Iterator[Match]:
    return (one for one in outcomes if isinstance(one, Match))


def main() -> None:
    decisions = int(sys.argv[1]) if len(sys.argv) > 1 else DECISIONS
    print(machine())
    for make in (agents_wait, callers_wait):
        run, what = make(random.Random(1), decisions)
        run(WARM_UP)
        began = time.process_time()
        made = run(decisions)
        rate = made / (time.process_time() - began)
        print(
            beside_goal(
                f"{what} ({made} decisions)", rate, GOAL, "decisions/s", more=True
            )
        )


if __name__ == "__main__":
    main()
