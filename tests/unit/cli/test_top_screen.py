"""`ivrflow top` in a terminal: what it does to it, and how it leaves it."""

import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from contextlib import contextmanager

import pytest

from ivrflow.cli.top.screen import ENTER, LEAVE
from tests.unit.service.test_service import SETTINGS, installed


class Terminal:
    """A terminal with `ivrflow top` in it, and no service that would answer."""

    def __init__(self, folder):
        installed(folder, SETTINGS.replace("port: 0", "port: 9"))
        self.ours, theirs = pty.openpty()
        self.before = termios.tcgetattr(theirs)
        self.theirs = theirs
        config = str(folder / "ivrflow.yaml")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ivrflow", "top", "--config", config],
            stdin=theirs,
            stdout=theirs,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self.shown = ""

    def until(self, text, within=20.0):
        """Read until *text* was shown."""
        end = time.monotonic() + within
        while text not in self.shown:
            ready, _, _ = select.select([self.ours], [], [], end - time.monotonic())
            assert ready, f"{text!r} was not shown:\n{self.shown}"
            self.shown += os.read(self.ours, 65_536).decode()

    def ended(self):
        status = self.process.wait(timeout=20)
        self.until(LEAVE)
        return status


@contextmanager
def terminal(folder):
    it = Terminal(folder)
    try:
        yield it
    finally:
        it.process.kill()
        it.process.wait()
        it.process.stderr.close()
        os.close(it.ours)
        os.close(it.theirs)


@pytest.mark.parametrize("how", ["q", "terminated"])
def test_the_terminal_is_as_it_was_however_it_ends(tmp_path, how):
    with terminal(tmp_path) as it:
        it.until(ENTER)
        it.until("no answer: it does not answer at 127.0.0.1:9")
        if how == "q":
            os.write(it.ours, b"4q")
        else:
            it.process.send_signal(signal.SIGTERM)

        status = it.ended()
        after = termios.tcgetattr(it.theirs)

        assert status == (128 + signal.SIGTERM if how == "terminated" else 0)
        assert it.process.stderr.read() == b""
        assert after == it.before
