"""Spreads work over processes, and hands back the results in the order of the work.

Each process prepares itself once (it reads the sites) and then does one job after the
other. New processes are begun afresh and not forked, so that nothing of the parent's
threads, signals or log can stand half done in them.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import wait
from typing import TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")


def in_order(
    work: Callable[[Job], Result],
    jobs: Sequence[Job],
    *,
    processes: int,
    prepare: Callable[..., None],
    given: tuple[object, ...] = (),
    chunk: int = 1,
) -> Generator[Result]:
    """Yield `work(job)` for all *jobs*, in their order, as soon as they are there.

    *prepare* is called with *given* in each process before its first job. With one
    process everything is done in this one. Whoever stops listening (or closes it) ends
    the others: what they have begun is finished, the rest is not done.

    *chunk* jobs are handed over at once: more than one where a job is shorter than
    that. Raises `BrokenProcessPool` if a process dies.
    """
    if processes <= 1 or len(jobs) <= 1:
        with _ended_like_an_interrupt():
            prepare(*given)
            yield from map(work, jobs)
        return
    crew = ProcessPoolExecutor(
        processes,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_begin,
        initargs=(prepare, given),
    )
    with _ended_like_an_interrupt():
        try:
            yield from crew.map(work, jobs, chunksize=chunk)
        finally:
            crew.shutdown(wait=True, cancel_futures=True)


def _begin(prepare: Callable[..., None], given: tuple[object, ...]) -> None:
    """Make a new process ready."""
    # Ctrl-C reaches all processes of a terminal; only the parent decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    prepare(*given)


def _end_with_the_parent() -> None:
    """End this process when its parent was killed and could not say so."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


@contextmanager
def _ended_like_an_interrupt() -> Iterator[None]:
    """Let SIGTERM unwind like Ctrl-C, so that no process stays behind."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(*_: object) -> None:
        raise SystemExit(128 + signal.SIGTERM)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
