"""A few threads for what blocks on a disk, so that the event loop never does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from ivrflow.flow.world.trouble import Trouble

T = TypeVar("T")

WORKERS = 2
WAITING = 64
LONGEST_WAIT = 10.0
"""Seconds until a thread is free."""

LONGEST_WORK = 60.0
"""Seconds of one work: a disk of the network that hangs keeps its threads for ever, and
nobody should hear silence for as long."""

_HANGS = (
    "the disk with the sounds has not answered for %.0f s, so what was asked of it may "
    "be done or not; look at that disk"
)
_TOO_MANY = (
    "too many wait for the disk with the sounds; if this goes on, look at how busy "
    "that disk is"
)


class Threads:
    """See the module. `close` ends them.

    At most *waiting* works wait for a thread, each *longest* seconds at most; whoever
    comes on top of them gets `Trouble` at once. A work that hangs keeps its thread. So
    a disk that stands still makes messages fail, and nothing else.
    """

    def __init__(
        self,
        *,
        workers: int = WORKERS,
        waiting: int = WAITING,
        longest: float = LONGEST_WAIT,
    ) -> None:
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="audio")
        self._free = asyncio.Semaphore(workers)
        self._room = waiting
        self._longest = longest

    async def do(self, work: Callable[[], T], *, within: float = LONGEST_WORK) -> T:
        """Do *work* in a thread, and return or raise what it does.

        Raises `Trouble` if there is no thread for it, and if it takes longer than
        *within* seconds. Then, and where this is cancelled, what was begun comes to
        its end, and nobody hears of it.
        """
        if self._room <= 0:
            raise Trouble(_TOO_MANY)
        self._room -= 1
        try:
            async with asyncio.timeout(self._longest):
                await self._free.acquire()
        except TimeoutError:
            raise Trouble(_TOO_MANY) from None
        finally:
            self._room += 1
        running = asyncio.get_running_loop().run_in_executor(self._threads, work)
        # Freed by the thread's end, not by ours: whoever hangs up meanwhile leaves the
        # thread busy, and it must not be counted as free.
        running.add_done_callback(self._done)
        # Neither the time nor being cancelled touches what it waits for.
        done, _ = await asyncio.wait({running}, timeout=within)
        if not done:
            raise Trouble(_HANGS % within)
        return running.result()

    def _done(self, running: asyncio.Future[Any]) -> None:
        self._free.release()
        if not running.cancelled():
            running.exception()  # seen, also when nobody waits for it any more

    def close(self) -> None:
        """End the threads; what they do now comes to its end."""
        self._threads.shutdown(wait=False, cancel_futures=True)
