"""The few things about tasks that the standard library leaves to us."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
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
        # We have one way to end, and being cancelled is it; the other is in the log.
        if not task.cancelled() and (failure := task.exception()) is not None:
            log.warning("clean-up failed while being cancelled: %r", failure)
        raise cancelled
    return task.result()


@asynccontextmanager
async def beside(
    *works: Coroutine[Any, Any, Any],
) -> AsyncIterator[asyncio.TaskGroup]:
    """Run *works* beside the block and cancel them when it ends.

    The block may start more tasks in the group that it is given; those are waited for.
    A work that fails cancels the block. A single failure is raised as itself, not
    wrapped in a group, so that callers may catch it by its type.
    """
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work) for work in works]
            try:
                yield group
            finally:
                for task in tasks:
                    task.cancel()
    except BaseExceptionGroup as failed:
        raise single(failed) from None


async def by_itself(name: str, work: Callable[[], Awaitable[None]]) -> None:
    """Do *work* as a task of a group; what it raises is logged under its *name*.

    Else it would end all others of the group: they have taken the first step of their
    clean-up before whoever has made the group hears of it.
    """
    try:
        await work()
    except Exception:
        log.exception("%s: a fault of ours, which ends nothing else", name)


async def several(
    works: Iterable[Coroutine[Any, Any, object]], *, at_once: int
) -> None:
    """Do all *works*, *at_once* at a time. They raise nothing."""
    places = asyncio.Semaphore(at_once)

    async def one(work: Coroutine[Any, Any, object]) -> None:
        async with places:
            await work

    async with asyncio.TaskGroup() as group:
        for work in works:
            group.create_task(one(work))


def single(failed: BaseExceptionGroup[BaseException]) -> BaseException:
    """The one failure in *failed*, however deep it stands; else *failed* itself."""
    if len(failed.exceptions) > 1:
        return failed
    [inside] = failed.exceptions
    return single(inside) if isinstance(inside, BaseExceptionGroup) else inside


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
