"""`ivrflow queue` and `ivrflow token`, asked of a running service and without one."""

import asyncio
import json
import re
import socket
from types import SimpleNamespace

import aiohttp
import pytest
from click.testing import CliRunner

from ivrflow.acd.model import Waiting
from ivrflow.cli import main
from ivrflow.config import read_settings
from ivrflow.flow.load import load_site
from ivrflow.service.run import serving
from tests.unit.service.test_service import SETTINGS, installed

FILES = {
    "queues": "desk: {title: Desk}\nother: {title: 其他}\n",
    "agents": 'agents:\n  "1001": {name: Li, queues: [desk, other]}\n',
}


@pytest.fixture
def folder(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = SETTINGS.replace("api: {port: 0", f"api: {{port: {port}")
    installed(tmp_path, settings, **FILES)
    return tmp_path


def run(folder, *words):
    config = str(folder / "ivrflow.yaml")
    result = CliRunner().invoke(main, [*words, "--config", config])
    return SimpleNamespace(
        code=result.exit_code, out=result.stdout, err=result.stderr, all=result.output
    )


async def test_queues_are_shown_closed_diverted_and_callers_moved(folder, caplog):
    settings = read_settings(folder / "ivrflow.yaml")

    async def ask(*words):
        return await asyncio.to_thread(run, folder, *words)

    async with serving(settings, load_site(folder / "site")) as running:
        await running.desk.sign_in("1001")
        now = running.world.seconds()
        caller = Waiting(call="c-7", queue="desk", joined=now)
        async with running.desk.line(caller) as place:
            listed = await ask("queue", "list")
            shown = await ask("queue", "show", "desk")
            calm = await ask("queue", "alarms")
            as_json = await ask("queue", "show", "desk", "--json")
            moved = await ask("queue", "move", "c-7", "other")
            ahead = await ask("queue", "priority", "c-7", "10")
            behind = await ask("queue", "priority", "c-7", "-5")
            given = await ask("queue", "take", "c-7", "1001")
            taken = await ask("queue", "show", "other")
            assert place.waiting.queue == "other"
            assert place.waiting.preferred.agent == "1001"
        able = await ask(
            "agent",
            "abilities",
            "1001",
            "--queue",
            "other",
            "--skill",
            "billing:3",
            "--skill",
            "d=n:5",
        )
        gone = await ask("queue", "move", "c-7", "desk")
        closed = await ask("queue", "close", "desk", "--for", "2h", "--waiting")
        again = await ask("queue", "list")
        opened = await ask("queue", "open", "desk")
        both = await ask("queue", "divert", "*", "--to-flow", "top")
        freed = await ask("queue", "open", "*")
        wrong = await ask("queue", "divert", "desk", "--to-queue", "othr")
        audit = await ask("audit")

    assert listed.code == 0, listed.all
    head, first, *_ = listed.out.splitlines()
    assert head.split()[:4] == ["QUEUE", "STATE", "WAIT", "LONGEST"]
    assert first.split()[:3] == ["desk", "open", "1"]
    assert "c-7" in shown.out
    assert calm.out == "no alarm rings\n"
    assert "anyone" in shown.out
    assert json.loads(as_json.out)["waiting"][0]["call"] == "c-7"
    assert moved.out == "c-7: queue other, number 1\n"
    assert (ahead.code, behind.code, given.code) == (0, 0, 0), behind.all
    assert taken.out.splitlines()[-1].split()[3:] == (
        ["first", "anyone", "0", "of", "0", "only", "1001"]
    )
    assert able.out == "agent 1001: other; billing 3, d=n 5\n"
    assert (gone.code, "nobody waits as 'c-7'" in gone.all) == (1, True)
    assert re.search(
        r"desk: closed by api \(cli \w+\) at \S+ \S+, until 20.*, those who wait too",
        closed.out,
    )
    assert "desk: closed by api" in again.out
    assert "closed" not in opened.out
    assert both.out.count("diverted to flow top") == 2
    assert "diverted" not in freed.out
    assert "did you mean 'other'" in wrong.all
    assert "queue desk: open -> closed until" in audit.out
    assert "caller c-7: queue desk -> queue other" in audit.out
    caplog.clear()


async def test_token_is_made_used_listed_and_revoked(folder, caplog):
    settings = read_settings(folder / "ivrflow.yaml")

    async def ask(*words):
        return await asyncio.to_thread(run, folder, *words)

    async with serving(settings, load_site(folder / "site")) as running:
        before = await ask("token", "list")
        made = await ask("token", "new", "1001", "--role", "agent")
        # What a running service does every two seconds.
        token = made.out.strip()
        url = "http://{}:{}/api/me".format(*running.api)
        headers = {"Authorization": f"Bearer {token}"}
        async with (
            aiohttp.ClientSession(headers=headers) as client,
            asyncio.timeout(10),
        ):
            while True:
                async with client.get(url) as answer:
                    if answer.status == 200:
                        me = await answer.json()
                        break
                await asyncio.sleep(0.5)
        listed = await ask("token", "list")
        revoked = await ask("token", "revoke", "1001")
        rest = await ask("token", "list")
        all_of_them = await ask("token", "list", "--revoked", "--json")
        again = await ask("token", "revoke", "1001")

    assert made.code == 0, made.all
    assert re.fullmatch(r"ivr-[0-9a-f]{8}-[\w-]{43}\n", made.out)
    assert "shown this once" in made.err
    assert (me["name"], me["role"]) == ("agent 1001 (api)", "agent")
    row = listed.out.splitlines()[1].split()
    assert row[1:3] == ["1001", "agent"]
    assert token.split("-", 2)[2] not in listed.out
    assert revoked.out.endswith("of 1001, role agent: revoked\n")
    assert "no tokens yet; `ivrflow token new`" in before.err
    assert "no tokens count: 1 revoked, which --revoked shows" in rest.err
    [entry] = json.loads(all_of_them.out)["tokens"]
    assert entry["revoked"] is not None
    assert (again.code, "no token counts" in again.all) == (1, True)
    caplog.clear()


async def test_token_for_nobody_is_refused_with_a_hint(folder, caplog):
    settings = read_settings(folder / "ivrflow.yaml")
    async with serving(settings, load_site(folder / "site")):
        pass  # the database has the agents now
    caplog.clear()

    unknown = await asyncio.to_thread(
        run, folder, "token", "new", "1009", "--role", "supervisor"
    )
    odd = await asyncio.to_thread(run, folder, "token", "new", "a;b", "--role", "admin")
    admin = await asyncio.to_thread(
        run, folder, "token", "new", "ann", "--role", "admin"
    )

    assert unknown.code == 1
    assert "there is no agent '1009'" in unknown.all
    assert odd.code == 2
    assert admin.code == 0


@pytest.mark.parametrize(
    "words",
    [("queue", "list"), ("queue", "close", "desk"), ("queue", "move", "c", "desk")],
)
def test_without_a_service_the_cure_is_told(folder, words):
    result = run(folder, *words)

    assert result.code == 1
    assert "only it knows who waits" in result.all


@pytest.mark.parametrize(
    "words",
    [
        ("agent", "abilities", "1001"),
        ("agent", "abilities", "1001", "--skill", "billing"),
        ("queue", "divert", "desk"),
        ("queue", "divert", "desk", "--to-flow", "top", "--to-queue", "other"),
        ("queue", "close", "desk", "--for", "2h", "--until", "2026-12-24"),
        ("queue", "priority", "c", "high"),
        ("token", "new", "1001"),
        ("token", "new", "1001", "--role", "king"),
    ],
)
def test_command_that_is_used_wrongly_says_how(folder, words):
    assert run(folder, *words).code == 2
