"""Recordings on their way out of Asterisk."""

import asyncio
from types import SimpleNamespace

import pytest

from ivrflow.asterisk.ari.errors import AriAway, AriError, Gone
from ivrflow.asterisk.ari.spool import AT_ONCE, AriSpool
from ivrflow.flow.world.sounds import SpoolAway
from ivrflow.flow.world.trouble import Trouble


class Asterisk:
    """As much of it as a spool needs."""

    def __init__(self, **stored):
        self.stored = {f"voicemail/{name}": wav for name, wav in stored.items()}
        self.recordings = self
        self.fails = None
        self.slow = asyncio.Event()
        self.slow.set()
        self.now = self.most = 0

    async def get_stored_file(self, name):
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await self.slow.wait()
            return self._of(name)
        finally:
            self.now -= 1

    async def delete_stored(self, name):
        self._of(name)
        del self.stored[name]

    def _of(self, name):
        if self.fails is not None:
            raise self.fails
        if name not in self.stored:
            raise Gone(name)
        return self.stored[name]


def spool(asterisk, **how):
    return AriSpool(SimpleNamespace(recordings=asterisk), **how)


async def test_what_lies_there_is_fetched_and_removed():
    asterisk = Asterisk(a=b"sound", b=b"other")
    there = spool(asterisk)

    assert await there.fetch("voicemail/a") == b"sound"
    await there.delete("voicemail/a")
    assert await there.fetch("voicemail/a") is None
    await there.delete("voicemail/a")
    assert list(asterisk.stored) == ["voicemail/b"]


@pytest.mark.parametrize(
    "name", ["", "../../etc/passwd", "/etc/passwd", "a/../../b", "a b", ".hidden"]
)
async def test_no_name_leads_out_of_the_folder(name):
    asterisk = Asterisk()
    asterisk.fails = AssertionError("it was asked")
    for act in (spool(asterisk).fetch, spool(asterisk).delete):
        with pytest.raises(Trouble, match="is no name of a recording"):
            await act(name)


async def test_that_asterisk_is_away_is_another_thing_than_that_it_refuses():
    asterisk = Asterisk(a=b"sound")
    there = spool(asterisk)
    for act in (there.fetch, there.delete):
        asterisk.fails = AriAway("Asterisk can't be reached")
        with pytest.raises(SpoolAway, match="can't be reached"):
            await act("voicemail/a")
        asterisk.fails = AriError("Asterisk says 500", 500)
        with pytest.raises(Trouble, match="Asterisk says 500") as told:
            await act("voicemail/a")
        assert not isinstance(told.value, SpoolAway)


async def test_only_a_few_are_on_their_way_at_a_time():
    asterisk = Asterisk(**{f"n{n}": b"sound" for n in range(20)})
    there = spool(asterisk)
    asterisk.slow.clear()
    async with asyncio.TaskGroup() as group:
        asked = [group.create_task(there.fetch(name)) for name in asterisk.stored]
        await asyncio.sleep(0.05)
        assert asterisk.now == AT_ONCE
        asterisk.slow.set()

    assert {one.result() for one in asked} == {b"sound"}
    assert asterisk.most == AT_ONCE


async def test_who_waits_too_long_for_one_is_told_so():
    asterisk = Asterisk(a=b"sound")
    asterisk.slow.clear()
    with pytest.raises(Trouble, match="voicemail/a did not come out of Asterisk"):
        await spool(asterisk, longest=0.02).fetch("voicemail/a")
