"""The probe, with a line that does what the test says."""

import asyncio
import time
from contextlib import asynccontextmanager

import pytest

from ivrflow.asterisk.ari import probe as module
from ivrflow.asterisk.ari.errors import AriAway, Gone
from ivrflow.asterisk.ari.probe import NAME, Probe, Probed
from ivrflow.asterisk.ari.wire.event_models import ChannelUserevent


class Line:
    """*brings*: what is ordered comes back."""

    def __init__(self, *, brings=True, trouble=None):
        self.brings = brings
        self.trouble = trouble
        self.connection = 1
        self.received = 0
        self.sent = 0
        self.dropped = []
        self.probe = Probe(
            Probed(
                send=self.send,
                connection=lambda: self.connection,
                received=lambda: self.received,
                drop=self.dropped.append,
            )
        )

    async def send(self, name, mark):
        self.sent += 1
        if self.trouble:
            raise self.trouble
        if self.brings:
            self.come(name, mark)

    def come(self, name, mark):
        self.received += 1
        self.probe.heard(
            ChannelUserevent(
                application="ivrflow",
                timestamp="now",
                eventname=name,
                userevent={"probe": mark, "eventname": name},
            )
        )


@asynccontextmanager
async def probing(line):
    async with asyncio.TaskGroup() as group:
        task = group.create_task(line.probe.run())
        yield line
        task.cancel()


@pytest.fixture(autouse=True)
def in_haste(monkeypatch):
    monkeypatch.setattr(module, "EVERY", 0.02)
    monkeypatch.setattr(module, "WITHIN", 0.3)
    monkeypatch.setattr(module, "SLICE", 0.05)


async def until(look):
    async with asyncio.timeout(5):
        while not look():
            await asyncio.sleep(0.01)


async def test_a_line_that_brings_its_probes_is_left_alone():
    async with probing(Line()) as line:
        await until(lambda: line.sent > 5)

    assert line.dropped == []


async def test_a_line_on_which_nothing_comes_is_dropped():
    async with probing(Line(brings=False)) as line:
        await until(lambda: line.dropped)

    assert line.dropped[0] == "no event came back within 0.3 s"


async def test_any_other_event_proves_the_line_too():
    async with probing(Line(brings=False)) as line:
        for _ in range(60):
            line.received += 1
            await asyncio.sleep(0.02)

    assert line.dropped == []


async def test_the_probe_of_another_process_proves_nothing():
    theirs = ChannelUserevent(
        application="ivrflow",
        timestamp="now",
        eventname=NAME,
        userevent={"probe": "0123-1"},
    )

    async with probing(Line(brings=False)) as line:

        def dropped():
            line.probe.heard(theirs)  # again and again, so in each round of ours
            return line.dropped

        await until(dropped)


async def test_an_asterisk_that_does_not_know_us_is_dropped_at_once(monkeypatch):
    monkeypatch.setattr(module, "WITHIN", 60.0)
    async with probing(Line(trouble=Gone("404"))) as line:
        await until(lambda: line.dropped)

    assert line.dropped[0] == "Asterisk does not know our application any more"


async def test_a_request_that_gets_no_answer_is_judged_by_what_comes():
    async with probing(Line(trouble=AriAway("slow"))) as line:
        await until(lambda: line.dropped)


async def test_time_in_which_our_own_loop_stood_still_does_not_count():
    line = Line(brings=False)

    async def work():
        while True:
            time.sleep(0.2)  # noqa: ASYNC251  # that is what is tested
            await asyncio.sleep(0)

    async with probing(line):
        await until(lambda: line.sent)
        async with asyncio.TaskGroup() as group:
            busy = group.create_task(work())
            began = time.monotonic()
            await until(lambda: line.dropped or time.monotonic() - began > 0.7)
            busy.cancel()
        assert line.dropped == []  # 0.7 s by the clock, some 0.2 s of ours


async def test_without_a_connection_nothing_is_sent():
    line = Line()
    line.connection = None
    async with probing(line):
        await asyncio.sleep(0.2)

    assert line.sent == 0


async def test_a_connection_that_was_made_meanwhile_is_not_dropped_for_the_old_one():
    async with probing(Line(brings=False)) as line:
        await until(lambda: line.sent)
        line.connection = 2
        await asyncio.sleep(0.2)
        line.brings = True
        await asyncio.sleep(0.5)

    assert line.dropped == []
