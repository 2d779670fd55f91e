"""Who hears whom while an agent holds, asks, joins, sends and is listened to.

Each party sends a tone of its own; what the others hear is searched for it. One
Asterisk and one service for the whole file.
"""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from ivrflow.asterisk.home.fetch import fetched_folder
from ivrflow.asterisk.home.find import find
from ivrflow.asterisk.home.run import private_asterisk
from ivrflow.facts import (
    CallerCameBack,
    CallerTransferEnded,
    CallRecorded,
    MonitorBegan,
    Resumed,
    StepEntered,
    TalkEnded,
)
from ivrflow.flow.load import load_site
from ivrflow.service.run import serving
from ivrflow.sim.phone import Phones
from tests.asterisk_rig import until
from tests.hotline_rig import Heard, Rig
from tests.site_rig import install

pytestmark = [
    pytest.mark.asterisk,
    pytest.mark.timeout(120),
    pytest.mark.asyncio(loop_scope="module"),
]

FILES = {
    "site.yaml": "languages: [en]\ntimezone: UTC\n",
    "numbers.yaml": '"12345": {flow: top}\n',
    "prompts/en.yaml": "your_pin: Your PIN, please.\nbye: Bye.\n",
    "queues.yaml": "desk: {title: Desk, ring: 20s, music: default, record: all}\n",
    "agents.yaml": """
teams: {north: {supervised_by: ["2001"]}}
agents:
  "1001": {name: Li, endpoint: PJSIP/1001, queues: [desk], team: north}
  "1002": {name: Wu, endpoint: PJSIP/1002, queues: [desk], team: north}
  "2001": {name: Boss, endpoint: PJSIP/2001, role: supervisor}
""",
    "flows/top.yaml": """
flow: top
steps:
  wait: {queue: desk, then: rate, no_agents: rate}
  rate: {wait: 1s}
  end: {hangup: yes}
""",
    "flows/pin.yaml": """
flow: pin
gives: {right: text}
steps:
  ask: {ask: your_pin, digits: 4, secret: yes, save: pin, failed: wrong}
  right: {set: {right: "yes"}, then: return}
  wrong: {set: {right: "no"}, then: return}
""",
    "demo.sql": "",
}
CALLER, ANN, WU, BOSS = 1050, 1270, 1530, 1700
"""What each of them sends, in Hz."""

SOON, NOT = 4.0, 0.7
"""Seconds for a tone to be heard, and after which it is not."""


@dataclass
class Centre:
    """The call center: its service, its phones, and the API to it."""

    rig: Rig
    phones: Phones
    http: aiohttp.ClientSession
    agents: dict[str, Any]

    def of(self, *kinds):
        return [f for f in self.rig.heard.facts if isinstance(f, kinds)]

    async def ask(self, act, **body):
        """Ask the one talk that is on for *act*; the answer's status and body."""
        async with self.http.get("/api/talks") as answer:
            [talk] = (await answer.json())["talks"]
        path = f"/api/calls/{talk['call']}/{act}"
        async with self.http.post(path, json=body) as answer:
            return answer.status, await answer.json()

    async def does(self, act, **body):
        status, answer = await self.ask(act, **body)
        assert status == 200, answer
        return answer

    @asynccontextmanager
    async def talk(self):
        """A caller who talks with 1001, both sending their tones; at its end all hang
        up, and nothing may be left."""
        self.rig.heard.facts.clear()
        await self.rig.running.desk.not_ready("1002")
        await self.rig.running.desk.ready("1001")
        async with asyncio.TaskGroup() as both:
            ringing = both.create_task(self.agents["1001"].next_call())
            calling = both.create_task(self.phones.call("12345", caller="13900000001"))
        caller, ann = calling.result(), ringing.result()
        caller.send_tone(CALLER)
        ann.send_tone(ANN)
        try:
            await until(lambda: len(self.talks.all()), wanted=1)
            yield caller, ann
        finally:
            await caller.hang_up()
            await self.rig.running.live.nobody()
            await until(self.rig.left_over, wanted=[])
        assert self.talks.all() == []

    @property
    def talks(self):
        return self.rig.running.world.talks


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def centre(tmp_path_factory):
    folder = tmp_path_factory.mktemp("centre")
    site = folder / "site"
    for name, text in FILES.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(text)
    heard, loaded = Heard(), load_site(site)
    async with private_asterisk(find(fetched_folder()), folder / "asterisk") as pbx:
        kept = install(folder, loaded, pbx)
        async with serving(kept.settings, loaded, listener=heard.note) as running:
            assert await running.client.link.until_ready(20)
            host, port = running.api
            token = {"Authorization": f"Bearer {'t' * 24}"}
            async with (
                Phones(sip=pbx.sip) as phones,
                aiohttp.ClientSession(f"http://{host}:{port}", headers=token) as http,
            ):
                agents = {
                    number: await phones.agent(
                        number, password=pbx.credentials.agents[number]
                    )
                    for number in ("1001", "1002", "2001")
                }
                for agent in agents.values():
                    agent.answers(after=0.2)
                yield Centre(Rig(pbx, kept, running, heard), phones, http, agents)


async def all_hear(*pairs):
    """Each (call, tone) is heard there, soon."""
    heard = await asyncio.gather(*(c.hears_tone(tone, SOON) for c, tone in pairs))
    assert all(heard), heard


async def none_hears(*pairs):
    """None of these is heard there from now on."""
    heard = await asyncio.gather(*(c.hears_tone(tone, NOT) for c, tone in pairs))
    assert not any(heard), heard


async def test_hold_separates_them_and_the_agents_keys_bring_them_back(centre):
    async with centre.talk() as (caller, ann):
        await all_hear((caller, ANN), (ann, CALLER))

        await centre.does("hold")
        await none_hears((caller, ANN), (ann, CALLER))
        await centre.does("resume")
        await all_hear((caller, ANN), (ann, CALLER))
        await ann.press("*1")
        await until(lambda: len(centre.of(Resumed)), wanted=1)
        await asyncio.sleep(0.3)
        await none_hears((caller, ANN), (ann, CALLER))
        await ann.press("*1")
        await all_hear((caller, ANN), (ann, CALLER))

        assert len(centre.of(Resumed)) == 2


async def test_another_agent_is_asked_then_has_the_caller_then_both_do(centre):
    async with centre.talk() as (caller, ann):
        await centre.rig.running.desk.ready("1002")
        ringing = centre.agents["1002"].next_call()
        answer, wu = await asyncio.gather(
            centre.does("transfer", to={"agent": "1002"}), ringing
        )
        wu.send_tone(WU)
        assert (answer["doing"], answer["other"]) == ("consulting", "agent 1002")

        await all_hear((ann, WU), (wu, ANN))
        await none_hears((caller, WU), (caller, ANN), (wu, CALLER))
        await centre.does("complete")
        await ann.ended()
        await all_hear((caller, WU), (wu, CALLER))
        assert [f.how for f in centre.of(CallerTransferEnded)] == ["done"]

        third, ann = await asyncio.gather(
            centre.does("conference", to={"agent": "1001"}),
            centre.agents["1001"].next_call(),
        )
        ann.send_tone(ANN)
        assert third["doing"] == "conference"
        await all_hear((caller, WU), (caller, ANN), (wu, CALLER), (wu, ANN), (ann, WU))
        await centre.does("take-back")
        await ann.ended()
        await all_hear((caller, WU), (wu, CALLER))


async def test_a_supervisor_listens_whispers_and_barges_in(centre):
    async with centre.talk() as (caller, ann):
        _, boss = await asyncio.gather(
            centre.does("monitor", supervisor="2001"), centre.agents["2001"].next_call()
        )
        boss.send_tone(BOSS)
        await until(lambda: len(centre.of(MonitorBegan)), wanted=1)

        await all_hear((boss, CALLER), (boss, ANN))
        await none_hears((caller, BOSS), (ann, BOSS))
        await boss.press("2")
        await all_hear((ann, BOSS), (boss, CALLER))
        await none_hears((caller, BOSS))
        await centre.does("monitor", supervisor="2001", mode="barge")
        await all_hear((ann, BOSS), (caller, BOSS))
        await boss.hang_up()
        await all_hear((caller, ANN), (ann, CALLER))
        assert [f.mode for f in centre.of(MonitorBegan)] == [
            "listen",
            "whisper",
            "barge",
        ]


async def test_the_caller_enters_a_pin_alone_and_comes_back(centre):
    async with centre.talk() as (caller, ann):
        await all_hear((ann, CALLER), (caller, ANN))
        await centre.does("send-to-flow", flow="pin")
        await asyncio.sleep(0.5)
        await none_hears((ann, CALLER), (caller, ANN))
        await caller.press("1234")
        await until(lambda: len(centre.of(CallerCameBack)), wanted=1)
        await all_hear((ann, CALLER), (caller, ANN))

        [back] = centre.of(CallerCameBack)
        assert back.result == {"right": "yes"}
        assert ann.keys_heard == ""
        await ann.hang_up()
        await until(lambda: centre.of(StepEntered)[-1].step, wanted="end")
        await until(lambda: len(centre.of(CallRecorded)), wanted=1)
        [recorded] = centre.of(CallRecorded)
        assert recorded.seconds > 0.5


async def test_legs_that_vanish_in_a_consultation_leave_nothing(centre):
    async with centre.talk() as (_, ann):
        await centre.rig.running.desk.ready("1002")
        _, wu = await asyncio.gather(
            centre.does("transfer", to={"agent": "1002"}),
            centre.agents["1002"].next_call(),
        )
        wu.end()
        ann.end()
        await until(lambda: len(centre.of(TalkEnded)), wanted=2)
