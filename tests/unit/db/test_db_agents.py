import pytest

from ivrflow.acd.desk import UnknownAgent
from ivrflow.acd.model import Agent, Presence
from ivrflow.db.agents import AgentsByPhone, Enrolled, SqlAgents, sync_agents
from ivrflow.db.board import SqlBoard
from ivrflow.db.engine import Database
from ivrflow.db.tables import metadata
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
    await sync_agents(database, SqlBoard(database), [WANG, CHEN])

    agents = SqlAgents(database)
    assert [(a.number, a.name, a.has_pin) for a in await agents.all()] == [
        ("1001", "王芳", False),
        ("2001", "陈立", False),
    ]
    assert await agents.places() == {
        "1001": ("north", "agent"),
        "2001": ("", "supervisor"),
    }


async def test_pins_and_presence_outlive_a_new_start(database):
    board, agents = SqlBoard(database), SqlAgents(database)
    await sync_agents(database, board, [WANG, CHEN])
    assert await agents.set_pin("1001", "$argon2id$x")
    await board.set_presence("1001", Presence.READY, at=100.0)

    await sync_agents(database, board, [WANG])
    (wang,) = await agents.all()
    assert (wang.presence, wang.has_pin) == ("ready", True)
    assert await agents.pin_hash("1001") == "$argon2id$x"


async def test_who_is_not_there_has_no_pin(database):
    agents = SqlAgents(database)

    assert await agents.pin_hash("1001") is None
    assert not await agents.set_pin("1001", "$argon2id$x")


async def test_a_pin_can_be_taken_away(database):
    agents = SqlAgents(database)
    await sync_agents(database, SqlBoard(database), [WANG])
    await agents.set_pin("1001", "$argon2id$x")
    await agents.set_pin("1001", None)

    assert await agents.pin_hash("1001") is None


class Desk:
    def __init__(self):
        self.did = []

    async def sign_in(self, number, endpoint=""):
        self.did.append(("sign in", number, endpoint))

    async def sign_out(self, number):
        raise UnknownAgent(number)

    async def ready(self, number):
        self.did.append(("ready", number))

    async def not_ready(self, number, reason=""):
        self.did.append(("not ready", number, reason))


async def test_what_a_phone_does_goes_to_the_desk(database):
    desk = Desk()
    agents = AgentsByPhone(SqlAgents(database), desk)
    await agents.sign_in("1001", endpoint="PJSIP/7")
    await agents.set_ready("1001", True, reason="")
    await agents.set_ready("1001", False, reason="lunch")

    assert desk.did == [
        ("sign in", "1001", "PJSIP/7"),
        ("ready", "1001"),
        ("not ready", "1001", "lunch"),
    ]
    assert await agents.pin_hash("1001") is None


async def test_an_agent_who_is_not_there_any_more_is_trouble(database):
    with pytest.raises(Trouble, match="1001"):
        await AgentsByPhone(SqlAgents(database), Desk()).sign_out("1001")
