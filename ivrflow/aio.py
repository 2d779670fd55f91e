"""The two things about tasks that the standard library leaves to us."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, NoReturn, TypeVar

T = TypeVar("T")

log = logging.getLogger(__name__)


async def finish(work: Coroutine[Any, Any, T]) -> T:
    """Run *work* to its end even if we are cancelled meanwhile; then be cancelled.

    For clean-up that others rely on, such as giving an agent back. Keep it short: a
    shutdown waits for it.
    """
    task = asyncio.get_running_loop().create_task(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            # `wait` does not raise what the task raises, so what we catch is for us.
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled
    return task.result()


async def supervise(
    name: str,
    part: Callable[[], Awaitable[None]],
    *,
    first: float = 0.2,
    longest: float = 10.0,
) -> NoReturn:
    """Run *part* for ever: when it fails or returns, start it again, alone.

    The pause before a new start begins at *first* seconds and doubles up to *longest*;
    a run that lasted longer than *longest* starts the count again. Only cancelling
    ends it.
    """
    loop = asyncio.get_running_loop()
    pause = first
    while True:
        began = loop.time()
        try:
            await part()
            log.warning("%s ended; it starts again in %.1f s", name, pause)
        except Exception:
            log.exception("%s failed; it starts again in %.1f s", name, pause)
        if loop.time() - began > longest:
            pause = first
        await asyncio.sleep(pause)
        pause = min(pause * 2, longest)
