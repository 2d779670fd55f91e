"""The API's part for talks, asked over a real socket, with a talk that is on."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from aiohttp.test_utils import TestClient, TestServer

from ivrflow.console.api import Api
from ivrflow.console.floor import SiteFloor
from ivrflow.console.talks import TalkRoutes
from ivrflow.console.who import People
from ivrflow.flow.answer import answer
from ivrflow.flow.live import LiveCalls
from ivrflow.flow.world import Trouble
from ivrflow.sim.scripted import Person, ScriptedChannel
from ivrflow.tokens import Holder
from tests.calls.talk_rig import AGENTS, QUEUES, opened, site

INSTALLED = "a-token-of-more-than-20-signs"

PERSONS = {
    "li": Holder(id="x", name="Li", role="agent", number="1"),
    "wu": Holder(id="x", name="Wu", role="agent", number="2"),
    "boss": Holder(id="x", name="Boss", role="supervisor", number="9"),
}

AT_ONCE = {
    f"PJSIP/{number}": Person(answers_after=0.01, talks_for=None)
    for number in ("1", "2", "3", "9")
}


class Tokens:
    """Each person's token is the name."""

    def holder(self, token, now):
        return PERSONS.get(token)


class Ledger:
    def __init__(self):
        self.entries = []
        self.away = False

    async def note(self, who, what, before=None, after=None):
        if self.away:
            raise Trouble("the database is away")
        self.entries.append((who, what))


class Asked:
    def __init__(self, client, house, ledger):
        self.client, self.house, self.ledger = client, house, ledger

    async def get(self, path, who=INSTALLED):
        headers = {"Authorization": f"Bearer {who}"}
        async with self.client.get(path, headers=headers) as got:
            return got.status, await got.json()

    async def ask(self, act, body=None, who=INSTALLED, call="caller"):
        headers = {"Authorization": f"Bearer {who}"}
        path = f"/api/calls/{call}/{act}"
        more = {} if body is None else {"json": body}
        async with self.client.post(path, headers=headers, **more) as got:
            return got.status, await got.json()


@pytest.fixture(scope="module")
def there(tmp_path_factory):
    queues = QUEUES.replace("music: calm", "record: on demand, music: calm")
    agents = AGENTS.replace('["9"]', '["9", "2"]')  # 2 has role agent
    return site(tmp_path_factory.mktemp("site"), queues=queues, agents=agents)


@asynccontextmanager
async def talking(there, ready=("1",)):
    """Agent 1 talks with a caller."""
    caller, ledger = ScriptedChannel(), Ledger()
    async with opened(there, caller, ready=ready, people=AT_ONCE) as house:
        people = People(
            Tokens(), SiteFloor(lambda: there, lambda: house.desk.agents), lambda: 0.0
        )
        routes = TalkRoutes(house.talks, lambda: there, ledger)
        api = Api(LiveCalls(), INSTALLED, routes, people=people)
        async with (
            TestClient(TestServer(api.application())) as client,
            asyncio.TaskGroup() as group,
        ):
            group.create_task(answer(caller, there, house.world, LiveCalls()))
            async with asyncio.timeout(10):
                while house.doing() != "talking" or not house.switch.bridges:
                    await asyncio.sleep(0.01)
            try:
                yield Asked(client, house, ledger)
            finally:
                caller.drop()


async def test_a_talk_is_held_and_resumed_and_shown(there):
    async with talking(there) as asked:
        _, before = await asked.get("/api/talks")
        held = await asked.ask("hold")
        shown = await asked.get("/api/calls/caller/talk")
        back = await asked.ask("resume")

    [talk] = before["talks"]
    assert (talk["agent"], talk["doing"], talk["recording"]) == ("1", "talking", "off")
    assert (held[0], held[1]["doing"], shown[1]["doing"]) == (200, "hold", "hold")
    assert (back[0], back[1]["doing"]) == (200, "talking")
    assert asked.ledger.entries == [
        ("api", "talk caller of agent 1: hold"),
        ("api", "talk caller of agent 1: resume"),
    ]


async def test_a_talk_goes_on_and_so_do_acts_in_it_without_the_database(there, caplog):
    async with talking(there, ready=("1", "2")) as asked:
        asked.ledger.away = True
        held = await asked.ask("hold")
        back = await asked.ask("resume")
        given = await asked.ask("transfer", {"to": {"agent": "2"}})

    assert (held[0], held[1]["doing"]) == (200, "hold")
    assert (back[0], given[0], given[1]["doing"]) == (200, 200, "consulting")
    lacks = [r.getMessage() for r in caplog.records if "the audit lacks" in r.msg]
    assert len(lacks) == 3
    assert lacks[0] == (
        "api, talk caller of agent 1: hold; the audit lacks it: the database is away"
    )
    caplog.clear()


async def test_what_was_refused_in_a_talk_is_not_in_the_audit(there):
    async with talking(there) as asked:
        status, _ = await asked.ask("resume")

    assert (status, asked.ledger.entries) == (409, [])


async def test_an_attended_transfer_is_answered_when_the_other_one_has(there):
    async with talking(there, ready=("1", "2")) as asked:
        consulting = await asked.ask("transfer", {"to": {"agent": "2"}})
        given = await asked.ask("complete")

    assert (consulting[1]["doing"], consulting[1]["other"]) == ("consulting", "agent 2")
    assert (given[1]["doing"], given[1]["agent"]) == ("talking", "2")


async def test_an_agent_acts_in_his_own_talk_and_in_no_other(there):
    async with talking(there) as asked:
        own = await asked.ask("hold", who="li")
        others = await asked.ask("resume", who="wu")
        leader = await asked.ask("resume", who="boss")
        hears = await asked.ask("monitor", {"supervisor": "9"}, who="li")
        seen = [(await asked.get("/api/talks", who=w))[1] for w in ("li", "wu")]

    assert (own[0], others[0], leader[0], hears[0]) == (200, 403, 200, 403)
    assert [len(s["talks"]) for s in seen] == [1, 0]


async def test_a_supervisor_hears_his_team_and_nobody_else_may(there):
    async with talking(there) as asked:
        own = await asked.ask("monitor", {"mode": "whisper"}, who="boss")
        other = await asked.ask("monitor", {"supervisor": "2"})

    assert own[0] == 200
    assert other[0] == 403
    assert "2 is neither an admin nor a supervisor" in other[1]["error"]


async def test_what_can_not_be_done_is_told_with_409_and_the_talk_goes_on(there):
    async with talking(there) as asked:
        resumed = await asked.ask("resume")
        nobody = await asked.ask("transfer", {"to": {"agent": "2"}})
        closed = await asked.ask("transfer", {"to": {"queue": "back"}, "mode": "blind"})
        _, talk = await asked.get("/api/calls/caller/talk")

    assert resumed == (409, {"error": "the caller is not on hold"})
    assert nobody == (409, {"error": "agent 2 is not free now"})
    assert closed == (409, {"error": "queue back: no agents"})
    assert talk["doing"] == "talking"


WRONG = [
    ("transfer", {}, 'say where to, like {"to": {"agent": "1002"}}'),
    ("transfer", {"to": {"agent": "2"}, "mode": "quick"}, "'mode' must be attended"),
    ("transfer", {"to": {"agent": "77"}}, "there is no agent '77'"),
    ("transfer", {"to": {"agent": "2", "queue": "back"}}, "name one of agent"),
    ("transfer", {"to": {"number": "PJSIP/1@x"}}, "is no number"),
    ("transfer", {"to": {"number": 5}}, "'number' must be a text"),
    ("transfer", {"to": {"flow": "../pin"}, "mode": "blind"}, "there is no flow"),
    ("send-to-flow", {"flow": "pim"}, "there is no flow 'pim'; did you mean 'pin'?"),
    ("send-to-flow", {"flow": "pin", "with": {"a": 1}}, "'with' must be texts"),
    ("record", {"do": "begin"}, "'do' must be start, pause, resume or stop"),
    ("monitor", {}, "'supervisor' must be the number"),
    ("monitor", {"supervisor": "9", "mode": "loud"}, "'mode' must be listen"),
    ("hold", {"for": "5m"}, "'for' is nothing to say here"),
]


async def test_what_makes_no_sense_is_refused_with_its_cure(there):
    async with talking(there) as asked:
        for act, body, why in WRONG:
            status, told = await asked.ask(act, body)
            assert status in (400, 409), (act, body, told)
            assert why in told["error"], (act, body, told)
        unknown = await asked.ask("sing")
        elsewhere = await asked.ask("hold", call="nobody")
        taken = await asked.ask("send-to-flow", {"flow": "pin", "with": {"a": "1"}})

    assert unknown[0] == elsewhere[0] == 404
    assert taken == (409, {"error": "the flow pin takes nothing, no 'a'"})


async def test_an_agent_records_by_request_and_the_state_says_so(there):
    async with talking(there) as asked:
        states = []
        for do in ("start", "pause", "resume", "stop"):
            _, talk = await asked.ask("record", {"do": do})
            states.append(talk["recording"])

    assert states == ["on", "paused", "on", "off"]


async def test_what_a_flow_takes_stands_in_no_audit(there):
    async with talking(there) as asked:
        await asked.ask("send-to-flow", {"flow": "pin", "with": {"pin": "4711"}})

    assert "4711" not in str(asked.ledger.entries)
