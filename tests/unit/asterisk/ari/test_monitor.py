"""Listening in: nothing of it stays when it ends."""

import asyncio
from contextlib import nullcontext
from types import SimpleNamespace

from ivrflow.asterisk.ari import monitor as listening
from ivrflow.asterisk.ari.errors import Gone
from ivrflow.asterisk.ari.monitor import AriMonitor
from ivrflow.telephony.channel import HungUp, MonitorMode


class Entered:
    """In place of the event that a channel has come to us."""


class Asterisk:
    """As much of ours as a monitor needs, and the channels and bridges there are.

    Each request takes a moment.
    """

    app = "ivrflow"

    def __init__(self):
        self.there, self.bridge, self.heard = set(), False, {}
        self.client = self.bridges = self.channels = self.hub = self

    def watch(self, kind, id, heard):
        self.heard[id] = heard
        return SimpleNamespace(close=lambda: None)

    def making(self, id):
        return nullcontext()

    async def open_bridge(self, id, what):
        self.bridge = True

    async def add_channel(self, id, channels):
        await asyncio.sleep(0.01)
        if not self.bridge:
            raise Gone("bridge")

    async def remove_channel(self, id, channels):
        await asyncio.sleep(0.01)

    async def close_bridge(self, id):
        await asyncio.sleep(0.001)
        self.bridge = False

    async def snoop_channel_with_id(self, heard, snoop, app, **_):
        self.there.add(snoop)
        self.heard[snoop](Entered())

    def channel(self, id):
        async def hang_up():
            await asyncio.sleep(0.01)
            self.there.discard(id)

        return SimpleNamespace(id=id, hang_up=hang_up, end=lambda cause: None)


def up(id):
    return SimpleNamespace(id=id, gone=asyncio.get_running_loop().create_future())


async def test_a_mode_that_changes_while_it_ends_leaves_no_snoop(monkeypatch):
    monkeypatch.setattr(listening, "StasisStart", Entered)
    for moment in range(0, 60, 2):
        asterisk = Asterisk()
        ids = iter("abcdef")
        monitor = AriMonitor(
            asterisk,
            up("talk"),
            up("ear"),
            new_id=lambda ids=ids: next(ids),
        )
        await monitor.open(MonitorMode.LISTEN)
        changing = asyncio.get_running_loop().create_task(
            monitor.set_mode(MonitorMode.WHISPER)
        )
        await asyncio.sleep(moment / 1000)
        await monitor.close()
        [done] = await asyncio.gather(changing, return_exceptions=True)

        assert done is None or isinstance(done, HungUp)
        assert (asterisk.there, asterisk.bridge) == (set(), False), moment
