"""Ways out of a flow on the real Asterisk: rooms, transfers, recordings."""

import asyncio
import wave
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import timedelta

import pytest

from ivrflow.asterisk.ari.errors import AriError
from ivrflow.facts import (
    CallEnded,
    CallRecorded,
    CallRecordingPaused,
    RoomEntered,
    StepEntered,
    TransferEnded,
)
from ivrflow.flow.call import Call
from ivrflow.flow.outbound import DialGuard, OutboundRules
from ivrflow.flow.run import run_call
from ivrflow.flow.world import World
from ivrflow.sim import tones
from ivrflow.sim.memory import (
    MemoryCallbacks,
    MemoryLockOuts,
    MemoryLookups,
    MemoryMessages,
    MemorySwitches,
    PlainVerifier,
)
from ivrflow.telephony.channel import HungUp, NotReached, RecordingFailed
from tests.asterisk_rig import until
from tests.unit.flow.one_call import EPOCH, site

pytestmark = pytest.mark.asterisk

LOW, MIDDLE, HIGH = 550, 1150, 1950
"""Tones in Hz, one a person."""


# Rooms --------------------------------------------------------------------------------


async def test_three_in_a_room_hear_each_other(ari):
    calls = [await ari.call() for _ in range(3)]
    phones = [phone for _, phone in calls]
    async with asyncio.TaskGroup() as group:
        leave = asyncio.Event()
        for channel, _ in calls:
            group.create_task(stands(ari, channel, leave))
        await until(lambda: ari.switch._rooms._rooms and in_room(ari, "r"), wanted=3)
        await asyncio.sleep(0.5)
        for phone, tone in zip(phones, (LOW, MIDDLE, HIGH), strict=True):
            phone.send_tone(tone)
            others = [p for p in phones if p is not phone]
            heard = [await p.hears_tone(tone, within=3) for p in others]
            phone.stop_sending()
            await asyncio.sleep(0.3)
            assert heard == [True, True]
        leave.set()
    await ari.nothing_is_left()


def in_room(ari, name):
    return ari.switch._rooms._rooms[name].members


async def stands(ari, channel, leave):
    async with ari.switch.room("r", channel, most=5) as room:
        await leave.wait()
        return room


async def test_all_in_a_room_hear_what_is_played_there(ari):
    calls = [await ari.call() for _ in range(2)]
    leave = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(stands(ari, calls[0][0], leave))
        async with ari.switch.room("r", calls[1][0], most=5) as room:
            await asyncio.sleep(0.3)
            hearing = [
                group.create_task(p.hears_tone(1050, within=3)) for _, p in calls
            ]
            await room.play([ari.sound(10)])
            leave.set()
    assert [h.result() for h in hearing] == [True, True]
    await ari.nothing_is_left()


async def test_a_room_is_recorded_whole_and_once(ari):
    calls = [await ari.call() for _ in range(2)]
    leave = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(stands(ari, calls[0][0], leave))
        async with ari.switch.room("r", calls[1][0], most=5) as room:
            name = await room.record(f"calls/{ari.new_id()}")
            assert await room.record("calls/another") == name
            await asyncio.sleep(0.5)
            calls[0][1].send_tone(LOW)
            calls[1][1].send_tone(HIGH)
            await asyncio.sleep(1.5)
            leave.set()
    await ari.nothing_is_left()
    sound = wav(ari, name)
    assert tones.has_tone(sound, LOW)
    assert tones.has_tone(sound, HIGH)
    assert tones.duration(sound) > 1


async def test_a_recording_outside_its_folder_is_refused_in_a_room(ari):
    channel, _ = await ari.call()
    async with ari.switch.room("r", channel, most=5) as room:
        with pytest.raises(RecordingFailed, match="no name for a recording"):
            await room.record("../x")
    await ari.nothing_is_left()


# Recording ----------------------------------------------------------------------------


def wav(ari, name):
    with wave.open(str(ari.asterisk.recordings_dir / f"{name}.wav")) as file:
        return file.readframes(file.getnframes())


async def test_both_sides_are_in_the_recording_and_a_pause_is_not(ari):
    channel, phone = await ari.call()
    recorder = await ari.switch.record_call(channel, f"calls/{ari.new_id()}")

    phone.send_tone(LOW)
    await asyncio.sleep(1)
    phone.stop_sending()
    await channel.play([ari.sound(10)])
    await recorder.pause()
    phone.send_tone(HIGH)
    await asyncio.sleep(1)
    phone.stop_sending()
    await asyncio.sleep(0.3)
    await recorder.resume()
    phone.send_tone(MIDDLE)
    await asyncio.sleep(1)
    done = await recorder.stop()

    sound = wav(ari, recorder.name)
    assert tones.has_tone(sound, LOW)
    assert tones.has_tone(sound, 1050)
    assert tones.has_tone(sound, MIDDLE)
    assert not tones.has_tone(sound, HIGH, lasting=0.1)
    assert tones.duration(sound) == pytest.approx(done.seconds, abs=0.3)
    assert tones.duration(sound) == pytest.approx(3.0, abs=0.4)


async def test_a_hang_up_keeps_the_recording(ari):
    channel, phone = await ari.call()
    recorder = await ari.switch.record_call(channel, f"calls/{ari.new_id()}")
    await asyncio.sleep(1)
    await phone.hang_up()
    async with asyncio.timeout(2):
        await channel.gone
    done = await recorder.stop()

    assert tones.duration(wav(ari, recorder.name)) == pytest.approx(
        done.seconds, abs=0.3
    )
    await ari.nothing_is_left()


async def test_a_recording_that_cannot_be_paused_is_ended(ari, caplog):
    channel, phone = await ari.call()
    recorder = await ari.switch.record_call(channel, f"calls/{ari.new_id()}")
    phone.send_tone(LOW)
    await asyncio.sleep(0.5)

    async def refuse(name):
        raise AriError("no pause today")

    ari.client.recordings.pause = refuse
    await recorder.pause()
    phone.send_tone(HIGH)
    await asyncio.sleep(0.5)
    await recorder.resume()
    await recorder.stop()

    sound = wav(ari, recorder.name)
    assert tones.has_tone(sound, LOW)
    assert not tones.has_tone(sound, HIGH, lasting=0.1)
    assert "can't be paused, so it is ended" in caplog.text
    caplog.clear()


async def test_a_recording_that_goes_on_for_all_we_know_lets_no_secret_be_asked(
    ari, caplog
):
    channel, _ = await ari.call()
    recorder = await ari.switch.record_call(channel, f"calls/{ari.new_id()}")
    real = ari.client.channels.hangup

    async def refuse(*what, **how):
        raise AriError("not today")

    ari.client.recordings.pause = ari.client.channels.hangup = refuse
    for _ in range(2):
        with pytest.raises(RecordingFailed):
            await recorder.pause()

    ari.client.channels.hangup = real
    await recorder.stop()
    caplog.clear()


async def test_a_name_that_leads_out_of_the_folder_is_not_recorded(ari):
    channel, phone = await ari.call()

    with pytest.raises(RecordingFailed):
        await ari.switch.record_call(channel, "../calls/x")

    assert phone.up


async def test_a_call_that_has_gone_is_not_recorded_and_leaves_nothing(ari):
    channel, phone = await ari.call()
    await phone.hang_up()
    async with asyncio.timeout(2):
        await asyncio.wait([channel.gone])

    with pytest.raises(RecordingFailed):
        await ari.switch.record_call(channel, f"calls/{ari.new_id()}")

    await ari.nothing_is_left()


# Blind --------------------------------------------------------------------------------


async def test_a_call_that_is_handed_over_is_sent_to_the_phone_and_leaves(ari):
    channel, phone = await ari.call()
    await ari.agent("1001")

    await ari.switch.hand_over(channel, "PJSIP/1001")

    assert phone.transferred_to.startswith("sip:phone-")
    assert channel.gone.done()
    await ari.nothing_is_left()


async def test_a_call_may_be_handed_over_to_an_address_outside(ari):
    channel, phone = await ari.call()

    await ari.switch.hand_over(channel, "PJSIP/sip:01065521234@trunk.example.com")

    assert "sip:01065521234@trunk.example.com" in phone.transferred_to


async def test_a_call_that_the_network_does_not_take_is_still_here(ari):
    channel, phone = await ari.call()
    phone.refuses_transfers = True
    await ari.agent("1001")

    with pytest.raises(NotReached):
        await ari.switch.hand_over(channel, "PJSIP/1001")

    assert phone.up
    assert await channel.play([ari.sound(3)])


async def test_a_caller_who_hangs_up_while_handed_over_leaves_nothing(ari):
    channel, phone = await ari.call()
    phone.refuses_transfers = True
    async with asyncio.TaskGroup() as group:
        group.create_task(ari.switch.hand_over(channel, "PJSIP/1001"))
        await phone.hang_up()
    await ari.nothing_is_left()


@pytest.mark.parametrize("address", ["PJSIP/1001&PJSIP/1002", "PJSIP/", "1001", ""])
async def test_what_is_no_address_is_not_handed_over_to(ari, address, caplog):
    channel, phone = await ari.call()

    with pytest.raises(NotReached):
        await ari.switch.hand_over(channel, address)

    assert phone.up
    caplog.clear()


# Whole flows --------------------------------------------------------------------------

REACH = """
steps:
  out:
    transfer: {to}
    ring: 2s
    {more}
    busy: is_busy
    no_answer: nobody
    failed: broken
    then: over
  over: {{log: {{way: call.step}}, then: end}}
  is_busy: {{log: {{way: call.step}}, then: end}}
  nobody: {{log: {{way: call.step}}, then: end}}
  broken: {{log: {{way: call.step}}, then: end}}
  end: {{hangup: yes}}
"""


def reach(to, more="mode: connect"):
    return REACH.format(to=to, more=more)


@asynccontextmanager
async def in_flow(ari, folder, text, outbound=None, **more):
    """A robot's call in the flow *text*, and nothing is left of it at the end."""
    async with in_flow_alone(ari, folder, text, outbound, **more) as both:
        yield both
    await ari.nothing_is_left()


@asynccontextmanager
async def in_flow_alone(ari, folder, text, outbound=None, *, rows=None, **more):
    """A robot's call in the flow *text*: the phone, and the facts so far.

    *rows* are what the look-ups of *more* give.
    """
    its = site(folder, text, prompts__en="your_pin: Your PIN.\n", **more)
    channel, phone = await ari.call()
    facts = []
    loop = asyncio.get_running_loop()
    world = World(
        clock=lambda: EPOCH + timedelta(seconds=loop.time()),
        seconds=loop.time,
        lookups=MemoryLookups(rows or {}),
        new_code=lambda count: "739146"[:count],
        verifier=PlainVerifier(),
        lock_outs=MemoryLockOuts(),
        messages=MemoryMessages(),
        callbacks=MemoryCallbacks(),
        switches=MemorySwitches(),
        switch=ari.switch,
        outbound=outbound,
        note=facts.append,
        new_id=ari.new_id,
    )
    call = Call(channel, its, world)
    async with asyncio.TaskGroup() as group:
        group.create_task(run_call(call, its.flows["top"]))
        yield phone, facts


def ways(facts):
    return [f.step for f in facts if isinstance(f, StepEntered)]


async def until_over(facts):
    await until(lambda: any(isinstance(f, CallEnded) for f in facts), within=10)


async def test_a_caller_is_joined_with_the_phone_that_answers(ari, tmp_path):
    agent = await ari.agent("1001")
    agent.answers(after=0.3)
    async with in_flow(
        ari, tmp_path, reach("PJSIP/1001", "caller_id: '4008001234'")
    ) as (phone, facts):
        talk = await agent.next_call()
        talk.send_tone(HIGH)
        phone.send_tone(LOW)
        assert await phone.hears_tone(HIGH, within=3)
        assert await talk.hears_tone(LOW, within=3)
        assert talk.caller == "4008001234"
        await talk.hang_up()
        await until_over(facts)

    assert ways(facts) == ["out", "over", "end"]
    assert [f.how for f in facts if isinstance(f, TransferEnded)] == ["talked"]


@pytest.mark.parametrize(
    ("does", "way"),
    [
        (lambda agent: agent.rejects(486), "is_busy"),
        (lambda agent: agent.rejects(603), "is_busy"),
        (lambda agent: agent.ignores(), "nobody"),
        (lambda agent: agent.rejects(503), "broken"),
    ],
    ids=["busy", "rejects", "rings out", "fails"],
)
async def test_who_does_not_answer_leads_to_the_way_for_that(ari, tmp_path, does, way):
    agent = await ari.agent("1001")
    does(agent)
    async with in_flow(ari, tmp_path, reach("PJSIP/1001")) as (_, facts):
        await until_over(facts)

    assert ways(facts) == ["out", way, "end"]


async def test_attended_joins_only_when_1_was_pressed(ari, tmp_path):
    agent = await ari.agent("1001")
    agent.answers(after=0.1)
    more = "mode: attended\n    announce: hello"
    async with in_flow(ari, tmp_path, reach("PJSIP/1001", more)) as (phone, facts):
        talk = await agent.next_call()
        phone.send_tone(LOW)
        assert not await talk.hears_tone(LOW, within=1)
        await talk.press("1")
        assert await talk.hears_tone(LOW, within=3)
        await talk.hang_up()
        await until_over(facts)

    assert ways(facts) == ["out", "over", "end"]


async def test_a_blind_transfer_lets_the_caller_go(ari, tmp_path):
    await ari.agent("1001")
    text = reach("PJSIP/1001", "mode: blind").replace("    ring: 2s\n", "")
    async with in_flow(ari, tmp_path, text) as (phone, facts):
        await until_over(facts)

    assert phone.transferred_to
    assert ways(facts) == ["out"]


async def test_a_number_goes_out_as_the_settings_say(ari, tmp_path):
    """The trunk is an agent's phone here: Asterisk calls the number at its address."""
    agent = await ari.agent("1001")
    agent.answers(after=0.1)
    rules = OutboundRules(endpoint="PJSIP/1001", prefixes=("010",), longest=0.7)
    lines = DialGuard(rules, seconds=lambda: 0.0, is_open=lambda site, name: True)
    async with in_flow(ari, tmp_path, reach("01065521234"), lines) as (_, facts):
        await agent.next_call()
        await until_over(facts)

    assert ways(facts) == ["out", "over", "end"]
    assert lines.up == 0


@pytest.mark.parametrize("tenths", [0, 1, 2, 3, 4, 5, 6, 7, 9, 11, 14])
async def test_a_hang_up_at_any_moment_leaves_no_channel_and_no_bridge(
    ari, tmp_path, tenths
):
    agent = await ari.agent("1001")
    agent.answers(after=0.5)
    text = reach("PJSIP/1001", "announce: hello").replace(
        "steps:\n", "steps:\n  on: {record: all}\n"
    )
    async with in_flow(ari, tmp_path, text) as (phone, facts):
        await asyncio.sleep(tenths / 10)
        await phone.hang_up()
        await until_over(facts)


async def test_what_is_said_while_a_pin_is_entered_is_in_no_recording(ari, tmp_path):
    text = """
steps:
  on: {record: all}
  talk: {conference: lobby}
  pin: {ask: your_pin, digits: 4, secret: yes, save: pin, failed: end}
  more: {conference: lobby}
  end: {hangup: yes}
"""
    async with in_flow(ari, tmp_path, text) as (phone, facts):
        await until(lambda: "talk" in ways(facts))
        phone.send_tone(LOW)
        await asyncio.sleep(0.6)
        phone.stop_sending()
        await asyncio.sleep(0.3)
        await phone.press("#")
        await until(lambda: any(isinstance(f, CallRecordingPaused) for f in facts))
        phone.send_tone(HIGH)
        await asyncio.sleep(0.5)
        phone.stop_sending()
        await phone.press("4711")
        await until(lambda: "more" in ways(facts))
        phone.send_tone(MIDDLE)
        await asyncio.sleep(0.6)
        await phone.hang_up()
        await until_over(facts)

    [done] = [f for f in facts if isinstance(f, CallRecorded)]
    sound = wav(ari, done.recording)
    assert tones.has_tone(sound, LOW)
    assert tones.has_tone(sound, MIDDLE)
    assert not tones.has_tone(sound, HIGH, lasting=0.1)
    assert not any(tones.has_tone(sound, key, lasting=0.1) for key in tones.DTMF)
    assert tones.duration(sound) == pytest.approx(done.seconds, abs=0.3)


async def test_a_code_is_said_on_another_phone_until_it_has_been_entered(ari, tmp_path):
    agent = await ari.agent("1001")
    agent.answers(after=0.3)
    rules = OutboundRules(endpoint="PJSIP/{number}", prefixes=("1",))
    guard = DialGuard(rules, seconds=lambda: 0.0, is_open=lambda site, name: True)
    text = """
steps:
  who:
    authenticate: people
    card: {ask: your_pin, digits: 4}
    code: {send: voice, to: phone, text: "${code | digits}", ask: your_pin, digits: 6}
    then: known
    failed: help
  known: {wait: 1s, then: end}
  help: {transfer: PJSIP/1002, then: end}
  end: {hangup: yes}
"""
    data = (
        "people: {database: crm, sql: 'select phone, hash from p where card = :card', "
        "gives: {phone: text}, timeout: 2s, verify: {pin: hash}}\n"
    )
    rows = {"people": {"phone": "1001", "hash": "-"}}
    async with in_flow(ari, tmp_path, text, guard, data=data, rows=rows) as (
        phone,
        facts,
    ):
        await phone.press("1234")
        talk = await agent.next_call()
        await asyncio.sleep(0.5)
        assert talk.up
        await phone.press("739146")
        await until_over(facts)
        await until(lambda: talk.up, wanted=False)

    assert ways(facts) == ["who", "known", "end"]


async def test_callers_in_one_room_hear_each_other_and_who_comes(ari, tmp_path):
    text = "steps:\n  in: {conference: board, announce: tones}\n  end: {hangup: yes}\n"
    async with AsyncExitStack() as stack:
        phones = []
        for number in range(3):
            folder = tmp_path / str(number)
            folder.mkdir()
            phone, facts = await stack.enter_async_context(
                in_flow_alone(ari, folder, text)
            )
            phones.append(phone)
            # Awaited before `facts` changes, so the lambda sees the right one.
            await until(lambda: any(isinstance(f, RoomEntered) for f in facts))  # noqa: B023
        await asyncio.sleep(1)
        phones[0].send_tone(LOW)
        phones[1].send_tone(HIGH)
        assert await phones[2].hears_tone(LOW, within=3)
        assert await phones[2].hears_tone(HIGH, within=3)
        assert await phones[1].hears_tone(LOW, within=3)
        for phone in phones:
            with suppress(HungUp):  # the flow hangs up before the key is quite sent
                await phone.press("#")
    await ari.nothing_is_left()
