"""F8: Asterisk is killed. Its calls are over: the service must know it, and go on.

While Asterisk starts it answers 404 to everything for a moment, which looks as if each
caller had hung up; and a phone that rings on knows nothing of it. What counts is that
nobody is taken for one who hung up, agents are free again, and what a caller had said
into a mailbox by then is kept: whole, though Asterisk has left it as a recording that
says of itself that it has no sound.
"""

import asyncio
import signal
import wave
from contextlib import AsyncExitStack, suppress

from faults_rig.callers import DIALLED
from faults_rig.follow import Follow
from faults_rig.house import house
from faults_rig.service import now

from ivrflow.asterisk.home.run import private_asterisk
from ivrflow.sim.phone import Phones

NUMBERS = {"menu": "13800000081", "talk": "13800000082", "message": "13800000083"}
WITHIN = 20.0
SPOKEN = 5.0
"""Seconds of a message that are said before Asterisk dies; it has written all of it but
the last second."""
IN_SPOOL = "select count(*) from sounds where recorded <> ''"


async def test_calls_end_with_their_asterisk_and_new_ones_come(tmp_path, figures):
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        h = await enter(house(tmp_path, may_die=True))
        service = await enter(h.service())
        await service.ready()
        group = await enter(asyncio.TaskGroup())
        follow = Follow(h.truth)
        reader = group.create_task(follow.run())
        async with Phones(sip=h.sip) as phones:
            calls = await _calls(h, service, phones, follow)
            await asyncio.sleep(SPOKEN)
            h.running.process.send_signal(signal.SIGKILL)
            await h.running.process.wait()
            for call in calls.values():
                call.vanish()
        old, answers = h.running, group.create_task(_answers(h.pbx))
        h.running = await enter(
            private_asterisk(
                old.asterisk,
                tmp_path / "asterisk",
                ports=old.ports,
                credentials=old.credentials,
            )
        )
        back = await answers
        places = [follow.of(number) for number in NUMBERS.values()]
        for place in places:
            assert await place.changes(lambda p=place: bool(p.ended), False, WITHIN)
        ended = h.truth.facts("CallEnded")
        closed = max(fact.at for fact in ended) - back
        figures("F8", "calls closed after Asterisk answers, s", closed, "<= 5")
        figures("F8", "taken for hang-ups", sum(_hung_up(f) for f in ended), "0")

        async with Phones(sip=h.sip) as phones:
            agent = await phones.agent(
                "1001", password=old.credentials.agents["1001"], keep=0
            )
            agent.answers(after=0.2)
            await service.ask("POST", "/api/agents/1001/ready")
            caller = "13800000084"
            call = await phones.call(DIALLED, caller=caller, keep=0)
            place = follow.of(caller)
            assert await place.changes(lambda: place.step == "language", False, WITHIN)
            await call.press("3")
            assert await place.changes(lambda: place.connected, False, 60)
            await call.hang_up()
            assert await place.changes(lambda: bool(place.ended), False, WITHIN)
        async with asyncio.timeout(WITHIN):
            while h.truth.one(IN_SPOOL):
                await asyncio.sleep(0.1)
        reader.cancel()
        left = await h.left(within=10)
        states = [state for (state,) in h.truth.rows("select state from messages")]
        figures("F8", "messages kept of 1", states.count("new"), "1")
        [salvaged] = h.store.rglob("*.wav")
        with wave.open(str(salvaged)) as sound:
            played = sound.getnframes() / sound.getframerate()
        figures("F8", "of it is played, s", played, f">= {SPOKEN - 1.5:g}")

    assert closed <= 5
    assert {fact.data["by"] for fact in ended} == {"pbx restart"}
    assert states == ["new"]
    assert played >= SPOKEN - 1.5
    assert left == []
    assert service.crashes == []
    assert len(service.launches) == 1


def _hung_up(fact):
    return fact.data["by"] == "caller"


async def _calls(h, service, phones, follow):
    """A caller in a menu, one who talks, one who leaves a message."""
    agent = await phones.agent(
        "1001", password=h.running.credentials.agents["1001"], keep=0
    )
    agent.answers(after=0.2)
    assert await service.ask("POST", "/api/agents/1001/ready") is not None
    calls = {}
    for name, key in {"talk": "3", "message": "4", "menu": ""}.items():
        calls[name] = await phones.call(DIALLED, caller=NUMBERS[name], keep=0)
        place = follow.of(NUMBERS[name])
        assert await place.changes(lambda p=place: p.step == "language", False, WITHIN)
        if key:
            await calls[name].press(key)
    talk, message = follow.of(NUMBERS["talk"]), follow.of(NUMBERS["message"])
    assert await talk.changes(lambda: talk.connected, False, WITHIN)
    calls["message"].send_tone(440)
    assert await message.changes(
        lambda: message.said == "please_leave_message", False, WITHIN
    )
    await asyncio.sleep(3)  # the words, and the beep
    return calls


async def _answers(pbx):
    """Wait until ARI answers; return when it did."""
    while True:
        with suppress(Exception):
            await pbx.ask("/asterisk/info")
            return now()
        await asyncio.sleep(0.02)
