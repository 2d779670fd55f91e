"""The API's parts for the site and its switches, asked over a real socket."""

from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from aiohttp.test_utils import TestClient, TestServer

from ivrflow.console.api import Api
from ivrflow.console.sites import SiteRoutes
from ivrflow.console.switches import SwitchRoutes
from ivrflow.flow.live import LiveCalls
from ivrflow.flow.load import load_site
from ivrflow.flow.source import Mark, Problem
from ivrflow.flow.versions import NotReloaded, Reloaded
from ivrflow.flow.world import Trouble

TOKEN = "a-token-of-more-than-20-signs"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)

FILES = {
    "site.yaml": "languages: [en]\ntimezone: UTC\n",
    "prompts/en.yaml": "hello: Hello.\n",
    "flows/top.yaml": "flow: top\nsteps:\n  a: {hangup: hello}\n",
    "agents.yaml": 'agents:\n  "1003": {name: Li}\n',
    "switches.yaml": "shut: {title: Shut, expires: 8h}\nnews: {who: '1003'}\n",
}


class Site:
    """A live site that answers a reload as it is told."""

    def __init__(self, now):
        self.now = now
        self.answer = Reloaded(version="new", was="old", passed=3, not_run=1)
        self.asked = []

    async def reload(self, by):
        self.asked.append(by)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Switches:
    def __init__(self):
        self.all = {}

    def thrown(self, name, now):
        row = self.all.get(name)
        return row is not None and (row.until is None or row.until > now.timestamp())

    async def throw(self, name, *, by, now, until):
        self.all[name] = SimpleNamespace(
            by=by, at=now.timestamp(), until=until and until.timestamp()
        )

    async def put_back(self, name, *, by, now):
        self.all.pop(name, None)


@asynccontextmanager
async def api(folder):
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    site, switches = Site(load_site(folder)), Switches()
    parts = (
        SiteRoutes(site, LiveCalls()),
        SwitchRoutes(lambda: site.now, switches, lambda: NOON),
    )
    server = TestServer(Api(LiveCalls(), TOKEN, *parts).application())
    async with TestClient(server) as client:

        async def ask(method, path, body=None, headers=BEARER):
            more = {} if body is None else {"json": body}
            how = {"headers": headers, **more}
            async with client.request(method, path, **how) as answer:
                return answer.status, await answer.json()

        yield SimpleNamespace(ask=ask, site=site, switches=switches)


async def test_parts_stand_behind_the_same_guard(tmp_path):
    async with api(tmp_path) as there:
        for method, path in (
            ("GET", "/api/site"),
            ("POST", "/api/site/reload"),
            ("GET", "/api/switches"),
            ("POST", "/api/switches/shut"),
        ):
            assert (await there.ask(method, path, headers={}))[0] == 401
            page = {**BEARER, "Origin": "https://evil.example.com"}
            assert (await there.ask(method, path, headers=page))[0] == 403
        assert there.site.asked == []


async def test_site_tells_its_version_and_flows(tmp_path):
    async with api(tmp_path) as there:
        status, body = await there.ask("GET", "/api/site")

        assert status == 200
        assert body["version"] == there.site.now.version
        assert (body["flows"], body["calls"]) == (["top"], {})


async def test_reload_tells_what_went_live(tmp_path):
    async with api(tmp_path) as there:
        assert await there.ask("POST", "/api/site/reload") == (
            200,
            {
                "version": "new",
                "was": "old",
                "changed": True,
                "talks": {"passed": 3, "not_run": 1},
            },
        )
        assert there.site.asked == ["api"]


async def test_refused_reload_lists_all_problems_with_their_places(tmp_path):
    async with api(tmp_path) as there:
        there.site.answer = NotReloaded(
            [Problem(Mark("flows/top.yaml", 3, 7), "F020", "no step 'x'")]
        )
        status, body = await there.ask("POST", "/api/site/reload")

        assert status == 422
        assert body["problems"] == [
            {
                "file": "flows/top.yaml",
                "line": 3,
                "column": 7,
                "code": "F020",
                "message": "no step 'x'",
            }
        ]
        assert "1 error" in body["error"]
        assert there.site.now.version in body["error"]


async def test_reload_that_can_not_be_made_now_is_503(tmp_path):
    async with api(tmp_path) as there:
        there.site.answer = Trouble("the database does not answer")
        status, body = await there.ask("POST", "/api/site/reload")

        assert status == 503
        assert "does not answer" in body["error"]


async def test_switches_are_listed_as_they_stand(tmp_path):
    async with api(tmp_path) as there:
        await there.switches.throw(
            "shut", by="agent 2001", now=NOON, until=NOON + timedelta(hours=1)
        )
        _, body = await there.ask("GET", "/api/switches")

        shut, news = body["switches"]
        assert shut == {
            "name": "shut",
            "title": {"": "Shut"},
            "who": "supervisor",
            "thrown": True,
            "by": "agent 2001",
            "at": "2026-03-02T12:00:00+00:00",
            "until": "2026-03-02T13:00:00+00:00",
        }
        assert (news["name"], news["who"], news["thrown"]) == ("news", "1003", False)


@pytest.mark.parametrize(
    ("name", "body", "hours"),
    [
        ("shut", {"thrown": True}, 8),
        ("shut", {"thrown": "yes", "for": "2h"}, 2),
        ("shut", {"thrown": True, "for": "8h"}, 8),
        ("news", {"thrown": True}, None),
        ("news", {"thrown": True, "for": "30m"}, 0.5),
    ],
)
async def test_thrown_switch_has_its_end(tmp_path, name, body, hours):
    async with api(tmp_path) as there:
        status, state = await there.ask("POST", f"/api/switches/{name}", body)

        assert (status, state["thrown"], state["by"]) == (200, True, "api")
        end = None if hours is None else (NOON + timedelta(hours=hours)).isoformat()
        assert state["until"] == end


async def test_switch_is_put_back(tmp_path):
    async with api(tmp_path) as there:
        await there.ask("POST", "/api/switches/shut", {"thrown": True})
        for given in ("no", False):
            status, state = await there.ask(
                "POST", "/api/switches/shut", {"thrown": given}
            )
            assert (status, state["thrown"], state["until"]) == (200, False, None)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"thrown": 1},
        {"thrown": "maybe"},
        {"thrown": []},
        {"thrown": True, "for": "2"},
        {"thrown": True, "for": 2},
        {"thrown": True, "for": "9h"},
        {"thrown": True, "for": "-1h"},
        {"thrown": True, "for": "9" * 400 + "d"},
        {"thrown": True, "for": {}},
        {"thrown": False, "for": "2h"},
        {"thrown": True, "fro": "2h"},
    ],
)
async def test_bad_wish_changes_nothing(tmp_path, body):
    async with api(tmp_path) as there:
        status, answer = await there.ask("POST", "/api/switches/shut", body)

        assert status == 400
        assert answer["error"]
        assert there.switches.all == {}


async def test_switch_without_expires_has_a_longest_end_all_the_same(tmp_path):
    async with api(tmp_path) as there:
        wish = {"thrown": True, "for": "99999999d"}
        assert (await there.ask("POST", "/api/switches/news", wish))[0] == 400


async def test_unknown_switch_is_404_with_a_guess(tmp_path):
    async with api(tmp_path) as there:
        status, body = await there.ask("POST", "/api/switches/shot", {"thrown": True})

        assert status == 404
        assert "did you mean 'shut'" in body["error"]
