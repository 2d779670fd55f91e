"""How fast the simulation is, and how near to mathematics.

    python -m bench.simulate [calls]

First the rate: calls from their arrival to their end, with one queue, ten agents, and
one call in eight hanging up; the time is the processor's. Then each setting of which
the answer is known, with runs that are long enough to see a small error.
"""

from __future__ import annotations

import math
import sys
import time
from statistics import fmean, stdev

from bench.machine import beside_goal, machine
from ivrflow.sim.queue.run import play, prepare
from ivrflow.sim.queue.scenario import read_scenario
from tests.unit.sim.queue.known_answers import KNOWN, value_of

CALLS = 100_000
RUNS = 10
GOAL = 30_000.0
"""Calls a second."""

ONE_QUEUE = """\
arrivals: {a: 130/h}
handle: 240s
patience: 300s
agents: [{count: 10}]
"""


def rate(calls: int) -> float:
    """Calls a second, in the one-queue case."""
    scenario, problems = read_scenario(f"calls: {calls}\n{ONE_QUEUE}", "bench")
    assert scenario is not None, problems
    setting = prepare(scenario)
    began = time.process_time()
    result = play(scenario, setting, seed=1)
    return result.calls / (time.process_time() - began)


def main(calls: int = CALLS) -> None:
    print(machine())
    what = f"one queue, 10 agents ({calls} calls)"
    print(beside_goal(what, rate(calls), GOAL, "calls/s", more=True))
    for known in KNOWN:
        each = max(100, calls // RUNS)
        scenario, problems = read_scenario(
            f"calls: {each}\nwarm_up: {each // 4}\n{known.text}", "known"
        )
        assert scenario is not None, problems
        setting = prepare(scenario)
        runs = [play(scenario, setting, seed=1, number=n) for n in range(RUNS)]
        for (who, name), answer in known.answers.items():
            tables = [run.all if who == "all" else run.classes[who] for run in runs]
            values = [value_of(table, name) for table in tables]
            mean, error = fmean(values), stdev(values) / math.sqrt(RUNS)
            off = (mean - answer) / error if error else math.nan
            print(
                f"{known.name}: {who} {name} {mean:.5g} +-{error:.2g}, "
                f"known {answer:.5g} ({off:+.1f} errors)"
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else CALLS)
