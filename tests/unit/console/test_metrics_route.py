"""Who may fetch metrics."""

import pytest
from aiohttp.test_utils import TestClient, TestServer, make_mocked_request

from ivrflow.console.api import Api
from ivrflow.console.asking import Refused
from ivrflow.console.metrics import MetricsRoutes
from ivrflow.flow.live import LiveCalls

TOKEN, OWN = "t" * 24, "m" * 24


async def made():
    return b"ivrflow_ready 1\n"


def served(token=None):
    api = Api(LiveCalls(), TOKEN, MetricsRoutes(made, "text/plain", token))
    return TestClient(TestServer(api.application()))


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


async def test_from_this_machine_no_token_is_needed():
    async with served() as client:
        answer = await client.get("/metrics")

        assert answer.status == 200
        assert await answer.read() == b"ivrflow_ready 1\n"
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "header", ["Origin", "X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"]
)
async def test_whoever_asks_for_somebody_else_is_refused(header):
    async with served() as client:
        answer = await client.get("/metrics", headers={header: "http://evil.example"})

        assert answer.status == 403


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8090", 200),
        ("[::1]:8090", 200),
        ("localhost", 200),
        ("pbx:8090", 200),
        ("evil.example", 403),
        ("evil.example.:8090", 403),
        ("127.0.0.1.evil.example:8090", 403),
        ("[", 403),
    ],
)
async def test_a_page_whose_name_was_turned_to_this_machine_is_refused(host, status):
    async with served() as client:
        answer = await client.get("/metrics", headers={"Host": host})

        assert answer.status == status


@pytest.mark.parametrize(
    ("address", "near"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("192.0.2.7", False),
        ("::ffff:192.0.2.7", False),
        ("2001:db8::1", False),
        ("", False),
        ("localhost", False),
    ],
)
async def test_without_a_token_of_their_own_they_stay_on_this_machine(address, near):
    request = make_mocked_request("GET", "/metrics").clone(remote=address)
    [route] = MetricsRoutes(made, "text/plain").routes()

    if near:
        assert (await route.handler(request)).status == 200
    else:
        with pytest.raises(Refused, match="this machine alone"):
            await route.handler(request)


async def test_with_a_token_of_their_own_that_one_opens_them_and_no_other():
    async with served(OWN) as client:
        assert (await client.get("/metrics", headers=bearer(OWN))).status == 200
        for headers in (
            {},
            bearer(TOKEN),
            bearer(OWN + "x"),
            bearer("\xff" * 24),
            {"Authorization": f"Basic {OWN}"},
        ):
            answer = await client.get("/metrics", headers=headers)
            assert answer.status == 401, headers


async def test_their_token_opens_nothing_else():
    async with served(OWN) as client:
        assert (await client.get("/api/me", headers=bearer(OWN))).status == 401
