"""`ivrflow serve --keep`: what has all loaded divides itself whenever the service dies.

Most of a start is loading the program, and callers wait for it. So one process loads
it, and does nothing else: it serves nobody, reads no settings and has no connection, so
there is little it could die of. What serves is its child, by fork(2), which shares the
memory with it. When that dies, the next one is there at once and has only the site and
the database to read.

The child dies with whoever keeps it, so that there is never one that nobody watches.
"""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

log = logging.getLogger(__name__)

TOLD_ON = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""Signals that are the child's to obey."""

FINAL = (0, 2, 3)
"""Exit statuses after which another one would do no better: told to stop, can't begin,
replaced at Asterisk."""

SOON = 2.0
"""Seconds: a child that lives no longer has perhaps died of its start."""

PAUSES = (0.0, 0.2, 0.5, 1.0, 2.0, 5.0)
"""Seconds until the next one after 1, 2, ... that died so soon; then always the last:
callers hear ringing meanwhile, and whoever looks sees it in the log."""

_PR_SET_PDEATHSIG = 1
"""See prctl(2)."""


class Keeper:
    """Keeps a child that serves. `divide` returns in each child."""

    def __init__(self, says: Callable[[str], object] = lambda _: None) -> None:
        """*says* is told, in words, when a child has died."""
        self._says = says
        self._child = 0
        self._stops = False
        self._soon = 0
        """Children in a row that died soon."""

    def divide(self) -> int | None:
        """Return None in each child, which is to serve; and in the process that keeps
        them, at the end, the status with which it is to exit."""
        for number in TOLD_ON:
            signal.signal(number, self._tell_on)
        while True:
            began = time.monotonic()
            if self._is_the_child():
                return None
            if not self._child:
                return 0
            status = os.waitstatus_to_exitcode(os.waitpid(self._child, 0)[1])
            self._child = 0
            if status in FINAL:
                return status
            if self._stops:  # it had not come as far as to leave in order
                return 0
            self._soon = self._soon + 1 if time.monotonic() - began < SOON else 0
            pause = PAUSES[min(self._soon, len(PAUSES) - 1)]
            cause = _cause(status)
            begins = f"in {pause:g} s" if pause else "at once"
            log.error("the service died (%s); the next one begins %s", cause, begins)
            self._says(f"the service died ({cause}); the next one begins {begins}")
            if not self._waited(pause):
                return 0

    def _is_the_child(self) -> bool:
        keeper = os.getpid()
        # A signal that comes before we know the child would reach neither of us.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, TOLD_ON)
        try:
            if self._stops:
                return False
            self._child = os.fork()
            if self._child:
                return False
            signal.signal(signal.SIGINT, signal.default_int_handler)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            # It reads the site now; until it can obey, nobody ends it by asking.
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        _die_with(keeper)
        return True

    def _tell_on(self, number: int, _: FrameType | None) -> None:
        if number != signal.SIGHUP:
            self._stops = True
        if self._child:
            with suppress(ProcessLookupError):  # it has ended in this very moment
                os.kill(self._child, number)

    def _waited(self, seconds: float) -> bool:
        """Wait; False: we were told to stop meanwhile."""
        until = time.monotonic() + seconds
        while not self._stops and time.monotonic() < until:
            time.sleep(0.05)
        return not self._stops


def _die_with(keeper: int) -> None:
    """Have the kernel kill us when *keeper* ends, however that comes about."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0):
            log.warning("prctl: %s", os.strerror(ctypes.get_errno()))
    if os.getppid() != keeper:  # it was gone already
        os._exit(0)


def _cause(status: int) -> str:
    return signal.Signals(-status).name if status < 0 else f"exit status {status}"
