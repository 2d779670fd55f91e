"""Agents: registered phones, and what their owners do when it rings."""

import asyncio
import random
from contextlib import asynccontextmanager

from ivrflow.sim.phone import Phones


class Robot:
    """One agent. *counts* tells how often he did what."""

    def __init__(self, phone, chance, talks, counts):
        self.phone, self._chance, self._talks = phone, chance, talks
        self._counts = counts

    async def work(self):
        """Answer what rings, talk, hang up; for ever."""
        while True:
            call = await self.phone.rung(within=86400)
            if await self._over(call, self._chance.uniform(0.1, 0.5)):
                self._count("too late")
                continue
            call.answer()
            self._count("answered")
            if not await self._over(call, self._chance.uniform(*self._talks)):
                await call.hang_up()

    def _count(self, what):
        self._counts[what] = self._counts.get(what, 0) + 1

    @staticmethod
    async def _over(call, within):
        await asyncio.wait([call.over], timeout=within)
        return call.over.done()


@asynccontextmanager
async def at_work(house, service, numbers, *, talks=(1.0, 3.0), seed=1, stream=None):
    """Let agents answer calls as long as the block runs; yields what they counted.

    They talk for *talks* seconds, from and to, and hang up. The service must be ready.
    """
    counts = {}
    more = {"stream": stream} if stream else {}
    async with Phones(sip=house.sip, **more) as phones, asyncio.TaskGroup() as group:
        tasks = []
        for number in numbers:
            password = house.running.credentials.agents[number]
            phone = await phones.agent(number, password=password, keep=0)
            robot = Robot(phone, random.Random(f"{seed} {number}"), talks, counts)
            tasks.append(group.create_task(robot.work()))
            assert await service.ask("POST", f"/api/agents/{number}/ready") is not None
        tasks.append(group.create_task(_back_to_work(service)))
        try:
            yield counts
        finally:
            for task in tasks:
                task.cancel()


async def _back_to_work(service):
    """Send back to work whoever was too slow, as a supervisor does."""
    while True:
        await asyncio.sleep(1)
        found = await service.ask("GET", "/api/agents") or {"agents": []}
        for agent in found["agents"]:
            if agent["presence"] == "not ready":
                await service.ask("POST", f"/api/agents/{agent['number']}/ready")
