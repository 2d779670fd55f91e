"""Agents whose phone is called once and stays up."""

import asyncio
import gc
import weakref
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest
from msgspec.structs import replace

from ivrflow.acd.desk.nailed import Lent, NailedUp, line_of
from ivrflow.acd.model import Presence
from ivrflow.aio import beside
from ivrflow.sim import clock
from ivrflow.sim.scripted import Person, ScriptedChannel, ScriptedSwitch
from ivrflow.telephony.channel import Unreached
from ivrflow.telephony.keys import Keys
from tests.unit.acd.floor import EPOCH, Floor, agent
from tests.unit.acd.test_desk import at, caller, rung, shown, told

ANN = agent("1001", nailed=True, presence=Presence.LOGGED_OUT)
UP = Person(answers_after=3, talks_for=None)


@asynccontextmanager
async def nailed(floor):
    """Phones that stay up are looked after while the block runs."""
    lines = NailedUp(floor.desk, floor.switch)
    floor.desk.lines = lines
    floor.desk.on_agent(lines.heard)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(lines.run())
        try:
            yield lines
        finally:
            task.cancel()


def on(story, *agents, **people):
    async def main():
        known = {f"PJSIP/{number[1:]}": person for number, person in people.items()}
        floor = Floor(agents or [ANN], known or {"PJSIP/1001": UP})
        async with floor.open(), nailed(floor):
            result = await story(floor)
        await floor.must_be_clean()
        return result

    return clock.run(main())


def line(floor):
    return floor.switch.leg_at("PJSIP/1001")


def test_the_phone_is_called_at_sign_in_and_hears_music_until_a_caller_comes():
    async def story(floor):
        await floor.desk.sign_in("1001")
        await at(10)
        assert line(floor).music_class == "default"
        await floor.desk.ready("1001")
        async with asyncio.TaskGroup() as group:
            group.create_task(floor.call(caller("c1", hangs_up_at=40)))
            await at(20)
            assert shown(floor, "1001").work == "talking"
            assert line(floor).music_class == ""
            await at(41)
            assert line(floor).music_class == "default"
            await at(60)
            group.create_task(floor.call(caller("c2", hangs_up_at=80)))
        assert [said.prompt for _, said in line(floor).heard] == ["beep", "beep"]
        return rung(floor), [f.waited for f in told(floor, "Connected")]

    # One ring for two calls; each waits for as long as the tone takes.
    ring, waits = on(story)
    assert ring == [(0, "PJSIP/1001")]
    assert waits == [pytest.approx(0.4)] * 2


def test_a_line_whose_task_never_began_is_called_by_the_next_run():
    class Faulty:
        """A desk that fails when it is asked a second time, at the same moment."""

        asked = 0

        @property
        def agents(self):
            self.asked += 1
            if self.asked == 2:
                raise RuntimeError("a fault of ours")
            if self.asked == 1:
                lines.heard(ANN)
            return {"1001": replace(ANN, presence=Presence.READY)}

    async def main():
        with pytest.raises(ExceptionGroup):
            await lines.run()
        async with beside(lines.run()):
            await asyncio.sleep(10)
            return [t for t, what in switch.log if what == "rings PJSIP/1001"]

    switch = ScriptedSwitch({"PJSIP/1001": UP})
    lines = NailedUp(Faulty(), switch)
    assert clock.run(main()) == [0]


def test_hanging_up_the_leg_of_a_talk_leaves_the_phone_up():
    async def story(floor):
        await floor.desk.ready("1001")
        await at(5)
        async with (
            floor.desk.line(floor.waiting("c")) as place,
            place.agent(floor.switch) as talk,
        ):
            await talk.leg.hang_up()
            assert talk.leg.gone.done()
        await at(6)
        assert line(floor).music_class == "default"
        return [f.by for f in told(floor, "TalkEnded")]

    assert on(story) == ["agent"]


def test_an_agent_who_hangs_up_the_phone_ends_the_talk_and_is_not_ready():
    async def story(floor):
        await floor.desk.ready("1001")
        async with asyncio.TaskGroup() as group:
            call = group.create_task(floor.call(caller()))
            await at(20)
            floor.switch.hang_up("PJSIP/1001")
        await at(21)
        ann = shown(floor, "1001")
        changed = told(floor, "AgentChanged")[-1]
        assert (changed.reason, changed.by) == ("line lost", "service")
        return call.result(), ann.presence, ann.reason

    assert on(story) == ("talked to 1001", "not ready", "line lost")


def test_who_lost_the_line_and_gets_ready_is_called_again():
    async def story(floor):
        await floor.desk.ready("1001")
        await at(10)
        floor.switch.hang_up("PJSIP/1001")
        await at(15)
        assert line(floor) is None
        await floor.desk.ready("1001")
        await at(20)
        assert line(floor).music_class == "default"
        return [t for t, _ in rung(floor)]

    assert on(story) == [0, 15]


def test_a_caller_waits_for_a_line_that_is_just_being_called():
    async def story(floor):
        await floor.desk.ready("1001")
        assert await floor.call(caller(hangs_up_at=30)) == "hung up"
        [connected] = told(floor, "Connected")
        return rung(floor), connected.at - EPOCH

    ring, when = on(story)
    assert ring == [(0, "PJSIP/1001")]
    assert when == pytest.approx(3.4)


def test_signing_out_ends_the_line_but_no_talk():
    async def story(floor):
        await floor.desk.ready("1001")
        async with asyncio.TaskGroup() as group:
            group.create_task(floor.call(caller(hangs_up_at=30)))
            await at(20)
            await floor.desk.sign_out("1001")
            await at(29)
            assert line(floor) is not None
        await at(31)
        assert line(floor) is None
        return shown(floor, "1001").presence

    assert on(story) == "logged out"


def test_who_signs_in_at_another_phone_has_the_line_there():
    async def story(floor):
        await floor.desk.sign_in("1001")
        await at(10)
        await floor.desk.sign_in("1001", "PJSIP/77")
        await at(20)
        assert line(floor) is None
        return [what for _, what in rung(floor)], shown(floor, "1001").reason

    assert on(story, ANN, _1001=UP, _77=UP) == (
        ["PJSIP/1001", "PJSIP/77"],
        "signed in",
    )


def test_a_phone_that_is_not_answered_leaves_the_agent_not_ready():
    async def story(floor):
        await floor.desk.ready("1001")
        assert await floor.call(caller(), max_wait=25) == "timeout"
        ann = shown(floor, "1001")
        return ann.presence, ann.reason, rung(floor)

    refuses = Person(refuses=Unreached.BUSY)
    assert on(story, ANN, _1001=refuses) == (
        "not ready",
        "line lost",
        [(0, "PJSIP/1001")],
    )


def test_a_nailed_up_agent_may_have_to_press_1_too():
    async def story(floor):
        await floor.desk.ready("1001")
        await at(10)
        async with asyncio.TaskGroup() as group:
            group.create_task(floor.call(caller(hangs_up_at=40)))
            await at(15)
            line(floor).press("1")
            await at(20)
            return shown(floor, "1001").work

    careful = agent("1001", nailed=True, confirm=True, presence=Presence.LOGGED_OUT)
    assert on(story, careful, _1001=UP) == "talking"


@pytest.mark.parametrize("when", [t / 5 for t in range(1, 60, 2)])
def test_a_hang_up_of_the_caller_at_any_moment_leaves_the_line_to_the_next(when):
    async def story(floor):
        await floor.desk.ready("1001")
        await floor.call(caller("c1", hangs_up_at=when))
        assert await floor.call(caller("c2", hangs_up_at=60)) == "hung up"
        return [f.call for f in told(floor, "Connected")][-1], len(rung(floor))

    assert on(story) == ("c2", 1)


@pytest.mark.parametrize("when", [t / 5 for t in range(1, 60, 2)])
def test_a_phone_that_is_hung_up_at_any_moment_leaves_nothing(when):
    async def story(floor):
        loop = asyncio.get_running_loop()
        loop.call_at(when, floor.switch.hang_up, "PJSIP/1001")
        await floor.desk.ready("1001")
        ended = await floor.call(caller("c1", hangs_up_at=20))
        await at(21)
        return ended

    assert on(story) in ("hung up", "talked to 1001")


@pytest.mark.parametrize("when", [t / 5 for t in range(0, 60, 2)])
def test_a_service_that_ends_at_any_moment_hangs_up_the_lines(when):
    async def story(floor):
        async def call():
            await floor.desk.ready("1001")
            await floor.call(caller("c1", hangs_up_at=10))

        async with asyncio.TaskGroup() as group:
            calling = group.create_task(call())
            await at(when)
            calling.cancel()

    on(story)


async def test_a_line_does_not_remember_the_talks_that_it_has_had():
    line = SimpleNamespace(
        id="1",
        caller_id="",
        dialled="",
        phone="",
        remembered="",
        keys=Keys(),
        gone=asyncio.get_running_loop().create_future(),
    )
    lent = Lent(line)
    forgotten = weakref.ref(lent)
    await lent.hang_up()
    del lent
    await asyncio.sleep(0)
    gc.collect()

    assert forgotten() is None


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("steps", range(8))
def test_a_caller_who_leaves_while_the_line_of_his_talk_is_found_leaves_it_to_others(
    known, steps
):
    """The talk is one of an earlier service, whose line is up."""

    ann = agent("1001", nailed=True, presence=Presence.NOT_READY)

    async def main():
        floor = Floor([ann], {"PJSIP/1001": UP})
        leg = ScriptedChannel(id=line_of(ann), dialled="PJSIP/1001")
        floor.switch.legs[leg.id] = leg
        async with floor.open(), nailed(floor) as lines:
            if known:
                await at(1)
            found = asyncio.get_running_loop().create_task(lines.again(ann))
            for _ in range(steps):
                await asyncio.sleep(0)
            found.cancel()
            await at(2)
            await floor.desk.ready("1001")
            if not found.cancelled():
                await found.result().hang_up()
            await at(3)
            assert leg.music_class == "default"
            assert await floor.call(caller(hangs_up_at=30)) == "hung up"
            assert len(told(floor, "Connected")) == 1

    clock.run(main())
