"""Watches how long agents are on their breaks, for as long as the service runs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import NoReturn, Protocol

from ivrflow.acd.breaks import Breaks, Taken
from ivrflow.acd.desk.board import BoardAway
from ivrflow.acd.model import Agent
from ivrflow.facts import AgentChanged, Fact, Note
from ivrflow.flow.site import Site
from ivrflow.flow.world import Trouble

log = logging.getLogger(__name__)

LONGEST = 3600.0
"""Seconds between two looks at most: a new version may have other limits."""


class Pauses(Protocol):
    """The pauses of before. Raises `Trouble`."""

    async def taken(self, since: float, until: float) -> Sequence[Taken]: ...
    async def told(self, since: float, until: float) -> Sequence[tuple[str, float]]: ...


class BreakWatch:
    """Hears facts, and notes alarms about pauses whose time is over."""

    def __init__(
        self,
        site: Callable[[], Site],
        past: Pauses,
        *,
        agents: Callable[[], Awaitable[Sequence[Agent]]],
        clock: Callable[[], float],
        note: Note,
    ) -> None:
        """*site* is the live version, *agents* those of the board."""

        def limits() -> dict[str, float | None]:
            return {str(name): one.seconds for name, one in site().pauses.items()}

        def midnight(at: float) -> float:
            day = datetime.fromtimestamp(at, site().settings.zone)
            begin = day.replace(hour=0, minute=0, second=0, microsecond=0)
            return begin.timestamp()

        self.breaks = Breaks(limits, midnight)
        self._midnight = midnight
        self._past = past
        self._agents = agents
        self._clock = clock
        self._note = note
        self._began = clock()
        self._remembered = False
        self._news = asyncio.Event()

    def hear(self, fact: Fact) -> None:
        """Take a fact; as a `Note` it never waits."""
        if isinstance(fact, AgentChanged):
            before = self.breaks.pauses
            for following in self.breaks.hear(fact):
                self._note(following)
            if self.breaks.pauses != before:
                self._news.set()

    async def run(self) -> NoReturn:
        """Watch for ever, beginning with what the facts of today say."""
        if not self._remembered:  # started again, it would count them twice
            await self._remember()
            self._remembered = True
        while True:
            self._news.clear()  # before looking: news that comes meanwhile is not lost
            now = self._clock()
            for alarm in self.breaks.tick(now):
                self._note(alarm)
            due = self.breaks.next_due(now) - now
            with suppress(TimeoutError):
                async with asyncio.timeout(min(max(due, 0.05), LONGEST)):
                    await self._news.wait()

    async def _remember(self) -> None:
        since, until = self._midnight(self._began), self._began
        try:
            taken = await self._past.taken(since, until)
            told = await self._past.told(since, until)
            agents = await self._agents()
        except (Trouble, BoardAway) as trouble:
            log.warning("%s; pauses of earlier today do not count", trouble)
            return
        self.breaks.begin(agents, taken, told, self._clock())
