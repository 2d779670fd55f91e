"""The API's part for agents: what may be asked, what is refused, what is noted."""

import asyncio
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from ivrflow.acd.breaks import Breaks
from ivrflow.acd.desk import Desk
from ivrflow.acd.desk.memory import MemoryBoard
from ivrflow.acd.model import QueueRules, Waiting
from ivrflow.aio import beside
from ivrflow.console.agents import AgentRoutes
from ivrflow.console.api import Api
from ivrflow.flow.live import LiveCalls
from ivrflow.flow.load import load_site
from ivrflow.flow.site.roster import agents_of
from ivrflow.sim.scripted import Person, ScriptedSwitch

TOKEN = "a-token-of-more-than-20-signs"
SITE = load_site(Path(__file__).parents[3] / "flows" / "hotline")


class Ledger:
    """The audit, in memory."""

    def __init__(self):
        self.lines = []

    async def note(self, who, what, before=None, after=None):
        self.lines.append((who, what, before, after))


class Floor:
    def __init__(self, client, desk, ledger):
        self.client, self.desk, self.ledger = client, desk, ledger

    async def ask(self, method, path, body=None):
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with self.client.request(
            method, f"/api/{path}", json=body or {}, headers=headers
        ) as answer:
            return answer.status, await answer.json()

    async def act(self, number, act, **body):
        return await self.ask("POST", f"agents/{number}/{act}", body)

    async def talk(self):
        """Let 1001 have a talk; the wrap-up has begun when it returns."""
        loop = asyncio.get_running_loop()
        caller = Waiting(call="c1", queue="service", joined=loop.time())
        switch = ScriptedSwitch({"PJSIP/1001": Person(answers_after=0)})
        async with self.desk.line(caller) as place, place.agent(switch):
            pass


@asynccontextmanager
async def floor():
    loop, ledger, facts = asyncio.get_running_loop(), Ledger(), []
    limits = {str(name): one.seconds for name, one in SITE.pauses.items()}
    breaks = Breaks(lambda: limits, lambda at: 0.0)

    def note(fact):
        facts.append(fact)
        breaks.hear(fact)

    async def apply():
        made.applied += 1
        return ["1001"]

    desk = Desk(
        MemoryBoard(agents_of(SITE)),
        {"service": QueueRules(name="service", wrap_up=10, dispose=True)},
        clock=loop.time,
        note=note,
        new_id=iter("abc").__next__,
    )
    routes = AgentRoutes(desk, lambda: SITE, breaks, ledger, apply)
    server = TestServer(Api(LiveCalls(), TOKEN, routes).application())
    async with beside(desk.run()), TestClient(server) as client:
        made = Floor(client, desk, ledger)
        made.facts = facts
        made.applied = 0
        yield made


async def test_every_act_is_in_the_audit_with_who_asked_and_what_it_changed():
    async with floor() as at:
        await at.act("1001", "sign-in", endpoint="PJSIP/1002", by="ann")
        await at.act("1001", "not-ready", reason="lunch")
        await at.act("1001", "ready")
        await at.act("1001", "sign-out")

        assert at.ledger.lines == [
            ("api (ann)", "agent 1001: sign-in", "logged out", "not ready: signed in"),
            (
                "api",
                "agent 1001: not-ready",
                "not ready: signed in",
                "not ready: lunch",
            ),
            ("api", "agent 1001: ready", "not ready: lunch", "ready"),
            ("api", "agent 1001: sign-out", "ready", "logged out"),
        ]
        assert {f.by for f in at.facts if f.kind == "AgentChanged"} == {"api"}


async def test_a_phone_rings_for_one_agent_and_nobody_takes_it_from_him():
    async with floor() as at:
        await at.act("1002", "ready")
        taken = await at.act("1001", "sign-in", endpoint="PJSIP/1002")
        await at.act("1002", "sign-out")
        free = await at.act("1001", "sign-in", endpoint="PJSIP/1002")
        own = await at.act("1002", "sign-in")
        signs_in_too = await at.act("1002", "ready")
        again = await at.act("1001", "sign-in", endpoint="PJSIP/1002")

        assert taken[0] == 409
        assert "agent 1002 is signed in at PJSIP/1002" in taken[1]["error"]
        assert (free[0], own[0], signs_in_too[0], again[0]) == (200, 409, 409, 200)
        assert at.desk.agents["1002"].presence.value == "logged out"


async def test_a_wrap_up_that_owes_a_disposition_has_no_end_until_it_is_said():
    async with floor() as at:
        await at.act("1001", "ready")
        await at.talk()
        _, owing = await at.ask("GET", "agents/1001")
        early = await at.act("1001", "wrap-up", done=True)
        ready = await at.act("1001", "ready")
        status, said = await at.act("1001", "disposition", disposition="solved")
        longer = await at.act("1001", "wrap-up", seconds=60)
        over = await at.act("1001", "wrap-up", done=True)

        assert (owing["owes_disposition"], owing["free_at"]) == (True, None)
        assert [early[0], ready[0]] == [409, 409]
        assert "must first say" in ready[1]["error"]
        assert (status, said["owes_disposition"]) == (200, False)
        assert said["work"] == "wrap-up"
        assert longer[1]["free_at"] > said["free_at"]
        assert over[1]["work"] == "idle"
        [noted] = [f for f in at.facts if f.kind == "Disposed"]
        assert (noted.call, noted.disposition, noted.by) == ("c1", "solved", "api")


@pytest.mark.parametrize(
    ("act", "body", "says"),
    [
        ("wrap-up", {}, "seconds"),
        ("wrap-up", {"seconds": -1}, "seconds"),
        ("wrap-up", {"seconds": 1e9}, "3600 at most"),
        ("wrap-up", {"seconds": True}, "seconds"),
        ("wrap-up", {"seconds": 5, "done": True}, "seconds"),
        ("wrap-up", {"secnds": 5}, "'secnds' is nothing to say here"),
        ("disposition", {}, "solved, call_back"),
        ("disposition", {"disposition": "solvd"}, "did you mean 'solved'"),
        ("disposition", {"disposition": ["solved"]}, "solved, call_back"),
        ("sign-in", {"endpoint": "Local/1@x"}, "PJSIP/1001"),
        ("sign-in", {"endpoint": "PJSIP/138@trunk"}, "PJSIP/1001"),
        ("not-ready", {"reason": "\u001b[2J"}, "a word like lunch"),
        ("not-ready", {"reason": "lumch"}, "did you mean 'lunch'"),
        ("not-ready", {"reason": "nap"}, "lunch, break, training"),
    ],
)
async def test_what_makes_no_sense_is_refused_with_what_would(act, body, says):
    async with floor() as at:
        await at.act("1001", "sign-in")
        status, answer = await at.act("1001", act, **body)

        assert status == 400
        assert says in answer["error"]


async def test_nothing_can_be_said_of_no_talk_and_no_wrap_up_be_ended():
    async with floor() as at:
        none = await at.act("1001", "disposition", disposition="solved")
        idle = await at.act("1001", "wrap-up", done=True)
        strange = await at.act("1001", "dance")

        assert [none[0], idle[0], strange[0]] == [409, 409, 404]
        assert "sign-in" in strange[1]["error"]
        assert at.ledger.lines == []


async def test_pauses_and_dispositions_are_listed_and_what_was_used_of_them():
    async with floor() as at:
        _, known = await at.ask("GET", "pauses")
        await at.act("1001", "not-ready", reason="lunch")
        _, agent = await at.ask("GET", "agents/1001")

        assert known["pauses"] == {"lunch": 3600.0, "break": 900.0, "training": None}
        assert known["dispositions"][0] == "solved"
        assert [p["reason"] for p in agent["pauses"]] == list(known["pauses"])
        assert agent["pauses"][0]["seconds"] > 0


async def test_what_is_refused_for_who_asks_is_not_done_before():
    async with floor() as at:
        status, _ = await at.ask("POST", "agents/apply", {"by": 7})

        assert status == 400
        assert at.applied == 0


async def test_agents_are_brought_back_to_the_file_by_an_admin():
    async with floor() as at:
        status, answer = await at.ask("POST", "agents/apply", {"by": "ann"})

        assert (status, answer["changed"]) == (200, ["1001"])
        assert at.ledger.lines == [("api (ann)", "agents.yaml applied", None, "1001")]
