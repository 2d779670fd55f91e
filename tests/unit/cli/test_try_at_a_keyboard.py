"""`ivrflow try` at a real terminal: a program of its own on a pseudo-terminal."""

import contextlib
import fcntl
import os
import pty
import re
import select
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

SITE = Path(__file__).parents[3] / "flows" / "hotline"
COMMAND = (
    "-m",
    *("ivrflow", "try", str(SITE), "hotline", "--speed", "5"),
    *("--at", "2026-03-02 10:00"),
)
LONG = 60.0
"""Seconds after which it has failed, on however busy a machine."""


class Session:
    """A person at a terminal."""

    def __init__(self):
        self.terminal, there = pty.openpty()
        self.program = subprocess.Popen(
            [sys.executable, *COMMAND],
            stdin=there,
            stdout=there,
            stderr=there,
            start_new_session=True,
            env={**os.environ, "TERM": "xterm"},
            # Its own terminal, or Ctrl-C would be nobody's.
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(there)
        self.shown = ""

    def types(self, keys):
        with contextlib.suppress(OSError):  # it has ended
            os.write(self.terminal, keys.encode())

    def sees(self, text, typing=""):
        """Wait until *text* is there, colours and cursor aside; True if it comes.

        *typing* is typed again and again meanwhile: a key in the moment between two
        lines, when nobody reads the keyboard, may be lost.
        """
        ends = time.monotonic() + LONG
        while text not in self.plain and time.monotonic() < ends:
            if typing:
                self.types(typing)
            if not self._read():
                break
        return text in self.plain

    @property
    def plain(self):
        return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", self.shown)

    def _read(self):
        ready, _, _ = select.select([self.terminal], [], [], 0.2)
        if not ready:
            return True
        try:
            more = os.read(self.terminal, 4096)
        except OSError:  # the program has ended
            return False
        self.shown += more.decode("utf-8", "replace")
        return bool(more)

    def ends(self):
        """Its exit status, and whether the terminal shows what is typed again."""
        until = time.monotonic() + LONG
        while time.monotonic() < until:
            self._read()
            if self.program.poll() is not None:
                echo = termios.tcgetattr(self.terminal)[3] & termios.ECHO
                os.close(self.terminal)
                return self.program.returncode, bool(echo)
            time.sleep(0.05)
        self.program.kill()
        self.program.wait()
        pytest.fail(f"it did not end; it showed: {self.plain[-500:]}")


def test_tab_completes_a_command_and_ctrl_d_hangs_up():
    session = Session()
    assert session.sees("says choose_language")
    session.types(":wh\t\n")
    assert session.sees("still up")
    assert session.sees("ended by caller in", typing="\x04")

    assert session.ends() == (0, True)


def test_ctrl_c_ends_it_in_the_middle_of_a_line_and_leaves_the_terminal_as_it_was():
    session = Session()
    assert session.sees("says choose_language")
    session.types("2\n")
    assert session.sees("says enter_card")
    session.types("3301")
    session.types("\x03")

    assert session.ends() == (130, True)
