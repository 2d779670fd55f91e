"""`ivrflow calls`, `call`, `top` and `bundle`, asked of a service with a call up."""

import asyncio
import json
import re
import socket
import tarfile

import aiohttp
import pytest

from ivrflow.config import read_settings
from ivrflow.flow.load import load_site
from ivrflow.service.door import answered
from ivrflow.service.run import serving
from ivrflow.sim.scripted import ScriptedChannel
from tests.unit.cli.test_queue_and_token_commands import FILES, run
from tests.unit.service.test_service import SETTINGS, TOKEN, installed

FLOW = "flow: top\nsteps:\n  rest: {wait: 1h}\n"
CALLER = "13800138000"


@pytest.fixture
def folder(tmp_path):
    """An installation whose API has a port that commands can know."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = SETTINGS.replace("api: {port: 0", f"api: {{port: {port}")
    installed(tmp_path, settings, **FILES)
    return tmp_path


class Up:
    """A running service with one call in it."""

    def __init__(self, folder, running, facts, channel):
        self.folder, self.running, self.facts = folder, running, facts
        self.channel = channel

    async def ask(self, *words):
        return await asyncio.to_thread(run, self.folder, *words)


async def with_a_call(folder, work):
    """Run *work* while a caller waits in the step `rest`."""
    (folder / "site/flows/top.yaml").write_text(FLOW)
    settings, site = read_settings(folder / "ivrflow.yaml"), load_site(folder / "site")
    facts = []
    async with (
        serving(settings, site, listener=facts.append) as running,
        asyncio.TaskGroup() as calls,
    ):
        channel = ScriptedChannel(caller_id=CALLER, dialled="100")
        task = calls.create_task(answered(channel, site, running.world, running.live))
        async with asyncio.timeout(10):
            while not any(fact.kind == "StepEntered" for fact in facts):
                await asyncio.sleep(0.01)
        try:
            await work(Up(folder, running, facts, channel))
        finally:
            task.cancel()


async def test_calls_that_are_up_are_listed_shown_and_hung_up(folder, caplog):
    async def work(up):
        call = up.channel.id
        listed = await up.ask("calls")
        others = await up.ask("calls", "--caller", "1")
        as_json = json.loads((await up.ask("calls", "--json")).out)
        async with asyncio.timeout(10):
            while (
                "not in the database yet"
                in (shown := await up.ask("call", "show", call)).out
            ):
                await asyncio.sleep(0.2)
        unknown = await up.ask("call", "hangup", "nobody")
        ended = await up.ask("call", "hangup", call[:-1] if len(call) > 3 else call)
        async with asyncio.timeout(10):
            while len(up.running.live):
                await asyncio.sleep(0.01)
        after = await up.ask("calls")
        async with asyncio.timeout(10):
            while "ended by" not in (past := await up.ask("call", "show", call)).out:
                await asyncio.sleep(0.2)
        audit = await up.ask("audit")

        head, row = listed.out.splitlines()
        assert head.split() == (
            ["CALL", "CALLER", "DIALLED", "FOR", "FLOW/STEP", "QUEUE", "AGENT"]
        )
        assert row.split()[:3] == [call, CALLER, "100"]
        assert row.split()[4] == "top/rest"
        assert others.out == "none\n"
        assert [one["id"] for one in as_json["calls"]] == [call]
        assert "top/rest" in shown.out.splitlines()[1]
        assert f"call {call}: {CALLER} called 100" in shown.out
        assert (unknown.code, "no call is up" in unknown.all) == (1, True)
        assert ended.out == f"{call}: hung up; {CALLER} was in top/rest\n"
        assert after.out == "no call is up\n"
        assert "ended by an operator in rest" in past.out
        assert f"call {call}: in top rest -> hung up" in audit.out
        assert [f.by for f in up.facts if f.kind == "CallEnded"] == ["operator"]

    await with_a_call(folder, work)
    caplog.clear()


async def test_a_supervisor_ends_no_call_that_none_of_his_agents_has_had(
    folder, caplog
):
    agents = (
        'agents:\n  "1001": {name: Li, queues: [desk, other], team: a}\n'
        '  "2001": {name: Wu, role: supervisor}\n'
        'teams: {a: {title: A, supervised_by: ["2001"]}}\n'
    )
    (folder / "site/agents.yaml").write_text(agents)

    async def work(up):
        made = await up.ask("token", "new", "2001", "--role", "supervisor")
        await up.running.world.desk.until_loaded()
        url = "http://{}:{}/api/calls/{}/hang-up".format(*up.running.api, up.channel.id)
        headers = {"Authorization": f"Bearer {made.out.strip()}"}
        async with (
            aiohttp.ClientSession(headers=headers) as client,
            asyncio.timeout(10),
        ):
            while True:
                async with client.post(url) as answer:
                    if answer.status != 401:  # a new token is known after 2 s
                        said = answer.status, (await answer.json())["error"]
                        break
                await asyncio.sleep(0.5)

        assert said == (403, "no agent has had this caller: admins may end the call")
        assert len(up.running.live) == 1

    await with_a_call(folder, work)
    caplog.clear()


async def test_top_prints_once_what_it_would_show(folder, caplog):
    async def work(up):
        shown = await up.ask("top", "--once")

        assert shown.code == 0, shown.all
        assert re.match(
            r"ivrflow  \d\d:\d\d:\d\d   calls 1 of 1000   waiting 0   Asterisk AWAY   ",
            shown.out,
        )
        assert "top/rest" in shown.out

    await with_a_call(folder, work)
    caplog.clear()


async def test_bundle_has_all_parts_and_no_secret_and_no_number(folder, caplog):
    secrets = {
        "password": "canary-ari-password",
        "token": TOKEN,
        "key": "canary-webhook-key",
    }
    for name, secret in secrets.items():
        (folder / name).write_text(secret)
    with (folder / "ivrflow.yaml").open("a") as settings:
        settings.write(
            "webhook_key_file: key\n"
            "sms: {url: 'https://u:canary-sms-password@sms.example.com/send'}\n"
            f'rehearse: {{"{CALLER}": "2026-03-02 10:00"}}\n'
        )
    agents = folder / "site/agents.yaml"
    agents.write_text(agents.read_text().replace("Li", "Quirinius"))
    log = folder / "service.log"
    log.write_text(
        f"2026-03-02 10:00:00 INFO call 1764000000.7: {CALLER}\n"
        f"WARNING somebody logged {TOKEN} and canary-ari-password\n"
        "mail to ann@example.com, card 330106123459\n"
    )

    async def work(up):
        listed = await up.ask("bundle", "--list", "--log", str(log))
        one = await up.ask(
            "bundle", "--show", "log/1-service.log.txt", "--log", str(log)
        )
        path = folder / "b.tar.gz"
        words = ["bundle", "-y", "-o", str(path), "--log", str(log)]
        words += ["--without", "doctor.json"]
        done = await up.ask(*words)
        again = await up.ask(*words)

        assert done.code == 0, done.all
        assert (again.code, "is there already" in again.all) == (1, True)
        assert path.stat().st_mode & 0o777 == 0o600
        with tarfile.open(path) as archive:
            texts = {
                member.name.partition("/")[2]: archive.extractfile(member)
                .read()
                .decode()
                for member in archive
            }
        assert {line.split()[0] for line in listed.out.splitlines()} == (
            texts.keys() - {"README.txt"} | {"doctor.json"}
        )
        whole = "\n".join(texts.values())
        pepper = (folder / "pepper").read_text().strip()
        for secret in (*secrets.values(), "canary-sms-password", pepper):
            assert secret not in whole
        for private in (CALLER, "330106123459", "ann@", "Quirinius"):
            assert private not in whole
        assert "somebody logged ****** and ******\n" in one.out
        assert "call 1764000000.7: number-" in one.out
        assert json.loads(texts["service/health.json"])["calls"]["up"] == 1
        [call] = json.loads(texts["service/calls.json"])
        assert (call["flow"], call["step"]) == ("top", "rest")
        assert json.loads(texts["about.json"])["libraries"]["aiohttp"][0].isdigit()
        assert json.loads(texts["database.json"])["revision"].isdigit()
        assert "webhook_key_file" in texts["settings.yaml"]

    await with_a_call(folder, work)
    caplog.clear()


def test_bundle_is_made_with_settings_that_are_wrong_and_without_a_service(folder):
    with (folder / "ivrflow.yaml").open("a") as settings:
        settings.write("datbases: {}\n")

    shown = run(folder, "bundle", "--show", "settings.yaml")
    listed = run(folder, "bundle", "--list")

    assert shown.code == 0, shown.all
    assert "there is no setting 'datbases'; did you mean 'databases'?" in shown.out
    assert "service/health.json" not in listed.out


def test_bundle_says_why_a_part_can_not_be_had(folder):
    shown = run(folder, "bundle", "--show", "service/calls.json")

    assert "the service was not reached" in shown.out


@pytest.mark.parametrize("words", [("calls",), ("call", "hangup", "x"), ("top",)])
def test_without_a_service_it_is_said_what_is_left_to_do(folder, words):
    result = run(folder, *words)

    assert result.code == 1
    assert "`ivrflow why --last`" in result.all
