from dataclasses import replace

import pytest

from ivrflow.acd.breaks import ALARM, Taken
from ivrflow.acd.model import Agent, Presence
from ivrflow.db.agent_diff import GONE, NEW, Difference, differences
from ivrflow.db.agents import Enrolled, SqlAgents, sync_agents
from ivrflow.db.board import SqlBoard
from ivrflow.db.engine import Database
from ivrflow.db.pauses import SqlPauses
from ivrflow.db.record_rows import write_facts
from ivrflow.db.tables import metadata
from ivrflow.facts import AgentChanged, AlarmRaised
from ivrflow.flow.world import Trouble

WANG = Enrolled(
    agent=Agent(
        number="1001",
        name="王芳",
        endpoint="PJSIP/1001",
        queues=frozenset({"service"}),
        skills={"district=north": 5},
    ),
    team="north",
)
CHEN = Enrolled(agent=Agent(number="2001", name="陈立"), role="supervisor")


@pytest.fixture
async def database(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/ivrflow.db")
    await database.write(lambda db: db.run_sync(metadata.create_all))
    yield database
    await database.close()


async def test_the_sites_agents_are_there_with_team_and_role(database):
    await sync_agents(database, [WANG, CHEN])

    agents = SqlAgents(database)
    assert [(a.number, a.name, a.has_pin) for a in await agents.all()] == [
        ("1001", "王芳", False),
        ("2001", "陈立", False),
    ]
    assert await agents.places() == {
        "1001": ("north", "agent"),
        "2001": ("", "supervisor"),
    }


async def test_nobody_is_enrolled_without_his_team(database):
    """A crash in between would leave a new agent to no supervisor."""
    await database.write(
        lambda db: db.exec_driver_sql(
            "CREATE TRIGGER away BEFORE UPDATE OF team ON agents "
            "BEGIN SELECT RAISE(ABORT, 'away'); END"
        )
    )
    with pytest.raises(Trouble):
        await sync_agents(database, [WANG])

    assert await SqlAgents(database).all() == []


async def test_pins_and_presence_outlive_a_new_start(database):
    board, agents = SqlBoard(database), SqlAgents(database)
    await sync_agents(database, [WANG, CHEN])
    assert await agents.set_pin("1001", "$argon2id$x")
    await board.set_presence("1001", Presence.READY, at=100.0)

    await sync_agents(database, [WANG])
    (wang,) = await agents.all()
    assert (wang.presence, wang.has_pin) == ("ready", True)
    assert await agents.pin_hash("1001") == "$argon2id$x"


async def test_who_is_not_there_has_no_pin(database):
    agents = SqlAgents(database)

    assert await agents.pin_hash("1001") is None
    assert not await agents.set_pin("1001", "$argon2id$x")


async def test_a_pin_can_be_taken_away(database):
    agents = SqlAgents(database)
    await sync_agents(database, [WANG])
    await agents.set_pin("1001", "$argon2id$x")
    await agents.set_pin("1001", None)

    assert await agents.pin_hash("1001") is None


async def test_what_the_database_has_is_given_back_as_the_site_would_give_it(database):
    board = SqlBoard(database)
    await sync_agents(database, [WANG, CHEN])
    await board.set_abilities("1001", queues=["sales"])
    live = await SqlAgents(database).enrolled()
    await sync_agents(database, [WANG, CHEN])
    kept = await SqlAgents(database).enrolled()
    await sync_agents(database, [WANG, CHEN], anew=True)
    back = await SqlAgents(database).enrolled()

    assert differences([WANG, CHEN], live) == [
        Difference("1001", "queues", ["service"], ["sales"], live=True)
    ]
    assert kept == live
    assert differences([WANG, CHEN], back) == []


async def test_who_is_in_the_file_alone_is_new_and_in_the_database_alone_is_gone():
    moved = replace(CHEN, role="admin")

    assert differences([WANG, moved], [CHEN]) == [
        Difference("1001", NEW, "王芳", None),
        Difference("2001", "role", "admin", "supervisor"),
    ]
    assert differences([], [CHEN]) == [Difference("2001", GONE, None, "陈立")]


# Pauses -------------------------------------------------------------------------------


def changed(at, reason="", agent="1001", presence="not ready"):
    return AgentChanged(
        at=at,
        call="",
        agent=agent,
        presence=presence,
        work="idle",
        why="",
        reason=reason,
    )


async def test_pauses_are_read_from_the_facts_each_with_its_end(database):
    facts = [
        changed(50, "lunch"),  # of yesterday
        changed(100, "lunch"),
        changed(120, "break", agent="1002"),
        changed(160, presence="ready"),
        changed(170, presence="ready"),
        changed(200, "lunch", agent="1002"),
        changed(300, "training"),
        AlarmRaised(
            at=250, call="", alarm=ALARM, queue="", agent="1002", value=9, limit=8
        ),
        AlarmRaised(
            at=260,
            call="",
            alarm="long_pause",
            queue="",
            agent="1002",
            value=9,
            limit=8,
        ),
        changed(400, presence="logged out"),
    ]
    await database.write(lambda db: write_facts(db, facts))
    pauses = SqlPauses(database)

    assert await pauses.taken(100, 400) == [
        Taken("1001", "lunch", 100, 160),
        Taken("1002", "break", 120, 200),
    ]
    assert await pauses.taken(100, 401) == [
        Taken("1001", "lunch", 100, 160),
        Taken("1002", "break", 120, 200),
        Taken("1001", "training", 300, 400),
    ]
    assert await pauses.told(100, 400) == [("1002", 250)]
