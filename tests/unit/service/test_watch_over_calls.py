"""What is told of AMI and of the panic switch, on virtual time."""

import asyncio

from ivrflow.aio import beside
from ivrflow.asterisk.ami.client import AmiAway, AmiRefused
from ivrflow.service.watch import kept_up, panic_watched
from ivrflow.sim.clock import run


class Away:
    ready = False

    async def run(self):
        raise AmiAway("no AMI at 127.0.0.1:5038: no answer")


class Switch:
    ready = True

    def __init__(self):
        self.value = ""
        self.refuses = ""

    async def panic(self):
        if self.refuses:
            raise AmiRefused(self.refuses)
        return self.value


def test_an_ami_that_stays_away_is_told_once(caplog):
    async def story():
        async with beside(kept_up(Away())):
            await asyncio.sleep(60)

    run(story())
    assert [record.getMessage() for record in caplog.records] == [
        "no AMI at 127.0.0.1:5038: no answer; it is tried again every 2 s"
    ]


def test_panic_switch_is_told_when_it_is_thrown_now_and_again_and_when_it_is_off(
    caplog,
):
    async def story():
        switch = Switch()
        async with beside(panic_watched(switch)):
            await asyncio.sleep(15)
            switch.value = "overflow"
            await asyncio.sleep(1150)
            switch.value = "off"
            await asyncio.sleep(600)

    run(story())
    told = [record.getMessage() for record in caplog.records]
    assert [line.startswith("the panic switch is on (overflow)") for line in told] == [
        True,
        True,
        False,
    ]
    assert told[-1] == "the panic switch is off again"


def test_panic_switch_that_may_not_be_read_is_told_once(caplog):
    async def story():
        switch = Switch()
        switch.refuses = "AMI refuses to read the panic switch: Permission denied"
        async with beside(panic_watched(switch)):
            await asyncio.sleep(60)
            switch.refuses, switch.value = "", "fallback"
            await asyncio.sleep(15)

    run(story())
    told = [record.getMessage() for record in caplog.records]
    assert [line[:30] for line in told] == [
        "AMI refuses to read the panic ",
        "the panic switch is on (fallba",
    ]
