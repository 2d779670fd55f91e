"""Stops the service without ending a call: the next one goes on with them.

The way it stops is the way it may die at any moment, made a little kinder: nobody new
is offered to an agent, calls that come are left to ring, and sentences and secret
entries that are on may end, for a few seconds. Then what is noted is written, and the
process ends hard. An orderly end would run the clean-up of each call, which hangs up.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable
from typing import Protocol

from ivrflow.facts import Note, ServiceLeft
from ivrflow.flow.live import LiveCalls
from ivrflow.flow.world import Trouble

log = logging.getLogger("ivrflow")

LOOK = 0.05
"""Seconds between two looks whether all have come to an end."""

AT_REST = 1.0
"""The last seconds of the wait, in which no call begins another step."""

WRITING = 1.0
"""Seconds for the database to take what is still noted."""


class Door(Protocol):
    def hold(self) -> None:
        """Leave calls that come to the next service."""


class Desk(Protocol):
    def hold(self) -> None:
        """Offer nobody new."""

    async def written(self, within: float) -> bool:
        """Wait until the board has all; whether it has."""


class Records(Protocol):
    async def durable(self, within: float) -> bool:
        """Wait until all that is noted is stored; whether it is."""


class Figures(Protocol):
    async def put_down(self) -> None:
        """Write sums and lines that are not written yet. Raises `Trouble`."""


class Drain:
    """What `serve` does when it is told to stop."""

    def __init__(
        self,
        *,
        door: Door,
        desk: Desk,
        live: LiveCalls,
        records: Records,
        figures: Figures,
        clock: Callable[[], float],
        note: Note,
    ) -> None:
        self._door = door
        self._desk = desk
        self._live = live
        self._records = records
        self._figures = figures
        self._clock = clock
        self._note = note

    async def leave(self, longest: float) -> int:
        """Bring calls to where they are easily left, *longest* seconds at most, and
        write all that is noted; return how many calls are left. After it the process
        is to end by `os._exit`."""
        self._door.hold()
        self._desk.hold()
        log.info(
            "stopping: %d calls are left to the next service, in %.0f s at most",
            len(self._live),
            longest,
        )
        # First those sentences end that are on: a call that is made to stop before its
        # next step hears nothing until the next service is there.
        await self._until_said(longest - AT_REST)
        self._live.drain()
        await self._until(lambda: not self._live.in_the_middle(), min(AT_REST, longest))
        return await self.write()

    async def write(self) -> int:
        """Write all that is noted, quickly; return how many calls are up."""
        left = len(self._live)
        self._note(ServiceLeft(at=self._clock(), calls=left))
        stored, written = await asyncio.gather(
            self._records.durable(WRITING), self._desk.written(WRITING)
        )
        if not (stored and written):
            log.warning("the database has not taken all that was noted")
        try:
            async with asyncio.timeout(WRITING):
                await self._figures.put_down()
        except (Trouble, TimeoutError) as why:
            log.warning("the next service writes the last figures: %s", why or "slow")
        log.info("stopped; %d calls go on without the service", left)
        return left

    async def _until_said(self, longest: float) -> None:
        """Wait for what is said or secretly entered now, not for what comes after."""
        now = {c.id: c.steps for c in self._live.calls() if c.in_the_middle}

        def over() -> bool:
            return not any(
                now.get(call.id) == call.steps and call.in_the_middle
                for call in self._live.calls()
            )

        await self._until(over, longest)

    async def _until(self, over: Callable[[], bool], longest: float) -> None:
        for _ in range(math.ceil(max(0.0, longest) / LOOK)):
            if over():
                return
            await asyncio.sleep(LOOK)
