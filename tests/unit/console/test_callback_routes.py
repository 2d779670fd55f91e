"""The API's part for callbacks, asked over a real socket."""

from contextlib import asynccontextmanager
from datetime import UTC, datetime

from aiohttp.test_utils import TestClient, TestServer

from ivrflow.console.api import Api
from ivrflow.console.callbacks import CallbackRoutes
from ivrflow.facts import CallbackEnded
from ivrflow.flow.live import LiveCalls
from ivrflow.flow.wish import Wish, WishState
from ivrflow.sim.memory import MemoryCallbacks

TOKEN = "a-token-of-more-than-20-signs"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NOW = NOON.timestamp()


def wish(call, queue="service", **more):
    return Wish(
        call=call,
        queue=queue,
        number=f"1380013800{call}",
        since=NOW - 600,
        asked=NOW - 300,
        promised=more.pop("promised", NOW + 60),
        **more,
    )


@asynccontextmanager
async def api(*wishes):
    kept, facts = MemoryCallbacks(), []
    for one in wishes:
        await kept.keep(one, most=9, own=True)
    routes = CallbackRoutes(kept, facts.append, lambda: NOON)
    server = TestServer(Api(LiveCalls(), TOKEN, routes).application())
    async with TestClient(server) as client:
        client.kept, client.facts = kept, facts
        yield client


async def ask(client, method, path, **body):
    answer = await client.request(method, path, headers=BEARER, json=body or None)
    return answer.status, await answer.json()


async def test_who_waits_to_be_called_is_listed_with_what_was_promised():
    async with api(wish("1"), wish("2", "sales", promised=NOW - 1)) as client:
        status, all_ = await ask(client, "GET", "/api/callbacks")
        _, one = await ask(client, "GET", "/api/callbacks?queue=sales")

    assert status == 200
    assert [w["call"] for w in all_["callbacks"]] == ["1", "2"]
    [late] = one["callbacks"]
    assert late["overdue"]
    assert late["number"] == "13800138002"
    assert late["promised"] == "2026-03-02T11:59:59+00:00"


async def test_one_that_is_taken_off_is_called_no_more_and_it_is_known_who_did_it():
    async with api(wish("1"), wish("2")) as client:
        status, answer = await ask(
            client, "DELETE", "/api/callbacks/1/service", by="ann"
        )
        again, _ = await ask(client, "DELETE", "/api/callbacks/1/service")
        kept, facts = client.kept, client.facts

    assert (status, answer["state"], again) == (200, "taken back", 404)
    assert kept.asked["1", "service"].state is WishState.TAKEN_BACK
    assert [w.call for w in await kept.open()] == ["2"]
    [ended] = facts
    assert isinstance(ended, CallbackEnded)
    assert (ended.how, ended.in_time) == ("taken back", True)
    assert ended.by


async def test_a_strange_key_takes_nobody_off():
    async with api(wish("1")) as client:
        status, _ = await ask(client, "DELETE", "/api/callbacks/1/service", why="x")
        kept = client.kept

    assert status == 400
    assert len(await kept.open()) == 1


async def test_without_a_token_nobody_learns_a_number():
    async with api(wish("1")) as client:
        answer = await client.get("/api/callbacks")

    assert answer.status == 401
