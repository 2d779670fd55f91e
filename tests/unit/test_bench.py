"""The measurements of `bench/` run, on a small scale, so that they stay true."""

from bench import compile as compiling
from bench import engine, talks
from bench.machine import beside_goal


def test_loading_is_measured_on_a_site_without_a_problem(capsys):
    compiling.main(flows=2)

    assert "3 flows with 108 steps" in capsys.readouterr().out


def test_the_engine_is_measured_on_calls_that_run_to_their_end(capsys):
    engine.main(calls=1)

    assert "1 calls with 4,803 steps" in capsys.readouterr().out


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
