"""Figures by the API: the wallboard, reports, and who sees whose."""

import asyncio
import csv
from contextlib import asynccontextmanager
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from aiohttp.test_utils import TestClient, TestServer

from ivrflow.console.api import Api
from ivrflow.console.reports import ReportRoutes
from ivrflow.console.who import People
from ivrflow.db.engine import Database
from ivrflow.db.record_rows import write_facts
from ivrflow.db.reports import SqlReports
from ivrflow.db.self_check import fold_days, rebuild
from ivrflow.db.tables import metadata
from ivrflow.figures.limits import Limits
from ivrflow.figures.live import Live
from ivrflow.figures.spans import day_of
from ivrflow.flow.live import LiveCalls
from ivrflow.tokens import Holder
from tests.unit.figures.day import Day

TOKEN = "a-token-of-more-than-20-signs"
ZONE = ZoneInfo("Asia/Shanghai")
MORNING = datetime(2026, 11, 20, 9, tzinfo=ZONE).timestamp()
NOON = MORNING + 3 * 3600


class Roster:
    """2001 supervises 1001, who serves sales; 1002 serves service."""

    def holder(self, token, now):
        role = {"1001": "agent", "2001": "supervisor"}.get(token)
        return role and Holder(id=token, name=token, role=role, number=token)

    def has(self, number):
        return number in ("1001", "1002", "2001")

    def led_by(self, number):
        return frozenset({"1001"} if number == "2001" else ())

    def served_by(self, agents):
        served = {"1001": "sales", "1002": "service"}
        return frozenset(served[a] for a in agents if a in served)

    listed_for = served_by

    def heard_by(self, number, role):
        return frozenset()


def facts():
    day = Day(MORNING).agent(0, "1001").agent(0, "1002")
    day.served(60, "c1", "1001", "o1", wait=12)
    day.starts(600, "c2", "=1+1").queued(600, "c2", "service")
    day.leaves(640, "c2", queue="service").ends(640, "c2")
    day.starts(900, "c3").queued(900, "c3")
    return day.facts


@asynccontextmanager
async def asking(folder):
    database = Database(f"sqlite:///{folder}/ivrflow.db")
    await database.write(lambda db: db.run_sync(metadata.create_all))
    await database.write(lambda db: write_facts(db, facts()))
    today = day_of(NOON, ZONE)
    await rebuild(database, await fold_days(database, today, today, ZONE, now=NOON))
    live = Live(ZONE)
    for fact in facts():
        live.note(fact)
    routes = ReportRoutes(
        SqlReports(database),
        live,
        queues=lambda: ["sales", "service"],
        limits=lambda queue: Limits(within=10.0),
        clock=lambda: NOON,
        zone=lambda: ZONE,
    )
    people = People(Roster(), Roster(), lambda: NOON)
    application = Api(LiveCalls(), TOKEN, routes, people=people).application()

    async def get(path, token=TOKEN, *, text=False):
        headers = {"Authorization": f"Bearer {token}"}
        async with client.get(path, headers=headers) as answer:
            body = await (answer.text() if text else answer.json())
            return body if answer.status == 200 else (answer.status, body)

    async with TestClient(TestServer(application)) as client:
        yield get
    await database.close()


async def test_the_wallboard_shows_today_and_who_does_what(tmp_path):
    async with asking(tmp_path) as get:
        board = await get("/api/wallboard")

    sales, service = board["queues"]
    assert (sales["queue"], sales["offered"], sales["answered"]) == ("sales", 2, 1)
    assert (sales["waiting_now"], sales["longest_wait_now"]) == (
        1,
        NOON - MORNING - 900,
    )
    assert (service["abandoned"], service["waiting_now"]) == (1, 0)
    first, _ = board["agents"]
    assert (first["agent"], first["handled"], first["now"]["state"]) == (
        "1001",
        1,
        "ready",
    )


async def test_a_report_has_the_threshold_of_the_queue_or_another_one(tmp_path):
    async with asking(tmp_path) as get:
        usual = await get("/api/reports/queues?queue=sales")
        other = await get("/api/reports/queues?queue=sales&within=15s&by=day")

    assert usual["rows"][0]["service_level_negative"] == 0.0
    assert other["rows"][0]["service_level_negative"] == 0.5
    assert other["rows"][0]["from"] == "2026-11-20 00:00:00+08:00"


async def test_everybody_sees_his_own(tmp_path):
    async with asking(tmp_path) as get:
        for token, queues, agents in [
            (TOKEN, ["sales", "service"], ["1001", "1002"]),
            ("2001", ["sales"], ["1001"]),
            ("1001", ["sales"], ["1001"]),
        ]:
            seen = await get("/api/reports/queues", token)
            assert [row["queue"] for row in seen["rows"]] == queues
            seen = await get("/api/reports/agents", token)
            assert [row["agent"] for row in seen["rows"]] == agents
            seen = await get("/api/reports/timeline", token)
            assert sorted({row["agent"] for row in seen["rows"]}) == agents
            board = await get("/api/wallboard", token)
            assert [row["queue"] for row in board["queues"]] == queues
            assert [row["agent"] for row in board["agents"]] == agents
        calls = await get("/api/reports/calls", "2001")
        assert [row["call"] for row in calls["rows"]] == ["c1"]
        status, said = await get("/api/reports/calls", "1001")
        assert status == 403, said


async def test_timelines_are_read_one_at_a_time_and_an_agents_is_his_own(
    tmp_path, monkeypatch
):
    asked, at_once = [], 0

    async def timeline(self, period, now, *, agent):
        nonlocal at_once
        at_once += 1
        asked.append((agent, at_once))
        await asyncio.sleep(0.01)
        at_once -= 1
        return []

    monkeypatch.setattr(SqlReports, "timeline", timeline)
    async with asking(tmp_path) as get, asyncio.TaskGroup() as group:
        for token in (TOKEN, "2001", "1001"):
            group.create_task(get("/api/reports/timeline", token))

    assert sorted(asked, key=str) == [("1001", 1), (None, 1), (None, 1)]


async def test_csv_for_a_spreadsheet_has_no_formula(tmp_path):
    async with asking(tmp_path) as get:
        text = await get("/api/reports/calls?format=csv", text=True)

    rows = list(csv.DictReader(text.splitlines()))
    assert [row["caller"] for row in rows] == ["13800138000", "'=1+1"]


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("queues?from=soon", "2026-11-22, today or yesterday"),
        ("queues?from=2026-11-02&to=2026-11-01", "is before the first"),
        ("queues?from=9999-12-31", "no day of ours"),
        ("timeline?from=0001-01-01", "no day of ours"),
        ("queues?by=2h", "15m, 30m, 1h, day"),
        ("queues?within=long", "a duration, like 20s"),
        ("queues?format=pdf", "json or csv"),
        ("queues?queu=sales", "by, queue, item, within; did you mean 'queue'"),
        ("agents?agnet=1001", "did you mean 'agent'"),
        ("timeline?by=day", "from, to, format, agent"),
        ("calls?until=today", "from, to, format, queue, agent"),
        ("timeline?from=2026-01-01&to=2026-11-01", "31 days at most"),
    ],
)
async def test_what_can_t_be_asked_for_is_refused_with_what_can(tmp_path, path, says):
    async with asking(tmp_path) as get:
        status, said = await get(f"/api/reports/{path}")

    assert status == 400
    assert says in said["error"]
