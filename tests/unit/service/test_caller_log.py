"""The calls of one number log all that happens in them, and those of others nothing."""

import asyncio
import logging

import pytest

from ivrflow.facts import CallEnded, CallStarted, StepEntered
from ivrflow.flow.live import LiveCalls
from ivrflow.logs.more import More
from ivrflow.service.caller_log import CallerLog
from ivrflow.sim.clock import run

HIS, OTHER = "13800138000", "13900139000"


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def caller_log(clock, caplog):
    caplog.set_level(logging.DEBUG, "ivrflow")
    made = CallerLog(LiveCalls(), clock=clock, more=More())
    yield made
    for one in made.all:
        made.end(one.number)


def began(call, caller):
    return CallStarted(
        at=0, call=call, caller=caller, dialled="100", flow="top", version="v"
    )


def step(call, name):
    return StepEntered(
        at=0, call=call, flow="top", step=name, verb="say", place="t:1", number=1
    )


def ended(call):
    return CallEnded(
        at=0, call=call, by="caller", cause=16, flow="top", step="s", seconds=3
    )


def said(caplog):
    return [r.getMessage() for r in caplog.records if r.levelno == logging.DEBUG]


def test_what_happens_in_his_calls_is_told_in_words(caller_log, caplog):
    caller_log.begin(HIS, 60, by="ann")
    for fact in (
        began("a", HIS),
        began("b", OTHER),
        step("b", "theirs"),
        step("a", "greet"),
        ended("a"),
        step("a", "nothing comes after the end"),
    ):
        caller_log.note(fact)

    assert said(caplog) == [
        "call a: 13800138000 calls 100: flow top",
        "call a: greet  (say, t:1)",
        "call a: ended by caller in s after 3 s",
    ]


def test_nobody_is_logged_who_was_not_asked_for(caller_log, caplog):
    caller_log.note(began("a", HIS))
    caller_log.note(step("a", "greet"))

    assert said(caplog) == []


def test_it_ends_by_itself_and_says_so(caller_log, clock, caplog):
    caller_log.begin(HIS, 60, by="ann")
    caller_log.note(began("a", HIS))

    async def until_over():
        task = asyncio.get_running_loop().create_task(caller_log.run())
        for clock.now in (30.0, 59.0):
            await asyncio.sleep(2)
            assert caller_log.all
        clock.now = 60.0
        await asyncio.sleep(2)
        assert not caller_log.all
        task.cancel()

    run(until_over())
    caller_log.note(step("a", "greet"))

    assert "greet" not in " ".join(said(caplog))
    assert "calls of 13800138000 log as all others again" in caplog.text


def test_asked_for_again_it_has_another_end(caller_log):
    caller_log.begin(HIS, 60, by="ann")
    caller_log.begin(HIS, 90, by="bob")

    [one] = caller_log.all
    assert (one.until, one.by) == (90, "bob")
