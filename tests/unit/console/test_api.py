"""The HTTP API, asked over a real socket, with a desk on a board in memory."""

import asyncio
import time
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from ivrflow.acd.breaks import Breaks
from ivrflow.acd.desk import Desk
from ivrflow.acd.desk.memory import MemoryBoard
from ivrflow.acd.model import Agent, QueueRules
from ivrflow.aio import beside
from ivrflow.console.agents import AgentRoutes
from ivrflow.console.api import LARGEST_BODY, Api
from ivrflow.flow.live import LiveCalls
from ivrflow.flow.load import load_site

TOKEN = "a-token-of-more-than-20-signs"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
SITE = load_site(Path(__file__).parents[3] / "flows" / "hotline")


class Ledger:
    async def note(self, who, what, before=None, after=None):
        pass


async def nothing_to_apply():
    return []


class Asked:
    """The API with its desk: `get` and `post` return status and JSON."""

    def __init__(self, client, desk, facts):
        self.client, self.desk, self.facts = client, desk, facts

    async def get(self, path, headers=BEARER):
        async with self.client.get(path, headers=headers) as answer:
            return answer.status, await answer.json()

    async def post(self, path, body=None, headers=BEARER, **more):
        more = more or ({"json": body} if body is not None else {})
        async with self.client.post(path, headers=headers, **more) as answer:
            return answer.status, await answer.json()


@asynccontextmanager
async def api():
    facts = []
    board = MemoryBoard(
        [Agent(number="1001", name="Li", queues=frozenset({"sales"}))],
    )
    loop = asyncio.get_running_loop()
    desk = Desk(
        board,
        {"sales": QueueRules(name="sales", ring=20, wrap_up=15)},
        clock=loop.time,
        note=facts.append,
        new_id=iter("abc").__next__,
    )
    agents = AgentRoutes(
        desk, lambda: SITE, Breaks(dict, lambda at: 0.0), Ledger(), nothing_to_apply
    )
    server = TestServer(Api(LiveCalls(), TOKEN, agents).application())
    async with beside(desk.run()), TestClient(server) as client:
        yield Asked(client, desk, facts)


async def test_who_has_no_token_is_told_how_to_send_it():
    async with api() as asked:
        for headers in (
            {},
            {"Authorization": TOKEN},
            {"Authorization": f"Basic {TOKEN}"},
            {"Authorization": f"Bearer {TOKEN}x"},
            {"Authorization": "Bearer "},
        ):
            status, body = await asked.get("/api/agents", headers)

            assert status == 401
            assert "Authorization: Bearer TOKEN" in body["error"]


async def test_paths_that_do_not_exist_tell_nothing_without_the_token():
    async with api() as asked:
        assert (await asked.get("/api/secret-path", {}))[0] == 401
        assert (await asked.get("/", {}))[0] == 401
        assert (await asked.get("/api/nothing"))[0] == 404


async def test_token_with_bytes_that_are_no_text_is_refused_quietly():
    async with api() as asked:
        reader, writer = await asyncio.open_connection(
            asked.client.host, asked.client.port
        )
        writer.write(
            b"GET /api/agents HTTP/1.1\r\nHost: x\r\n"
            b"Authorization: Bearer \xff\xfe\r\nConnection: close\r\n\r\n"
        )
        answer = await reader.read()
        writer.close()

    assert b" 401 " in answer.splitlines()[0]


async def test_web_pages_of_other_origins_are_refused_even_with_the_token():
    async with api() as asked:
        headers = {**BEARER, "Origin": "https://evil.example.com"}

        assert (await asked.post("/api/agents/1001/ready", headers=headers))[0] == 403
        assert asked.facts == []


async def test_liveness_needs_no_token():
    async with api() as asked:
        assert await asked.get("/livez", {}) == (200, {"alive": True})


async def test_agent_signs_in_gets_ready_takes_a_break_and_signs_out():
    async with api() as asked:
        for act, body, presence, reason in (
            ("sign-in", None, "not_ready", "signed in"),
            ("ready", None, "ready", ""),
            ("not-ready", {"reason": "lunch"}, "not_ready", "lunch"),
            ("not-ready", None, "not_ready", "not ready"),
            ("sign-out", None, "logged_out", ""),
        ):
            status, agent = await asked.post(f"/api/agents/1001/{act}", body)

            assert status == 200
            assert agent["presence"].replace(" ", "_") == presence
            assert agent["reason"] == reason
        assert (await asked.get("/api/agents"))[1]["agents"] == [agent]
        assert (await asked.get("/api/agents/1001"))[1] == agent


async def test_unknown_agent_and_unknown_act_are_404_with_a_cure():
    async with api() as asked:
        status, body = await asked.post("/api/agents/9/ready")
        assert (status, body["error"].count("agents.yaml")) == (404, 1)
        status, body = await asked.get("/api/agents/9")
        assert (status, body["error"].count("agents.yaml")) == (404, 1)
        status, body = await asked.post("/api/agents/1001/dance")
        assert (status, "sign-in" in body["error"]) == (404, True)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'"lunch"',
        b"\xff\xfe",
        b"[" * 15_000,
        b'{"reason": 7}',
        b'{"reason": "a\\nb"}',
        b'{"reason": "' + b"x" * 41 + b'"}',
        b'{"reason": "<script>"}',
        b'{"reason": ' + b"9" * 5_000 + b"}",
    ],
)
async def test_bad_body_is_the_askers_fault(body):
    async with api() as asked:
        status, answer = await asked.post("/api/agents/1001/not-ready", data=body)

        assert status == 400
        assert answer["error"]
        assert asked.facts == []


async def test_body_in_an_unknown_character_set_is_the_askers_fault():
    async with api() as asked:
        headers = {**BEARER, "Content-Type": "application/json; charset=klingon"}
        status, _ = await asked.post(
            "/api/agents/1001/not-ready", headers=headers, data=b'{"reason": "lunch"}'
        )

        assert status in (200, 400)


async def test_body_that_is_too_large_is_refused():
    async with api() as asked:
        status, _ = await asked.post(
            "/api/agents/1001/ready", data=b" " * (LARGEST_BODY + 1)
        )

        assert status == 413


@pytest.mark.parametrize(
    "endpoint",
    [
        "1001",
        "PJSIP/",
        "PJSIP/1001&PJSIP/1002",
        "PJSIP/1001,60",
        "Local/900123@outbound",
        "PJSIP/900123@trunk",
        "PJSIP/trunk/sip:900123@example.com",
        "PJSIP/${SHELL(id)}",
        7,
    ],
)
async def test_endpoint_that_could_ring_something_else_is_refused(endpoint):
    async with api() as asked:
        status, body = await asked.post(
            "/api/agents/1001/sign-in", {"endpoint": endpoint}
        )

        assert status == 400
        assert "PJSIP/1001" in body["error"]


async def test_agent_may_sit_at_another_phone_of_the_house():
    async with api() as asked:
        status, _ = await asked.post(
            "/api/agents/1001/sign-in", {"endpoint": "PJSIP/1003"}
        )

        assert status == 200


async def test_board_that_is_away_is_503(monkeypatch):
    from ivrflow.acd.desk.board import BoardAway

    async with api() as asked:

        async def away(number, *, by):
            raise BoardAway("the board does not answer")

        monkeypatch.setattr(asked.desk, "ready", away)
        status, body = await asked.post("/api/agents/1001/ready")

        assert status == 503
        assert "try again" in body["error"]


async def test_no_call_is_up():
    async with api() as asked:
        assert await asked.get("/api/calls") == (200, {"calls": []})


def test_short_token_is_refused():
    with pytest.raises(ValueError, match="at least 20 characters"):
        Api(LiveCalls(), "short")


async def test_wrong_tokens_are_answered_at_once():
    async with api() as asked:
        began = time.perf_counter()
        for _ in range(20):
            await asked.get("/api/agents", {"Authorization": "Bearer wrong"})

        assert time.perf_counter() - began < 2
