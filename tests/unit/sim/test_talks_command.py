"""`ivrflow test`: what it runs, how it tells it, and with which status it ends."""

import json
import os
import signal
import subprocess
import sys
import time
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner
from talked_site import FILES, write

from ivrflow.cli.test import test as command

BROKEN = FILES["tests/main.test.yaml"].replace("way: [which, bye]", "way: [which]")


@pytest.fixture
def site(tmp_path):
    return write(tmp_path / "shop")


def run(*arguments):
    return CliRunner().invoke(command, [str(one) for one in arguments])


def test_all_talks_pass(site):
    result = run(site)

    assert result.exit_code == 0
    assert result.output.startswith("3 passed, 0 failed, 0 not run in ")


def test_a_folder_of_sites_is_all_of_them(tmp_path):
    write(tmp_path / "one")
    write(tmp_path / "two")

    assert run(tmp_path).output.startswith("6 passed")
    assert run(tmp_path / "one", tmp_path / "two").output.startswith("6 passed")


def test_the_talks_are_listed_with_their_places(site):
    result = run(site, "--list", "-k", "order")

    assert result.output.splitlines() == [
        f"{site}/tests/main.test.yaml:3: an order",
        f"{site}/tests/main.test.yaml:15: a cheaper order",
    ]


def test_a_failure_shows_both_lines_and_the_talk_so_far(tmp_path):
    site = write(tmp_path / "shop", **{"tests/main.test.yaml": BROKEN})
    result = run(site)

    assert result.exit_code == 1
    lines = result.output.splitlines()
    assert lines[0] == f"FAILED: no choice ({site}/tests/main.test.yaml:20)"
    assert lines[1].endswith("main.test.yaml:23: expected: way which")
    assert lines[2] == "    instead: it went which bye"
    assert "  the talk so far:" in lines


def test_the_first_failure_ends_it_if_wanted(tmp_path):
    twice = BROKEN.replace("dear]", "order]")
    site = write(tmp_path / "shop", **{"tests/main.test.yaml": twice})

    assert "1 passed, 2 failed" in run(site).output
    assert "1 passed, 1 failed" in run(site, "--fail-fast").output


def test_several_processes_tell_the_same_in_the_same_order(tmp_path):
    site = write(tmp_path / "shop", **{"tests/main.test.yaml": BROKEN})
    told = [run(site, "-v", "-j", number).output for number in (1, 2)]
    one, two = (text.rpartition(" in ")[0] for text in told)

    assert one == two


def test_json_holds_each_talk_and_the_coverage(tmp_path):
    site = write(tmp_path / "shop", **{"tests/main.test.yaml": BROKEN})
    result = run(site, "--format", "json", "--coverage")
    told = json.loads(result.output)

    assert result.exit_code == 1
    assert told["passed"] is False
    [one] = told["sites"]
    assert [talk["result"] for talk in one["talks"]] == ["passed", "passed", "failed"]
    assert one["talks"][2]["failures"][0]["line"] == 23
    assert one["coverage"]["steps"] == [5, 6]
    missing = [(one["line"], one["what"]) for one in one["coverage"]["missing"]]
    assert missing[-1] == (22, "none")


def test_a_pull_request_is_annotated_at_the_line_of_the_test(tmp_path):
    site = write(tmp_path / "shop", **{"tests/main.test.yaml": BROKEN})
    result = run(site, "--format", "github")

    assert result.output.splitlines()[0] == (
        f"::error file={site}/tests/main.test.yaml,line=23,title=talk%3A no choice"
        "::expected: way which; instead: it went which bye"
    )


def test_junit_has_a_suite_for_each_site_and_a_case_for_each_talk(tmp_path):
    site = write(tmp_path / "shop", **{"tests/main.test.yaml": BROKEN})
    run(site, "--junit", tmp_path / "ci/report.xml")
    root = ElementTree.parse(tmp_path / "ci/report.xml").getroot()
    [suite] = root

    assert suite.attrib | {"tests": "3", "failures": "1"} == suite.attrib
    cases = {case.get("name"): case for case in suite}
    assert cases["an order"].find("failure") is None
    failure = cases["no choice"].find("failure")
    assert failure.get("message") == "expected: way which"
    assert "the talk so far:" in failure.text


def test_a_talk_that_can_not_be_read_does_not_pass_unnoticed(site):
    (site / "tests/broken.test.yaml").write_text("tests: main\nbad: {hears: []}\n")
    report = site / "report.xml"
    result = run(site, "--junit", report)

    assert result.exit_code == 2
    assert "2 errors in test files; these talks were not run" in result.output
    [suite] = ElementTree.parse(report).getroot()
    needs, error = suite.iter("error")
    assert needs.get("message") == "'bad' needs the key 'talk'"
    assert suite.get("errors") == "2"
    assert "has no key 'hears'" in error.get("message")
    told = json.loads(run(site, "--format", "json").stdout)
    assert told["passed"] is False
    problems = told["sites"][0]["problems"]
    assert [(p["line"], p["code"]) for p in problems] == [(2, "F012"), (2, "F011")]


def test_coverage_names_what_no_talk_goes_through(site):
    result = run(site, "--coverage")

    assert result.exit_code == 0
    head, row, total, *missing, _ = result.output.splitlines()[1:]
    assert head.split() == ["flow", "steps", "outcomes", "covered"]
    assert row.split() == ["main", "5/6", "4/9", "60.0", "%"]
    assert total.split() == ["total", "5/6", "4/9", "60.0", "%"]
    file = f"  {site}/flows/main.yaml"
    assert missing == [
        "no talk goes through:",
        f"{file}:3: always.9 -> repeat",
        f"{file}:4: on_error -> bye",
        f"{file}:11: which.keys.2 -> bye",
        f"{file}:18: find.not_found -> none",
        f"{file}:22: step none",
    ]


def test_too_little_coverage_fails(site):
    assert run(site, "--coverage-min", 50).exit_code == 0
    result = run(site, "--coverage-min", 70)

    assert result.exit_code == 1
    assert f"{site}: 60.0 % are covered, 70 % are wanted" in result.output


def test_what_can_not_be_run_is_told_apart(site):
    assert run(site, "-k", "no such talk").exit_code == 2
    (site / "tests/broken.test.yaml").write_text("tests: nowhere\n")
    result = run(site)
    assert result.exit_code == 2
    assert f"{site}/tests/broken.test.yaml:1:8: R001 there is no flow" in result.output
    (site / "site.yaml").write_text("languages: [en]\n")
    assert run(site).exit_code == 2


def children_of(process):
    """The processes that *process* has started."""
    path = f"/proc/{process}/task/{process}/children"
    with open(path, encoding="ascii") as file:
        return [int(one) for one in file.read().split()]


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs /proc")
@pytest.mark.parametrize(
    ("sign", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 128 + signal.SIGTERM)]
)
def test_a_run_that_is_stopped_leaves_no_process_behind(site, sign, status):
    many = FILES["tests/main.test.yaml"] + "".join(
        f"\nno choice {number}:\n  talk: [{{hangs up: flow}}]\n"
        for number in range(500)
    )
    (site / "tests/main.test.yaml").write_text(many)
    process = subprocess.Popen(
        [sys.executable, "-m", "ivrflow", "test", str(site), "-j", "2", "-v"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "passed: an order\n"
        children = children_of(process.pid)
        process.send_signal(sign)
        process.stdout.read()
    assert process.returncode == status
    assert len(children) >= 2
    deadline = time.monotonic() + 30
    while any(os.path.isdir(f"/proc/{one}") for one in children):
        assert time.monotonic() < deadline, "a child is still there"
        time.sleep(0.05)
