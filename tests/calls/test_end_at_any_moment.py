"""A call that ends at any moment, in any way, leaves nothing behind.

Tried at every tenth of a second of two whole calls. Taking `finish` out of the flow
room or the desk makes these tests fail.
"""

import asyncio
from dataclasses import replace

import pytest

from ivrflow.acd.desk.memory import MemoryBoard
from ivrflow.acd.model import Work
from ivrflow.facts import CallEnded
from ivrflow.sim import clock
from ivrflow.sim.memory import MemoryMessages
from ivrflow.sim.rehearsal.people import AgentAs
from ivrflow.sim.rehearsal.scene import opening
from ivrflow.sim.rehearsal.stage import Stage
from ivrflow.sim.scripted import ScriptedChannel
from tests.hotline_stage import LI, MONDAY, RIGHT_PIN, SITE, press


async def to_an_agent(stage):
    """Language, card, PIN, menu, queue, an agent who hangs up, survey."""
    for keys in ("2", "330106123459", "246810", "0"):
        await press(stage, keys)
    await stage.until(lambda: stage.phones.ringing, 60)
    await stage.until(lambda: False, 2)
    stage.phones.answer("PJSIP/1003")
    await stage.until(lambda: stage.phones.bridges, 60)
    await stage.until(lambda: False, 2)
    stage.phones.hang_up("PJSIP/1003")
    await press(stage, "5")


async def to_a_message(stage):
    """A queue, an agent who does not answer, a message, its review."""
    await stage.until(lambda: stage.call.step_name == "wait_for_agent", 90)
    await stage.until(lambda: False, 25)
    await press(stage, "1")
    await stage.until(lambda: stage.channel.recording, 60)
    stage.channel.speak(4)
    await stage.until(lambda: False, 4)
    await press(stage, "#")
    await press(stage, "1")


CALLS = {
    "to an agent": (to_an_agent, "welcome"),
    "to a message": (to_a_message, "agent"),
}


def stage_of(start):
    answers = {"retailers": RIGHT_PIN}
    agents = {"1003": AgentAs(**{"is": "ready"})}
    scene = opening(SITE, "hotline", at=MONDAY, answers=answers, agents=agents)
    if start == "agent":
        scene = replace(scene, variables={"customer": LI})
    return Stage(SITE, scene.starting_at(start))


async def nothing_is_left(stage):
    """The agent is given back, nobody stands in the line, no leg or bridge is up."""
    assert stage.channel.gone.done()
    assert stage.phones.bridges == 0
    assert stage.phones.legs == {}
    assert stage.phones.ringing == {}
    await asyncio.sleep(16)  # the wrap-up
    assert await stage.board.waiting() == []
    assert await stage.board.offers() == []
    (state,) = [a for a in stage.desk.state().agents if a.number == "1003"]
    (agent,) = [a for a in await stage.board.agents() if a.number == "1003"]
    assert state.work == Work.IDLE.value
    assert agent.work_at(stage.seconds()) is Work.IDLE
    assert not [m for m in stage.messages.all.values() if m.state == "recording"]
    assert sum(isinstance(fact, CallEnded) for fact in stage.facts) == 1


async def hang_up(stage, running):
    stage.channel.drop()


async def shut_down(stage, running):
    running.cancel()
    await asyncio.sleep(LAG / 2)
    running.cancel()  # while the first one is still being cleaned up


async def hang_up_then_shut_down(stage, running):
    stage.channel.drop()
    for _ in range(4):
        await asyncio.sleep(LAG / 2)
        running.cancel()


LAG = 0.02
"""Seconds that everything outside takes: what takes no time can't be interrupted."""


@pytest.fixture
def far_away(monkeypatch):
    """The switch, the board and the mailboxes answer after `LAG` seconds."""

    def slow(kind, name):
        at_once = getattr(kind, name)

        async def later(*args, **kwargs):
            await asyncio.sleep(LAG)
            return await at_once(*args, **kwargs)

        monkeypatch.setattr(kind, name, later)

    for name in ("answer", "hang_up", "kept"):
        slow(ScriptedChannel, name)
    for name in ("begin", "keep", "drop"):
        slow(MemoryMessages, name)
    slow(MemoryBoard, "write")


@pytest.mark.parametrize("end", [hang_up, shut_down, hang_up_then_shut_down])
@pytest.mark.parametrize("name", CALLS)
def test_end_at_any_tenth_of_a_second_leaves_nothing_behind(
    name, end, far_away, caplog
):
    talk, start = CALLS[name]

    async def call(at):
        """Return whether the call was still up at that moment."""
        stage = stage_of(start)
        async with asyncio.TaskGroup() as group:
            desk = group.create_task(stage.desk.run())
            running = group.create_task(stage.run())
            people = group.create_task(talk(stage))
            await asyncio.sleep(at)
            up = not running.done()
            people.cancel()
            await end(stage, running)
            await asyncio.wait([running])
            await nothing_is_left(stage)
            desk.cancel()
        return up

    tenths = 1
    while clock.run(call(tenths / 10)):
        tenths += 1
    assert tenths > 300
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
