"""What every driver's `Channel` does. The scripted one, ARI's and AGI's pass.

A driver brings a `line` fixture: an answered call, seen from both ends.
"""

import asyncio
import uuid
from contextlib import suppress

import pytest
import pytest_asyncio
from agi_on_asterisk_rig import agi_calls

from ivrflow.sim.scripted import ScriptedChannel
from ivrflow.telephony.channel import (
    Cause,
    HungUp,
    RecordOrder,
    while_up,
)
from ivrflow.telephony.sound import Utterance

SLACK = 0.3
"""Seconds that the real Asterisk on a busy machine may need more."""


class ScriptedLine:
    def __init__(self):
        self.channel = ScriptedChannel()

    def sound(self, tenths):
        return Utterance("tone", "a tone", "en", seconds=tenths / 10)

    async def press(self, keys):
        self.channel.press(keys)

    def speak(self, seconds):
        self.channel.speak(seconds)

    async def hang_up(self):
        self.channel.drop()


class AriLine:
    def __init__(self, rig, channel, phone):
        self.channel, self.phone = channel, phone
        self.sound = rig.sound

    async def press(self, keys):
        # Presses that follow one another faster are no longer apart for Asterisk.
        await self.phone.press(keys, gap=0.06, length=0.06)

    def speak(self, seconds):
        self.phone.send_tone(550)
        loop = asyncio.get_running_loop()
        loop.call_later(seconds, self.phone.stop_sending)

    async def hang_up(self):
        await self.phone.hang_up()


class AgiLine(AriLine):
    """The same phone, in a dialplan that runs a script."""


@pytest_asyncio.fixture
async def scripted_line():
    return ScriptedLine()


@pytest_asyncio.fixture
async def ari_line(ari):
    return AriLine(ari, *await ari.call())


@pytest_asyncio.fixture
async def agi_line(ari):
    async with agi_calls(ari) as calls, calls.call() as (channel, phone):
        yield AgiLine(ari, channel, phone)


@pytest.fixture(
    params=[
        "scripted_line",
        pytest.param("ari_line", marks=pytest.mark.asterisk),
        pytest.param("agi_line", marks=pytest.mark.asterisk),
    ]
)
def line(request):
    return request.getfixturevalue(request.param)


class Stopwatch:
    def __init__(self):
        self._began = asyncio.get_running_loop().time()

    def shows(self, seconds):
        taken = asyncio.get_running_loop().time() - self._began
        return seconds - 0.05 <= taken <= seconds + SLACK


def order(**how):
    return RecordOrder(name=f"contract/{uuid.uuid4().hex}", **{"longest": 5} | how)


# Playing ----------------------------------------------------------------------------


async def test_answering_a_second_time_is_no_error(line):
    await line.channel.answer()
    await line.channel.answer()


async def test_play_lasts_as_long_as_the_sounds_do(line):
    watch = Stopwatch()

    assert await line.channel.play([line.sound(3), line.sound(5)])

    assert watch.shows(0.8)


async def test_nothing_to_say_is_said_at_once(line):
    watch = Stopwatch()

    assert await line.channel.play([])

    assert watch.shows(0)


async def test_play_may_begin_in_the_middle_of_the_first_sound(line):
    watch = Stopwatch()

    assert await line.channel.play([line.sound(10), line.sound(3)], begin=0.6)

    assert watch.shows(0.7)


async def test_play_that_begins_behind_the_first_sound_plays_the_next_one(line):
    watch = Stopwatch()

    assert await line.channel.play([line.sound(3), line.sound(5)], begin=7.5)

    assert watch.shows(0.5)


async def test_a_key_stops_what_began_in_the_middle(line):
    async with asyncio.TaskGroup() as group:
        playing = group.create_task(
            line.channel.play([line.sound(100)], stop_on="6", begin=5)
        )
        await asyncio.sleep(0.2)
        await line.press("6")

    assert playing.result() is False
    assert line.channel.keys.peek() == "6"


async def test_a_key_stops_the_sound_and_stays(line):
    watch = Stopwatch()
    async with asyncio.TaskGroup() as group:
        playing = group.create_task(line.channel.play([line.sound(100)], stop_on="12"))
        await asyncio.sleep(0.2)
        await line.press("2")

    assert playing.result() is False
    assert watch.shows(0.2)
    assert line.channel.keys.peek() == "2"


async def test_a_key_that_does_not_stop_it_stays_too(line):
    async with asyncio.TaskGroup() as group:
        playing = group.create_task(line.channel.play([line.sound(10)], stop_on="1"))
        await asyncio.sleep(0.1)
        await line.press("7")

    assert playing.result() is True
    assert line.channel.keys.peek() == "7"


async def test_nothing_is_played_when_the_key_waits_already(line):
    line.channel.keys.press("1")
    watch = Stopwatch()

    assert not await line.channel.play([line.sound(100)], stop_on="1")

    assert watch.shows(0)
    assert line.channel.keys.peek() == "1"


async def test_only_the_first_key_that_waits_keeps_a_sound_from_being_played(line):
    line.channel.keys.press("7")
    line.channel.keys.press("1")

    assert await line.channel.play([line.sound(3)], stop_on="1")


async def test_cancelling_stops_the_sound(line):
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await line.channel.play([line.sound(100)])
    watch = Stopwatch()

    assert await line.channel.play([line.sound(3)])

    assert watch.shows(0.3)


async def test_keys_come_in_the_order_of_pressing(line):
    await line.press("12#")

    assert [await line.channel.keys.next(2) for _ in "12#"] == ["1", "2", "#"]


async def test_a_prompt_may_interrupt_the_music(line):
    watch = Stopwatch()
    async with line.channel.music("default"):
        assert await line.channel.play([line.sound(3)])
        assert await line.channel.play([line.sound(3)])

    assert watch.shows(0.6)


# Recording --------------------------------------------------------------------------


async def test_a_key_ends_a_recording_and_is_taken(line):
    wanted = order(stop_on="#")
    async with asyncio.TaskGroup() as group:
        recording = group.create_task(line.channel.record(wanted))
        line.speak(1.0)
        await asyncio.sleep(0.8)
        await line.press("#")
    done = recording.result()

    assert (done.name, done.ended_by) == (wanted.name, "#")
    assert 0.5 <= done.seconds <= 0.8 + 2 * SLACK
    assert line.channel.keys.peek() == ""
    assert await line.channel.kept(wanted.name) == done


async def test_any_key_of_several_ends_a_recording(line):
    async with asyncio.TaskGroup() as group:
        recording = group.create_task(line.channel.record(order(stop_on="5*#")))
        line.speak(0.5)
        await asyncio.sleep(0.5)
        await line.press("5")

    assert recording.result().ended_by == "5"


async def test_a_recording_ends_when_it_is_long_enough(line):
    line.speak(5)
    done = await line.channel.record(order(longest=1))

    assert done.ended_by == "longest"
    assert 0.8 <= done.seconds <= 1 + SLACK


async def test_silence_ends_a_recording_and_is_no_part_of_it(line):
    line.speak(1.0)
    done = await line.channel.record(order(silence=1))

    assert done.ended_by == "silence"
    assert 0.6 <= done.seconds <= 1.0 + 2 * SLACK


async def test_a_hang_up_keeps_what_was_recorded(line):
    wanted = order()
    line.speak(2)
    async with asyncio.TaskGroup() as group:
        recording = group.create_task(_recorded_while_up(line.channel, wanted))
        await asyncio.sleep(0.8)
        await line.hang_up()
    assert isinstance(recording.result(), HungUp)

    kept = await line.channel.kept(wanted.name)

    assert kept.ended_by == "hang-up"
    assert 0.5 <= kept.seconds <= 0.8 + 2 * SLACK


async def _recorded_while_up(channel, wanted):
    try:
        async with while_up(channel):
            return await channel.record(wanted)
    except HungUp as error:
        return error


async def test_what_was_never_recorded_is_not_kept(line):
    assert await line.channel.kept("contract/nothing") is None


# The end ----------------------------------------------------------------------------


async def test_a_hang_up_of_the_far_end_ends_what_runs(line):
    async with asyncio.TaskGroup() as group:
        group.create_task(_hangs_up_after(line, 0.3))
        with pytest.raises(HungUp):
            async with while_up(line.channel):
                await line.channel.play([line.sound(100)])

    assert line.channel.gone.result() is Cause.NORMAL_CLEARING


async def _hangs_up_after(line, seconds):
    await asyncio.sleep(seconds)
    await line.hang_up()


async def test_once_the_far_end_has_gone_everything_says_so(line):
    await line.hang_up()
    async with asyncio.timeout(2):
        await line.channel.gone

    with pytest.raises(HungUp):
        await line.channel.answer()
    with pytest.raises(HungUp):
        await line.channel.play([line.sound(3)])
    with pytest.raises(HungUp):
        await line.channel.record(order())
    with pytest.raises(HungUp):
        async with line.channel.music("default"):
            pass
    await line.channel.hang_up()


async def test_our_own_hang_up_ends_the_channel_too(line):
    await line.channel.hang_up(Cause.USER_BUSY)

    async with asyncio.timeout(2):
        await line.channel.gone
    await line.channel.hang_up()


async def test_a_channel_remembers_what_it_is_told_last(line):
    assert line.channel.remembered == ""
    await line.channel.remember('{"step": "menu"}')
    await line.channel.remember('{"step": "语言, 1; ${x}"}')
    assert line.channel.remembered == '{"step": "语言, 1; ${x}"}'


async def test_where_nobody_keeps_keys_none_come_again(line):
    await line.press("1")
    assert await line.channel.keys.next(2) == "1"

    assert not line.channel.keys.again_from(line.channel.keys.taken)
    assert line.channel.keys.peek() == ""


async def test_a_channel_may_go_back_to_its_dialplan(line):
    await line.channel.give_back({"IVR_told": 'a "b" \\ ${c}', "IVRFLOW_ENDED": "flow"})

    async with asyncio.timeout(2):
        await line.channel.gone
    with pytest.raises(HungUp):
        await line.channel.play([line.sound(3)])
    with suppress(HungUp):
        await line.hang_up()  # it may be up still, with the dialplan
