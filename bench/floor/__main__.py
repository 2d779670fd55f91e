"""`python -m bench.floor`: run it, and say what was left and how long things took."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from bench.floor.figures import figures
from bench.floor.run import run
from bench.machine import beside_goal, machine

GOAL_IDLE = 0.020


def main(callers: int, rate: float) -> None:
    print(machine())
    with tempfile.TemporaryDirectory(prefix="ivrflow-floor-") as name:
        outcome = asyncio.run(run(Path(name), callers, rate))
        told = figures(outcome.installed.database)
    print(f"{callers} callers at {rate:g}/s, 20 agents: {outcome.seconds:.0f} s")
    print(f"callers: {dict(outcome.seen.callers)}; agents: {dict(outcome.seen.agents)}")
    print(f"final places: {dict(told.places)}; without or with two: {told.astray}")
    print(f"left in Asterisk: {outcome.channels}; waiting: {outcome.waiting}")
    busy = [agent for agent in outcome.agents if agent["work"] != "idle"]
    print(f"agents stuck: {busy}")
    print(f"the robots' sound was late by {1000 * outcome.late:.0f} ms at most")
    p99 = told.percentile(99)
    print(
        beside_goal(
            "idle while waiting, p99", 1000 * p99, 1000 * GOAL_IDLE, "ms", more=False
        )
    )


if __name__ == "__main__":
    given = [float(word) for word in sys.argv[1:]]
    main(int(given[0]) if given else 500, given[1] if len(given) > 1 else 10.0)
