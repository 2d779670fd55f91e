"""A few callers of flesh and blood, for faults that need no crowd.

They hear, and are heard; where they are in the flow is read from the facts, see
`follow`.
"""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass

from faults_rig.callers import DIALLED
from faults_rig.follow import Follow
from ivrflow.sim.phone import Phones

AGENT, TONE = "1001", 700


@dataclass
class Few:
    house: object
    service: object
    phones: Phones
    follow: Follow
    agent: object = None

    async def in_menu(self, caller, within=20):
        """*caller*, who has come to the first menu."""
        call = await self.phones.call(DIALLED, caller=caller, within=within)
        await self.at(caller, "language", within)
        return call

    async def in_line(self, caller):
        """*caller*, who waits for an agent."""
        call = await self.in_menu(caller)
        await call.press("3")
        await self.at(caller, "wait_for_agent")
        return call

    async def pair(self, caller):
        """*caller* and the agent, who talk: each sends a tone to the other."""
        password = self.house.running.credentials.agents[AGENT]
        self.agent = await self.phones.agent(AGENT, password=password)
        self.agent.answers(after=0.2)
        ready = f"/api/agents/{AGENT}/ready"
        assert await self.service.ask("POST", ready) is not None
        call = await self.in_line(caller)
        theirs = await self.agent.next_call()
        place = self.follow.of(caller)
        assert await place.changes(lambda: place.connected, False, 20)
        call.send_tone(TONE)
        theirs.send_tone(TONE + 300)
        return call, theirs

    async def at(self, caller, step, within=20):
        """Wait until *caller* has come to *step*."""
        place = self.follow.of(caller)
        try:
            async with asyncio.timeout(within):
                while place.step != step:
                    place.news.clear()
                    await place.news.wait()
        except TimeoutError:
            story = self.house.truth.story(caller)
            raise AssertionError(
                f"{caller} is not at {step} after {within} s\n{story}\n"
                f"{self.service.words()}"
            ) from None

    async def log_says(self, words, within, after=0):
        """Wait until the service's log has *words* behind its first *after* letters;
        return the seconds that took."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        while words not in self.service.log.read_text(errors="replace")[after:]:
            assert loop.time() - began < within, self.service.words()
            await asyncio.sleep(0.05)
        return loop.time() - began

    def logged(self):
        """How long the service's log is now."""
        return len(self.service.log.read_text(errors="replace"))


@asynccontextmanager
async def few(house, service):
    """Phones and a reader of facts, as long as the block runs."""
    await service.ready()
    async with Phones(sip=house.sip) as phones, asyncio.TaskGroup() as group:
        follow = Follow(house.truth)
        reading = group.create_task(follow.run())
        try:
            yield Few(house, service, phones, follow)
        finally:
            reading.cancel()
