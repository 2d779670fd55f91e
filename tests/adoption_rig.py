"""Processes that die, on the real Asterisk, and what the next one finds.

A process dies here by losing its way to Asterisk and then all its tasks: whatever these
still want to tidy up reaches nobody.
"""

import asyncio
from contextlib import asynccontextmanager

import pytest_asyncio

from ivrflow.asterisk.ari.client import Client
from ivrflow.asterisk.ari.errors import AriAway
from ivrflow.sim.phone import Phones
from ivrflow.telephony.channel import DialOrder
from ivrflow.telephony.sound import Utterance
from tests.asterisk_rig import Rig, settings_of

LEG = "leg-of-ann"


class Nowhere:
    """In place of the way to Asterisk, once the process is dead."""

    async def request(self, method, path, query, body):
        raise AriAway("the process is dead")

    async def close(self):
        pass


class Process(Rig):
    """A service of ours: `looks` are what it found, `tasks` what it does."""

    def __init__(self, asterisk, phones):
        self.looks = []
        client = Client(settings_of(asterisk))
        super().__init__(asterisk, client, on_found=self.looks.append)
        self.phones = phones
        self._tasks = []

    async def begins(self):
        self.does(self.client.run())
        assert await self.client.link.until_ready(10)
        return self

    def does(self, work):
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.append(task)
        return task

    async def dies(self):
        lost, self.client._transport = self.client._transport, Nowhere()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await lost.close()
        await asyncio.sleep(0)  # until its connections are closed

    @property
    def found(self):
        """The callers of the first look."""
        return self.looks[0].callers

    async def adopted(self):
        """The one caller that was found."""
        [caller] = self.found
        return caller

    async def call(self, number="12345", *, remembers="", **how):
        """As the rig's; the channel *remembers* that."""
        channel, phone = await super().call(number, **how)
        if remembers:
            await channel.remember(remembers)
        return channel, phone

    async def caller_and_leg(self):
        """Two who are up, and their phones: channel, leg, the caller's, the agent's."""
        agent = await self.agent("1001")
        agent.answers(after=0.1)
        leg = await self.dial()
        channel, phone = await self.call()
        return channel, leg, phone, await agent.next_call()

    def dial(self, **how):
        return self.switch.dial(
            DialOrder(**{"address": "PJSIP/1001", "leg": LEG, "ring_for": 5.0} | how)
        )


@pytest_asyncio.fixture
async def processes(asterisk):
    """Makes processes; at the end the last one must have left nothing."""
    async with Phones(sip=asterisk.sip) as phones:
        lives = []

        async def begin():
            lives.append(Process(asterisk, phones))
            return await lives[-1].begins()

        yield begin
        last = lives[-1]
        await last.switch.reap()
        await last.nothing_is_left()
        await last.dies()


@asynccontextmanager
async def doing(process, context):
    """The block runs while *process* is in *context*, in a task of its own."""
    entered = asyncio.get_running_loop().create_future()

    async def stay():
        async with context as value:
            entered.set_result(value)
            await asyncio.get_running_loop().create_future()

    process.does(stay())
    yield await entered


def said(*clips):
    return [Utterance("greeting", "words", "en", clips)]


def now():
    return asyncio.get_running_loop().time()


def elapsed(since):
    return now() - since


async def ids_of(process):
    return [channel.id for channel in await process.client.channels.list()]


async def falls_silent(phone):
    """It must hear nothing more, but for what is on its way."""
    await phone.listen(0.2)
    await phone.until_quiet(0.2, within=3)


async def gaps_of(call, seconds):
    """The longest pause in the tone that a phone hears within *seconds*."""
    heard = await call.listen(seconds)
    frames = [any(heard[i : i + 320]) for i in range(0, len(heard) - 319, 320)]
    longest = now = 0
    for sounds in frames:
        now = 0 if sounds else now + 1
        longest = max(longest, now)
    return longest
