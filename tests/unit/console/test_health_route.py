"""How the service is, asked over the API."""

from aiohttp.test_utils import TestClient, TestServer

from ivrflow.console.api import Api
from ivrflow.console.health import HealthRoutes
from ivrflow.flow.live import LiveCalls

TOKEN = "t" * 24


async def test_the_health_is_told_as_it_is_now():
    told = {"calls": {"up": 1}}
    api = Api(LiveCalls(), TOKEN, HealthRoutes(lambda: told))
    async with TestClient(TestServer(api.application())) as client:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        for up in (1, 2):
            told["calls"]["up"] = up
            answer = await client.get("/api/health", headers=headers)
            assert answer.status == 200
            assert await answer.json() == {"calls": {"up": up}}
        assert (await client.get("/api/health")).status == 401
