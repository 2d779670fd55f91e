"""The service as its users meet it: by phone, by the API, with something away."""

import asyncio
import contextlib
import logging
import sqlite3

import aiohttp
import pytest
from hotline_rig import hotline

from ivrflow.asterisk.home.run import private_asterisk
from ivrflow.demo.setup import AGENT_PIN, CUSTOMERS
from ivrflow.facts import AgentChanged, CallEnded, Logged, StepFailed
from ivrflow.sim.phone import Phones

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(120)]

ANNA = CUSTOMERS[1]


async def identified(phones, heard, customer, key="2"):
    """A call of *customer* that has come to the main menu."""
    call = await phones.call("12313", caller=customer.caller)
    await heard.said(customer.caller, "choose_language")
    await call.press(key)
    await heard.said(customer.caller, "enter_card")
    await call.press(customer.card)
    await heard.said(customer.caller, "enter_pin")
    await call.press(customer.pin)
    await heard.said(customer.caller, "main_menu")
    return call


def presence(rig, number):
    agents = {a.number: a for a in rig.running.desk.state().agents}
    return agents[number].presence


async def test_an_agent_signs_in_by_phone_and_out_again(tmp_path):
    async with hotline(tmp_path) as rig, Phones(sip=rig.pbx.sip) as phones:
        desk_phone = await phones.agent(
            "1003", password=rig.pbx.credentials.agents["1003"]
        )
        before = presence(rig, "1003")
        call = await desk_phone.call("*11")
        await rig.heard.said("1003", "sign_in_number")
        await call.press("1003#")
        await rig.heard.said("1003", "sign_in_pin")
        await call.press(f"{AGENT_PIN}#")
        await rig.heard.said("1003", "signed_in_menu")
        signed_in = presence(rig, "1003")
        await call.press("1")
        await rig.heard.said("1003", "you_are_ready")
        ready = presence(rig, "1003")
        await call.ended(within=10)

        assert (before, signed_in, ready) == ("logged out", "not ready", "ready")


async def test_three_wrong_pins_end_an_agents_sign_in(tmp_path):
    async with hotline(tmp_path) as rig, Phones(sip=rig.pbx.sip) as phones:
        desk_phone = await phones.agent(
            "1001", password=rig.pbx.credentials.agents["1001"]
        )
        call = await desk_phone.call("*11")
        await rig.heard.said("1001", "sign_in_number")
        for _ in range(3):
            await call.press("1001#")
            await asyncio.sleep(0.5)
            await call.press("0000#")
            await asyncio.sleep(3)
        await call.ended(within=20)

        assert presence(rig, "1001") == "logged out"
        assert not [f for f in rig.heard.facts if isinstance(f, AgentChanged)]


async def test_the_api_moves_agents_and_shows_queues_and_calls(tmp_path):
    async with hotline(tmp_path) as rig, Phones(sip=rig.pbx.sip) as phones:
        host, port = rig.running.api
        token = {"Authorization": f"Bearer {rig.kept.api_token}"}
        async with aiohttp.ClientSession(f"http://{host}:{port}") as http:

            async def ask(method, path, **more):
                more.setdefault("headers", token)
                async with http.request(method, path, **more) as answer:
                    return answer.status, await answer.json()

            nobody = await ask("GET", "/api/agents", headers={})
            stranger = {"Authorization": "Bearer wrong"}
            wrong = await ask("GET", "/api/agents", headers=stranger)
            page = await ask("GET", "/api/agents", headers={**token, "Origin": "x"})
            alive = await ask("GET", "/livez", headers={})
            signed_in = await ask("POST", "/api/agents/1002/sign-in")
            ready = await ask("POST", "/api/agents/1002/ready")
            lunch = await ask(
                "POST", "/api/agents/1002/not-ready", json={"reason": "lunch"}
            )
            unknown = await ask("POST", "/api/agents/9/ready")
            odd = await ask("POST", "/api/agents/1002/not-ready", json={"reason": "<"})
            call = await identified(phones, rig.heard, ANNA)
            _, calls = await ask("GET", "/api/calls")
            await call.press("0")
            await rig.heard.said(ANNA.caller, "queue_position")
            _, queues = await ask("GET", "/api/queues")
            ready_for_calls = await ask("GET", "/readyz", headers={})
            async with http.get("/metrics") as answer:
                metrics = await answer.text()
            await call.hang_up()

        assert [s for s, _ in (nobody, wrong, page)] == [401, 401, 403]
        assert alive == (200, {"alive": True})
        assert ready_for_calls == (200, {"ready": True, "lacks": []})
        for line in (
            "ivrflow_ready 1.0",
            "ivrflow_asterisk_ready 1.0",
            "ivrflow_calls_up 1.0",
            'ivrflow_calls_total{flow="hotline"} 1.0',
            'ivrflow_queue_waiting{item="call",queue="service"} 1.0',
        ):
            assert line in metrics.splitlines(), line
        assert signed_in[1]["presence"] == "not ready"
        assert ready[1]["presence"] == "ready"
        assert (lunch[1]["presence"], lunch[1]["reason"]) == ("not ready", "lunch")
        assert unknown[0] == 404
        assert odd[0] == 400
        (shown,) = calls["calls"]
        assert (shown["caller"], shown["step"]) == (ANNA.caller, "main_menu")
        assert shown["place"].startswith("flows/hotline.yaml:")
        (queue,) = [q for q in queues["queues"] if q["waiting"]]
        assert queue["name"] == "service"


async def test_a_number_that_nothing_answers_hears_a_sentence_and_is_logged(
    tmp_path, caplog
):
    async with hotline(tmp_path) as rig, Phones(sip=rig.pbx.sip) as phones:
        call = await phones.call("99887766", caller="13900000000")
        words = await rig.heard.said("13900000000", "wrong_number")
        await call.ended(within=15)

        assert words
        assert "nothing answers '99887766'" in caplog.text


async def test_a_caller_whose_data_is_away_is_led_to_a_person(tmp_path):
    async with hotline(tmp_path) as rig, Phones(sip=rig.pbx.sip) as phones:
        call = await identified(phones, rig.heard, ANNA)
        with contextlib.closing(sqlite3.connect(rig.kept.crm)) as crm:
            crm.execute("alter table account rename to moved")
            crm.commit()
        await call.press("1")
        await rig.heard.said(ANNA.caller, "system_trouble")
        # Nobody is signed in, so the queue itself sends the caller on.
        await rig.heard.said(ANNA.caller, "nobody_free")
        await call.hang_up()
        await rig.running.live.nobody()

        (ended,) = [f for f in rig.heard.facts if isinstance(f, CallEnded)]
        assert (ended.by, ended.step) == ("caller", "nobody_free")


async def test_a_fault_in_one_call_ends_that_call_alone(tmp_path, caplog):
    async with hotline(tmp_path) as rig, Phones(sip=rig.pbx.sip) as phones:
        well = await identified(phones, rig.heard, ANNA)
        ill = await identified(phones, rig.heard, CUSTOMERS[2])
        faulty = rig.running.live.of(rig.heard.call_of(CUSTOMERS[2].caller))
        faulty.frames.clear()  # a fault of ours, as no flow could make one
        with caplog.at_level(logging.CRITICAL, "ivrflow.call"):
            await ill.press("1")
            await rig.heard.said(CUSTOMERS[2].caller, "apology")
            await ill.ended(within=20)
        await well.press("1")
        words = await rig.heard.said(ANNA.caller, "your_balance")
        await well.hang_up()

        assert "twenty thousand four hundred five yuan" in words


async def test_when_asterisk_returns_calls_are_taken_within_two_seconds(
    tmp_path, caplog
):
    async with hotline(tmp_path) as rig:
        loop = asyncio.get_running_loop()
        rig.pbx.process.kill()
        await rig.pbx.process.wait()
        await asyncio.sleep(3)
        async with private_asterisk(
            rig.pbx.asterisk,
            tmp_path / "again",
            ports=rig.pbx.ports,
            credentials=rig.pbx.credentials,
        ) as again:
            back = loop.time()
            async with Phones(sip=again.sip) as phones:
                call = await phones.call("12313", caller=ANNA.caller)
                await rig.heard.said(ANNA.caller, "welcome")
                taken = loop.time() - back
                await call.hang_up()
            # Counted while it is up: its own end is one more absence.
            said = [r.message for r in caplog.records if "is away" in r.message]

    assert taken < 2
    assert len(said) == 1
    assert not [f for f in rig.heard.facts if isinstance(f, StepFailed)]


async def test_what_a_flow_logs_at_its_end_is_in_the_database(tmp_path):
    async with hotline(tmp_path) as rig, Phones(sip=rig.pbx.sip) as phones:
        call = await identified(phones, rig.heard, ANNA)
        await call.hang_up()
        await rig.running.live.nobody()
        (logged,) = [f for f in rig.heard.facts if isinstance(f, Logged)]
        await asyncio.sleep(1)

        assert logged.data == {
            "customer": 9,
            "topic": None,
            "rating": None,
            "ended_in": "main_menu",
        }
        assert rig.rows('select "by" from calls') == [("caller",)]
        assert rig.rows("select count(*) from facts where kind = 'Logged'") == [(1,)]
        dump = "".join(
            str(row)
            for (table,) in rig.rows(
                "select name from sqlite_master where type='table'"
            )
            for row in rig.rows(f'select * from "{table}"')
        )
        assert ANNA.card not in dump
        assert ANNA.pin not in dump
