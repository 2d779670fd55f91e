"""What counts as a step or a way out, and when a talk has gone through it."""

from pathlib import Path

import pytest
from talked_site import FILES, write

from ivrflow.sim.rehearsal.batch import Play, play_all, processes_for
from ivrflow.sim.rehearsal.coverage import Count, Coverage

FLOWS = Path(__file__).parents[3] / "flows"


def coverage_of(folder, *talks):
    """What these talks (all, if none is named) cover of the site."""
    play = Play.read(folder)
    numbers = [(0, n) for name in talks or ("",) for n in play.called(name)]
    verdicts = list(play_all([play], numbers))
    assert all(verdict.passed for verdict in verdicts)
    return Coverage.of(play.site, (verdict.covered for verdict in verdicts))


def names(ways):
    return [way.name for way in ways]


def test_without_a_talk_nothing_is_covered_and_steps_stand_for_their_ways(tmp_path):
    play = Play.read(write(tmp_path))
    nothing = Coverage.of(play.site, [])

    assert (str(nothing.steps()), str(nothing.outcomes())) == ("0/6", "0/9")
    assert names(nothing.missing()) == [
        "always.9 -> repeat",
        "on_error -> bye",
        *("which", "find", "tell", "none", "bye", "note"),
    ]


def test_a_talk_covers_its_steps_the_ways_it_took_and_what_runs_at_the_end(tmp_path):
    found = coverage_of(write(tmp_path), "no choice")

    assert names(found.missing()) == [
        "always.9 -> repeat",
        "on_error -> bye",
        "which.keys.1 -> find",
        "which.keys.2 -> bye",
        *("find", "tell", "none"),
    ]


def test_two_keys_to_one_step_are_two_ways(tmp_path):
    flow = FILES["flows/main.yaml"].replace("2: bye", "2: find")
    prompts = FILES["prompts/en.yaml"].replace(", bye: To end the call", "")
    site = write(tmp_path, **{"flows/main.yaml": flow, "prompts/en.yaml": prompts})
    found = coverage_of(site, "an order")

    assert "which.keys.2 -> find" in names(found.missing())
    assert "which.keys.1 -> find" not in names(found.missing())


def test_a_key_that_only_repeats_is_a_way_too(tmp_path):
    talks = FILES["tests/main.test.yaml"] + "\nagain:\n  talk: [{keys: 9}]\n"
    found = coverage_of(write(tmp_path, **{"tests/main.test.yaml": talks}), "again")

    assert "always.9 -> repeat" not in names(found.missing())


def test_the_way_of_an_error_is_covered_by_whatever_fails(tmp_path):
    talks = FILES["tests/main.test.yaml"] + (
        "\naway:\n  data: {order: error}\n  talk: [{keys: 1}, {hangs up: flow}]\n"
    )
    found = coverage_of(write(tmp_path, **{"tests/main.test.yaml": talks}), "away")

    assert "on_error -> bye" not in names(found.missing())
    assert "find.then -> tell" in names(found.missing())


def test_of_nothing_all_is_covered():
    assert Count(0, 0).percent == 100.0
    assert Count(1, 8).percent == 12.5


def test_a_small_site_is_run_by_one_process_and_a_large_one_by_several():
    assert processes_for(100, cores=8) == 1
    assert processes_for(1_600, cores=8) == 4
    assert processes_for(10_000, cores=8) == 8


@pytest.mark.parametrize(
    "name", sorted(found.parent.name for found in FLOWS.glob("*/site.yaml"))
)
def test_the_talks_of_every_site_cover_nine_tenths_of_it(name):
    found = coverage_of(FLOWS / name)

    assert found.total().percent >= 90.0, names(found.missing())
    assert found.steps().percent >= 95.0, names(found.missing())
