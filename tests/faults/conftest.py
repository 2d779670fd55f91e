"""Fault tests: `make faults`, and `make faults SHORT=1` for the short form.

Each takes the real Asterisk and the service as a process of its own, and hurts one of
them. What they measure comes together into one report.
"""

import os
import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from faults_rig.report import Report

SHORT = os.environ.get("SHORT", "") not in ("", "0")

REPORT = pytest.StashKey[Report]()


def pytest_addoption(parser):
    parser.addoption(
        "--faults-report",
        metavar="FOLDER",
        help="where faults.json and faults.md go; a temporary folder if left out",
    )


def pytest_configure(config):
    config.stash[REPORT] = Report(SHORT)


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("faults")
            if not item.get_closest_marker("timeout"):
                item.add_marker(pytest.mark.timeout(420 if SHORT else 4 * 3600))


@pytest.fixture
def short():
    """Few calls and short holds."""
    return SHORT


@pytest.fixture
def figures(request):
    """`figures("F6", "detected after", 3.1, "<= 5 s")`: a figure for the report."""
    return request.config.stash[REPORT].note


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    outcome = yield
    report, done = item.config.stash[REPORT], outcome.get_result()
    if done.skipped:
        why = done.longrepr[2] if isinstance(done.longrepr, tuple) else done.longrepr
        report.skipped.append((item.name, str(why).removeprefix("Skipped: ")))
    elif done.failed:
        report.failed.append(f"{item.name} ({done.when})")


def pytest_terminal_summary(terminalreporter, config):
    report = config.stash[REPORT]
    if not (report.figures or report.skipped or report.failed):
        return
    folder = config.getoption("--faults-report", None) or tempfile.mkdtemp(
        prefix="ivrflow-faults-"
    )
    report.write(folder)
    terminalreporter.section("faults")
    for line in report.lines():
        terminalreporter.write_line(line)
    for line in report.table():
        terminalreporter.write_line(line)
    terminalreporter.write_line(f"written to {folder}")
