"""How the service is, asked over the API."""

from aiohttp.test_utils import TestClient, TestServer

from ivrflow.console.api import Api
from ivrflow.console.health import HealthRoutes
from ivrflow.flow.live import LiveCalls

TOKEN = "t" * 24


def api(health=dict, lacks=list):
    made = Api(LiveCalls(), TOKEN, HealthRoutes(health, lacks))
    return TestClient(TestServer(made.application()))


async def test_the_health_is_told_as_it_is_now():
    told = {"calls": {"up": 1}}
    async with api(lambda: told) as client:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        for up in (1, 2):
            told["calls"]["up"] = up
            answer = await client.get("/api/health", headers=headers)
            assert answer.status == 200
            assert await answer.json() == {"calls": {"up": up}}
        assert (await client.get("/api/health")).status == 401


async def test_whether_calls_can_be_taken_is_told_without_a_token():
    lacks = []
    async with api(lacks=lambda: lacks) as client:
        answer = await client.get("/readyz")
        assert (answer.status, await answer.json()) == (
            200,
            {"ready": True, "lacks": []},
        )
        lacks.append("Asterisk is away")
        answer = await client.get("/readyz")
        assert (answer.status, await answer.json()) == (
            503,
            {"ready": False, "lacks": ["Asterisk is away"]},
        )


async def test_that_it_lives_is_told_without_a_token_and_nothing_else_is():
    async with api() as client:
        assert (await client.get("/livez")).status == 200
        for other in ("/readyz/", "/livez/x", "/api/me", "/"):
            assert (await client.get(other)).status == 401, other
