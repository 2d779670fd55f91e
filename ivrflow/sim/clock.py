"""An event loop in which waiting takes no time.

When every task waits, the clock jumps to the next timer. Ten minutes of hold music
take a millisecond, and every run of a test is the same.

While work runs in a thread (a hash, a database) the clock stands still and the loop
waits for the thread in real time: the loop's own pipe wakes it. Such work is counted
by `VirtualTimeLoop.run_in_executor`; aiosqlite, which has threads of its own, does not
pass there, so a test that uses it needs the real clock.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")


class Stuck(RuntimeError):
    """Every task waits, and no timer is set: nothing can ever happen again."""


class _JumpingSelector(selectors.DefaultSelector):
    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.in_threads = 0

    def select(self, timeout: float | None = None) -> list[Any]:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if self.in_threads:
            return super().select(None)
        if timeout is None:
            raise Stuck("every task waits and no timer is set")
        self.now += timeout
        return []


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An event loop on virtual time that starts at 0."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now

    def run_in_executor(  # type: ignore[override]  # generic over its arguments there
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        future = super().run_in_executor(executor, func, *args)
        self._jumping.in_threads += 1

        def back(_: object) -> None:
            self._jumping.in_threads -= 1

        future.add_done_callback(back)
        return future

    async def shutdown_default_executor(self, *args: Any, **more: Any) -> None:
        # It waits for the threads of `run_in_executor` in a thread of its own.
        with self.standing_still():
            await super().shutdown_default_executor(*args, **more)

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """While the block runs the clock stands, and the loop waits in real time.

        For what comes from outside, such as a person at a keyboard.
        """
        self._jumping.in_threads += 1
        try:
            yield
        finally:
            self._jumping.in_threads -= 1


class _QuickSelector(selectors.DefaultSelector):
    def __init__(self, speed: float) -> None:
        super().__init__()
        self._speed = speed

    def select(self, timeout: float | None = None) -> list[Any]:
        return super().select(timeout and timeout / self._speed)


class QuickLoop(asyncio.SelectorEventLoop):
    """An event loop whose seconds are shorter than real ones, *speed* times."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        super().__init__(_QuickSelector(speed))

    def time(self) -> float:
        return super().time() * self._speed


def run_at(speed: float, main: Coroutine[Any, Any, T]) -> T:
    """Like `asyncio.run`, with *speed* seconds of the loop in one real one."""
    with asyncio.Runner(loop_factory=lambda: QuickLoop(speed)) as runner:
        return runner.run(main)


def run(main: Coroutine[Any, Any, T]) -> T:
    """Like `asyncio.run`, on virtual time that starts at 0."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(main)
