"""Lines for a talk at a terminal: from a pipe, or from a person, with line editing.

A person's lines are read by the standard library's `readline` where there is one, so
that arrows, history and Tab work. The history lives in memory alone: PINs are typed
here. Reading blocks in a thread of its own that nobody can interrupt; so the terminal's
state is kept at the beginning and put back at the end, wherever the reader was.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

PROMPT = "> "

ReadLine = Callable[[], str]
"""Blocks until a line is there and returns it; "" at the end."""


def lines_of(file: Any) -> ReadLine:
    """Read lines from *file*, mostly standard input.

    Past Python's own buffer where there is a descriptor: a thread that is blocked while
    it holds that buffer's lock makes the interpreter fail at its end.
    """
    try:
        descriptor = file.fileno()
    except (OSError, AttributeError, ValueError):
        return lambda: str(file.readline())
    rest = bytearray()

    def read_line() -> str:
        while b"\n" not in rest:
            more = os.read(descriptor, 4096)
            if not more:
                break
            rest.extend(more)
        line, end, after = bytes(rest).partition(b"\n")
        rest[:] = after
        return (line + end).decode("utf-8", "replace")

    return read_line


class Keyboard:
    """A person's lines, and what is shown meanwhile above the line that is typed."""

    def __init__(self, words: Sequence[str]) -> None:
        """*words* are what Tab completes."""
        self._readline: Any = None
        self._reading = False
        self._lock = threading.Lock()
        with suppress(ImportError):  # Windows has none
            import readline

            readline.set_completer(_completer(words))
            readline.set_completer_delims("")
            readline.parse_and_bind("tab: complete")
            self._readline = readline

    def read_line(self) -> str:
        """The next line with its end; "" at the end of all (Ctrl-D)."""
        try:
            self._reading = True
            return input(PROMPT) + "\n"
        except (EOFError, ValueError):
            return ""
        finally:
            self._reading = False

    def show(self, text: str) -> None:
        """Show *text* above what is being typed, which stays."""
        with self._lock:
            if self._reading and self._readline is not None:
                typed = self._readline.get_line_buffer()
                sys.stdout.write(f"\r\x1b[K{text}\n{PROMPT}{typed}")
            else:
                sys.stdout.write(f"{text}\n")
            sys.stdout.flush()


@contextmanager
def terminal_kept() -> Iterator[None]:
    """Put the terminal back as it was when the block ends, and begin a new line."""
    try:
        import termios

        descriptor = sys.stdin.fileno()
        before = termios.tcgetattr(descriptor)
    except (ImportError, OSError, ValueError):
        yield
        return
    except termios.error:
        yield
        return
    try:
        yield
    finally:
        # The thread that reads the keyboard may be in the middle of a line.
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
        sys.stdout.write("\r\x1b[K")
        sys.stdout.flush()


def _completer(words: Sequence[str]) -> Callable[[str, int], str | None]:
    def complete(text: str, number: int) -> str | None:
        fitting = [word for word in words if text and word.startswith(text)]
        return fitting[number] if number < len(fitting) else None

    return complete
