"""The robots of the fault tests behave as callers do when the service dies."""

import asyncio
import random
from types import SimpleNamespace

import pytest
from faults_rig import callers
from faults_rig.callers import Caller
from faults_rig.follow import Follow
from faults_rig.service import now
from faults_rig.truth import Row

PIN = "471108"


class Heard:
    """The facts of one call, as they come, and what its robot has pressed."""

    def __init__(self):
        self.pressed = ""
        self.follow = Follow(None)
        self.at_key = {}
        """What happens when so many keys were pressed."""
        self.stream = SimpleNamespace(speak=lambda: None, hush=lambda: None)

    def says(self, kind, at=None, **data):
        self.follow._take(Row(0, at or now(), "17.1", kind, data))

    async def press(self, key, length, gap):
        self.pressed += key
        await asyncio.sleep(0)
        self.at_key.pop(len(self.pressed), lambda: None)()


@pytest.fixture
def at_once(monkeypatch):
    monkeypatch.setattr(callers, "THINKS", (0.0, 0.0))
    monkeypatch.setattr(callers, "HEARS_AGAIN", (0.0, 0.0))


async def typed_by(call):
    """What a caller has pressed who is asked for a PIN."""
    does = {"enter_pin": PIN}
    caller = Caller("139", "balance", does, 60, random.Random(1))
    call.says("CallStarted", caller="139")
    call.says("StepEntered", step="enter_pin")
    call.says("Said", prompt="pin")
    place = call.follow.of("139")
    task = asyncio.get_running_loop().create_task(caller._through(call, place))
    await asyncio.sleep(0.1)
    task.cancel()
    return call.pressed


def comes_back(call, since):
    """The service is back, and asks anew, so many seconds after now."""

    def news():
        call.says("CallResumed")
        call.says("Said", at=now() + since, prompt="pin")

    return news


@pytest.mark.parametrize("key", [1, 3, len(PIN)])
async def test_who_typed_when_he_was_asked_anew_types_on(at_once, key):
    call = Heard()
    call.at_key[key] = comes_back(call, -0.05)

    assert await typed_by(call) == PIN


async def test_who_is_asked_anew_while_he_types_begins_anew(at_once):
    call = Heard()
    call.at_key[2] = comes_back(call, 5.0)

    assert await typed_by(call) == PIN[:2] + PIN


async def test_who_is_asked_anew_after_he_has_typed_types_again(at_once):
    call = Heard()
    call.at_key[len(PIN)] = comes_back(call, 5.0)

    assert await typed_by(call) == PIN + PIN


async def test_who_is_told_that_his_entry_was_wrong_enters_it_anew(at_once):
    call = Heard()
    call.at_key[len(PIN)] = lambda: call.says("Said", at=now() + 5, prompt="pin.wrong")

    assert await typed_by(call) == PIN + PIN
