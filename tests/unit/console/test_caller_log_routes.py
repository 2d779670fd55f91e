"""Logging more of one number's calls, asked for over the API."""

from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from aiohttp.test_utils import TestClient, TestServer

from ivrflow.console.api import Api
from ivrflow.console.caller_log import CallerLogRoutes
from ivrflow.flow.live import LiveCalls
from ivrflow.flow.world import Trouble
from ivrflow.logs.more import More
from ivrflow.service.caller_log import MOST, CallerLog, TooMany

TOKEN = "t" * 24
NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
WAY = "/api/log/callers"


class Audit:
    """Keeps what was noted; or is away."""

    def __init__(self, away=False):
        self.away = away
        self.entries = []

    async def note(self, who, what, before=None, after=None):
        if self.away:
            raise Trouble("the database is away")
        self.entries.append((who, what, after))


class Service:
    def __init__(self, client, log, audit):
        self.client, self.log, self.audit = client, log, audit

    async def ask(self, method, path="", body=None):
        headers = {"Authorization": f"Bearer {TOKEN}"}
        url = f"{WAY}/{path}" if path else WAY
        answer = await self.client.request(method, url, json=body, headers=headers)
        return answer.status, await answer.json()


@asynccontextmanager
async def service(away=False):
    audit = Audit(away)
    log = CallerLog(LiveCalls(), clock=NOW.timestamp, more=More())
    routes = CallerLogRoutes(log, audit, lambda: NOW, TooMany)
    application = Api(LiveCalls(), TOKEN, routes).application()
    async with TestClient(TestServer(application)) as client:
        yield Service(client, log, audit)
    for one in log.all:
        log.end(one.number)


async def test_it_begins_is_listed_and_ends_and_the_audit_has_it():
    async with service() as it:
        status, told = await it.ask("POST", "13800138000", {"for": "1h", "by": "ann"})
        assert status == 200
        assert told["until"] == "2026-03-02T11:00:00+00:00"
        assert await it.ask("GET") == (200, {"callers": [told]})

        assert (await it.ask("DELETE", "13800138000", {"by": "ann"}))[0] == 200
        assert await it.ask("GET") == (200, {"callers": []})

    assert it.audit.entries == [
        ("api (ann)", "log of caller 13800138000", "until 2026-03-02T11:00:00+00:00"),
        ("api (ann)", "log of caller 13800138000", "ended"),
    ]


async def test_without_an_end_it_is_half_an_hour():
    async with service() as it:
        _, told = await it.ask("POST", "13800138000")

    assert told["until"] == "2026-03-02T10:30:00+00:00"


@pytest.mark.parametrize(
    ("number", "body", "status"),
    [
        ("13800138000", {"for": "25h"}, 400),
        ("13800138000", {"until": "2026-03-02 09:00"}, 400),
        ("13800138000", {"for": "soon"}, 400),
        ("13800138000", {"four": "1h"}, 400),
        ("a%0Ab", {}, 400),
        ("1" * 41, {}, 400),
    ],
)
async def test_what_makes_no_sense_is_refused_and_nothing_is_logged(
    number, body, status
):
    async with service() as it:
        assert (await it.ask("POST", number, body))[0] == status
        assert it.log.all == []

    assert it.audit.entries == []


async def test_numbers_have_an_end_too():
    async with service() as it:
        for number in range(MOST):
            assert (await it.ask("POST", f"100{number}"))[0] == 200
        assert (await it.ask("POST", "999"))[0] == 409
        assert (await it.ask("POST", "1000", {"for": "2h"}))[0] == 200  # has a place


async def test_one_that_logs_as_all_others_can_not_be_ended():
    async with service() as it:
        assert (await it.ask("DELETE", "13800138000"))[0] == 404


async def test_while_the_database_is_away_it_is_done_and_the_log_says_so(caplog):
    async with service(away=True) as it:
        assert (await it.ask("POST", "13800138000"))[0] == 200
        assert [one.number for one in it.log.all] == ["13800138000"]

    assert "the audit lacks it" in caplog.text
    caplog.clear()  # it is an error, and was meant
