"""The measurements of `bench/` run, on a small scale, so that they stay true."""

import asyncio

from bench import compile as compiling
from bench import desk, engine, estimate, simulate, talks
from bench.machine import beside_goal
from ivrflow.sim.queue.recorded import read_day


def test_loading_is_measured_on_a_site_without_a_problem(capsys):
    compiling.main(flows=2)

    assert "3 flows with 108 steps" in capsys.readouterr().out


def test_the_engine_is_measured_on_calls_that_run_to_their_end(capsys):
    engine.main(calls=1)

    assert "1 calls with 4,803 steps" in capsys.readouterr().out


def test_the_estimated_wait_is_measured_on_lines_and_on_the_recorded_day(capsys):
    estimate.main(hours=3)

    told = capsys.readouterr().out
    assert "M/M/100+M" in told
    assert "the recorded day: 1243 answered, mean wait 163.9 s" in told


def test_on_the_recorded_day_the_estimate_is_better_than_what_is_to_be_beaten():
    day, _ = read_day(estimate.DAY.read_bytes(), "day")
    scores = estimate.lived_through(day).scores

    assert scores["ours"].error < 0.65
    assert scores["ours"].error < scores["QL_m"].error < scores["app_queue"].error
    assert 0.6 < scores["ours"].covered < 0.8


def test_the_desk_is_measured_with_all_that_it_writes():
    rates = asyncio.run(desk.assignments(20))
    took = asyncio.run(desk.ready_to_leg(3))
    idle = asyncio.run(desk.idle_while_waiting(20))
    start = asyncio.run(desk.start(agents=10, waiting=10))
    adopted = asyncio.run(desk.adopt(agents=10, waiting=10))

    assert rates > 0
    assert start > 0
    assert adopted > 0
    assert (len(took), len(idle)) == (3, 20)
    assert min(took) > 0
    assert min(idle) >= 0


def test_a_figure_stands_beside_its_goal():
    assert beside_goal("rate", 30_000, 20_000, "steps/s", more=True) == (
        "rate: 30,000 steps/s; goal 20,000 steps/s: 1.50 x, reached"
    )
    assert beside_goal("time", 2.0, 1.0, "s", more=False) == (
        "time: 2.00 s; goal 1.00 s: 0.50 x, missed"
    )


def test_talks_are_measured_on_talks_that_pass(capsys, tmp_path):
    (tmp_path / "clinic").symlink_to(talks.FLOWS / "clinic")
    talks.main(rounds=1, folder=tmp_path)

    assert "talks of 1 sites on 1 core" in capsys.readouterr().out


def test_the_simulation_is_measured_against_each_known_answer(capsys):
    simulate.main(calls=400)

    told = capsys.readouterr().out
    assert "one queue, 10 agents (400 calls)" in told
    assert "two priorities: urgent mean_wait_served" in told
