"""F4, F5: the service is away for a minute, and for ever: what callers hear meanwhile.

The dialplan holds them then, and the dead-man's timer brings to it those who were in
the service's hands. The short form has short timers; the long one those that are
shipped.
"""

import asyncio
import time
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import pytest
from faults_rig.callers import DIALLED
from faults_rig.follow import Follow
from faults_rig.house import house

from ivrflow.sim.phone import Phones

pytestmark = pytest.mark.timeout(600)

AGENT, TONE = "1001", 700
SILENCE = 5.0
"""Seconds of dead air that a caller may hear at most."""


@dataclass(frozen=True)
class Timers:
    """Seconds, as the dialplan and the settings have them."""

    taken: int = 20
    dead_man: int = 45
    line: int = 45
    tries: int = 4
    away: int = 60
    message: int = 20


SHORT = Timers(taken=4, dead_man=6, line=8, tries=4, away=10, message=3)
FOR_EVER = Timers(taken=4, dead_man=6, line=4, tries=2, message=3)
"""The short form of F5: who waits comes to the end of his tries."""


class Scene:
    """One agent who talks with a caller, and whoever comes after them."""

    def __init__(self, h, service, phones, follow):
        self.h, self.service, self.phones, self.follow = h, service, phones, follow
        self.agent = None

    async def pair(self, caller):
        """*caller* and the agent, who talk."""
        password = self.h.running.credentials.agents[AGENT]
        self.agent = await self.phones.agent(AGENT, password=password)
        self.agent.answers(after=0.2)
        assert await self.service.ask("POST", f"/api/agents/{AGENT}/ready") is not None
        call = await self.in_line(caller)
        theirs = await self.agent.next_call()
        place = self.follow.of(caller)
        assert await place.changes(lambda: place.connected, False, 20)
        call.send_tone(TONE)
        theirs.send_tone(TONE + 300)
        return call, theirs

    async def in_menu(self, caller):
        call = await self.phones.call(DIALLED, caller=caller)
        place = self.follow.of(caller)
        assert await place.changes(lambda: place.step == "language", False, 20)
        return call

    async def in_line(self, caller):
        call = await self.in_menu(caller)
        place = self.follow.of(caller)
        await call.press("3")
        assert await place.changes(lambda: place.step == "wait_for_agent", False, 20)
        return call


@asynccontextmanager
async def scene(folder, timers):
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        h = await enter(house(folder))
        text = h.settings.read_text("utf-8")
        ami = "password_file: secrets/ami"
        assert ami in text
        text = text.replace(ami, f"{ami}, dead_man: {timers.dead_man}s")
        h.settings.write_text(text, "utf-8")
        for name, value in {
            "IVRFLOW_DEAD_MAN": timers.taken,
            "IVRFLOW_LINE_FOR": timers.line,
            "IVRFLOW_LINE_TRIES": timers.tries,
            "IVRFLOW_MAILBOX_SECONDS": timers.message,
            "IVRFLOW_LANGUAGE": "en",
        }.items():
            await h.running.rx(f"dialplan set global {name} {value}")
        service = await enter(h.service())
        await service.ready()
        phones = await enter(Phones(sip=h.sip))
        group = await enter(asyncio.TaskGroup())
        follow = Follow(h.truth)
        tasks = [group.create_task(follow.run())]
        made = Scene(h, service, phones, follow)
        made.beside = lambda work: tasks.append(group.create_task(work))
        try:
            yield made
        finally:
            for task in tasks:
                task.cancel()


async def never_silent(call, silences):
    """Note each time that *call* hears nothing for too long, until it ends."""
    while call.up:
        try:
            await call.until_sound(SILENCE)
        except TimeoutError:
            silences.append(call.caller)
        except Exception:  # it has ended while we listened
            return
        await asyncio.sleep(0.5)


async def test_a_minute_without_the_service_costs_nobody_his_place(
    tmp_path, figures, short
):
    timers = SHORT if short else Timers()
    silences = []
    async with scene(tmp_path, timers) as now:
        h, service = now.h, now.service
        talking, agent = await now.pair("13800000001")
        waiting = [await now.in_line(f"1380000000{n}") for n in (2, 3)]
        await asyncio.sleep(1.5)  # their places are known to Asterisk

        await service.down()
        began = time.monotonic()
        for call in waiting:
            now.beside(never_silent(call, silences))
        new = await now.phones.call(
            DIALLED, caller="13800000004", within=timers.taken + 10
        )
        rang = time.monotonic() - began
        new.send_tone(TONE)  # what is said to the mailbox
        await asyncio.sleep(timers.away - rang)
        still = [call.up for call in (talking, agent, *waiting)]
        assert await talking.hears_tone(TONE + 300, within=3)

        service.start()
        await service.ready()
        back = time.monotonic()
        await agent.hang_up()
        for caller in ("13800000002", "13800000003"):
            place = now.follow.of(caller)
            connected = await place.changes(lambda p=place: p.connected, False, 60)
            assert connected, h.truth.story(caller) + service.words()
            theirs = await now.agent.next_call()
            await asyncio.sleep(1)
            await theirs.hang_up()
        served = time.monotonic() - back
        await new.ended(timers.message + 60)
        for call in (talking, *waiting):
            await call.hang_up()
        messages = []
        for _ in range(400):
            messages = h.truth.rows("select caller, state from messages")
            if messages:
                break
            await asyncio.sleep(0.1)
        left = await h.left(within=10)
        queued = [f.data["queue"] for f in h.truth.facts("CallerQueued")]

    figures("F4", "service away for, s", timers.away)
    figures("F4", "a new call rang for, s", rang, f"<= {timers.taken}")
    figures("F4", "callers cut off", still.count(False), "0")
    figures("F4", "silences longer than 5 s", len(silences), "0")
    figures("F4", "all who waited were served after, s", served)
    figures("F4", "messages of the fallback in the mailbox", len(messages), "1")
    assert all(still)
    assert rang <= timers.taken + 3
    assert silences == []
    assert messages == [("13800000004", "new")], service.words()
    assert len(queued) == 3, "nobody was queued twice"
    assert left == []


async def test_without_the_service_for_ever_everybody_comes_to_the_fallback(
    tmp_path, figures, short
):
    timers = FOR_EVER if short else Timers()
    silences = []
    async with scene(tmp_path, timers) as now:
        h, service = now.h, now.service
        talking, agent = await now.pair("13800000001")
        waiting = await now.in_line("13800000002")
        choosing = await now.in_menu("13800000003")
        await asyncio.sleep(1.5)

        await service.down()
        began = time.monotonic()
        now.beside(never_silent(waiting, silences))
        fallback = await _logged(h, "gets the fallback", timers.dead_man + 30)
        reached = fallback - began
        ends = [choosing.ended(timers.dead_man + timers.message + 60)]
        held = timers.dead_man + timers.tries * timers.line
        ends.append(waiting.ended(held + timers.message + 90))
        await asyncio.gather(*ends)
        assert talking.up
        assert agent.up
        assert await talking.hears_tone(TONE + 300, within=3)
        await talking.hang_up()
        await agent.hang_up()
        left = [name for name in await h.left(within=2) if "/" in name]
        log = (h.running.log_dir / "full.log").read_text(errors="replace")

    times = log.count("waits in line: music, time")
    figures("F5", "a caller in a menu came to the fallback after, s", reached, "<= 45")
    figures("F5", "who waited had music so many times, then the fallback", times)
    figures("F5", "silences of who waited longer than 5 s", len(silences), "0")
    figures("F5", "talking pairs cut off", 0, "0")
    figures("F5", "channels left", len(left), "0")
    assert reached <= timers.dead_man + 3
    assert times == timers.tries
    assert log.count("gets the fallback") == 2
    assert silences == []
    assert left == []


async def _logged(h, words, within):
    """When *words* stood in Asterisk's log; raises `TimeoutError`."""
    log = h.running.log_dir / "full.log"
    async with asyncio.timeout(within):
        while words not in log.read_text(errors="replace"):
            await asyncio.sleep(0.1)
    return time.monotonic()
