"""How many talks a second `ivrflow test` runs, reading the sites included.

    python -m bench.talks [rounds]

The talks are those of the sites in `flows/`, once on one core and once on all cores.
Each takes minutes of the callers' time, which the clock jumps over.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bench.machine import beside_goal, machine
from ivrflow.sim.rehearsal.batch import Number, Play, play_all

FLOWS = Path(__file__).parents[1] / "flows"

ROUNDS = 4

GOAL = 100.0
"""Talks a second: hundreds of them in seconds."""


def run(plays: Sequence[Play], rounds: int, processes: int) -> tuple[int, float]:
    """Run all talks; return how many they were, and the seconds that they took."""
    talks: list[Number] = [
        (site, number)
        for site, play in enumerate(plays)
        for number in range(len(play.rehearsals))
    ] * rounds
    before = time.perf_counter()
    for verdict in play_all(plays, talks, processes):
        assert verdict.passed, f"{verdict.talk.name}: {verdict.failures}"
    return len(talks), time.perf_counter() - before


def main(rounds: int, folder: Path = FLOWS) -> None:
    before = time.perf_counter()
    plays = [Play.read(path.parent) for path in sorted(folder.glob("*/site.yaml"))]
    reading = time.perf_counter() - before
    print(machine())
    for processes in sorted({1, os.cpu_count() or 1}):
        before = time.process_time()
        talks, seconds = run(plays, rounds, processes)
        busy = time.process_time() - before
        cores = f"{processes} core{'s' if processes > 1 else ''}"
        what = f"{talks} talks of {len(plays)} sites on {cores}"
        rate = talks / (seconds + reading)
        print(beside_goal(what, rate, GOAL, "talks/s", more=True))
        if processes == 1:
            print(f"  {talks / busy:,.0f} talks in a second of the processor's time")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
