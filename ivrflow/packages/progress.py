"""How far an errand is: one line that changes on a terminal, a few lines in a log."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TextIO


@dataclass
class Progress:
    """Tells *stream* what is being done.

    On a terminal, `step` writes over its own line. Elsewhere it says the beginning and
    each further quarter of an errand, so that a log stays short.
    """

    stream: TextIO
    _what: str = field(default="", init=False)
    _quarter: int = field(default=-1, init=False)
    _open: bool = field(default=False, init=False)

    def say(self, text: str) -> None:
        """Write a line of its own."""
        self.done()
        print(text, file=self.stream, flush=True)

    def step(self, what: str, done: int, total: int, unit: str = "") -> None:
        """Tell that *done* of *total* of the errand *what* is done."""
        text = f"{what} {done}/{total}{unit and ' ' + unit}"
        if self.stream.isatty():
            if what != self._what:
                self.done()
            # Erase to the end of the line: a shorter text would leave digits behind.
            print(f"\r{text}\033[K", end="", file=self.stream, flush=True)
            self._open = True
        else:
            quarter = 4 * done // total if total else 0
            if what != self._what or quarter > self._quarter:
                print(text, file=self.stream, flush=True)
                self._quarter = quarter
        self._what = what

    def done(self) -> None:
        """End the line that is being written over, if there is one."""
        if self._open:
            print(file=self.stream, flush=True)
            self._open = False
