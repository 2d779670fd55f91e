"""Callers, legs and talks that a process leaves in Asterisk, and the next one finds."""

import asyncio
from contextlib import suppress

import pytest

from ivrflow.asterisk.ari.errors import AriAway
from ivrflow.telephony.channel import NotReached
from tests.adoption_rig import LEG, doing, elapsed, gaps_of, ids_of, now
from tests.asterisk_rig import until

pytestmark = pytest.mark.asterisk


# Callers ----------------------------------------------------------------------------


async def test_a_caller_is_found_with_all_that_is_known_of_him(processes):
    one = await processes()
    channel, _ = await one.call("12345", caller="13800138000")
    await channel.remember('{"step": "menu"}')
    await one.dies()

    two = await processes()
    caller = await two.adopted()

    assert (caller.id, caller.caller_id) == (channel.id, "13800138000")
    assert (caller.dialled, caller.up) == ("12345", True)
    assert caller.remembered == '{"step": "menu"}'
    assert two.looks[0].there == {channel.id}
    assert two.looks[0].startup_time == one.client.link.startup_time != ""
    assert caller.id in two.switch.callers
    await caller.answer()
    assert await caller.play([two.sound(3)])


async def test_who_hung_up_meanwhile_is_not_found(processes):
    one = await processes()
    _, phone = await one.call()
    await one.dies()
    await phone.hang_up()

    two = await processes()

    assert two.found == []
    assert two.looks[0].there == frozenset()


async def test_a_call_that_comes_while_nobody_is_there_is_taken_once(processes):
    one = await processes()
    await one.dies()
    calling = asyncio.get_running_loop().create_task(one.phones.call("12345"))
    await asyncio.sleep(0.3)

    two = await processes()
    channel = await two.next_call()
    await channel.answer()
    await calling
    await two.switch.look()

    assert two.taken.empty()
    assert [look.callers for look in two.looks] == [[], []]


async def test_who_left_while_nobody_was_there_comes_back_once(processes):
    # As the dialplan does with a caller in line whom nobody watches over: it tries
    # until we connect, so he is found, or comes as a call that is new.
    one = await processes()
    channel, _ = await one.call(remembers="in line")
    await one.client.channels.continue_in_dialplan(
        channel.id, context="ivrflow-enter", extension="12345", priority=1
    )
    await one.dies()
    await asyncio.sleep(0.3)

    two = await processes()
    async with asyncio.timeout(5):
        while not two.found and two.taken.empty():
            await asyncio.sleep(0.02)
    await asyncio.sleep(0.3)

    back = [*two.found, *(two.taken.get_nowait() for _ in range(two.taken.qsize()))]
    assert [(c.id, c.remembered) for c in back] == [(channel.id, "in line")]
    assert not back[0].gone.done()


async def test_keys_that_were_pressed_while_nobody_was_connected_are_lost(processes):
    one = await processes()
    _, phone = await one.call()
    await one.dies()
    await phone.press("12#")

    two = await processes()
    caller = await two.adopted()
    await phone.press("5")

    assert await caller.keys.next(5) == "5"


async def test_a_caller_who_is_found_is_found_once(processes):
    one = await processes()
    await one.call()
    await one.dies()

    two = await processes()
    await two.switch.look()
    await two.switch.look()

    assert [len(look.callers) for look in two.looks] == [1, 0, 0]


async def test_a_channel_remembers_while_it_rings_waits_and_talks(processes):
    one = await processes()
    calling = one.does(one.phones.call("12345"))
    channel = await one.next_call()
    await channel.remember("rings")
    await channel.answer()
    agent = await one.agent("1001")
    agent.answers(after=0.1)
    async with channel.music("default"):
        await channel.remember("waits")
    leg = await one.dial()
    async with one.switch.bridge(channel, leg), asyncio.timeout(1):
        await channel.remember("talks " + "x" * 4000)
    await calling
    await one.dies()

    two = await processes()

    assert (await two.adopted()).remembered == "talks " + "x" * 4000


async def test_nothing_is_remembered_while_a_sound_plays(processes, caplog):
    one = await processes()
    channel, _ = await one.call()
    await channel.remember("before")
    playing = one.does(channel.play([one.sound(10)]))
    await asyncio.sleep(0.2)
    async with asyncio.timeout(0.1):
        await channel.remember("meanwhile")
    await playing

    assert channel.remembered == "before"
    assert "its place is not kept" in caplog.text
    caplog.clear()


# Legs -------------------------------------------------------------------------------


async def test_a_phone_that_rings_rings_on_and_is_answered(processes):
    one = await processes()
    agent = await one.agent("1001")
    agent.answers(after=1.0)
    one.does(one.dial())
    await asyncio.sleep(0.2)
    await one.dies()

    two = await processes()
    leg = await two.dial()

    assert leg.id == LEG
    assert len(agent.rang) == 1
    assert await leg.play([two.sound(3)])


async def test_a_phone_that_was_answered_while_nobody_was_there_is_up(processes):
    one = await processes()
    agent = await one.agent("1001")
    agent.answers(after=0.5)
    one.does(one.dial())
    await asyncio.sleep(0.2)
    await one.dies()
    await asyncio.sleep(0.6)

    two = await processes()
    began = now()
    leg = await two.dial()

    assert elapsed(began) < 0.3
    assert len(agent.rang) == 1
    assert not leg.gone.done()


async def test_a_phone_that_refused_meanwhile_is_not_reached(processes):
    one = await processes()
    agent = await one.agent("1001")
    agent.ignores()
    one.does(one.dial())
    await until(lambda: len(agent.rang), wanted=1)
    await asyncio.sleep(0.1)
    await one.dies()
    agent.rang[-1].reject(486)
    await asyncio.sleep(0.1)

    two = await processes()

    with pytest.raises(NotReached):
        await two.dial(ring_for=0)
    assert len(agent.rang) == 1


async def test_a_phone_that_rings_on_rings_no_longer_than_it_was_to(processes):
    one = await processes()
    agent = await one.agent("1001")
    agent.ignores()
    one.does(one.dial(ring_for=1))
    await asyncio.sleep(0.3)
    await one.dies()

    two = await processes()
    began = now()
    with pytest.raises(NotReached):
        await two.dial(ring_for=20)
    assert elapsed(began) < 4


async def test_who_stops_waiting_for_a_phone_that_was_found_stops_its_ringing(
    processes,
):
    one = await processes()
    agent = await one.agent("1001")
    agent.ignores()
    one.does(one.dial())
    await asyncio.sleep(0.3)
    await one.dies()

    two = await processes()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await two.dial()

    await two.nothing_is_left()


async def test_a_leg_that_was_made_and_not_rung_is_made_anew_and_rings_once(processes):
    one = await processes()
    agent = await one.agent("1001")
    agent.answers(after=0.2)
    await one.client.channels.create(
        "PJSIP/1001", one.client.app, app_args="leg", channel_id=LEG
    )
    await one.dies()

    two = await processes()
    leg = await two.dial()

    assert not leg.gone.done()
    assert len(agent.rang) == 1


async def test_only_a_leg_that_is_up_is_found(processes):
    one = await processes()
    agent = await one.agent("1001")
    agent.answers(after=1.0)
    one.does(one.dial())
    await asyncio.sleep(0.3)
    await one.dies()

    two = await processes()
    assert await two.switch.leg(LEG) is None
    assert await two.switch.leg("nobody") is None
    await asyncio.sleep(1.0)
    leg = await two.switch.leg(LEG)

    assert leg is not None
    assert await two.switch.leg(LEG) is None


async def test_a_leg_that_remembers_is_handed_over_like_a_caller(processes):
    one = await processes()
    agent = await one.agent("1001")
    agent.answers(after=0.1)
    leg = await one.dial()
    await leg.remember("a callback")
    await one.dies()

    two = await processes()
    customer = await two.adopted()

    assert (customer.id, customer.remembered) == (LEG, "a callback")
    assert customer.id not in two.switch.callers
    assert await two.dial() is customer


async def test_what_nobody_claims_is_reaped_and_not_before(processes):
    one = await processes()
    channel, leg, _, _ = await one.caller_and_leg()
    async with doing(one, one.switch.bridge(channel, leg)):
        await one.dies()

    two = await processes()
    two.switch._adopting.strange_for = 0.0
    await two.switch.look()
    assert (await two.client.channels.get(LEG)).state == "Up"

    assert await two.switch.reap() == 2
    await until(lambda: two.client.bridges.list(), wanted=[])
    caller = await two.adopted()
    await until(lambda: ids_of(two), wanted=[caller.id])
    assert not caller.gone.done()


# Talks ------------------------------------------------------------------------------


async def test_two_who_talk_hear_each_other_without_a_gap(processes):
    one = await processes()
    channel, leg, phone, desk = await one.caller_and_leg()
    phone.send_tone(550)
    desk.send_tone(1270)
    async with doing(one, one.switch.bridge(channel, leg)):
        assert await phone.hears_tone(1270, within=3)
        listening = asyncio.get_running_loop().create_task(gaps_of(phone, 1.8))
        await asyncio.sleep(0.3)
        await one.dies()

    two = await processes()
    caller = await two.adopted()
    found = await two.dial(ring_for=0)
    async with two.switch.bridge(caller, found):
        assert await listening <= 2
        assert await desk.hears_tone(550, within=3)
        assert caller.id in two.switch.callers
        assert two.switch.callers.talks(caller.id)
        assert await two.switch.reap() == 0
    assert not caller.gone.done()
    assert not found.gone.done()
    await until(lambda: two.client.bridges.list(), wanted=[])


async def test_who_is_not_yet_in_the_bridge_is_added_to_it(processes):
    one = await processes()
    channel, leg, phone, desk = await one.caller_and_leg()
    async with doing(one, one.switch.bridge(channel)):
        await one.dies()

    two = await processes()
    caller = await two.adopted()
    found = await two.switch.leg(leg.id)
    desk.send_tone(1270)
    async with two.switch.bridge(caller, found):
        assert await phone.hears_tone(1270, within=3)
        assert len(await two.client.bridges.list()) == 1


async def test_who_was_asked_meanwhile_does_not_hear_the_caller(processes):
    one = await processes()
    channel, leg, phone, desk = await one.caller_and_leg()
    asked, other = await one.call()
    async with doing(one, one.switch.bridge(leg, asked)):
        other.send_tone(1270)
        assert await desk.hears_tone(1270, within=3)
        await one.dies()

    two = await processes()
    caller, asked = sorted(two.found, key=lambda found: found.id != channel.id)
    found = await two.switch.leg(leg.id)
    phone.send_tone(550)
    async with two.switch.bridge(caller, found):
        assert await desk.hears_tone(550, within=3)
        await desk.listen(0.2)
        assert not await desk.hears_tone(1270, within=0.5)
        assert not await other.hears_tone(550, within=0.5)
        assert not asked.gone.done()
        assert len(await two.client.bridges.list()) == 1
    await other.hang_up()


async def test_a_caller_whose_call_goes_another_way_leaves_the_talk(processes):
    one = await processes()
    channel, leg, phone, desk = await one.caller_and_leg()
    desk.send_tone(1270)
    async with doing(one, one.switch.bridge(channel, leg)):
        assert await phone.hears_tone(1270, within=3)
        await one.dies()

    two = await processes()
    caller = await two.adopted()
    assert await caller.play([two.sound(3)])
    await phone.listen(0.2)
    assert not await phone.hears_tone(1270, within=0.5)
    await desk.hang_up()


# Looking every now and then ---------------------------------------------------------


async def test_a_look_repairs_what_lost_events_have_left(processes):
    one = await processes()
    agent = await one.agent("1001")
    agent.answers(after=0.3)
    first, phone = await one.call()
    second, _ = await one.call()
    dialling = one.does(one.dial())
    playing = one.does(second.play([one.sound(5)]))
    await asyncio.sleep(0.1)
    hear, one.client.hub.dispatch = one.client.hub.dispatch, lambda event: None
    await phone.hang_up()
    calling = one.does(one.phones.call("12345"))
    await asyncio.sleep(0.8)
    assert not any(x.done() for x in (dialling, playing, first.gone))
    one.client.hub.dispatch = hear

    await one.switch.look()

    assert first.gone.done()
    async with asyncio.timeout(1):
        assert (await dialling).id == LEG
        assert await playing
    [third] = one.looks[-1].callers
    await third.answer()
    await calling


async def test_an_asterisk_that_brings_no_events_is_not_looked_at(
    processes, monkeypatch
):
    monkeypatch.setattr("ivrflow.asterisk.ari.adopting.WITHIN", 0.2)
    one = await processes()
    looks = len(one.looks)
    hear, one.client.hub.dispatch = one.client.hub.dispatch, lambda event: None

    with pytest.raises(AriAway, match="brings no events"):
        await one.switch.look()

    one.client.hub.dispatch = hear
    assert len(one.looks) == looks


async def test_a_look_takes_nothing_that_only_comes_or_goes(processes, caplog):
    one = await processes()
    await one.switch.reap()
    one.switch._adopting.strange_for = 0.05
    agents = [await one.agent(f"100{n}") for n in range(1, 4)]
    for agent in agents[:2]:
        agent.answers(after=0.03)
    agents[2].ignores()

    coming = asyncio.Lock()

    async def look_always():
        while True:
            await one.switch.look()

    async def talks(number):
        for _ in range(12):
            async with coming:  # two who come at once would be taken for each other
                caller, phone = await one.call()
            address, leg = f"PJSIP/{number}", one.new_id()
            leg = await one.dial(address=address, leg=leg)
            async with one.switch.bridge(caller, leg):
                await asyncio.sleep(0.02)
                assert not any(x.gone.done() for x in (caller, leg))
            phone.end()
            await leg.hang_up()

    async def gives_up():
        for moment in range(24):
            with suppress(TimeoutError, NotReached):
                async with asyncio.timeout(moment / 200):
                    await one.dial(address="PJSIP/1003", leg=one.new_id())

    looking = one.does(look_always())
    await asyncio.gather(gives_up(), *(talks(n) for n in ("1001", "1002")))

    assert not looking.done()
    assert [caller for look in one.looks for caller in look.callers] == []
    assert "belonged to no call" not in caplog.text
    assert "while we heard nothing" not in caplog.text
