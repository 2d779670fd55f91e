"""The simulation against mathematics: ten settings of which the answer is known."""

import math
from statistics import fmean, stdev

import pytest

from ivrflow.sim.queue.run import play, prepare
from ivrflow.sim.queue.scenario import read_scenario
from tests.unit.sim.queue.known_answers import KNOWN, value_of

RUNS = 8


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.name)
def test_the_simulation_gives_the_answer_that_mathematics_gives(known):
    text = f"calls: {known.calls}\nwarm_up: {known.calls // 4}\n{known.text}"
    scenario, problems = read_scenario(text, "known.yaml")
    assert problems == []
    setting = prepare(scenario)

    results = [play(scenario, setting, seed=7, number=n) for n in range(RUNS)]

    for (who, figure), answer in known.answers.items():
        values = [
            value_of(run.all if who == "all" else run.classes[who], figure)
            for run in results
        ]
        error = stdev(values) / math.sqrt(RUNS)
        assert error < 0.2 * answer, "too few calls to tell anything"
        assert abs(fmean(values) - answer) < 3 * error, (who, figure, values)
