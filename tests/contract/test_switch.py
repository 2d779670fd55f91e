"""What every driver's `Switch` does. The scripted one and ARI's both pass.

A driver brings a `house` fixture: a switch, a caller, and agents' phones whose owners
do what the test says.
"""

import asyncio
from dataclasses import replace

import pytest
import pytest_asyncio

from ivrflow.sim.scripted import Person, ScriptedChannel, ScriptedSwitch
from ivrflow.telephony.channel import (
    DialOrder,
    HungUp,
    MonitorMode,
    NotReached,
    RecordedAlready,
    RoomFull,
    Unreached,
)
from ivrflow.telephony.sound import Utterance

ANN = "PJSIP/1001"
NOBODY = "PJSIP/4711"


class ScriptedHouse:
    """ann answers, is busy, or lets it ring, as the test sets `ann` to."""

    def __init__(self):
        self.ann = Person(talks_for=None)
        self.switch = ScriptedSwitch({ANN: self.ann})
        self._ids = 0

    async def caller(self):
        self._ids += 1
        return ScriptedChannel(id=f"caller-{self._ids}")

    def caller_hangs_up(self, channel):
        channel.drop()

    def sound(self, tenths):
        return Utterance("tone", "a tone", "en", seconds=tenths / 10)

    def new_id(self):
        self._ids += 1
        return f"leg-{self._ids}"

    def answers(self, after):
        self.ann.answers_after = after

    def ignores(self):
        self.ann.answers_after = None

    def refuses(self, why):
        self.ann.refuses = why

    def rang(self):
        return sum(what == f"rings {ANN}" for _, what in self.switch.log)

    async def ann_hangs_up(self, leg):
        leg.drop()

    async def nothing_is_left(self):
        assert self.switch.bridges == 0
        assert self.switch.rooms == {}
        assert self.switch.monitors == []


REFUSALS = {Unreached.BUSY: 486, Unreached.REJECTED: 603}
"""What a phone says in SIP."""


class AriHouse:
    def __init__(self, rig, ann):
        self._rig, self.phone = rig, ann
        self._phones = {}
        self.switch, self.new_id = rig.switch, rig.new_id

    async def caller(self):
        channel, phone = await self._rig.call()
        self._phones[channel] = phone
        return channel

    def caller_hangs_up(self, channel):
        self._phones[channel].end()

    def sound(self, tenths):
        return self._rig.sound(tenths)

    def answers(self, after):
        self.phone.answers(after)

    def ignores(self):
        self.phone.ignores()

    def refuses(self, why):
        self.phone.rejects(REFUSALS[why])

    def rang(self):
        return len(self.phone.rang)

    async def ann_hangs_up(self, leg):
        await self.phone.rang[-1].hang_up()

    async def nothing_is_left(self):
        await self._rig.nothing_is_left()


@pytest_asyncio.fixture
async def scripted_house():
    return ScriptedHouse()


@pytest_asyncio.fixture
async def ari_house(ari):
    return AriHouse(ari, await ari.agent("1001"))


@pytest.fixture(
    params=["scripted_house", pytest.param("ari_house", marks=pytest.mark.asterisk)]
)
def house(request):
    return request.getfixturevalue(request.param)


def order(house, address=ANN, ring_for=5.0):
    return DialOrder(address=address, leg=house.new_id(), ring_for=ring_for)


# Ringing ----------------------------------------------------------------------------


async def test_a_phone_that_answers_gives_its_channel(house):
    house.answers(after=0.2)
    wanted = order(house)

    leg = await house.switch.dial(wanted)

    assert leg.id == wanted.leg
    assert not leg.gone.done()
    await leg.hang_up()


async def test_a_phone_that_nobody_answers_is_not_reached(house):
    house.ignores()

    with pytest.raises(NotReached) as error:
        await house.switch.dial(order(house, ring_for=0.6))

    assert error.value.why is Unreached.NO_ANSWER
    await house.nothing_is_left()


@pytest.mark.parametrize("why", [Unreached.BUSY, Unreached.REJECTED])
async def test_a_phone_that_refuses_says_how(house, why):
    house.refuses(why)

    with pytest.raises(NotReached) as error:
        await house.switch.dial(order(house))

    assert error.value.why is why
    await house.nothing_is_left()


async def test_a_phone_that_does_not_exist_is_unreachable(house):
    with pytest.raises(NotReached) as error:
        await house.switch.dial(order(house, NOBODY))

    assert error.value.why is Unreached.UNREACHABLE
    await house.nothing_is_left()


async def test_who_stops_waiting_stops_the_ringing(house):
    house.ignores()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await house.switch.dial(order(house))

    await house.nothing_is_left()


@pytest.mark.parametrize("moment", [0, 1, 2, 3, 5, 8])
async def test_who_stops_at_any_moment_leaves_nothing(house, moment):
    house.ignores()
    async with asyncio.TaskGroup() as group:
        dialling = group.create_task(house.switch.dial(order(house)))
        for _ in range(moment):
            await asyncio.sleep(0)
        dialling.cancel()

    await house.nothing_is_left()


async def test_a_leg_tells_when_its_phone_hangs_up(house):
    house.answers(after=0.1)
    leg = await house.switch.dial(order(house))

    await house.ann_hangs_up(leg)

    async with asyncio.timeout(2):
        await leg.gone
    with pytest.raises(HungUp):
        await leg.play([])


async def test_ordering_a_leg_twice_rings_once(house):
    house.answers(after=0.2)
    wanted = order(house)
    first, second = await asyncio.gather(
        house.switch.dial(wanted), house.switch.dial(wanted)
    )
    third = await house.switch.dial(wanted)

    assert {first.id, second.id, third.id} == {wanted.leg}
    assert house.rang() == 1
    await first.hang_up()


async def test_an_order_that_only_finds_rings_nobody(house):
    house.answers(after=0.1)
    wanted = order(house)
    with pytest.raises(NotReached) as error:
        await house.switch.dial(replace(wanted, ring_for=0))
    assert error.value.why is Unreached.NO_ANSWER
    leg = await house.switch.dial(wanted)

    assert (await house.switch.dial(replace(wanted, ring_for=0))).id == leg.id
    assert house.rang() == 1
    await leg.hang_up()


# Joining ----------------------------------------------------------------------------


async def test_a_bridge_lasts_as_long_as_the_block(house):
    house.answers(after=0.1)
    caller = await house.caller()
    leg = await house.switch.dial(order(house))

    async with house.switch.bridge(caller, leg):
        await asyncio.sleep(0.2)

    assert not caller.gone.done()
    assert not leg.gone.done()
    await house.nothing_is_left()


async def test_a_bridge_ends_when_the_block_fails(house):
    house.answers(after=0.1)
    caller = await house.caller()
    leg = await house.switch.dial(order(house))

    with pytest.raises(ZeroDivisionError):
        async with house.switch.bridge(caller, leg):
            raise ZeroDivisionError

    await house.nothing_is_left()


async def test_a_bridge_with_one_who_has_gone_still_opens(house):
    house.answers(after=0.1)
    caller = await house.caller()
    leg = await house.switch.dial(order(house))
    await house.ann_hangs_up(leg)

    async with house.switch.bridge(caller, leg):
        async with asyncio.timeout(2):
            await leg.gone
        assert not caller.gone.done()

    await house.nothing_is_left()


# Rooms ------------------------------------------------------------------------------


async def test_a_room_knows_how_many_are_in_it_and_ends_with_the_last(house):
    first, second = await house.caller(), await house.caller()

    async with house.switch.room("board", first, most=5) as room:
        assert room.members == 1
        async with house.switch.room("board", second, most=5) as same:
            assert (room.members, same.members) == (2, 2)
        assert room.members == 1

    assert not first.gone.done()
    assert not second.gone.done()
    await house.nothing_is_left()


async def test_rooms_with_different_names_are_different_rooms(house):
    first, second = await house.caller(), await house.caller()

    async with (
        house.switch.room("a", first, most=5) as room,
        house.switch.room("b", second, most=5) as other,
    ):
        assert (room.members, other.members) == (1, 1)


async def test_a_full_room_takes_nobody_and_stays_as_it_is(house):
    first, second = await house.caller(), await house.caller()

    async with house.switch.room("board", first, most=1) as room:
        with pytest.raises(RoomFull):
            async with house.switch.room("board", second, most=1):
                pass
        assert room.members == 1

    async with house.switch.room("board", second, most=1) as room:
        assert room.members == 1


async def test_who_hangs_up_in_a_room_leaves_the_others_in_it(house):
    first, second = await house.caller(), await house.caller()
    async with house.switch.room("board", first, most=5) as room:
        async with house.switch.room("board", second, most=5):
            house.caller_hangs_up(second)
            async with asyncio.timeout(2):
                await asyncio.wait([second.gone])
        assert room.members == 1
        assert not first.gone.done()
    await house.nothing_is_left()


@pytest.mark.parametrize("moment", [0, 1, 2, 3, 5, 8])
async def test_who_is_stopped_while_entering_leaves_no_room(house, moment):
    caller = await house.caller()

    async def enter():
        async with house.switch.room("board", caller, most=5):
            await asyncio.sleep(60)

    async with asyncio.TaskGroup() as group:
        entering = group.create_task(enter())
        for _ in range(moment):
            await asyncio.sleep(0)
        entering.cancel()

    await house.nothing_is_left()


async def test_what_is_played_in_a_room_is_played_to_its_end(house):
    caller = await house.caller()
    began = asyncio.get_running_loop().time()

    async with house.switch.room("board", caller, most=5) as room:
        await room.play([house.sound(5)])

    assert asyncio.get_running_loop().time() - began >= 0.4


# Letting go -------------------------------------------------------------------------


async def test_a_call_that_nobody_takes_over_is_still_here(house):
    caller = await house.caller()

    with pytest.raises(NotReached):
        await house.switch.hand_over(caller, "SIP/nobody")

    assert not caller.gone.done()


async def test_a_call_that_is_taken_over_has_gone(house):
    caller = await house.caller()

    await house.switch.hand_over(caller, ANN)

    assert caller.gone.done()


# Recording calls --------------------------------------------------------------------


async def test_a_recording_counts_only_the_time_in_which_it_ran(house):
    caller = await house.caller()
    recorder = await house.switch.record_call(caller, f"contract/{house.new_id()}")
    await asyncio.sleep(0.4)
    await recorder.pause()
    await recorder.pause()
    await asyncio.sleep(0.4)
    await recorder.resume()
    await recorder.resume()
    await asyncio.sleep(0.4)

    done = await recorder.stop()

    assert done.name == recorder.name
    assert 0.7 <= done.seconds <= 1.1
    assert await recorder.stop() == done


async def test_a_recording_ends_with_its_call_and_is_kept(house):
    caller = await house.caller()
    recorder = await house.switch.record_call(caller, f"contract/{house.new_id()}")
    await asyncio.sleep(0.4)
    house.caller_hangs_up(caller)
    async with asyncio.timeout(2):
        await asyncio.wait([caller.gone])
    await asyncio.sleep(0.3)

    await recorder.pause()
    await recorder.resume()
    done = await recorder.stop()

    assert 0.3 <= done.seconds <= 0.7


async def test_a_call_may_be_recorded_a_second_time(house):
    caller = await house.caller()
    for _ in range(2):
        name = f"contract/{house.new_id()}"
        recorder = await house.switch.record_call(caller, name)
        await asyncio.sleep(0.2)
        assert (await recorder.stop()).seconds > 0
    await house.nothing_is_left()


async def test_a_recording_that_has_ended_keeps_its_name(house):
    caller = await house.caller()
    name = f"contract/{house.new_id()}"
    recorder = await house.switch.record_call(caller, name)
    await asyncio.sleep(0.2)
    await recorder.stop()

    with pytest.raises(RecordedAlready):
        await house.switch.record_call(caller, name)
    assert (await house.switch.kept(name)).seconds > 0
    await house.nothing_is_left()


async def test_what_was_recorded_is_known_by_its_name(house):
    caller = await house.caller()
    name = f"contract/{house.new_id()}"
    recorder = await house.switch.record_call(caller, name)
    await asyncio.sleep(0.4)
    done = await recorder.stop()

    kept = await house.switch.kept(name)
    assert kept.seconds == pytest.approx(done.seconds, abs=0.25)


async def test_a_leg_that_nobody_has_dialled_is_not_there(house):
    assert await house.switch.leg(house.new_id()) is None
    await house.nothing_is_left()


async def test_of_what_was_never_recorded_nothing_is_kept(house):
    assert await house.switch.kept("contract/nothing") is None


# Listening in -----------------------------------------------------------------------


@pytest.mark.parametrize("mode", list(MonitorMode))
async def test_who_listens_disturbs_neither_the_talk_nor_what_is_left(house, mode):
    house.answers(after=0.1)
    caller, ear = await house.caller(), await house.caller()
    leg = await house.switch.dial(order(house))

    async with house.switch.bridge(caller, leg):
        async with house.switch.monitor(leg, ear, mode) as monitor:
            await monitor.set_mode(MonitorMode.WHISPER)
            await monitor.set_mode(MonitorMode.LISTEN)
        assert not any(c.gone.done() for c in (caller, leg, ear))
    await leg.hang_up()
    await house.nothing_is_left()


async def test_who_listens_goes_on_when_the_talk_is_parted_and_joined_again(house):
    house.answers(after=0.1)
    caller, ear = await house.caller(), await house.caller()
    leg = await house.switch.dial(order(house))

    async with house.switch.monitor(leg, ear, MonitorMode.LISTEN):
        async with house.switch.bridge(caller, leg):
            await asyncio.sleep(0.1)
        async with house.switch.bridge(caller, leg):
            await asyncio.sleep(0.1)

    assert not ear.gone.done()
    await house.nothing_is_left()


async def test_who_has_gone_is_not_listened_to(house):
    caller, ear = await house.caller(), await house.caller()
    house.caller_hangs_up(caller)
    async with asyncio.timeout(2):
        await asyncio.wait([caller.gone])

    with pytest.raises(HungUp):
        async with house.switch.monitor(caller, ear, MonitorMode.LISTEN):
            pass
    await house.nothing_is_left()


@pytest.mark.parametrize("moment", [0, 1, 2, 3, 5, 8])
async def test_who_is_stopped_while_beginning_to_listen_leaves_nothing(house, moment):
    caller, ear = await house.caller(), await house.caller()

    async def listen():
        async with house.switch.monitor(caller, ear, MonitorMode.LISTEN):
            await asyncio.sleep(60)

    async with asyncio.TaskGroup() as group:
        listening = group.create_task(listen())
        for _ in range(moment):
            await asyncio.sleep(0)
        listening.cancel()

    await house.nothing_is_left()
