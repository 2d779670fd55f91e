"""The API's parts for words and hours, when the site changes under their hands."""

from contextlib import asynccontextmanager
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from aiohttp.test_utils import TestClient, TestServer

from ivrflow.console.api import Api
from ivrflow.console.hours import HoursRoutes
from ivrflow.console.who import People
from ivrflow.console.wording import Heard, WordingRoutes
from ivrflow.flow.changes import Place
from ivrflow.flow.live import LiveCalls
from ivrflow.flow.load import load_site
from ivrflow.flow.versions import Reloaded
from ivrflow.sim.memory import MemorySwitches
from ivrflow.tokens import Holder

TOKEN = "a-token-of-more-than-20-signs"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
FILES = {
    "site.yaml": "languages: [en]\ntimezone: UTC\n",
    "prompts/en.yaml": "hello: Hello.\nbye: Good bye.\n",
    "flows/top.yaml": "flow: top\nsteps:\n  a: {hangup: hello}\n",
    "hours.yaml": "shop:\n  mon-sun: 09:00-17:00\n  who: supervisor\n",
    "wording.yaml": 'hello: {who: "1003"}\n',
    "agents.yaml": 'agents:\n  "1003": {name: Li}\n  "2001": {name: Wu}\n',
}
GONE = {
    "hours.yaml": "office:\n  mon-sun: 09:00-17:00\n",
    "wording.yaml": "bye: {}\n",
}
HOURS = "/api/hours/shop/2026-12-24"
WORDS = "/api/wording/en/hello"


class Holders:
    """Tokens that say whose they are: `agent-1003`."""

    def holder(self, token, now):
        role, _, number = token.partition("-")
        if role not in ("agent", "supervisor"):
            return None
        return Holder(id="x", name=number, role=role, number=number)

    def refused(self, address, now):
        raise AssertionError(address)


class Teams:
    def has(self, number):
        return True

    def led_by(self, number):
        return frozenset()

    def served_by(self, agents):
        return frozenset()

    listed_for = served_by

    def heard_by(self, number, role):
        return frozenset()


class Changes:
    """Makes every change; while it does, somebody puts another version live."""

    def __init__(self, put_live):
        self.all = {}
        self.asked = []
        self._put_live = put_live

    async def _made(self, place, by):
        self.asked.append((str(place), by))
        self._put_live()
        site = Reloaded(version="new", was="old", passed=2, not_run=0)
        return SimpleNamespace(
            place=place, before="a", after="b", until=None, site=site
        )

    async def set_words(self, name, words, *, by, until=None):
        return await self._made(Place(name), by)

    async def set_hours(self, name, dates, hours, *, by, until=None):
        return await self._made(Place(name, dates), by)

    async def undo(self, place, *, by):
        return await self._made(place, by)


class NothingHeard:
    speaks = False

    def on(self, clip, now):
        return None

    def unrecorded(self, site, name):
        return ()


@asynccontextmanager
async def api(folder, *, vanishes=False):
    def site_of(files):
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        return load_site(folder)

    live = [site_of(FILES)]
    gone = site_of({**FILES, **GONE})
    changes = Changes(lambda: live.append(gone) if vanishes else None)

    def site():
        return live[-1]

    def now():
        return NOON

    parts = (
        HoursRoutes(site, changes, MemorySwitches(), now),
        WordingRoutes(site, changes, Heard(NothingHeard(), NothingHeard()), now),
    )
    people = People(Holders(), Teams(), lambda: 0.0)
    app = Api(LiveCalls(), TOKEN, *parts, people=people).application()
    async with TestClient(TestServer(app)) as client:

        async def ask(method, path, body=None, by=TOKEN):
            headers = {"Authorization": f"Bearer {by}"}
            async with client.request(
                method, path, json=body or {}, headers=headers
            ) as answer:
                return answer.status, await answer.json()

        yield ask, changes


CHANGES = [
    ("PUT", HOURS, {"hours": "closed"}),
    ("DELETE", HOURS, None),
    ("PUT", WORDS, {"words": "Hi."}),
    ("DELETE", WORDS, None),
]


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
async def test_change_is_answered_though_its_place_is_gone_meanwhile(
    tmp_path, method, path, body
):
    async with api(tmp_path, vanishes=True) as (ask, _):
        status, answer = await ask(method, path, body)

        assert status == 200
        assert answer["version"] == "new"
        assert "name" not in answer


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
async def test_change_answers_with_what_stands_there(tmp_path, method, path, body):
    async with api(tmp_path) as (ask, _):
        status, answer = await ask(method, path, body)

        assert status == 200
        assert answer["talks"] == {"passed": 2, "not_run": 0}
        assert answer["name"] in ("shop", "en/hello")


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
async def test_only_whom_the_file_means_may_change_it(tmp_path, method, path, body):
    right, wrong = "supervisor-2001", "agent-1003"
    if path == WORDS:
        right, wrong = wrong, right
    async with api(tmp_path) as (ask, changes):
        status, answer = await ask(method, path, body, wrong)
        assert status == 403
        assert "only a" in answer["error"]
        assert changes.asked == []

        assert (await ask(method, path, body, right))[0] == 200
        assert changes.asked[0][1] == f"agent {right.partition('-')[2]} (api)"
