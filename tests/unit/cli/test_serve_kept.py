"""Who keeps the service starts it anew, hands signals on and leaves nobody behind."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

CHILD = """
import logging, os, signal, sys
from ivrflow.cli.keeping import Keeper

logging.basicConfig(format="%(message)s")
status = Keeper().divide()
if status is not None:
    sys.exit(status)
print("serves", os.getpid(), flush=True)
"""
STAYS = "signal.pause()"
LEAVES = (
    "signal.signal(signal.SIGTERM, lambda *_: (print('leaves', flush=True), "
    "os._exit(0)))\nprint('ready', flush=True)\nsignal.pause()"
)

pytestmark = pytest.mark.timeout(60)


@contextmanager
def kept(does):
    """A process that keeps children, each of which *does* that."""
    with subprocess.Popen(
        [sys.executable, "-c", CHILD + does],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as keeper:
        try:
            yield keeper
        finally:
            keeper.kill()


def child_of(keeper):
    """The next child that serves."""
    word, number = keeper.stdout.readline().split()
    assert word == "serves"
    return int(number)


def is_there(number):
    try:
        return Path(f"/proc/{number}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


def test_one_that_is_killed_is_followed_by_the_next():
    with kept(STAYS) as keeper:
        first = child_of(keeper)
        os.kill(first, signal.SIGKILL)
        second = child_of(keeper)
        keeper.send_signal(signal.SIGTERM)
        _, errors = keeper.communicate()

    assert first != second
    assert "the service died (SIGKILL); the next one begins in 0.2 s" in errors
    assert keeper.returncode == 0


def test_one_that_dies_of_its_own_fault_is_followed_too():
    with kept("os._exit(1)") as keeper:
        assert child_of(keeper) != child_of(keeper)
        keeper.send_signal(signal.SIGTERM)
        _, errors = keeper.communicate()

    assert "the service died (exit status 1)" in errors
    assert keeper.returncode == 0


@pytest.mark.parametrize("status", [0, 2, 3])
def test_one_that_is_through_is_not_followed(status):
    with kept(f"os._exit({status})") as keeper:
        words, errors = keeper.communicate()

    assert words.count("serves") == 1
    assert errors == ""
    assert keeper.returncode == status


def test_what_the_keeper_is_told_the_child_is_told():
    with kept(LEAVES) as keeper:
        child_of(keeper)
        assert keeper.stdout.readline() == "ready\n"
        keeper.send_signal(signal.SIGTERM)
        words, _ = keeper.communicate()

    assert words == "leaves\n"
    assert keeper.returncode == 0


def test_a_hangup_reaches_the_child_and_ends_nobody_who_keeps():
    hears = "signal.signal(signal.SIGHUP, lambda *_: print('reads', flush=True))\n"
    with kept(f"{hears}print('ready', flush=True)\nwhile True: signal.pause()") as it:
        child_of(it)
        assert it.stdout.readline() == "ready\n"
        it.send_signal(signal.SIGHUP)
        assert it.stdout.readline() == "reads\n"
        assert it.poll() is None


def test_a_hangup_does_not_end_a_child_that_can_not_obey_yet():
    says = "signal.signal(signal.SIGUSR1, lambda *_: print('still', flush=True))\n"
    with kept(f"{says}print('ready', flush=True)\nwhile True: signal.pause()") as it:
        child = child_of(it)
        assert it.stdout.readline() == "ready\n"
        os.kill(child, signal.SIGHUP)
        os.kill(child, signal.SIGUSR1)
        assert it.stdout.readline() == "still\n"


@pytest.mark.skipif(sys.platform != "linux", reason="prctl(2) is Linux's")
def test_no_child_outlives_whoever_keeps_it():
    with kept(STAYS) as keeper:
        child = child_of(keeper)
        keeper.kill()
        keeper.wait()
        while is_there(child):  # the test's own limit ends this
            time.sleep(0.01)
        assert keeper.stdout.read() == ""
