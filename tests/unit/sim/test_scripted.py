"""Scripted phones: what the flow hears of them, and when."""

import asyncio

import pytest

from ivrflow.sim import clock
from ivrflow.sim.scripted import Person, ScriptedChannel, ScriptedSwitch
from ivrflow.telephony.channel import DialOrder, HungUp, NotReached, Unreached
from ivrflow.telephony.sound import Utterance

LONG = Utterance("hello", "Hello", "en", seconds=10.0)
ORDER = DialOrder(address="PJSIP/1", leg="leg", ring_for=20)


def now():
    return asyncio.get_running_loop().time()


def test_channel_listens_while_the_flow_waits_for_a_key_that_is_not_there():
    async def talk():
        channel = ScriptedChannel(keys={3.0: "1"})
        seen = []
        channel.on_change = lambda: seen.append((now(), channel.listening))
        before = channel.listening
        key = await channel.keys.next(6)
        return before, seen, key, channel.listening

    assert clock.run(talk()) == (False, [(0.0, True)], "1", False)


def test_channel_does_not_listen_when_a_key_waits_already():
    async def talk():
        channel = ScriptedChannel()
        channel.press("12")
        async with asyncio.TaskGroup() as group:
            key = group.create_task(channel.keys.next(6))
            await asyncio.sleep(0)
            listening = channel.listening
        return key.result(), listening

    assert clock.run(talk()) == ("1", False)


def test_what_is_played_to_a_phone_that_hangs_up_is_not_played_to_its_end():
    async def talk():
        channel = ScriptedChannel(hangs_up_at=4.0)
        with pytest.raises(HungUp):
            await channel.play([LONG])
        return now()

    assert clock.run(talk()) == 4.0


def test_what_is_played_may_begin_in_the_middle_of_the_first_sound():
    async def talk():
        channel = ScriptedChannel()
        whole = await channel.play([LONG, LONG], begin=4.0)
        return whole, now(), channel.begins, [at for at, _ in channel.heard]

    assert clock.run(talk()) == (True, 16.0, {0.0: 4.0}, [0.0, 6.0])


@pytest.mark.parametrize(("again", "ends"), [(4.0, 6.0), (0.0, 12.0)])
def test_only_what_began_at_the_same_second_is_taken_up_by_the_next_process(
    again, ends
):
    async def talk():
        channel = ScriptedChannel()
        async with asyncio.TaskGroup() as group:
            group.create_task(channel.play([LONG], begin=4.0))
            await asyncio.sleep(2)
            await channel.play([LONG], begin=again)
            return now()

    assert clock.run(talk()) == ends


def test_phone_rings_until_somebody_answers():
    async def talk():
        switch = ScriptedSwitch({"PJSIP/1": Person(answers_after=None, talks_for=None)})
        asyncio.get_running_loop().call_later(7, switch.answer, "PJSIP/1")
        leg = await switch.dial(ORDER)
        up = switch.leg_at("PJSIP/1") is leg
        switch.hang_up("PJSIP/1")
        await asyncio.sleep(0)
        return now(), up, leg.gone.done(), switch.legs, switch.ringing

    assert clock.run(talk()) == (7.0, True, True, {}, {})


@pytest.mark.parametrize(
    ("person", "why", "at"),
    [
        (Person(answers_after=None), Unreached.NO_ANSWER, 20.0),
        (Person(answers_after=21.0), Unreached.NO_ANSWER, 20.0),
        (Person(refuses=Unreached.BUSY), Unreached.BUSY, 0.0),
        (None, Unreached.UNREACHABLE, 0.0),
    ],
)
def test_phone_that_is_not_answered_says_why(person, why, at):
    async def talk():
        switch = ScriptedSwitch({"PJSIP/1": person} if person else {})
        with pytest.raises(NotReached) as failed:
            await switch.dial(ORDER)
        return failed.value.why, now(), switch.ringing

    assert clock.run(talk()) == (why, at, {})


def test_call_is_refused_while_it_rings():
    async def talk():
        switch = ScriptedSwitch({"PJSIP/1": Person(answers_after=None)})
        asyncio.get_running_loop().call_later(2, switch.refuse, "PJSIP/1")
        with pytest.raises(NotReached) as failed:
            await switch.dial(ORDER)
        return failed.value.why, now()

    assert clock.run(talk()) == (Unreached.REJECTED, 2.0)


def test_cancelled_dialling_leaves_no_phone_ringing():
    async def talk():
        switch = ScriptedSwitch({"PJSIP/1": Person()})
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await switch.dial(ORDER)
        return switch.ringing, switch.legs

    assert clock.run(talk()) == ({}, {})
