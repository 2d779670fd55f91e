"""`ivrflow agent`: what is in the file, the database and the running service."""

import asyncio
import json
import shutil
import socket
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from ivrflow.acd.model import Agent
from ivrflow.cli import main
from ivrflow.cli.agent.written import agents_text
from ivrflow.config import read_settings
from ivrflow.db.agent_diff import differences
from ivrflow.db.agents import Enrolled
from ivrflow.flow.load import load_site
from ivrflow.service.roster import enrolled
from ivrflow.service.run import serving
from tests.unit.service.test_service import SETTINGS, installed, write

SAMPLE = Path(__file__).parents[3] / "flows" / "hotline"
AGENTS = """\
# Who answers, and on which phone.
teams:
  north: {title: North, supervised_by: ["1002"]}
agents:
  # the first one
  "1001": {name: 王芳, endpoint: PJSIP/1001, queues: [desk], skills: {b: 3}}
  "1002":
    name: Li Na
    endpoint: PJSIP/1002   # by the window
    role: supervisor
"""
QUEUES = """\
desk: {title: Desk, wrap_up: 10s, disposition: required}
billing: {title: Billing}
pauses: {lunch: 60m, training: none}
dispositions: [solved, complaint]
"""


@pytest.fixture
def folder(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    installed(tmp_path, SETTINGS.replace("api: {port: 0", f"api: {{port: {port}"))
    write(tmp_path / "site", "agents.yaml", AGENTS)
    write(tmp_path / "site", "queues.yaml", QUEUES)
    return tmp_path


def run(folder, *words):
    config = str(folder / "ivrflow.yaml")
    result = CliRunner().invoke(main, ["agent", *words, "--config", config])
    return SimpleNamespace(code=result.exit_code, said=result.stdout, all=result.output)


async def ask(folder, *words):
    return await asyncio.to_thread(run, folder, *words)


def running(folder):
    return serving(read_settings(folder / "ivrflow.yaml"), load_site(folder / "site"))


async def live(running, number, **abilities):
    await running.desk.set_abilities(number, by="2001", **abilities)


async def test_phone_that_is_not_reached_is_told_behind_it(folder):
    async with running(folder) as service:
        await ask(folder, "ready", "1001")
        service.desk._books.unreached["1001"] = 1_764_000_000.0
        shown = await ask(folder, "show", "1001")
        await ask(folder, "ready", "1001")
        again = await ask(folder, "show", "1001")

    assert "PJSIP/1001 not reached since 2025-11-2" in shown.said
    assert "not reached" not in again.said


async def test_what_agents_do_is_done_for_them_by_the_service(folder):
    async with running(folder) as service:
        signed_in = await ask(folder, "sign-in", "1001", "--at", "PJSIP/1002")
        away = await ask(folder, "pause", "1001", "--reason", "lunch")
        shown = await ask(folder, "show", "1001", "--json")
        ready = await ask(folder, "ready", "1001")
        nothing = await ask(folder, "wrap-up", "1001", "--done")
        no_talk = await ask(folder, "disposition", "1001", "solved")
        odd = await ask(folder, "disposition", "1001", "solvd")
        freed = await ask(folder, "free", "1001")
        out = await ask(folder, "sign-out", "1001")
        nobody = await ask(folder, "ready", "7777")
        everybody = await ask(folder, "show")
        facts = service.desk.agents["1001"].presence.value
        config = f"{folder}/ivrflow.yaml"
        audit = await asyncio.to_thread(
            CliRunner().invoke, main, ["audit", "--config", config]
        )

    assert [r.code for r in (signed_in, away, ready, freed, out)] == [0] * 5
    assert "PJSIP/1002" in signed_in.said
    assert "not ready: lunch" in away.said
    (agent,) = json.loads(shown.said)["agents"]
    assert [(p["reason"], p["limit"], p["over"]) for p in agent["pauses"]] == [
        ("lunch", 3600.0, False),
        ("training", None, False),
    ]
    assert (nothing.code, no_talk.code, odd.code, nobody.code) == (1, 1, 1, 1)
    assert "in no wrap-up" in nothing.all
    assert "no talk yet" in no_talk.all
    assert "did you mean 'solved'" in odd.all
    assert "no agent '7777'" in nobody.all
    assert "nothing held him" in freed.said
    assert "王芳" in everybody.said
    assert facts == "logged out"
    assert "agent 1001: not-ready: not ready: signed in -> not ready: lunch" in (
        audit.output
    )
    assert "api (cli " in audit.output


async def test_agent_sits_at_phones_of_agents_yaml_only(folder):
    odd = await ask(folder, "sign-in", "1001", "--at", "Local/1@x")
    async with running(folder):
        unknown = await ask(folder, "sign-in", "1001", "--at", "PJSIP/1003")

    assert (odd.code, unknown.code) == (2, 1)
    assert "'--at': 'Local/1@x' is no phone: write it like PJSIP/1007" in odd.all
    assert "PJSIP/1003 is no phone of agents.yaml; did you mean" in unknown.all


async def test_a_restart_changes_nothing_for_those_who_are_there(folder):
    async with running(folder):
        await ask(folder, "sign-in", "1001", "--at", "PJSIP/1002")
        await ask(folder, "pause", "1001", "--reason", "lunch")
        await asyncio.sleep(1.1)  # of which the second part is counted after it
    async with running(folder), asyncio.timeout(20):
        agent = {"pauses": [{"seconds": 0.0}]}
        while agent["pauses"][0]["seconds"] < 1:  # facts of before are read meanwhile
            after = await ask(folder, "show", "1001", "--json")
            (agent,) = json.loads(after.said)["agents"]

    assert (agent["presence"], agent["reason"]) == ("not ready", "lunch")
    assert agent["address"] == "PJSIP/1002"
    assert agent["pauses"][0]["seconds"] > 1


async def test_live_changes_are_told_kept_over_a_restart_and_taken_back(folder):
    async with running(folder) as service:
        await live(service, "1001", queues=["billing"], skills={"lang=en": 5})
        told = await ask(folder, "diff", "--json")
        exported = await ask(folder, "export")
    async with running(folder):
        again = await ask(folder, "diff")
        applied = await ask(folder, "apply")
        same = await ask(folder, "diff")
        back = await ask(folder, "export")

    assert told.code == 1
    found = json.loads(told.said)["differences"]
    assert [(d["agent"], d["what"], d["file"], d["database"]) for d in found] == [
        ("1001", "queues", ["desk"], ["billing"]),
        ("1001", "skills", {"b": 3}, {"lang": {"en": 5}}),
    ]
    changed = AGENTS.replace("[desk]", "[billing]")
    assert exported.said == changed.replace("{b: 3}", "{lang: {en: 5}}")
    assert again.code == 1
    assert again.said.count("changed live") == 2
    assert (applied.code, applied.said) == (0, "1 agent as in agents.yaml now: 1001\n")
    assert (same.code, back.said) == (0, AGENTS)


async def test_what_is_exported_is_taken_as_it_is_written(folder):
    async with running(folder) as service:
        await live(service, "1001", queues=["billing", "desk"], skills={})
        await ask(folder, "export", "-o", f"{folder}/site/agents.yaml")
        applied = await ask(folder, "apply")
        same = await ask(folder, "diff")

    assert "is live" in applied.said
    assert (applied.code, same.code) == (0, 0)
    assert load_site(folder / "site").agents["1001"].queues == ("billing", "desk")


async def test_without_the_service_the_database_alone_is_changed(folder):
    async with running(folder) as service:
        await service.desk.sign_in("1002")
    first = AGENTS[AGENTS.index("  # the") : AGENTS.index('  "1002":')]
    left = AGENTS.replace(first, "") + '  "1003": {name: Tom}\n'
    write(folder / "site", "agents.yaml", left)
    told = await ask(folder, "diff")
    exported = await ask(folder, "export")
    applied = await ask(folder, "apply")
    same = await ask(folder, "diff")
    freed = await ask(folder, "free", "1002")
    unknown = await ask(folder, "free", "1001")

    assert [line.split()[:2] for line in told.said.splitlines()[1:]] == [
        ["1001", "gone"],
        ["1003", "new"],
    ]
    assert '"1003"' not in exported.said
    assert exported.said.endswith(first.partition("\n")[2])
    assert "the service was not reached" in applied.all
    assert "2 agents as in agents.yaml now: 1001, 1003" in applied.said
    assert same.code == 0
    assert (freed.code, unknown.code) == (0, 1)


@pytest.mark.parametrize(
    ("ours", "file", "theirs", "exported"),
    [
        (45, "{name: Li, wrap_up: 45s}", 7.5, "{name: Li, wrap_up: 7500ms}"),
        (45, "{name: Li, wrap_up: 45s}", None, "{name: Li}"),
        (45, "{wrap_up: 45s, name: Li}", None, "{name: Li}"),
        (None, "{name: Li}", 0, "{name: Li, wrap_up: 0s}"),
        (5, "\n    name: Li\n    wrap_up: 5s  # new", None, "\n    name: Li"),
    ],
)
def test_an_agents_own_wrap_up_is_exported_as_a_duration(ours, file, theirs, exported):
    def known(wrap_up):
        return [Enrolled(agent=Agent(number="1", name="Li", wrap_up=wrap_up))]

    text = f'agents:\n  "1": {file}\n'
    told = differences(known(ours), known(theirs))
    written = agents_text(text, known(theirs), told)

    assert written == f'agents:\n  "1": {exported}\n'


def test_the_sample_comes_back_from_the_database_to_the_letter(tmp_path):
    text = (SAMPLE / "agents.yaml").read_text("utf-8")
    known = enrolled(load_site(SAMPLE))
    again = agents_text(text, known, differences(known, known))
    # Where there is no file to begin with, all of it is written.
    anew = agents_text("", known, differences([], known))
    shutil.copytree(SAMPLE, tmp_path / "site")
    teams, _, _ = text.partition("agents:\n")
    (tmp_path / "site" / "agents.yaml").write_text(teams + anew, "utf-8")

    assert again == text
    assert differences(enrolled(load_site(tmp_path / "site")), known) == []
