"""One way of events for the other, with two that do what the test says."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from ivrflow.asterisk.ari import standing_in as module
from ivrflow.asterisk.ari.standing_in import StandingIn


class Way:
    """*answers*: it connects as soon as it runs."""

    cure = "look there"

    def __init__(self, where, *, answers=False):
        self.where = where
        self.answers = answers
        self.sink = None
        self.dropped = 0

    async def run(self, sink):
        self.sink = sink
        try:
            if self.answers:
                sink.connected()
            await asyncio.get_running_loop().create_future()
        finally:
            sink.disconnected("it stops")
            self.sink = None

    def drop(self, why):
        self.dropped += 1
        self.sink.disconnected(why)


class Story(list):
    def connected(self):
        self.append("connected")

    def received(self, text):
        self.append(text)

    def disconnected(self, why):
        self.append(f"disconnected: {why}")


@asynccontextmanager
async def running():
    usual, other = Way("ws://usual"), Way("http://other", answers=True)
    both, story = StandingIn(usual, other), Story()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(both.run(story))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        yield both, usual, other, story
        task.cancel()


@pytest.fixture(autouse=True)
def in_haste(monkeypatch):
    monkeypatch.setattr(module, "MOMENT", 0.02)


async def test_the_usual_way_is_handed_through():
    async with running() as (both, usual, other, story):
        usual.sink.connected()
        usual.sink.received("1")
        usual.sink.disconnected("it closed")
        usual.sink.connected()
        assert story == ["connected", "1", "disconnected: it closed", "connected"]
        await asyncio.sleep(0.1)
        assert other.sink is None
        assert both.where == "ws://usual"


async def test_nobody_stands_in_for_one_who_has_never_been_there():
    async with running() as (_, _, other, story):
        await asyncio.sleep(0.1)
        assert other.sink is None
        assert story == []


async def test_who_was_dead_and_does_not_come_back_is_stood_in_for():
    async with running() as (both, usual, other, story):
        usual.sink.connected()
        both.drop("dead")
        await asyncio.sleep(0.1)
        other.sink.received("2")
        assert story == ["connected", "disconnected: dead", "connected", "2"]
        assert both.where == "http://other"

        usual.sink.connected()  # Asterisk brings nothing on it any more
        usual.sink.received("3")
        assert story[-1] == "2"
        both.drop("dead too")
        assert other.dropped == 1


async def test_who_comes_back_at_once_is_trusted_once():
    async with running() as (both, usual, other, story):
        usual.sink.connected()
        both.drop("dead")
        usual.sink.connected()
        await asyncio.sleep(0.1)
        assert other.sink is None

        both.drop("dead again")
        usual.sink.connected()
        await asyncio.sleep(0.1)
        assert other.sink is not None
        assert story[-2:] == ["disconnected: nothing comes on it", "connected"]


async def test_the_usual_way_counts_again_when_the_other_one_has_ended():
    async with running() as (both, usual, other, story):
        usual.sink.connected()
        both.drop("dead")
        await asyncio.sleep(0.1)
        other.sink.disconnected("Asterisk was started anew")
        await asyncio.sleep(0.05)
        assert other.sink is None
        usual.sink.connected()
        usual.sink.received("4")
        assert story[-2:] == ["connected", "4"]


async def test_an_asterisk_that_takes_its_application_back_gets_it():
    async with running() as (both, usual, other, story):
        usual.sink.connected()
        both.drop("dead")
        await asyncio.sleep(0.1)
        usual.sink.connected()
        other.sink.received('{"type":"ApplicationReplaced"}')
        await asyncio.sleep(0.05)
        usual.sink.received("5")
        assert story[-2:] == ["connected", "5"]
