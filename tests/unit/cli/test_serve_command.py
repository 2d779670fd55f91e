"""`ivrflow serve`: what it says when it can't begin, and that it ends when told to."""

import asyncio
import fcntl
import logging
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from importlib import import_module

import pytest
from click.testing import CliRunner

from ivrflow.cli.serve import serve
from ivrflow.db.engine import Database
from ivrflow.db.upgrade import upgrade
from ivrflow.service import database
from tests.unit.service.test_service import SETTINGS, installed

command = import_module("ivrflow.cli.serve")
MAIN = "from ivrflow.cli import main; main()"


def run(path):
    return CliRunner().invoke(serve, ["--config", str(path)])


def test_settings_that_are_missing_are_told_without_a_trace(tmp_path):
    result = run(tmp_path / "none.yaml")

    assert result.exit_code == 2
    assert "none.yaml: cannot read the settings" in result.output
    assert "Traceback" not in result.output


def test_where_settings_come_from_is_told_and_what_looks_like_a_slip(
    tmp_path, monkeypatch, caplog
):
    installed(tmp_path)
    (tmp_path / "pepper").unlink()
    monkeypatch.setenv("IVRFLOW_API__PORT", "0")
    monkeypatch.setenv("IVRFLOW_DRIAN", "8s")
    caplog.set_level(logging.INFO, "ivrflow")

    run(tmp_path / "ivrflow.yaml")

    told = [record.getMessage() for record in caplog.records]
    assert told[:2] == [
        f"the settings are those of {tmp_path}/ivrflow.yaml, IVRFLOW_API__PORT",
        "IVRFLOW_DRIAN is no setting; did you mean 'drain'?",
    ]


def test_site_with_errors_is_never_started(tmp_path):
    installed(tmp_path)
    (tmp_path / "site/flows/top.yaml").write_text(
        "flow: top\nsteps:\n  hello: {say: helo}\n"
    )

    result = run(tmp_path / "ivrflow.yaml")

    assert result.exit_code == 2
    assert "flows/top.yaml:3:16: " in result.output
    assert "did you mean 'hello'?" in result.output


def test_pepper_that_is_missing_is_told_with_its_cure(tmp_path):
    installed(tmp_path)
    (tmp_path / "pepper").unlink()

    result = run(tmp_path / "ivrflow.yaml")

    assert result.exit_code == 2
    assert "ivrflow secret pepper" in result.output


def test_folder_of_the_database_that_is_missing_is_told(tmp_path):
    installed(tmp_path, SETTINGS.replace("ivrflow.db", "nowhere/ivrflow.db"))

    result = run(tmp_path / "ivrflow.yaml")

    assert result.exit_code == 2
    assert "nowhere" in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_it_in_order(tmp_path, told):
    installed(tmp_path)
    with subprocess.Popen(
        [sys.executable, "-c", MAIN, "serve", "-c", tmp_path / "ivrflow.yaml"],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:
        began = time.monotonic()
        while "serving" not in process.stderr.readline():
            assert time.monotonic() - began < 20
        process.send_signal(told)
        _, errors = process.communicate(timeout=20)

    assert process.returncode == 0
    assert "Traceback" not in errors


def test_a_second_one_for_one_database_is_refused_or_waits_and_ends_when_told(tmp_path):
    installed(tmp_path)
    path = tmp_path / "ivrflow.yaml"
    with (tmp_path / "ivrflow.db.owner").open("w+") as lock:
        lock.write("process 7 on here\n")
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        refused = run(path)
        with subprocess.Popen(
            [sys.executable, "-c", MAIN, "serve", "--wait", *("-c", path)],
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        ) as waiting:
            while "waiting until it ends" not in (line := waiting.stderr.readline()):
                assert line
            waiting.send_signal(signal.SIGTERM)
            _, errors = waiting.communicate(timeout=20)

    assert refused.exit_code == 2
    assert "belongs to process 7 on here" in refused.output
    assert "--wait" in refused.output
    assert waiting.returncode == 0
    assert "Traceback" not in errors


async def test_database_that_goes_away_in_the_middle_of_the_start_is_waited_for(
    tmp_path, monkeypatch, caplog
):
    caplog.set_level(logging.INFO)
    settings, _ = installed(tmp_path)
    upgrade(settings.url(settings.database))
    monkeypatch.setitem(Database.__init__.__kwdefaults__, "limit", 0.2)
    path, can_write = tmp_path / "ivrflow.db", database.write
    with closing(sqlite3.connect(path, check_same_thread=False)) as other:
        other.isolation_level = None

        def locked_from_then_on(url, **how):
            if not other.in_transaction:
                can_write(url, **how)
                other.execute("BEGIN EXCLUSIVE")

        async def logged(words):
            async with asyncio.timeout(20):
                while words not in caplog.text:
                    await asyncio.sleep(0.02)

        monkeypatch.setattr(database, "write", locked_from_then_on)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(command._serve(settings, wait=False))
            await logged("the service can't begin without it and waits")
            monkeypatch.setattr(database, "write", can_write)
            other.execute("ROLLBACK")
            await logged("the API listens on")
            monkeypatch.setattr(command, "_die", task.cancel)
            monkeypatch.setattr(command, "_end", _cancelled)
            task.cancel()
    caplog.clear()


def _cancelled(_):
    raise asyncio.CancelledError


FAULTY = """
import ivrflow.cli.serve as command
async def first(*_):
    raise LookupError("a fault")
command._first = first
"""


def test_a_fault_of_its_own_ends_it_as_a_kill_does_and_no_call_is_told_to_have_ended(
    tmp_path,
):
    settings, _ = installed(tmp_path)
    upgrade(settings.url(settings.database))
    ended = subprocess.run(
        [sys.executable, "-c", FAULTY + MAIN, "serve", "-c", tmp_path / "ivrflow.yaml"],
        stderr=subprocess.PIPE,
        text=True,
        timeout=30,
        check=False,
    )
    with closing(sqlite3.connect(tmp_path / "ivrflow.db")) as db:
        kinds = {kind for (kind,) in db.execute("select kind from facts")}

    assert ended.returncode == 1
    assert "the service dies of a fault of its own" in ended.stderr
    assert "LookupError: a fault" in ended.stderr
    assert "ServiceEnded" not in kinds


def test_a_service_that_is_kept_is_back_when_it_was_killed(tmp_path):
    installed(tmp_path)
    with subprocess.Popen(
        [
            sys.executable,
            "-c",
            MAIN,
            "serve",
            "--keep",
            "-c",
            tmp_path / "ivrflow.yaml",
        ],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as keeper:
        lives = []
        for _ in range(2):
            while "the API listens on" not in (line := keeper.stderr.readline()):
                assert line
            owner = (tmp_path / "ivrflow.db.owner").read_text()
            lives.append(int(re.search(r"process (\d+)", owner)[1]))
            os.kill(lives[-1], signal.SIGKILL)
        while "the API listens on" not in keeper.stderr.readline():
            assert keeper.poll() is None
        keeper.send_signal(signal.SIGTERM)
        _, errors = keeper.communicate(timeout=20)

    assert len({keeper.pid, *lives}) == 3
    assert "stopping: 0 calls are left to the next service" in errors
    assert keeper.returncode == 0


def test_damaged_database_is_not_waited_for(tmp_path):
    settings, _ = installed(tmp_path)
    upgrade(settings.url(settings.database))
    with closing(sqlite3.connect(tmp_path / "ivrflow.db")) as other:
        other.execute("DROP TABLE switches")

    result = run(tmp_path / "ivrflow.yaml")

    assert result.exit_code == 2
    assert "bring it up to date" in result.output
