"""Fault tests: `make faults`, and `make faults SHORT=1` for the short form.

Each takes the real Asterisk and the service as a process of its own, and hurts one of
them. What they measure comes together into one report.

The short form runs two of them at once, as they mostly wait. Those that are marked
`alone`, because they assert how long something takes, then have the machine for
themselves.
"""

import dataclasses
import fcntl
import os
import resource
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from faults_rig.form import Form
from faults_rig.report import Report

FORM = Form(
    short=os.environ.get("SHORT", "") not in ("", "0"),
    scale=float(os.environ.get("SCALE", "") or 1),
    rate=float(os.environ.get("RATE", "") or 0) or None,
)

HERE = Path(__file__).parent

WITHIN = 300 if FORM.short else 3600
"""Seconds for one test; the longest of the long form is 10,000 calls."""


def pytest_addoption(parser):
    parser.addoption(
        "--faults-report",
        metavar="FOLDER",
        help="where faults.json and faults.md go; a temporary folder if left out",
    )


def pytest_configure(config):
    # A crowd has a socket for each call; many systems give a process 1,024 files.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Reporter(Report(str(FORM))))


def pytest_collection_modifyitems(items):
    ours = [item for item in items if HERE in item.path.parents]
    for item in ours:
        item.add_marker("faults")
        item.add_marker(pytest.mark.timeout(WITHIN))
    if FORM.short:
        items.sort(key=lambda item: _turn(item) if item in ours else 0)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item):
    """Wait for the machine, before any time limit counts."""
    if not hasattr(item.config, "workerinput"):
        return (yield)
    with _machine(item.config, _alone(item)):
        return (yield)


def _turn(item):
    """When its turn is: those that need all of the machine wait for others once.

    Then one that is short, as it may have to run by itself, and one that would be the
    last to end.
    """
    if _alone(item):
        return 1
    early = ("test_f00_calls_go_on", "test_f19_lying_line")
    return 2 + early.index(item.path.stem) if item.path.stem in early else 4


def _alone(item):
    return item.get_closest_marker("alone") is not None


@contextmanager
def _machine(config, alone):
    """Have the machine for ourselves, or together with others who want it so."""
    name = f"ivrflow-faults-{config.workerinput['testrunuid']}.lock"
    with (Path(tempfile.gettempdir()) / name).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield


@pytest.fixture
def form():
    """Few calls and short holds, or as many as the long form has; see `Form`."""
    return FORM


@pytest.fixture
def figures(request):
    """`figures("F6", "detected after", 3.1, "<= 5 s")`: a figure for the report."""

    def note(fault, what, value, goal=""):
        # A test's properties come to the report from other processes, too.
        request.node.user_properties.append(("figure", (fault, what, value, goal)))

    return note


@pytest.fixture
def courses(request):
    """`courses("F1, one process", rows)`: how a run under load went, for the report.

    *rows* may become more until the test is over.
    """
    kept = []

    def note(run, rows):
        kept.append((run, rows))

    yield note
    for run, rows in kept:
        told = [dataclasses.asdict(row) for row in rows]
        request.node.user_properties.append(("course", (run, told)))


class Reporter:
    """Puts together what all tests say, also those that ran in another process."""

    def __init__(self, report):
        self.report = report

    def pytest_runtest_logreport(self, report):
        if report.when == "teardown":
            for name, said in report.user_properties:
                if name == "figure":
                    self.report.note(*said)
                elif name == "course":
                    self.report.courses.append(said)
        test = report.nodeid.rpartition("::")[2]
        if report.skipped:
            why = getattr(report, "wasxfail", report.longrepr)
            why = why[2] if isinstance(why, tuple) else why
            self.report.skipped.append((test, str(why).removeprefix("Skipped: ")))
        elif report.failed:
            self.report.failed.append(f"{test} ({report.when})")

    def pytest_terminal_summary(self, terminalreporter, config):
        if not (self.report.figures or self.report.skipped or self.report.failed):
            return
        folder = config.getoption("--faults-report", None) or tempfile.mkdtemp(
            prefix="ivrflow-faults-"
        )
        self.report.write(folder)
        terminalreporter.section("faults")
        for line in (
            *self.report.lines(),
            *self.report.table(),
            *self.report.went(),
        ):
            terminalreporter.write_line(line)
        terminalreporter.write_line(f"written to {folder}")
