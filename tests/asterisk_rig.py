"""The real Asterisk for tests: one private Asterisk per process, shared by its tests.

`asterisk` is that Asterisk. `ari` is our driver connected to it, with robot phones
beside it: `channel, phone = await ari.call()` is a call, seen from both its ends.
"""

import asyncio
import inspect
import wave
from contextlib import asynccontextmanager

import pytest_asyncio

from ivrflow.asterisk.ari.client import Client
from ivrflow.asterisk.ari.media import Sounds
from ivrflow.asterisk.ari.settings import AriSettings, Outbound
from ivrflow.asterisk.ari.switch import AriSwitch
from ivrflow.asterisk.home.fetch import fetched_folder
from ivrflow.asterisk.home.find import find
from ivrflow.asterisk.home.run import private_asterisk
from ivrflow.secret import Secret
from ivrflow.sim import tones
from ivrflow.sim.phone import Phones
from ivrflow.telephony.sound import Utterance

TONE = 1050
"""What the recordings here sound like, in Hz."""


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def asterisk(tmp_path_factory):
    folder = tmp_path_factory.mktemp("asterisk")
    async with private_asterisk(find(fetched_folder()), folder) as running:
        record_sounds(running)
        # No service moves the time limits of calls here.
        await running.rx("dialplan set global IVRFLOW_DEAD_MAN 0")
        yield running


def record_sounds(asterisk):
    folder = asterisk.sounds_dir / "ivrflow-test"
    folder.mkdir(parents=True, exist_ok=True)
    for tenths in (3, 5, 10, 100):
        with wave.open(str(folder / f"tone{tenths}.wav"), "wb") as sound:
            sound.setnchannels(1)
            sound.setsampwidth(2)
            sound.setframerate(tones.RATE)
            sound.writeframes(tones.tone(TONE, tenths / 10))


@pytest_asyncio.fixture
async def ari(asterisk):
    async with connected(asterisk) as rig:
        yield rig
        await rig.nothing_is_left()


def settings_of(asterisk, **changes):
    return AriSettings(
        **{
            "url": asterisk.ari_url,
            "user": asterisk.ari_user,
            "password": Secret(asterisk.ari_password),
            "events": brought_by(asterisk) if asterisk.events_port else None,
        }
        | changes
    )


def brought_by(asterisk, port=0):
    """Where Asterisk brings its events; *port* is another one than it was told."""
    return Outbound(
        port=port or asterisk.events_port,
        user=asterisk.events_user,
        password=Secret(asterisk.events_password),
    )


@asynccontextmanager
async def connected(asterisk):
    client = Client(settings_of(asterisk))
    rig = Rig(asterisk, client)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(client.run())
        try:
            assert await client.link.until_ready(10)
            async with Phones(sip=asterisk.sip) as rig.phones:
                yield rig
        finally:
            running.cancel()


class Rig:
    def __init__(self, asterisk, client, on_found=None):
        self.asterisk = asterisk
        self.client = client
        self.phones = None
        self.taken = asyncio.Queue()
        self._ids = 0
        self.switch = AriSwitch(
            client,
            on_call=self.taken.put_nowait,
            on_found=on_found,
            new_id=self.new_id,
            sounds=Sounds.below("ivrflow-test/"),
        )

    def new_id(self):
        self._ids += 1
        return f"rig-{id(self):x}-{self._ids}"

    async def call(self, number="12345", **how):
        """Return an answered call as (channel, robot phone)."""
        async with asyncio.TaskGroup() as group:
            phone = group.create_task(self.phones.call(number, **how))
            channel = await self.next_call()
            await channel.answer()
        return channel, phone.result()

    async def next_call(self):
        async with asyncio.timeout(10):
            return await self.taken.get()

    def sound(self, tenths):
        """Something to say that takes so many tenths of a second."""
        return Utterance(
            "tone", "a tone", "en", (f"tone{tenths}",), seconds=tenths / 10
        )

    async def agent(self, number="1001"):
        """Return a phone that is registered as that agent."""
        return await self.phones.agent(
            number, password=self.asterisk.credentials.agents[number]
        )

    async def nothing_is_left(self):
        """Hang up what the test left on purpose; then nothing may be there."""
        for channel in list(self.switch._channels.values()):
            await channel.hang_up()
        await until(lambda: self.switch.channels == 0)
        await until(lambda: self.client.channels.list(), wanted=[])
        # Asterisk takes a bridge off its list a moment after it has destroyed it.
        await until(lambda: self.client.bridges.list(), wanted=[])
        assert self.client.hub.undecoded == 0
        assert self.client.hub.failed == 0


async def until(look, *, wanted=True, within=5):
    """Look again and again until it is as wanted; what is looked at may be awaited."""
    seen = None
    try:
        async with asyncio.timeout(within):
            while True:
                seen = look()
                if inspect.isawaitable(seen):
                    seen = await seen
                if seen == wanted:
                    return
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"still {seen!r} after {within} s") from None
