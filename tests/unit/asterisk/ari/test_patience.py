"""Waiting for Asterisk: what is asked again, and what is given up."""

import asyncio

import pytest

from ivrflow.asterisk.ari import patience
from ivrflow.asterisk.ari.errors import AriAway, Gone
from ivrflow.asterisk.ari.patience import patiently


class Link:
    """Comes back when it is told to."""

    def __init__(self):
        self.back = asyncio.Event()

    async def until_ready(self, within):
        try:
            async with asyncio.timeout(within):
                await self.back.wait()
        except TimeoutError:
            return False
        return True


class Request:
    """Fails so many times, and then brings its answer."""

    def __init__(self, fails, error=AriAway):
        self.fails, self.error, self.sent = fails, error, 0

    async def __call__(self):
        self.sent += 1
        await asyncio.sleep(0)
        if self.sent <= self.fails:
            raise self.error("no")
        return "answer"


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    monkeypatch.setattr(patience, "PAUSE", 0.0)


async def test_what_is_answered_is_asked_once():
    request = Request(0)

    assert await patiently(Link(), request) == "answer"
    assert request.sent == 1


async def test_what_asterisk_did_not_answer_is_asked_again_when_it_is_back(caplog):
    link, request = Link(), Request(2)
    asking = asyncio.get_running_loop().create_task(patiently(link, request))
    await asyncio.sleep(0.01)
    assert request.sent == 1

    link.back.set()

    assert await asking == "answer"
    assert request.sent == 3
    assert caplog.messages == ["no; it is tried again when Asterisk is back"]


async def test_an_asterisk_that_stays_away_is_given_up(monkeypatch):
    monkeypatch.setattr(patience, "AWAY", 0.01)

    with pytest.raises(AriAway):
        await patiently(Link(), Request(9))


async def test_what_has_gone_is_not_asked_for_again():
    request = Request(9, Gone)

    with pytest.raises(Gone):
        await patiently(Link(), request)
    assert request.sent == 1


async def test_who_is_cancelled_waits_for_asterisk_no_longer():
    link, request = Link(), Request(1)
    asking = asyncio.get_running_loop().create_task(patiently(link, request))
    await asyncio.sleep(0.01)
    asking.cancel()

    with pytest.raises(asyncio.CancelledError):
        await asking
    assert request.sent == 1


async def test_who_is_cancelled_waits_for_a_request_that_is_on_its_way():
    answers, arrived = asyncio.Event(), []

    async def request():
        await answers.wait()
        arrived.append("answer")

    asking = asyncio.get_running_loop().create_task(patiently(Link(), request))
    await asyncio.sleep(0.01)
    asking.cancel()
    await asyncio.sleep(0.01)
    assert not asking.done()
    answers.set()

    with pytest.raises(asyncio.CancelledError):
        await asking
    assert arrived == ["answer"]
