"""The keys that the far end has pressed, kept in order until someone takes them."""

from __future__ import annotations

import asyncio
from collections import deque

KEYS = "0123456789*#ABCD"
"""Every key that DTMF has."""

LONGEST = 100
"""Keys kept at most. A phone that sends more is broken or hostile; they are dropped."""


class Keys:
    """A buffer with one reader (the flow) and one writer (the driver)."""

    def __init__(self) -> None:
        self._pressed: deque[str] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self.dropped = 0

    def press(self, key: str) -> None:
        """Note that *key* was pressed. What is no key of a telephone is dropped."""
        if len(key) != 1 or key not in KEYS or len(self._pressed) >= LONGEST:
            self.dropped += 1
            return
        self._pressed.append(key)
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def next(self, within: float | None) -> str:
        """Take the next key. Return "" when none came within *within* seconds.

        None waits for ever. A key that is there already is returned at once.
        """
        if not self._pressed:
            if self._waiter is not None:
                raise RuntimeError("two tasks wait for the same phone's keys")
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                async with asyncio.timeout(within):
                    await self._waiter
            except TimeoutError:
                pass
            finally:
                self._waiter = None
        return self._pressed.popleft() if self._pressed else ""

    def peek(self) -> str:
        """Return all keys that wait, first one first, and leave them."""
        return "".join(self._pressed)

    def take(self, keys: str) -> str:
        """Take out the first of those that wait which is one of *keys*; "" if none."""
        for place, key in enumerate(self._pressed):
            if key in keys:
                del self._pressed[place]
                return key
        return ""

    def clear(self) -> None:
        """Forget what was pressed so far."""
        self._pressed.clear()
