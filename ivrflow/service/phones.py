"""Ties the states of phones to the desk: who is in a call of his own is not rung."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import NoReturn

from ivrflow.acd.elsewhere import SETTLING, Elsewhere
from ivrflow.acd.model import Agent
from ivrflow.asterisk.ari.errors import AriAway, AriError, Gone
from ivrflow.asterisk.ari.phones import IN_USE
from ivrflow.facts import AgentChanged, Fact, OfferEnded

log = logging.getLogger(__name__)

LOOK_AGAIN = 60.0
"""Seconds between two looks at all phones while one is in another call: should the news
that it is free again be lost, its agent would never be rung."""

LOADING = 0.2
"""Seconds between two looks whether the desk has read its agents."""


class PhoneWatch:
    """Hears facts and the states of phones, and tells the desk."""

    def __init__(
        self,
        agents: Callable[[], Mapping[str, Agent]],
        tell: Callable[[str, bool, str], None],
    ) -> None:
        """*agents* are those of the desk; *tell* is `Desk.phone`."""
        self._agents = agents
        self._elsewhere = Elsewhere(agents, IN_USE, tell)
        self.changed = self._elsewhere.changed
        self.seen = self._elsewhere.seen
        self.seat_all = self._elsewhere.seat_all
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def hear(self, fact: Fact) -> None:
        """Take a fact; as a `Note` it never waits."""
        if isinstance(fact, OfferEnded):
            self._settle(fact.agent)
        elif isinstance(fact, AgentChanged):
            if fact.call:  # a talk has begun, or is over
                self._settle(fact.agent)
            self._elsewhere.seat(fact.agent)

    async def run(self, read: Callable[[], Awaitable[None]]) -> NoReturn:
        """Look again now and then, for ever; *read* asks how all phones stand."""
        await self._until_loaded()
        while True:
            await asyncio.sleep(LOOK_AGAIN)
            self.seat_all()
            if self._elsewhere.busy:
                try:
                    await read()
                except (AriAway, AriError, Gone) as error:
                    log.debug("phones are not looked at: %s", error)

    async def _until_loaded(self) -> None:
        """Seat those who signed in before the service began, as soon as the desk has
        them. A site may have no agents at all."""
        for _ in range(50):
            if self._agents():
                break
            await asyncio.sleep(LOADING)
        self.seat_all()

    def _settle(self, number: str) -> None:
        """Judge the agent again when the phone has had time to become free."""
        if (timer := self._timers.get(number)) is not None:
            timer.cancel()
        self._elsewhere.settling.add(number)
        loop = asyncio.get_running_loop()
        self._timers[number] = loop.call_later(SETTLING, self._settled, number)

    def _settled(self, number: str) -> None:
        del self._timers[number]
        self._elsewhere.settling.discard(number)
        self._elsewhere.judge(number)
