"""A message is work on the real Asterisk: the agent with the skill gets it, hears it,
calls back with one key and says how it has ended; a restart in the middle parts nobody.
"""

import asyncio

import pytest

from ivrflow.facts import (
    AgentOffered,
    Connected,
    MessageLeft,
    TalkEnded,
    WorkBegan,
    WorkEnded,
    WorkTried,
)
from tests.asterisk_rig import until
from tests.site_rig import written_site

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(120)]

FILES = {
    "site.yaml": "languages: [en]\ntimezone: UTC\n",
    "numbers.yaml": '"12345": {flow: top}\n',
    "prompts/en.yaml": "hello: Hello.\n",
    "queues.yaml": """
dispositions: [sold, no_interest]
desk:
  title: Desk
  wrap_up: 60s
  disposition: required
  callbacks: {ring: 10s}
""",
    "agents.yaml": """
agents:
  "1001": {name: Li, endpoint: PJSIP/1001, queues: [desk]}
  "1002":
    {name: Na, endpoint: PJSIP/1002, queues: [desk], skills: {topic: {billing: 3}}}
""",
    "mailboxes.yaml": """
box:
  heard_by: [supervisor]
  length: 1s..20s
  work: {queue: desk, within: 1h, skills: {topic: topic}}
""",
    "flows/top.yaml": """
flow: top
steps:
  about: {set: {topic: billing}, then: leave}
  leave: {voicemail: box, then: over, failed: over}
  over: {hangup: yes}
""",
    "demo.sql": "",
}
OUTBOUND = 'outbound: {endpoint: "PJSIP/{number}", prefixes: ["1003"]}\n'
VOICE, CUSTOMER, AGENT = 550, 1050, 1270
"""What is sent, in Hz: in the message, and later by each of the two."""


def of(heard, kind):
    return [fact for fact in heard.facts if isinstance(fact, kind)]


async def test_a_message_comes_to_who_has_the_skill_and_one_key_calls_back(tmp_path):
    async with written_site(tmp_path, FILES, more=OUTBOUND) as (rig, phones):
        heard, running = rig.heard, rig.running
        passwords = rig.pbx.credentials.agents
        other, able, customer = [
            await phones.agent(number, password=passwords[number])
            for number in ("1001", "1002", "1003")
        ]
        other.answers(after=0.2)
        able.answers(after=0.2)
        customer.answers(after=0.2)
        call = await customer.call("12345")
        call.send_tone(VOICE)
        await heard.said("1003", "voicemail_greeting")
        await asyncio.sleep(4)
        await call.hang_up()
        await until(lambda: len(of(heard, MessageLeft)), wanted=1)
        await until(lambda: len(of(heard, WorkBegan)), wanted=1)

        await running.desk.sign_in("1001")
        await running.desk.sign_in("1002")
        for number in ("1001", "1002"):
            await running.desk.ready(number, by=number)
        talk = await able.next_call()
        assert await talk.hears_tone(VOICE, 10.0)
        await talk.press("1")
        called = await customer.next_call()
        called.send_tone(CUSTOMER)
        talk.send_tone(AGENT)
        assert await talk.hears_tone(CUSTOMER, 6.0)
        assert await called.hears_tone(AGENT, 4.0)
        await called.hang_up()
        await until(lambda: len(of(heard, TalkEnded)), wanted=1)
        [agent] = [a for a in running.desk.state().agents if a.number == "1002"]
        assert (agent.work, agent.free_at) == ("wrap-up", None)
        await running.desk.dispose("1002", "sold", by="1002")
        await until(rig.left_over, wanted=[])
        state = rig.rows("SELECT state, agent, dials, told FROM work")

    assert other.rang == []
    assert {f.agent for f in of(heard, AgentOffered)} == {"1002"}
    [connected] = of(heard, Connected)
    assert connected.call.endswith("-w1")
    assert [f.how for f in of(heard, WorkTried)] == ["talked"]
    assert [(f.how, f.in_time) for f in of(heard, WorkEnded)] == [("done", True)]
    assert state == [("done", "1002", 1, 2)]
