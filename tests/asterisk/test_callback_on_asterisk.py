"""A promise to call back is kept on the real Asterisk, over a restart of ours."""

import contextlib

import pytest

from ivrflow.asterisk.home.fetch import fetched_folder
from ivrflow.asterisk.home.find import find
from ivrflow.asterisk.home.run import private_asterisk
from ivrflow.facts import (
    AgentOffered,
    CallbackEnded,
    CallbackTried,
    CallerQueued,
    LeftQueue,
)
from ivrflow.flow.load import load_site
from ivrflow.service.run import serving
from ivrflow.sim.phone import Phones
from ivrflow.telephony.channel import HungUp
from tests.asterisk_rig import until
from tests.hotline_rig import Heard, Rig
from tests.site_rig import install, written

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(120)]

FILES = {
    "site.yaml": "languages: [en]\ntimezone: UTC\n",
    "numbers.yaml": '"12345": {flow: top}\n',
    "prompts/en.yaml": "hello: Hello.\n",
    "queues.yaml": """
desk:
  title: Desk
  callbacks: {tries: 3, pause: 1s, ring: 10s}
""",
    "agents.yaml": """
agents:
  "1001": {name: Li, endpoint: PJSIP/1001, queues: [desk]}
""",
    "flows/top.yaml": """
flow: top
steps:
  wait: {queue: desk, keys: {1: book}, no_agents: over}
  book: {callback: desk, number: {offer: call.from}, then: over, failed: over}
  over: {hangup: yes}
""",
    "demo.sql": "",
}
OUTBOUND = 'outbound: {endpoint: "PJSIP/{number}", prefixes: ["1002"]}\n'
CUSTOMER, AGENT = 1050, 1270
"""What each of them sends, in Hz."""


async def test_who_was_promised_a_call_gets_it_after_a_restart_and_a_busy_phone(
    tmp_path,
):
    loaded = load_site(written(tmp_path / "site", FILES))
    async with private_asterisk(find(fetched_folder()), tmp_path / "asterisk") as pbx:
        kept = install(tmp_path, loaded, pbx, OUTBOUND)
        passwords = pbx.credentials.agents
        async with Phones(sip=pbx.sip) as phones:
            agent = await phones.agent("1001", password=passwords["1001"])
            customer = await phones.agent("1002", password=passwords["1002"])

            before = Heard()
            async with serving(kept.settings, loaded, listener=before.note) as running:
                assert await running.client.link.until_ready(20)
                await running.desk.sign_in("1001")
                call = await customer.call("12345")
                await until(lambda: len(_of(before, CallerQueued)), wanted=1)
                await call.press("1")
                await before.said("1002", "callback_confirm")
                with contextlib.suppress(HungUp):  # without recordings it is quick
                    await call.press("1")
                await before.said("1002", "callback_booked")
                await running.live.nobody()
                assert agent.rang == []

            after = Heard()
            async with serving(kept.settings, loaded, listener=after.note) as running:
                assert await running.client.link.until_ready(20)
                rig = Rig(pbx, kept, running, after)
                customer.rejects()
                agent.answers(after=0.2)
                await running.desk.ready("1001")
                await until(lambda: len(_of(after, CallbackTried)), wanted=1)
                await agent.next_call()
                customer.answers(after=0.2)
                first, agents = await customer.next_call(), await agent.next_call()
                first.send_tone(CUSTOMER)
                agents.send_tone(AGENT)
                assert await agents.hears_tone(CUSTOMER, 4.0)
                assert await first.hears_tone(AGENT, 4.0)
                await agents.hang_up()
                await running.live.nobody()
                await until(rig.left_over, wanted=[])

    # The wish may stand in line already, or not yet, when the service ends.
    [joined] = [f for f in _of(before, CallerQueued) if f.item == "call"]
    left = [f for f in _of(before, LeftQueue) if f.call == joined.call]
    assert [f.how for f in left] == ["key"]
    queued = _of(after, CallerQueued)
    assert {f.item for f in queued} == {"callback"}
    assert all(f.joined == pytest.approx(joined.at, abs=0.5) for f in queued)
    assert [f.how for f in _of(after, CallbackTried)] == ["busy", "talked"]
    assert [(f.how, f.in_time) for f in _of(after, CallbackEnded)] == [("kept", True)]
    assert len(_of(after, AgentOffered)) == 2


def _of(heard, kind):
    return [f for f in heard.facts if isinstance(f, kind)]
