"""The link, with an Asterisk that answers as the test says."""

import asyncio
import logging
from contextlib import asynccontextmanager

import pytest

from ivrflow.asterisk.ari import link as module
from ivrflow.asterisk.ari.errors import AriAway, AriError, Gone
from ivrflow.asterisk.ari.link import Link
from ivrflow.asterisk.ari.wire.models import AsteriskInfo, StatusInfo


class Asterisk:
    """*troubles* are raised first, one at each try."""

    unknown = False

    def __init__(self, *troubles):
        self.troubles = list(troubles)
        self.started = "monday"
        self.filters = 0
        self.dropped = []

    async def info(self):
        if self.troubles:
            raise self.troubles.pop(0)
        return AsteriskInfo(
            status=StatusInfo(startup_time=self.started, last_reload_time="")
        )

    async def set_filter(self):
        if self.unknown:
            raise Gone("404")
        self.filters += 1

    def drop(self, why):
        self.dropped.append(why)


@pytest.fixture(autouse=True)
def no_patience(monkeypatch, caplog):
    caplog.set_level(logging.INFO, module.__name__)
    for name in ("PATIENCE", "PAUSE", "PAUSE_REFUSED"):
        monkeypatch.setattr(module, name, 0.02)


@asynccontextmanager
async def running(asterisk):
    link = Link(asterisk, where="ws://here", cure=lambda: "look there")
    async with asyncio.TaskGroup() as group:
        task = group.create_task(link.run())
        await asyncio.sleep(0)
        yield link
        task.cancel()


async def test_it_is_ready_once_asterisk_has_told_who_it_is():
    asterisk = Asterisk()
    async with running(asterisk) as link:
        assert not await link.until_ready(0.05)
        link.connected()
        assert await link.until_ready(1)

    assert asterisk.filters == 1
    assert not link.ready


@pytest.mark.parametrize("trouble", [Gone("404"), AriAway("503")])
async def test_an_asterisk_that_still_starts_is_waited_for(trouble, caplog):
    async with running(Asterisk(trouble, trouble)) as link:
        link.connected()
        assert await link.until_ready(1)

    assert len(caplog.messages) == 1


async def test_a_connection_without_our_application_is_dropped(monkeypatch):
    monkeypatch.setattr(module, "USELESS", 0.05)
    asterisk = Asterisk()
    asterisk.unknown = True
    async with running(asterisk) as link:
        link.connected()
        async with asyncio.timeout(2):
            while not asterisk.dropped:
                await asyncio.sleep(0.01)
        asterisk.unknown = False
        link.connected()
        assert await link.until_ready(1)


async def test_a_refusal_is_said_once(caplog):
    async with running(Asterisk(*[AriError("wrong password")] * 3)) as link:
        link.connected()
        assert await link.until_ready(1)

    assert caplog.messages[0] == "wrong password"
    assert len(caplog.messages) == 2
    caplog.clear()


async def test_an_absence_is_said_once_and_the_return_too(caplog):
    async with running(Asterisk()) as link:
        link.connected()
        await link.until_ready(1)
        caplog.clear()
        for _ in range(3):
            link.disconnected("it went")
            assert not link.ready
            await asyncio.sleep(0.05)
        link.connected()
        await link.until_ready(1)

    assert len(caplog.messages) == 2
    assert "Asterisk is away (it went); waiting for it at ws://here" in caplog.text
    assert "is back" in caplog.text


async def test_one_that_never_came_is_said_once_with_what_to_look_at(caplog):
    async with running(Asterisk()):
        await asyncio.sleep(0.1)

    assert len(caplog.messages) == 1
    assert "look there" in caplog.text


async def test_a_restart_is_known_by_the_time_of_its_start(caplog):
    asterisk = Asterisk()
    async with running(asterisk) as link:
        for asterisk.started in ("monday", "monday", "tuesday"):
            link.connected()
            await link.until_ready(1)
            link.disconnected("x")

    assert caplog.text.count("was started anew") == 1


async def test_who_looks_around_does_so_before_it_is_ready_and_again_if_it_fails():
    story = []
    async with running(Asterisk()) as link:

        async def look():
            story.append(link.ready)
            if len(story) == 1:
                raise AriAway("just now")

        link.on_return(look)
        link.connected()
        assert await link.until_ready(1)

    assert story == [False, False]


async def test_a_new_filter_is_sent_while_it_is_ready():
    asterisk = Asterisk()
    async with running(asterisk) as link:
        link.connected()
        await link.until_ready(1)
        link.refilter()
        await asyncio.sleep(0.05)
        assert link.ready

    assert asterisk.filters == 2


async def test_a_connection_lost_while_it_is_greeted_does_not_count():
    asterisk = Asterisk()
    async with running(asterisk) as link:

        async def lose():
            link.disconnected("at once")

        link.on_return(lose)
        link.connected()
        assert not await link.until_ready(0.1)
