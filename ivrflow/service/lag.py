"""How late the loop is: everything here waits for it, Asterisk's events above all.

A timer that should fire ten times a second tells by how much it is late. One that is
late by half a second has been held up by something that computes or blocks, or the
machine has given us no time; the log says how long it was and which of the two. A loop
that is late again and again has more work than it can do: then `heavy` says so, and
new calls are better off elsewhere (`admission`).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from typing import NoReturn

log = logging.getLogger(__name__)

EVERY = 0.1
"""Seconds between two looks."""

SPAN = 60.0
"""Seconds that `p99` and `longest` look back."""

LATE = 0.5
"""Seconds from which on it is said in the log, and counts as heavy."""

HEAVY_FOR = 2.0
HEAVY_LOOKS = 3
"""So many seconds and looks in a row, all late: too much work. A single stop, however
long, is none: the process was stopped, or something ran once."""

CALM_LOOKS = 10
"""So many looks in a row, none of them late by half of `LATE`, and it is over."""

SAID_EVERY = 10.0
"""Seconds between two lines in the log; between them they are counted."""


class LoopLag:
    """The watch. `run` looks for ever; what it has seen may be asked for."""

    def __init__(self) -> None:
        self._seen: deque[float] = deque(maxlen=round(SPAN / EVERY))
        self._ours: deque[float] = deque(maxlen=round(SPAN / EVERY))
        self._late_looks = 0
        self._late_for = 0.0
        self._calm_looks = 0
        self._said_at = -SAID_EVERY
        self._unsaid = 0
        self.heavy = False
        """Whether the loop has been late for some time, and is still."""
        self.late = 0
        """How often it was late by more than `LATE` seconds so far."""

    @property
    def longest(self) -> float:
        """By how many seconds it was late at most, in the last minute."""
        return max(self._seen, default=0.0)

    @property
    def longest_of_ours(self) -> float:
        """Seconds of a lateness in which our own thread computed, at most, in the last
        minute. The rest the machine gave to others, or it waited for a disk."""
        return max(self._ours, default=0.0)

    @property
    def p99(self) -> float:
        """By how many seconds it was late in the worst hundredth of the last minute."""
        seen = sorted(self._seen)
        return seen[int(len(seen) * 0.99)] if seen else 0.0

    async def run(self) -> NoReturn:
        """Look for ever."""
        loop = asyncio.get_running_loop()
        while True:
            computed = time.thread_time()
            due = loop.time() + EVERY
            await asyncio.sleep(EVERY)
            now = loop.time()
            self.look(max(0.0, now - due), time.thread_time() - computed, now)

    def look(self, late: float, computed: float, now: float) -> None:
        """Take one look: *late* by so many seconds, of which our thread *computed*."""
        self._seen.append(late)
        self._ours.append(min(late, computed))
        if late > LATE:
            self.late += 1
            self._late_looks += 1
            self._late_for += late + EVERY
            self._calm_looks = 0
            if self._late_looks >= HEAVY_LOOKS and self._late_for >= HEAVY_FOR:
                self.heavy = True
            self._say(late, computed, now)
            return
        self._late_looks, self._late_for = 0, 0.0
        self._calm_looks = self._calm_looks + 1 if late < LATE / 2 else 0
        if self._calm_looks >= CALM_LOOKS:
            self.heavy = False

    def _say(self, late: float, computed: float, now: float) -> None:
        if now - self._said_at < SAID_EVERY:
            self._unsaid += 1
            return
        whose = (
            "it was computing: a fault of ours, or too many calls for this machine"
            if computed > late / 2
            else "it was stopped, waited for a disk, or the machine gave it no time"
        )
        log.warning(
            "the service stood still for %.1f s, computing for %.1f s of them: %s%s",
            late,
            computed,
            whose,
            f"; {self._unsaid} more times since the last such line"
            if self._unsaid
            else "",
        )
        self._said_at, self._unsaid = now, 0
