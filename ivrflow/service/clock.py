"""The two clocks: one that never jumps, for durations, and the one on the wall."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime

from ivrflow.flow.site import Site


class SteadyClock:
    """Seconds since 1970 that never jump: the wall clock at our start, plus our own.

    Facts and queues go by it, so that a clock that is set while callers wait neither
    ages nor rejuvenates them.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._offset = time.time() - self._loop.time()  # noqa: TID251  its one home

    def __call__(self) -> float:
        return self._offset + self._loop.time()


def clock_of(site: Site) -> Callable[[], datetime]:
    """The wall clock in the zone of *site*."""
    zone = site.settings.zone
    return lambda: datetime.now(zone)
