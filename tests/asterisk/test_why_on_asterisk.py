"""A real call, told by the API from its records, and made a test that passes."""

import asyncio

import aiohttp
import pytest
from hotline_rig import hotline

from ivrflow.db.engine import Database
from ivrflow.db.past import Past
from ivrflow.demo.setup import CUSTOMERS
from ivrflow.sim.phone import Phones
from ivrflow.sim.rehearsal.read import read_test
from ivrflow.sim.rehearsal.run import rehearse, steps_of
from ivrflow.sim.rehearsal.verdict import told
from ivrflow.sim.rehearsal.write import talk_of

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(120)]

ANNA = CUSTOMERS[1]


async def talk_with_an_agent(rig, phones):
    """Anna mistypes her PIN, hears her balance, talks with 1003, and rates him."""
    heard, desk = rig.heard, rig.running.desk
    login = rig.pbx.credentials.agents["1003"]
    agent = await phones.agent("1003", password=login)
    agent.answers(after=1.5)
    await desk.ready("1003")
    call = await phones.call("12313", caller=ANNA.caller)
    await heard.said(ANNA.caller, "choose_language")
    await call.press("2")
    await heard.said(ANNA.caller, "enter_card")
    await call.press(ANNA.card)
    await heard.said(ANNA.caller, "enter_pin")
    await call.press("000000")
    while len(heard.words[ANNA.caller, "enter_pin"]) < 2:
        await asyncio.sleep(0.1)
    await call.press(ANNA.pin)
    await heard.said(ANNA.caller, "main_menu")
    await call.press("1")
    await heard.said(ANNA.caller, "your_balance")
    await call.press("0")
    taken = await agent.next_call(30)
    await asyncio.sleep(3)
    await taken.hang_up()
    await heard.said(ANNA.caller, "rate_agent")
    await call.press("5")
    await call.ended(within=30)
    return heard.call_of(ANNA.caller)


async def why_of(rig, call):
    """What the API says of the call."""
    host, port = rig.running.api
    token = {"Authorization": f"Bearer {rig.kept.api_token}"}
    url = f"http://{host}:{port}/api/calls/{call}/why"
    async with aiohttp.ClientSession() as http, http.get(url, headers=token) as answer:
        return await answer.json()


async def facts_of(rig, call):
    """What the database has of the call."""
    database = Database(f"sqlite:///{rig.kept.database}")
    try:
        [record] = await Past(database).matching(call)
        return await Past(database).facts(record)
    finally:
        await database.close()


async def test_a_real_call_is_told_and_becomes_a_test(tmp_path):
    async with hotline(tmp_path) as rig, Phones(sip=rig.pbx.sip) as phones:
        call = await talk_with_an_agent(rig, phones)
        await asyncio.sleep(0.5)  # until its last facts are written
        account = await why_of(rig, call)
        facts = await facts_of(rig, call)
        site = rig.running.site.now

    lines = [one["words"] for step in account["steps"] for one in step["happened"]]
    assert "the PIN is judged: wrong" in lines
    assert "the PIN is judged: right" in lines
    assert any(line.startswith("waited ") and "1003 rang" in line for line in lines)
    assert all(step["line"] for step in account["steps"])
    assert ANNA.pin not in str(account)
    assert ANNA.card not in str(account)

    written = talk_of(facts, site)
    [rehearsal] = read_test(written.file, "tests/saved.test.yaml", site).rehearsals
    verdict = await asyncio.to_thread(rehearse, site, rehearsal)

    assert verdict.passed, f"{written.file}\n" + "\n".join(told(verdict))
    assert verdict.steps == steps_of(facts), written.file
    assert account["ended_by"] == "flow"
