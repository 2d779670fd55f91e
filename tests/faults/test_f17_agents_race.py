"""F17: agents race for one caller, and the service dies somewhere in between.

All phones of the queue ring at once, and are answered within 50 ms. The service is
killed between claim and ring, ring and answer, or answer and bridge: whatever it was,
one agent has the caller, and no other phone stays up.
"""

import asyncio
import random
from contextlib import AsyncExitStack

from faults_rig.callers import DIALLED
from faults_rig.follow import Follow
from faults_rig.form import telling
from faults_rig.house import house
from faults_rig.mixed import AGENTS, mixed_site
from faults_rig.quiet import CountedStream
from faults_rig.service import now

from ivrflow.sim.phone import Phones

RACERS = AGENTS[:4]
ANSWER, WITHIN = 0.25, 0.05
"""Seconds after which they answer, and in which all of them do."""
GHOST = 2.0
"""Seconds after adoption in which every phone that has not won must be silent."""


async def test_of_agents_who_race_one_wins_whenever_the_service_is_killed(
    tmp_path, figures, form
):
    races = form(4, 100)
    chance = random.Random(17)
    ghosts, silent, slowest = [], [], 0.0
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        h = await enter(house(tmp_path, site=_all_ring(tmp_path / "site")))
        service = await enter(h.service())
        await service.ready()
        phones = await enter(Phones(sip=h.sip, stream=CountedStream))
        group = await enter(asyncio.TaskGroup())
        follow = Follow(h.truth)
        reader = group.create_task(follow.run())
        agents = await _at_work(h, service, phones)
        n = 0
        await enter(telling("F17", lambda: f"{n} of {races} races"))
        for n in range(races):
            for agent in agents:
                agent.answers(after=ANSWER + chance.uniform(0, WITHIN))
            caller = f"137{n:08d}"
            call = await phones.call(DIALLED, caller=caller, keep=0)
            place = follow.of(caller)
            assert await place.changes(lambda p=place: p.step == "language", False, 10)
            await call.press("3")
            await asyncio.sleep(chance.uniform(0, 0.6))
            killed = service.kill()
            if not await place.changes(lambda p=place: p.connected, False, 20):
                silent.append(caller)
            await _adopted(h, killed)
            began = now()
            while await _up(h) != 2 and now() - began < 2 * GHOST:
                await asyncio.sleep(0.1)
            slowest = max(slowest, now() - began)
            if await _up(h) != 2 or not call.up:
                ghosts.append((caller, await h.up()))
            await call.hang_up()
            await h.left(within=10)
            await _ready_again(service)
        reader.cancel()
    won = [fact.call for fact in h.truth.facts("Connected")]
    figures("F17", "races, each with a kill", races)
    figures("F17", "callers whom nobody got", len(silent), "0")
    figures("F17", "callers whom two got", len(won) - len(set(won)), "0")
    figures("F17", "ghost phones", len(ghosts), "0")
    figures("F17", "after adoption only the winner is up within, s", slowest, "<= 2")

    assert silent == []
    assert ghosts == []
    assert len(won) == len(set(won)) == races
    assert slowest <= GHOST


def _all_ring(folder):
    """The mixed sample, in which all phones ring at once."""
    mixed_site(folder)
    queues = folder / "queues.yaml"
    text = queues.read_text("utf-8")
    assert text.count("choose: best_skill") == 1
    queues.write_text(text.replace("choose: best_skill", "choose: ring_all"), "utf-8")
    return folder


async def _at_work(h, service, phones):
    agents = []
    for number in RACERS:
        password = h.running.credentials.agents[number]
        agents.append(await phones.agent(number, password=password, keep=0))
        assert await service.ask("POST", f"/api/agents/{number}/ready") is not None
    return agents


async def _ready_again(service):
    """All agents are free: whoever has talked has had his second of wrap-up."""
    await service.ready()
    for number in RACERS:
        assert await service.ask("POST", f"/api/agents/{number}/ready") is not None
    await asyncio.sleep(1.5)


async def _adopted(h, killed):
    """Wait until a process that began after *killed* has adopted."""
    async with asyncio.timeout(30):
        while not any(f.at > killed for f in h.truth.facts("AdoptionEnded")):
            await asyncio.sleep(0.05)


async def _up(h):
    """How many phones are up: two are the caller's and the winner's."""
    return sum(name.startswith("PJSIP/") for name in await h.up())
