"""Hearing keys by AGI: only while Asterisk is told to wait for one.

Between two commands Asterisk throws keys away. So whenever nothing else is ordered, it
is told to wait for a key, in slices: a slice can't be broken off, and the next order
waits for its end. While the flow itself waits for a key, nothing else is to be done,
and slices are long; else they are short, so that what comes next hardly waits.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from ivrflow.telephony.keys import Keys

WAITING = 0.4
"""Seconds of a slice while the flow waits for a key."""

SLICE = 0.04
"""Seconds of a slice while it does something else."""

GRACE = 0.02
"""Seconds for the flow to order the next thing: most things come in a row."""

SHORTEST = 0.005


class WaitedKeys(Keys):
    """Keys that know until when the flow waits for one."""

    def __init__(self, changed: Callable[[], None]) -> None:
        super().__init__()
        self._changed = changed
        self.until: float | None = None
        """The loop's time until which it waits, for ever being infinite; None: it does
        not wait."""

    async def next(self, within: float | None) -> str:
        now = asyncio.get_running_loop().time()
        self.until = math.inf if within is None else now + within
        self._changed()
        try:
            return await super().next(within)
        finally:
            self.until = None


class Turns:
    """Tells the listener when the line is free for it."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._orders = 0
        self._free_since = self._loop.time()
        self._news = asyncio.Event()
        self.keys = WaitedKeys(self._news.set)

    @contextmanager
    def ordering(self) -> Iterator[None]:
        """The flow orders something, and waits for it, while the block runs."""
        self._orders += 1
        try:
            yield
        finally:
            self._orders -= 1
            self._free_since = self._loop.time()
            self._news.set()

    async def slice(self) -> float:
        """Wait until the line is free, and return for how long to listen then."""
        while True:
            self._news.clear()
            now, until = self._loop.time(), self.keys.until
            if self._orders:
                await self._news.wait()
                continue
            if until is not None and not self.keys.peek():
                return min(WAITING, max(SHORTEST, until - now))
            grace = self._free_since + GRACE - now
            if grace <= 0:
                return SLICE
            with suppress(TimeoutError):
                async with asyncio.timeout(grace):
                    await self._news.wait()
