"""Which calls are taken, and what becomes of the others."""

import asyncio
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest

from ivrflow.asterisk.ari.errors import Gone
from ivrflow.service import admission as module
from ivrflow.service.admission import Admission
from ivrflow.telephony.channel import Cause


class Channel:
    def __init__(self, id="c1"):
        self.id = id
        self.gone = asyncio.get_running_loop().create_future()
        self.told = None
        self.refused = False

    async def hang_up(self, cause=Cause.NORMAL_CLEARING):
        await asyncio.sleep(0)
        self.told = cause
        self.end(cause)

    def end(self, cause):
        if not self.gone.done():
            self.gone.set_result(cause)


class Dialplan:
    def __init__(self, *, there=True):
        self.there = there
        self.channels = self
        self.continued = []

    async def continue_in_dialplan(self, channel, **where):
        if not self.there:
            raise Gone("404")
        self.continued.append((channel, where))


@asynccontextmanager
async def refusing(admission):
    async with asyncio.TaskGroup() as group:
        task = group.create_task(admission.run())
        yield
        task.cancel()


CALM = SimpleNamespace(heavy=False)


def test_calls_are_taken_up_to_the_limit():
    admission = Admission(2, CALM, Dialplan())
    assert admission.refusal(0) == admission.refusal(1) == ""
    assert admission.refusal(2) == "2 calls are up, and limits: calls: is 2"


def test_a_loop_that_is_late_takes_none():
    lag = SimpleNamespace(heavy=True)
    admission = Admission(1000, lag, Dialplan())
    assert admission.refusal(0) == "the service has more work than it can do"
    lag.heavy = False
    assert admission.refusal(0) == ""


async def test_who_is_refused_hears_busy(caplog):
    admission = Admission(0, CALM, Dialplan())
    channels = [Channel(str(number)) for number in range(10)]
    async with refusing(admission):
        for channel in channels:
            admission.refuse(channel, "full")
        async with asyncio.timeout(5):
            await asyncio.wait([c.gone for c in channels])
    assert {c.told for c in channels} == {Cause.USER_BUSY}
    assert all(c.refused for c in channels)
    assert admission.refused == 10
    assert admission.waiting == 0
    assert len(caplog.messages) == 4  # at 1, 2, 4 and 8
    assert caplog.messages[-1] == "8 calls refused (busy): full"


@pytest.mark.parametrize("there", [True, False])
async def test_or_goes_to_the_overflow_of_the_dialplan_if_there_is_one(there):
    dialplan = Dialplan(there=there)
    admission, channel = Admission(0, CALM, dialplan, above="overflow"), Channel()
    async with refusing(admission):
        admission.refuse(channel, "full")
        async with asyncio.timeout(5):
            await channel.gone
    if there:
        assert dialplan.continued[0][1]["context"] == "ivrflow-overflow"
        assert channel.told is None
    else:
        assert channel.told == Cause.USER_BUSY


async def test_the_line_of_those_who_are_refused_has_an_end(monkeypatch):
    monkeypatch.setattr(module, "MOST", 3)
    admission = Admission(0, CALM, Dialplan())
    channels = [Channel(str(number)) for number in range(5)]
    for channel in channels:
        admission.refuse(channel, "full")
    assert (admission.waiting, admission.left) == (3, 2)
    assert [c.gone.done() for c in channels] == [False] * 3 + [True] * 2
    assert channels[4].told is None  # nothing is sent: the dialplan has it
