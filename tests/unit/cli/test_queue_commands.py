"""`ivrflow queue simulate`, `replay` and `import`, as their users type them."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from ivrflow.cli import main

TOP = Path(__file__).parents[3]
DAY = str(TOP / "tests/data/anonymous_bank_one_day.csv")
HOTLINE = str(TOP / "flows/hotline")

SCENARIO = """\
seed: 1
calls: 400
arrivals: {a: 24/h, b: 12/h}
handle: 240s
patience: none
room: 6
needs: {a: {a: 1}, b: {b: 1}}
priority: {a: 0, b: 0}
agents:
  - {count: 1, skills: {a: 5}}
  - {count: 2, skills: {a: 5, b: 5}}
choose: longest_idle
"""

KEYS = [
    "offered",
    "blocked",
    "abandoned",
    "answered",
    "mean_wait_served",
    "mean_wait_all",
    "mean_wait_admitted",
    "p_wait",
    "sl20",
    "occupancy",
]


def run(*words, status=0, **more):
    result = CliRunner().invoke(main, ["queue", *map(str, words)], **more)
    assert result.exit_code == status, result.output
    return result


@pytest.fixture
def scenario(tmp_path):
    path = tmp_path / "now.yaml"
    path.write_text(SCENARIO, "utf-8")
    return path


# simulate -----------------------------------------------------------------------------


def test_figures_come_as_json_for_all_and_for_each_class(scenario):
    figures = json.loads(run("simulate", scenario, "--json").stdout)

    assert list(figures) == ["all", "classes"]
    assert list(figures["classes"]) == ["a", "b"]
    for one in (figures["all"], *figures["classes"].values()):
        assert list(one) == KEYS
    whole, parts = figures["all"], figures["classes"].values()
    assert whole["offered"] == 400 == sum(part["offered"] for part in parts)
    assert whole["offered"] == whole["blocked"] + whole["answered"]
    assert whole["occupancy"] == pytest.approx(sum(p["occupancy"] for p in parts))


def test_a_scenario_may_come_on_standard_input(scenario):
    piped = run("simulate", "-", "--json", input=SCENARIO)

    assert piped.stdout == run("simulate", scenario, "--json").stdout


def test_several_runs_tell_how_far_their_mean_may_be_off(scenario):
    figures = json.loads(run("simulate", scenario, "--runs", 3, "--json").stdout)
    table = run("simulate", scenario, "--runs", 3).stdout

    assert figures["runs"] == 3
    assert figures["errors"]["all"]["mean_wait_all"] > 0
    assert " +-" in table


def test_scenarios_stand_beside_each_other(scenario, tmp_path):
    more = tmp_path / "more.yaml"
    more.write_text(SCENARIO.replace("count: 2", "count: 4"), "utf-8")

    head, *rows = run("simulate", scenario, more).stdout.splitlines()

    classes = ("all", "a", "b")
    assert head.split() == [w for n in ("now", "more") for c in classes for w in (n, c)]
    (waits,) = (row for row in rows if row.startswith("mean wait of the answered"))
    now, then = waits.split()[5], waits.split()[11]
    assert float(then) < float(now)


def test_another_seed_gives_other_calls(scenario):
    first = run("simulate", scenario).stdout
    assert run("simulate", scenario, "--seed", 1).stdout == first
    assert run("simulate", scenario, "--seed", 2).stdout != first


def test_the_agents_of_a_site_may_answer(tmp_path):
    path = tmp_path / "site.yaml"
    text = "calls: 200\narrivals: {north: 10/h}\nhandle: 3m\npatience: 5m\n"
    needs = "needs: {north: {district: north, language: zh-CN}}\n"
    path.write_text(text + needs, "utf-8")
    all_of_them = json.loads(run("simulate", path, "--site", HOTLINE, "--json").stdout)
    path.write_text(text + needs + 'agents: [{agents: ["1001"]}]\n', "utf-8")
    one = json.loads(run("simulate", path, "--site", HOTLINE, "--json").stdout)

    assert all_of_them["all"]["answered"] > one["all"]["answered"] > 0


def test_mistakes_are_told_with_their_places(tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text(SCENARIO.replace("240s", "240"), "utf-8")

    result = run("simulate", path, status=2)

    assert f"{path}:4:9: F014 '240' is not a duration" in result.stderr
    assert result.stdout == ""


def test_too_few_agents_are_told(tmp_path):
    path = tmp_path / "few.yaml"
    path.write_text(
        "calls: 20\narrivals: {a: 100/h}\nhandle: 10h\nagents: [{count: 1}]\n", "utf-8"
    )

    assert "more calls come than the agents can serve" in run("simulate", path).stderr


# replay -------------------------------------------------------------------------------


def test_the_recorded_day_is_told_as_it_was():
    figures = json.loads(run("replay", DAY, "--json").stdout)

    assert (figures["rows"], figures["offered"], figures["answered"]) == (
        2375,
        2239,
        1511,
    )
    assert "mean wait of the answered" in (table := run("replay", DAY).stdout)
    assert "134.8 s" in table


def test_what_other_agents_would_make_of_the_day_stands_beside_it(tmp_path):
    figures = json.loads(
        run("replay", DAY, "--agents", 12, "--runs", 2, "--json").stdout
    )
    assert figures["recorded"]["abandoned"] == 728
    assert figures["what_if"]["abandoned"] < 300

    path = tmp_path / "agents.yaml"
    path.write_text("agents: [{count: 12, shift: 07:00..24:00}]\n", "utf-8")
    table = run("replay", DAY, "--agents", path, "--runs", 1).stdout
    assert table.splitlines()[0].split() == ["as", "it", "was", "what", "if"]


@pytest.mark.parametrize(
    ("agents", "problem"),
    [("0", "write 1 to 100,000"), ("nobody.yaml", "No such file")],
)
def test_agents_that_are_none_are_refused(agents, problem):
    result = CliRunner().invoke(main, ["queue", "replay", DAY, "--agents", agents])

    assert result.exit_code != 0
    assert problem in result.stderr


def test_a_file_that_is_no_day_is_told():
    result = run("replay", f"{HOTLINE}/agents.yaml", status=2)

    assert "agents.yaml:1:1: R003" in result.stderr


# import -------------------------------------------------------------------------------

CONF = """\
[general]
autofill = yes
[service]
strategy = leastrecent
weight = 2
announce-frequency = 30
member => PJSIP/1001,0,Ann
member => PJSIP/1002,1,Bob
"""


def test_what_is_imported_passes_the_check(tmp_path):
    site, conf = tmp_path / "site", tmp_path / "queues.conf"
    conf.write_text(CONF, "utf-8")
    assert CliRunner().invoke(main, ["new", str(site)]).exit_code == 0

    refused = run("import", conf, "-o", site, status=2)
    assert "queues.yaml is there already" in refused.stderr
    result = run("import", conf, "-o", site, "--force")

    assert f"{conf}:2: note: I002 autofill: always" in result.stderr
    assert "1 queue and 2 agents" in result.stderr
    checked = CliRunner().invoke(main, ["check", str(site)])
    assert checked.exit_code == 0, checked.output
    assert "say: queue_position" in (site / "queues.yaml").read_text("utf-8")


def test_without_a_folder_both_files_are_printed(tmp_path):
    conf = tmp_path / "queues.conf"
    conf.write_text(CONF, "utf-8")

    text = run("import", conf).stdout

    assert text.startswith("# queues.yaml\nservice:\n")
    assert "# agents.yaml\nagents:\n" in text


def test_a_file_without_queues_writes_nothing(tmp_path):
    conf = tmp_path / "queues.conf"
    conf.write_text("[general]\n", "utf-8")

    result = run("import", conf, "-o", tmp_path / "site", status=2)

    assert "there is no queue in this file" in result.stderr
    assert not (tmp_path / "site").exists()
