import asyncio
import stat

import pytest
from click.testing import CliRunner

from ivrflow.acd.model import Agent
from ivrflow.cli.agent import agent
from ivrflow.cli.db import db
from ivrflow.cli.secret import secret
from ivrflow.db.agents import Enrolled, SqlAgents, sync_agents
from ivrflow.db.audit import SqlAudit
from ivrflow.db.engine import Database
from ivrflow.hashing import Hasher, read_pepper
from ivrflow.secret import Secret
from tests.unit.service.test_service import installed


@pytest.fixture
def run(tmp_path):
    env = {
        "IVRFLOW_DATABASE": f"sqlite:///{tmp_path}/ivrflow.db",
        "IVRFLOW_PEPPER_FILE": str(tmp_path / "pepper"),
    }

    def run(group, *words, typed=None, **more):
        return CliRunner().invoke(group, words, input=typed, env=env | more)

    return run


def with_agents(tmp_path, work):
    async def main():
        database = Database(f"sqlite:///{tmp_path}/ivrflow.db")
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(main())


def test_upgrade_makes_the_database_and_check_finds_it_whole(run):
    result = run(db, "upgrade")
    assert (result.exit_code, "empty -> " in result.output) == (0, True)
    assert "up to date" in run(db, "upgrade").output

    result = run(db, "check")
    assert (result.exit_code, "whole" in result.output) == (0, True)


def test_check_says_what_to_do_with_an_old_database(run):
    result = run(db, "check")

    assert result.exit_code == 1
    assert "run `ivrflow db upgrade`" in result.output


def test_a_database_that_can_not_be_opened_is_one_line_and_no_trace(run, tmp_path):
    for words in (("db", "upgrade"), ("db", "check")):
        result = run(db, words[1], IVRFLOW_DATABASE=f"sqlite:///{tmp_path}/no/x.db")
        assert result.exit_code == 1
        assert result.output.startswith("Error: the database")
        assert result.output.count("\n") == 1


def test_url_masks_the_password(run):
    result = run(db, "url", IVRFLOW_DATABASE="postgresql://u:pass4321@host/name")

    assert result.output == "postgresql://u:***@host/name\n"


def test_without_a_database_the_help_tells_how_to_name_one(run):
    result = run(db, "upgrade", IVRFLOW_DATABASE="")

    assert result.exit_code == 2
    assert "--database" in result.output


def test_the_pepper_is_made_once(run, tmp_path):
    assert "made" in run(secret, "pepper").output
    before = (tmp_path / "pepper").read_text()
    assert stat.S_IMODE((tmp_path / "pepper").stat().st_mode) == 0o600

    assert "stays" in run(secret, "pepper").output
    assert (tmp_path / "pepper").read_text() == before


def test_hash_reads_the_pin_from_standard_input_and_prints_its_hash(run, tmp_path):
    run(secret, "pepper")
    result = run(secret, "hash", typed="246801\n")

    assert result.exit_code == 0
    hasher = Hasher(read_pepper(tmp_path / "pepper"))
    assert hasher.matches(Secret("246801"), result.output.strip())


@pytest.mark.parametrize(
    "typed", ["", "abc\n", "739\n", "111111\n", "123456\n", "１２３４\n", "9" * 13]
)
def test_what_is_no_good_pin_is_refused_and_not_repeated(run, typed):
    run(secret, "pepper")
    result = run(secret, "hash", typed=typed)

    assert result.exit_code == 1
    assert not typed.strip() or typed.strip() not in result.output


def test_without_a_pepper_it_says_how_to_make_one(run):
    result = run(secret, "hash", typed="246801\n")

    assert result.exit_code == 1
    assert "ivrflow secret pepper" in result.output


def test_an_agent_gets_a_pin_and_is_listed_with_it(run, tmp_path):
    run(db, "upgrade")
    run(secret, "pepper")
    wang = Agent(number="1001", name="王芳", endpoint="PJSIP/1001")
    with_agents(
        tmp_path,
        lambda database: sync_agents(database, [Enrolled(agent=wang, team="north")]),
    )

    result = run(agent, "pin", "1001", typed="246801\n")
    assert (result.exit_code, result.output) == (0, "agent 1001: has a new PIN\n")
    hashed = with_agents(tmp_path, lambda d: SqlAgents(d).pin_hash("1001"))
    assert Hasher(read_pepper(tmp_path / "pepper")).matches(Secret("246801"), hashed)
    [entry] = with_agents(tmp_path, lambda d: SqlAudit(d).newest())
    assert entry.what == "PIN of agent 1001 set"
    assert "246801" not in repr(entry)

    lines = run(agent, "list").output.splitlines()
    assert lines[0].split() == [
        *("number", "name", "team", "role", "endpoint", "presence", "work", "pin")
    ]
    assert lines[1].split() == [
        *("1001", "王芳", "north", "agent", "PJSIP/1001", "logged", "out", "idle"),
        "yes",
    ]

    assert "no PIN any more" in run(agent, "pin", "1001", "--remove").output
    assert with_agents(tmp_path, lambda d: SqlAgents(d).pin_hash("1001")) is None


def test_an_agent_who_is_not_there_is_told_with_a_cure(run):
    run(db, "upgrade")
    run(secret, "pepper")
    result = run(agent, "pin", "9999", typed="246801\n")

    assert result.exit_code == 1
    assert "'9999'; `ivrflow agent list`" in result.output


def test_a_database_without_tables_is_told_with_a_cure(run):
    result = run(agent, "list")

    assert result.exit_code == 1
    assert "ivrflow db upgrade" in result.output


@pytest.mark.parametrize("group", [db, secret, agent])
def test_every_command_has_help(run, group):
    for name in group.commands:
        result = run(group, name, "--help")
        assert result.exit_code == 0
        assert "Usage" in result.output


def test_the_settings_name_the_database_where_nobody_else_does(tmp_path):
    installed(tmp_path)
    words = ["-c", str(tmp_path / "ivrflow.yaml")]

    done = [CliRunner().invoke(db, [what, *words]) for what in ("upgrade", "check")]

    assert [result.exit_code for result in done] == [0, 0], done[0].output
    assert (tmp_path / "ivrflow.db").is_file()
