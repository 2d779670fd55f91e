"""`ivrflow serve` under a systemd: ready, watched, reloaded, stopped, followed by the
next child; Asterisk is away."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest

from tests.systemd_rig import Systemd
from tests.unit.service.test_service import installed

pytestmark = pytest.mark.timeout(60)

MAIN = "from ivrflow.cli import main; main()"
HANGS = """
import time
import ivrflow.cli.serve as command

async def first(*_):
    time.sleep(30)

command._first = first
"""


@contextmanager
def serving(folder, *words, before="", watchdog=0.0):
    """A service in *folder*, and the systemd that has started it."""
    with (
        Systemd() as systemd,
        subprocess.Popen(
            [
                *(sys.executable, "-c", before + MAIN, "serve"),
                *("-c", str(folder / "ivrflow.yaml"), *words),
            ],
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | systemd.environment(watchdog),
        ) as process,
    ):
        try:
            yield process, systemd
        finally:
            process.kill()


def status_with(systemd, words):
    """The first status that has these words in it."""
    while True:
        status = systemd.next().get("STATUS", "")
        if words in status:
            return status


def test_a_service_is_watched_reloaded_and_stopped(tmp_path):
    installed(tmp_path)
    with serving(tmp_path, watchdog=1.0) as (process, systemd):
        first = systemd.next()
        status_with(systemd, "takes no calls: Asterisk is away")
        beats = [systemd.until("WATCHDOG=1") for _ in range(3)]
        # It waits for Asterisk, so until its patience is at an end it is not ready.
        before = [one for one in systemd.heard if "READY" in one]
        (tmp_path / "site/flows/top.yaml").write_text(
            "flow: top\nsteps:\n  hello: {say: helo}\n"
        )
        process.send_signal(signal.SIGHUP)
        reloading = systemd.until("RELOADING=1")[-1]
        after = systemd.until("READY=1")
        refused = systemd.heard[-1]["STATUS"]
        process.send_signal(signal.SIGTERM)
        stopping = systemd.until("STOPPING=1")[-1]
        _, errors = process.communicate()

    assert first["STATUS"] == "starting"
    assert int(first["EXTEND_TIMEOUT_USEC"]) > 0
    assert len(beats) == 3
    assert before == []
    assert int(reloading["MONOTONIC_USEC"]) > 0
    assert reloading["STATUS"] == "checks the new files of the site"
    # While the files are checked the loop lives, and systemd feels that.
    assert any("WATCHDOG" in one for one in after)
    assert "; the new files are refused: flows/top.yaml:3:16: " in refused
    assert int(stopping["EXTEND_TIMEOUT_USEC"]) >= 5_000_000
    assert process.returncode == 0
    assert "Traceback" not in errors


def test_a_service_that_hangs_is_not_heard_and_writes_where_it_hangs(tmp_path):
    installed(tmp_path)
    with serving(tmp_path, before=HANGS, watchdog=1.0) as (process, systemd):
        systemd.until("WATCHDOG=1")
        while "Timeout (0:00:00.75" not in (line := process.stderr.readline()):
            assert line
        while ", line 6 in first" not in (line := process.stderr.readline()):
            assert line

        assert systemd.silent_for(1.0)
        assert process.poll() is None


def test_the_next_child_is_told_of_and_watched(tmp_path):
    installed(tmp_path)
    with serving(tmp_path, "--keep", watchdog=1.0) as (process, systemd):
        status_with(systemd, "takes no calls")
        owner = (tmp_path / "ivrflow.db.owner").read_text()
        os.kill(int(owner.split()[1]), signal.SIGKILL)
        died = status_with(systemd, "died")
        status_with(systemd, "takes no calls")
        systemd.until("WATCHDOG=1")
        process.send_signal(signal.SIGTERM)
        systemd.until("STOPPING=1")
        process.communicate()

    assert died.startswith("the service died (SIGKILL); the next one begins ")
    assert process.returncode == 0


def test_why_it_can_not_begin_is_told(tmp_path):
    installed(tmp_path)
    (tmp_path / "pepper").unlink()
    with serving(tmp_path, "--keep") as (process, systemd):
        why = status_with(systemd, "can't begin")
        _, errors = process.communicate()

    assert process.returncode == 2
    assert "ivrflow secret pepper" in errors
    assert "pepper" in why


def test_one_that_stands_by_is_ready_and_says_what_it_waits_for(tmp_path):
    installed(tmp_path)
    with serving(tmp_path) as (first, its):
        status_with(its, "takes no calls")
        with serving(tmp_path, "--wait") as (_, systemd):
            ready = systemd.until("READY=1")[-1]
            first.send_signal(signal.SIGTERM)
            taken_over = status_with(systemd, "takes no calls")

    assert "begins when the service that has the database ends" in ready["STATUS"]
    assert taken_over
