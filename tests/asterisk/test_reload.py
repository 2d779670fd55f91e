"""A new version of the site while calls are up, and switches, on a real Asterisk."""

import asyncio
import os
import shutil
import signal
import sqlite3
import sys
from contextlib import asynccontextmanager, closing

import aiohttp
import pytest
from hotline_rig import ROOT, SITE, hotline

from ivrflow.asterisk.home.fetch import fetched_folder
from ivrflow.asterisk.home.find import find
from ivrflow.asterisk.home.run import private_asterisk
from ivrflow.demo.setup import AGENT_PIN, CUSTOMERS, build
from ivrflow.facts import CallStarted
from ivrflow.sim.phone import Phones

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(120)]

OLD = "Please enter your twelve-digit licence number."
NEW = "The twelve digits of your licence, please."
FIRST, SECOND = "13800138001", "13800138002"


@pytest.fixture
def copied(tmp_path):
    """The sample, to be changed."""
    return shutil.copytree(SITE, tmp_path / "site")


def say(site, old, new):
    path = site / "prompts/en.yaml"
    text = path.read_text("utf-8")
    assert text.count(old) == 1
    for file in (path, *site.glob("tests/*.yaml")):  # its talks say the words too
        file.write_text(file.read_text("utf-8").replace(old, new), "utf-8")


@asynccontextmanager
async def api_of(rig):
    host, port = rig.running.api
    headers = {"Authorization": f"Bearer {rig.kept.api_token}"}
    async with aiohttp.ClientSession(f"http://{host}:{port}", headers=headers) as http:

        async def ask(method, path, body=None):
            async with http.request(method, path, json=body) as answer:
                return answer.status, await answer.json()

        yield ask


async def test_call_that_is_up_ends_on_its_version_and_a_new_one_hears_the_new_words(
    tmp_path, copied
):
    async with (
        hotline(tmp_path, site=copied) as rig,
        Phones(sip=rig.pbx.sip) as phones,
        api_of(rig) as ask,
    ):
        old = await phones.call("12313", caller=FIRST)
        await rig.heard.said(FIRST, "choose_language")
        say(copied, OLD, NEW)
        status, done = await ask("POST", "/api/site/reload")
        new = await phones.call("12313", caller=SECOND)
        await rig.heard.said(SECOND, "choose_language")
        _, site = await ask("GET", "/api/site")
        await old.press("2")
        await new.press("2")
        words = [await rig.heard.said(c, "enter_card") for c in (FIRST, SECOND)]
        await old.hang_up()
        await new.hang_up()
        await rig.running.live.nobody()
        await asyncio.sleep(1)
        kept = dict(rig.rows("select caller, version from calls"))

    assert (status, done["changed"]) == (200, True)
    assert done["talks"]["passed"] >= 5
    assert OLD in words[0]
    assert NEW in words[1]
    assert site["calls"] == {done["was"]: 1, done["version"]: 1}
    assert kept == {FIRST: done["was"], SECOND: done["version"]}
    versions = [f.version for f in rig.heard.facts if isinstance(f, CallStarted)]
    assert versions == [done["was"], done["version"]]


async def test_bad_file_is_refused_whole_and_calls_go_on_as_before(
    tmp_path, copied, caplog
):
    async with (
        hotline(tmp_path, site=copied) as rig,
        Phones(sip=rig.pbx.sip) as phones,
        api_of(rig) as ask,
    ):
        say(copied, OLD, NEW)
        flow = copied / "flows/hotline.yaml"
        text = flow.read_text("utf-8")
        flow.write_text(text.replace("say: outage_notice", "say: no_notice"), "utf-8")
        status, refused = await ask("POST", "/api/site/reload")
        call = await phones.call("12313", caller=FIRST)
        await rig.heard.said(FIRST, "choose_language")
        await call.press("2")
        words = await rig.heard.said(FIRST, "enter_card")
        await call.hang_up()

    assert status == 422
    assert any(p["file"] == "flows/hotline.yaml" for p in refused["problems"])
    assert "no_notice" in caplog.text
    assert OLD in words
    caplog.clear()


async def test_supervisor_closes_the_office_by_phone_and_callers_hear_it(tmp_path):
    async with (
        hotline(tmp_path) as rig,
        Phones(sip=rig.pbx.sip) as phones,
        api_of(rig) as ask,
    ):
        password = rig.pbx.credentials.agents["2001"]
        phone = await phones.agent("2001", password=password)
        call = await phone.call("*80")
        await rig.heard.said("2001", "sign_in_number")
        await call.press("2001#")
        await rig.heard.said("2001", "sign_in_pin")
        await call.press(f"{AGENT_PIN}#")
        state = await rig.heard.said("2001", "switch_is_off")
        await rig.heard.said("2001", "switch_menu")
        await call.press("1")
        await rig.heard.said("2001", "switched_on")
        await call.ended(within=15)
        _, listed = await ask("GET", "/api/switches")

        caller = await phones.call("12313", caller=CUSTOMERS[1].caller)
        await rig.heard.said(CUSTOMERS[1].caller, "choose_language")
        await caller.press("2")
        await rig.heard.said(CUSTOMERS[1].caller, "enter_card")
        await caller.press("0#")
        await rig.heard.said(CUSTOMERS[1].caller, "we_are_closed", within=60)
        await caller.hang_up()
        _, back = await ask("POST", "/api/switches/office_closed", {"thrown": False})
        audit = rig.rows("select who, what, before from audit order by id")

    assert "紧急停止服务" in state
    [thrown] = [s for s in listed["switches"] if s["thrown"]]
    assert (thrown["name"], thrown["by"]) == ("office_closed", "agent 2001")
    assert thrown["until"]
    assert not back["thrown"]
    assert [(who, what) for who, what, _ in audit[1:]] == [
        ("agent 2001", "switch office_closed"),
        ("api", "switch office_closed"),
    ]


async def test_sighup_reloads_a_real_service_while_a_call_is_up(tmp_path, copied):
    async with private_asterisk(find(fetched_folder()), tmp_path / "asterisk") as pbx:
        kept = build(tmp_path, copied, ROOT / "sounds", pbx)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", "from ivrflow.cli import main; main()"),
            *("serve", "-c", str(tmp_path / "ivrflow.yaml")),
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        told = []

        async def logged(words):
            async with asyncio.timeout(60):
                while words not in "".join(told):
                    line = await process.stderr.readline()
                    assert line, "".join(told)
                    told.append(line.decode())

        async def heard(caller, prompt, within=30):
            async with asyncio.timeout(within):
                while not (words := said(kept.database, caller, prompt)):
                    await asyncio.sleep(0.1)
            return words[0]

        try:
            await logged("is there")
            async with Phones(sip=pbx.sip) as phones:
                old = await phones.call("12313", caller=FIRST)
                await heard(FIRST, "choose_language")
                (copied / "switches.yaml").write_text("broken: {whom: me}\n")
                process.send_signal(signal.SIGHUP)
                await logged("switches.yaml:1:10: ")
                shutil.copy(SITE / "switches.yaml", copied / "switches.yaml")
                say(copied, OLD, NEW)
                process.send_signal(signal.SIGHUP)
                await logged("is live, instead of")
                new = await phones.call("12313", caller=SECOND)
                await heard(SECOND, "choose_language")
                await old.press("2")
                await new.press("2")
                words = [await heard(c, "enter_card") for c in (FIRST, SECOND)]
                await old.hang_up()
                await new.hang_up()
        finally:
            process.terminate()
            rest = await process.communicate()

    assert OLD in words[0]
    assert NEW in words[1]
    assert process.returncode == 0
    assert "Traceback" not in "".join(told) + rest[1].decode()
    with closing(sqlite3.connect(kept.database)) as db:
        rows = db.execute("select who from audit order by id").fetchall()
    assert rows == [("start",), ("SIGHUP",)]


def said(database, caller, prompt):
    """What the database has of what *caller* heard."""
    with closing(sqlite3.connect(database)) as db:
        return [
            words
            for (words,) in db.execute(
                "select json_extract(data, '$.words') from facts join calls "
                "on calls.id = facts.call where kind = 'Said' and caller = ? "
                "and json_extract(data, '$.prompt') like ?",
                (caller, f"{prompt}%"),
            )
        ]
