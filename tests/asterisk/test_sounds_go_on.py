"""Sounds, recordings and rooms that a process leaves in Asterisk: they go on."""

import asyncio

import pytest

from ivrflow.telephony.channel import RecordedAlready, RecordOrder, RoomFull
from tests.adoption_rig import doing, elapsed, falls_silent, gaps_of, now, said
from tests.asterisk_rig import TONE, until

pytestmark = pytest.mark.asterisk


# Sounds -----------------------------------------------------------------------------


async def test_a_prompt_that_plays_is_heard_to_its_end_and_no_second_time(processes):
    one = await processes()
    channel, phone = await one.call(remembers="menu")
    one.does(channel.play([one.sound(100)]))
    await asyncio.sleep(0.5)
    await one.dies()

    two = await processes()
    caller = await two.adopted()
    playing = two.does(caller.play([two.sound(100)], stop_on="1"))
    assert await gaps_of(phone, 0.6) <= 2
    playback = await two.client.playbacks.get(f"{caller.id}-1")
    assert playback.state == "playing"
    await phone.press("1")

    assert await playing is False
    await falls_silent(phone)
    assert await caller.play([two.sound(3)])


async def test_what_began_in_its_middle_goes_on_where_that_is_wanted_again(processes):
    one = await processes()
    channel, phone = await one.call(remembers="hearing")
    one.does(channel.play([one.sound(100)], begin=5))
    await asyncio.sleep(0.5)
    await one.dies()

    two = await processes()
    caller = await two.adopted()
    playing = two.does(caller.play([two.sound(100)], stop_on="1", begin=5))
    assert await gaps_of(phone, 0.4) <= 2
    assert (await two.client.playbacks.get(f"{caller.id}-1")).state == "playing"
    await phone.press("1")

    assert await playing is False
    began = now()
    assert await caller.play([two.sound(100)], begin=9.5)
    assert elapsed(began) < 2


async def test_what_began_in_its_middle_is_not_taken_for_the_whole_of_it(processes):
    one = await processes()
    channel, phone = await one.call(remembers="hearing")
    one.does(channel.play([one.sound(100)], begin=9))
    await asyncio.sleep(0.3)
    await one.dies()

    two = await processes()
    caller = await two.adopted()
    playing = two.does(caller.play([two.sound(100)], stop_on="1"))
    await asyncio.sleep(1.5)  # the old one would be over by now
    assert (await two.client.playbacks.get(f"{caller.id}-2")).state == "playing"
    await phone.press("1")
    assert await playing is False


async def test_of_several_prompts_the_one_that_plays_goes_on(processes):
    one = await processes()
    channel, phone = await one.call(remembers="menu")

    async def says():
        await channel.play([one.sound(3)])
        await channel.play([one.sound(3), *said("silence:100"), one.sound(100)])

    one.does(says())
    await until(lambda: channel._ear.ordered, wanted=3)
    await asyncio.sleep(0.2)
    await one.dies()

    two = await processes()
    caller = await two.adopted()
    assert await caller.play([two.sound(3)])
    playing = two.does(
        caller.play([two.sound(3), *said("silence:100"), two.sound(100)], stop_on="1")
    )
    assert await gaps_of(phone, 0.4) <= 2
    assert (await two.client.playbacks.get(f"{caller.id}-3")).state == "playing"
    await phone.press("1")
    assert await playing is False


async def test_a_question_goes_on_though_the_answer_before_it_comes_again(processes):
    one = await processes()
    channel, phone = await one.call(remembers="authenticate")

    async def asks():
        await channel.play([one.sound(3)])
        await channel.play([one.sound(100)])

    one.does(asks())
    await until(lambda: channel._ear.ordered, wanted=2)
    await asyncio.sleep(0.2)
    await one.dies()

    two = await processes()
    caller = await two.adopted()
    caller.keys.press("6")
    assert not await caller.play([two.sound(3)], stop_on="6")
    caller.keys.clear()
    playing = two.does(caller.play([two.sound(100)], stop_on="1"))
    assert await gaps_of(phone, 0.4) <= 2
    assert (await two.client.playbacks.get(f"{caller.id}-2")).state == "playing"
    await phone.press("1")
    assert await playing is False


async def test_a_prompt_that_is_not_the_one_that_plays_takes_its_place(processes):
    one = await processes()
    channel, phone = await one.call(remembers="menu")
    one.does(channel.play([one.sound(100)]))
    await asyncio.sleep(0.3)
    await one.dies()

    two = await processes()
    caller = await two.adopted()
    began = now()
    assert await caller.play([two.sound(5)])

    assert 0.4 <= elapsed(began) <= 1.0
    await falls_silent(phone)


async def test_a_prompt_that_ended_meanwhile_is_said_again(processes):
    one = await processes()
    channel, phone = await one.call(remembers="menu")
    one.does(channel.play([one.sound(3)]))
    await asyncio.sleep(0.2)
    await one.dies()
    await asyncio.sleep(0.4)

    two = await processes()
    caller = await two.adopted()
    async with asyncio.TaskGroup() as group:
        heard = group.create_task(phone.hears_tone(TONE, within=2))
        assert await caller.play([two.sound(10)])
    assert heard.result()


async def test_music_goes_on_without_a_gap(processes):
    one = await processes()
    channel, phone = await one.call()
    async with doing(one, channel.music("default")):
        await phone.until_sound(within=2)
        await asyncio.sleep(0.3)
    await one.dies()

    two = await processes()
    caller = await two.adopted()
    async with caller.music("default"):
        assert await gaps_of(phone, 0.8) <= 2
    await falls_silent(phone)


# Recordings -------------------------------------------------------------------------


async def test_a_message_is_recorded_on_and_ended_by_a_key(processes):
    one = await processes()
    channel, phone = await one.call()
    phone.send_tone(550)
    order = RecordOrder(name=f"adopted/{one.new_id()}", longest=10)
    one.does(channel.record(order))
    await asyncio.sleep(0.6)
    await one.dies()

    two = await processes()
    caller = await two.adopted()
    recording = two.does(caller.record(order))
    await asyncio.sleep(0.4)
    phone.stop_sending()
    await phone.press("#")
    done = await recording

    assert done.ended_by == "#"
    kept = await two.switch.kept(order.name)
    assert 1.0 <= kept.seconds <= 3.0
    assert caller.keys.peek() == ""


async def test_a_message_that_a_key_ended_meanwhile_is_there(processes):
    one = await processes()
    channel, phone = await one.call()
    phone.send_tone(550)
    order = RecordOrder(name=f"adopted/{one.new_id()}", longest=10)
    one.does(channel.record(order))
    await asyncio.sleep(0.8)
    await one.dies()
    phone.stop_sending()
    await phone.press("#")
    await asyncio.sleep(0.2)

    two = await processes()
    caller = await two.adopted()
    done = await caller.record(order)

    assert done.ended_by == "#"
    assert 0.6 <= done.seconds <= 1.5
    assert caller.keys.peek() == ""


@pytest.mark.parametrize("paused", [False, True])
async def test_a_recording_of_a_call_goes_on_as_it_was(processes, paused):
    one = await processes()
    channel, _ = await one.call()
    name = f"adopted/{one.new_id()}"
    recorder = await one.switch.record_call(channel, name)
    await asyncio.sleep(1.1)
    if paused:
        await recorder.pause()
    await one.dies()

    two = await processes()
    caller = await two.adopted()
    again = await two.switch.record_call(caller, name)
    assert await two.switch.reap() == 0
    state = (await two.client.recordings.get_live(name)).state
    assert state == ("paused" if paused else "recording")
    await again.resume()
    await asyncio.sleep(0.3)
    done = await again.stop()

    assert done.seconds >= 1
    assert (await two.switch.kept(name)).seconds >= 1.2


async def test_a_recording_that_ended_meanwhile_is_neither_begun_again_nor_lost(
    processes,
):
    one = await processes()
    channel, _ = await one.call()
    name = f"adopted/{one.new_id()}"
    recorder = await one.switch.record_call(channel, name)
    await asyncio.sleep(0.5)
    await one.client.recordings.stop(name)  # as a talk that ends, and then we die
    await one.dies()

    two = await processes()
    caller = await two.adopted()
    with pytest.raises(RecordedAlready):
        await two.switch.record_call(caller, name)
    assert (await two.switch.kept(name)).seconds >= 0.3
    more = await two.switch.record_call(caller, f"{name}-more")
    await asyncio.sleep(0.3)
    assert (await more.stop()).name != recorder.name
    await until(lambda: two.switch.channels, wanted=1)


# Rooms ------------------------------------------------------------------------------


async def test_who_stood_in_a_room_stands_in_it_and_counts(processes):
    one = await processes()
    first, phone = await one.call()
    second, other = await one.call()
    for channel in (first, second):
        async with doing(one, one.switch.room("board", channel, most=2)):
            pass
    await one.dies()

    two = await processes()
    third, _ = await two.call()
    callers = {c.id: c for c in two.found}
    with pytest.raises(RoomFull):
        async with two.switch.room("board", third, most=2):
            pass
    phone.send_tone(550)
    async with two.switch.room("board", callers[first.id], most=2) as room:
        assert room.members == 2
        assert await other.hears_tone(550, within=3)
        await two.switch.reap()
        assert room.members == 1
        assert not callers[second.id].gone.done()
        async with two.switch.room("board", third, most=2):
            assert room.members == 2


async def test_music_follows_an_announcement_that_outlives_its_process(processes):
    one = await processes()
    channel, phone = await one.call()

    async def waits():
        async with channel.music("default"):
            await channel.play([one.sound(10)])
            await asyncio.sleep(60)

    one.does(waits())
    assert await phone.hears_tone(1050, within=3)
    await one.dies()
    await asyncio.sleep(1.2)

    assert await heard(phone, 2)
    assert not await phone.hears_tone(1050, within=0.2)

    two = await processes()
    await (await two.adopted()).hang_up()


async def heard(phone, seconds):
    """Whether anything is heard within *seconds*."""
    return any(await phone.listen(seconds))
