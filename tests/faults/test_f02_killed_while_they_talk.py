"""F2: the service is killed while pairs talk: nobody hears it.

What is measured is what each phone receives, by the kernel's clock: once without kills
and once with them, on the same calls. Asterisk mixes each pair, so a packet that it did
not send, or sent late, is seen here.
"""

import asyncio
from contextlib import AsyncExitStack

import pytest
from faults_rig.callers import DIALLED
from faults_rig.follow import Follow
from faults_rig.form import telling, until
from faults_rig.house import house
from faults_rig.mixed import AGENTS
from faults_rig.quiet import CountedStream
from faults_rig.service import now

from ivrflow.sim.phone import Phones

pytestmark = pytest.mark.alone

FRAME = 0.02
"""Seconds of sound in a packet."""
TONE = 440
SETTLED = 15.0
"""Seconds after which we don't wait any more."""


async def test_those_who_talk_hear_nothing_of_a_killed_service(tmp_path, figures, form):
    count, hold, every = form(10, 50), form(8.0, 60.0), form(4.0, 5.0, least=4.0)
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        h = await enter(house(tmp_path))
        service = await enter(h.service())
        await service.ready()
        phones = await enter(Phones(sip=h.sip, stream=CountedStream))
        group = await enter(asyncio.TaskGroup())
        follow = Follow(h.truth)
        reader = group.create_task(follow.run())
        pairs = await _talking(h, service, phones, follow, count)
        streams = [call.stream for pair in pairs for call in pair]

        words = until(2 * hold)
        await enter(telling("F2", lambda: f"{count} pairs talk, {words()}"))
        calm = await _measured(streams, hold)
        killer = group.create_task(_kill(service, every))
        hurt = await _measured(streams, hold)
        killer.cancel()
        await service.ready()
        kills = len(service.launches) - 1
        cut_off = sum(not call.up for pair in pairs for call in pair)
        figures("F2", "pairs that talk", count)
        figures("F2", "kills", kills)
        figures("F2", "phones cut off", cut_off, "0")
        figures("F2", "packets lost without kills", calm[0])
        figures("F2", "packets lost with kills", hurt[0], "0")
        figures("F2", "longest gap without kills, ms", 1000 * calm[1])
        figures(
            "F2", "longest gap with kills, ms", 1000 * hurt[1], "20 ms more at most"
        )

        await service.down()
        gone = [pair[n % 2] for n, pair in enumerate(pairs)]
        stay = [pair[1 - n % 2] for n, pair in enumerate(pairs)]
        await asyncio.gather(*(call.hang_up() for call in gone))
        await asyncio.sleep(1)
        service.start()
        began = now()
        settled = await _settled(follow, gone, stay, began)
        for call in stay:
            await call.hang_up()
        left = await h.left(within=10)
        reader.cancel()
    start = min(f.at for f in h.truth.facts("ServiceBegan") if f.at > began)
    figures("F2", "service began after, s", start - began)
    settled -= start - began
    figures("F2", "hang-ups of the outage settled after, s", settled, "<= 2")
    figures("F2", "channels and bridges left", len(left), "0")

    assert kills >= 1
    assert cut_off == 0
    assert hurt[0] == 0
    assert hurt[1] <= calm[1] + FRAME
    assert settled <= 2
    assert left == []


async def _talking(h, service, phones, follow, count):
    """So many pairs (caller, agent) that talk."""
    agents = []
    for number in AGENTS[:count]:
        password = h.running.credentials.agents[number]
        agent = await phones.agent(number, password=password, keep=0)
        agent.answers(after=0.2)
        agents.append(agent)
        assert await service.ask("POST", f"/api/agents/{number}/ready") is not None
    callers = {}
    for n in range(count):
        caller = f"138{n:08d}"
        callers[caller] = await phones.call(DIALLED, caller=caller, keep=0)
        await asyncio.sleep(0.1)
    for caller, call in callers.items():
        place = follow.of(caller)
        assert await place.changes(lambda place=place: place.step == "language", False)
        await call.press("3")
    taken = {}
    for agent in agents:
        call = await agent.next_call(within=30)
        taken[agent.number] = call
    for caller in callers:
        place = follow.of(caller)
        assert await place.changes(lambda place=place: place.connected, False, 30)
    pairs = []
    calls = {follow.of(caller).call: call for caller, call in callers.items()}
    for fact in h.truth.facts("Connected"):
        pairs.append((calls[fact.call], taken[fact.data["agent"]]))
    assert len(pairs) == count
    for pair in pairs:
        for call in pair:
            call.send_tone(TONE)
    await asyncio.sleep(1)
    return pairs


async def _measured(streams, hold):
    """Packets lost, and the longest gap in seconds, in the next *hold* seconds."""
    for stream in streams:
        stream.count()
    await asyncio.sleep(hold)
    assert all(stream.packets > hold / FRAME / 2 for stream in streams)
    return sum(stream.lost for stream in streams), max(s.gap for s in streams)


async def _kill(service, every):
    while True:
        await asyncio.sleep(every / 2)
        service.kill()
        await asyncio.sleep(every / 2)


async def _settled(follow, gone, stay, began):
    """Seconds until all whose partner has gone are where they should be.

    An agent's phone is hung up; a caller goes on to the survey.
    """

    async def one(call):
        if call.number == DIALLED:
            place = follow.of(call.caller)
            await place.changes(lambda: place.step == "ask_score", False, SETTLED)
        else:
            await asyncio.wait([call.over], timeout=SETTLED)

    await asyncio.gather(*map(one, stay))
    return now() - began
