"""A log that others read and rotate: lines are added at its end, however slow it is.

The file is opened for each time that lines are written, so that a rotation by rename
needs no signal. Nothing waits for the disk: lines queue, in a queue with an end, and
what the disk does not take is told in the service's log.

The process may be killed at any moment. A line is written when the fact that it tells
is in the database, so that no line tells of what was never stored; and what the file
then lacks at its end is added by the next process (`missing_at_end`).
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from pathlib import Path

from ivrflow.aio import finish
from ivrflow.figures.compare import LogPart

log = logging.getLogger(__name__)

ROOM = 100_000
"""Lines that wait at most."""

PAUSE = 1.0
"""Seconds between two times of writing."""

TAIL = 262_144
"""Bytes at the end of the file that are looked at after a start."""

OVERLAP = 2 * int(PAUSE)
"""Seconds before the last line in which lines may be missing too."""

PATIENCE = 5.0
"""Seconds that lines wait for their facts to be stored: a file that stands still helps
nobody while the database is away."""

LARGEST = 200_000_000
"""Bytes of one file that are read again for a comparison."""


class LogFile:
    """Lines on their way into *path*. `run` writes for ever."""

    def __init__(
        self, path: Path, stored: Callable[[float], Awaitable[bool]] | None = None
    ) -> None:
        """*stored* waits, so many seconds at most, until all facts that are noted by
        then are stored; None: nobody stores them."""
        self.path = path
        self._stored = stored
        self._waiting: deque[str] = deque()
        # The nightly check flushes too: two at once would both write the same lines.
        self._turn = asyncio.Lock()
        self._lost = 0
        self.lost = 0
        """Lines that are lost, since the start."""
        self._failing = False

    @property
    def waiting(self) -> int:
        """Lines that are not in the file yet."""
        return len(self._waiting)

    def add(self, lines: Iterable[str]) -> None:
        """Take lines without their ends. Never blocks, never fails."""
        for line in lines:
            if len(self._waiting) >= ROOM:
                self._lost += 1
                self.lost += 1
            else:
                self._waiting.append(line)

    async def run(self) -> None:
        """Write for ever; cancelled, it writes what is there."""
        try:
            while True:
                await asyncio.sleep(PAUSE)
                await self.flush()
        finally:
            await finish(self.flush())

    async def flush(self) -> None:
        """Write what is there now, if the disk takes it."""
        async with self._turn:
            await self._flush()

    async def _flush(self) -> None:
        count = len(self._waiting)
        if not count:
            return
        if self._stored is not None:
            await self._stored(PATIENCE)
        text = "".join(f"{self._waiting[i]}\n" for i in range(count))
        try:
            await finish(asyncio.to_thread(_append, self.path, text))
        except OSError as error:
            if not self._failing:
                log.error(
                    "%s: %s; %d lines wait. Check the folder and its rights; the lines "
                    "of a day can be made again: ivrflow report queue-log",
                    self.path,
                    error.strerror,
                    count,
                )
            self._failing = True
            return
        for _ in range(count):
            self._waiting.popleft()
        if self._failing or self._lost:
            log.warning("%s is written again; %d lines lost", self.path, self._lost)
        self._failing, self._lost = False, 0


def _append(path: Path, text: str) -> None:
    """Add all of *text*, or raise `OSError` and leave nothing of it."""
    rest = memoryview(text.encode("utf-8", "replace"))
    with path.open("ab", buffering=0) as file:
        end = os.fstat(file.fileno()).st_size
        try:
            while rest:
                rest = rest[file.write(rest) :]
        except OSError:
            # A disk that is full took the beginning, and all is written again later.
            with suppress(OSError):
                file.truncate(end)
            raise


def missing_at_end(path: Path, told: Iterable[str]) -> list[str]:
    """Those of *told*, in order, that a process which was killed did not write.

    They are not in the last part of *path*, and not older than its last line. Blocks.
    """
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - TAIL))
            tail = file.read().decode(errors="replace").splitlines()
    except OSError:
        return []
    if not tail or not (last := tail[-1].split("|", 1)[0]).isdigit():
        return []
    there = set(tail)
    since = int(last) - OVERLAP
    return [
        line
        for line in told
        if line not in there and int(line.split("|", 1)[0]) >= since
    ]


def lines_of(path: Path, start: int, end: int) -> LogPart | None:
    """Read what *path*, and what it was rotated to, has from *start* on and before
    *end*; None if there is nothing. What is packed is left out. Blocks."""
    found: list[str] = []
    earliest: int | None = None
    for part in sorted(path.parent.glob(f"{path.name}*")):
        if not part.is_file() or part.stat().st_size > LARGEST:
            continue
        with part.open(encoding="utf-8", errors="replace") as file:
            for line in file:
                head = line.split("|", 1)[0]
                if not head.isdigit():
                    break  # packed, or no queue_log at all
                at = int(head)
                earliest = at if earliest is None else min(at, earliest)
                if start <= at < end:
                    found.append(line.rstrip("\n"))
    if earliest is None or earliest >= end:
        return None
    return LogPart(max(start, earliest), found)
