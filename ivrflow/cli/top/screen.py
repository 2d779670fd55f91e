"""A terminal that shows lines, and tells which keys are pressed.

Only what has changed is written, so nothing flickers and a slow line keeps up. However
the block ends, the terminal is as it was before.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import termios
import tty
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any, NoReturn

from ivrflow.cli.top.frame import Line, Look

ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l"
"""The other screen, without cursor, and lines that are cut and not broken."""
LEAVE = "\x1b[?7h\x1b[?25h\x1b[?1049l"

COLOURS: Mapping[Look, str] = {
    Look.PLAIN: "",
    Look.TITLE: "\x1b[1m",
    Look.HEAD: "\x1b[7m",
    Look.BAD: "\x1b[1;31m",
    Look.FAINT: "\x1b[2m",
}

UP, DOWN = "up", "down"
ARROWS: Mapping[str, str] = {
    "\x1b[A": UP,
    "\x1bOA": UP,
    "k": UP,
    "\x1b[B": DOWN,
    "\x1bOB": DOWN,
    "j": DOWN,
}


class Screen:
    """Made by `opened`."""

    def __init__(self, source: int, target: int) -> None:
        self._source = source
        self._target = target
        self._shown: list[Line] = []
        self._size = (0, 0)
        self._typed = ""
        """What was typed and is not taken yet."""

    def size(self) -> tuple[int, int]:
        """Columns and lines, as they are now: a window may have been drawn larger."""
        try:
            size = os.get_terminal_size(self._target)
        except OSError:
            return (80, 24)
        # A serial line tells no size: zero.
        return (size.columns or 80, size.lines or 24)

    def show(self, lines: Sequence[Line]) -> None:
        """Show these, and write only those that are others than before."""
        anew = self.size() != self._size
        self._write(painted(lines, [] if anew else self._shown, anew=anew))
        self._shown, self._size = list(lines), self.size()

    def key(self, within: float) -> str:
        """The next key, or `up`, `down`; "" if none comes within *within* seconds."""
        if not self._typed:
            ready, _, _ = select.select([self._source], [], [], within)
            if not ready:
                return ""
            given = os.read(self._source, 64)
            if not given:
                return "q"  # the terminal is gone
            self._typed = given.decode(errors="replace")
        for written, key in ARROWS.items():
            if self._typed.startswith(written):
                self._typed = self._typed.removeprefix(written)
                return key
        key, self._typed = self._typed[0], self._typed[1:]
        return key

    def _write(self, text: str) -> None:
        rest = text.encode()
        while rest:
            rest = rest[os.write(self._target, rest) :]


def painted(lines: Sequence[Line], before: Sequence[Line], *, anew: bool) -> str:
    """What makes a terminal that shows *before* show *lines*; *anew*: it is cleared."""
    parts = ["\x1b[2J"] if anew else []
    for row, line in enumerate(lines, 1):
        if anew or row > len(before) or before[row - 1] != line:
            look = COLOURS[line.look]
            off = "\x1b[0m" if look else ""
            parts.append(f"\x1b[{row};1H{look}{line.text}{off}\x1b[K")
    if not anew and len(before) > len(lines):
        parts.append(f"\x1b[{len(lines) + 1};1H\x1b[J")
    return "".join(parts)


@contextmanager
def opened() -> Iterator[Screen]:
    """Have the terminal while the block runs."""
    source, target = sys.stdin.fileno(), sys.stdout.fileno()
    before: list[Any] = termios.tcgetattr(source)
    told = {one: signal.signal(one, _end) for one in (signal.SIGTERM, signal.SIGHUP)}
    try:
        tty.setcbreak(source)
        now = termios.tcgetattr(source)
        now[6][termios.VSUSP] = b"\0"  # nobody would put the screen back then
        termios.tcsetattr(source, termios.TCSANOW, now)
        os.write(target, ENTER.encode())
        yield Screen(source, target)
    finally:
        os.write(target, LEAVE.encode())
        termios.tcsetattr(source, termios.TCSANOW, before)
        for one, handler in told.items():
            signal.signal(one, handler)


def _end(number: int, _: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)
