"""Those who call and those who answer, each as unreliable as people are.

What everybody does is drawn from a seed, so that two runs are alike; when exactly it
happens is up to the machine.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field

from bench.floor.site import NUMBERS
from ivrflow.sim.phone import Agent, Call, CallRefused, Phones


@dataclass
class Seen:
    """What the robots themselves saw, to be compared with what the service says."""

    callers: Counter[str] = field(default_factory=Counter)
    """How many callers ended how."""
    agents: Counter[str] = field(default_factory=Counter)
    """How often agents did what when it rang."""


async def caller(
    phones: Phones, seen: Seen, number: int, chance: random.Random
) -> None:
    """Call one of the numbers, and hang up at any moment, or wait for the end."""
    dialled = chance.choices(list(NUMBERS), weights=(10, 6, 3, 1))[0]
    name = f"139{number:08d}"
    hurried = chance.random() < 0.05
    patience = chance.uniform(0.01, 0.4) if hurried else chance.expovariate(1 / 25)
    try:
        async with asyncio.timeout(patience if hurried else 15):
            call = await phones.call(dialled, caller=name, keep=0)
    except TimeoutError:
        seen.callers["gave up while it rang"] += 1
        return
    except CallRefused:
        seen.callers["refused"] += 1
        return
    await asyncio.wait([call.over], timeout=patience)
    if call.over.done():
        seen.callers["was hung up"] += 1
    else:
        seen.callers["hung up"] += 1
        await call.hang_up()


class Robot:
    """One agent: a phone, and what its owner does when it rings."""

    def __init__(self, phone: Agent, seen: Seen, chance: random.Random) -> None:
        self._phone, self._seen, self._chance = phone, seen, chance

    async def work(self) -> None:
        """Treat calls for ever. Several may ring in a row, one at a time."""
        while True:
            call = await self._phone.rung(within=3600)
            does = self._chance.choices(
                ("answers", "ignores", "is busy", "declines", "vanishes"),
                weights=(86, 4, 4, 4, 2),
            )[0]
            self._seen.agents[does] += 1
            match does:
                case "answers":
                    await self._answer(call)
                case "is busy":
                    call.reject(486)
                case "declines":
                    call.reject(603)
                case "vanishes":
                    call.vanish()
                case _:
                    await self._over(call, 30)

    async def _answer(self, call: Call) -> None:
        if await self._over(call, self._chance.uniform(0.1, 0.8)):
            self._seen.agents["too late"] += 1
            return
        call.answer()
        if await self._over(call, self._chance.uniform(0.3, 2.0)):
            return
        if self._chance.random() < 0.02:
            self._seen.agents["vanished in a talk"] += 1
            call.vanish()
        elif self._chance.random() < 0.6 or not await self._over(call, 5):
            call.end()

    @staticmethod
    async def _over(call: Call, within: float) -> bool:
        """Wait; True if the other side has ended it by then."""
        await asyncio.wait([call.over], timeout=within)
        return call.over.done()
