"""Words and hours are changed while the service runs, end, and come back."""

import asyncio
import json
import stat
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import aiohttp
import pytest

from ivrflow.db.audit import SqlAudit
from ivrflow.db.changes import SqlChanges
from ivrflow.db.engine import Database
from ivrflow.db.tables import metadata
from ivrflow.db.versions import SqlVersions
from ivrflow.flow.changes import CannotChange, Change, Place
from ivrflow.flow.load import load_site
from ivrflow.flow.site.ending import BadEnd
from ivrflow.flow.versions import NotReloaded
from ivrflow.flow.world import Announcement, Trouble
from ivrflow.service import live_site
from ivrflow.service.judge import judge
from ivrflow.service.live_changes import LiveChanges
from ivrflow.service.live_site import LiveSite
from ivrflow.service.run import serving
from ivrflow.sim.scripted import ScriptedChannel
from tests.unit.service.test_service import BEARER, SITE, installed, write

FILES = {
    **SITE,
    "wording.yaml": "hello: {who: supervisor, expires: 8h}\nnews: {record: yes}\n",
    "hours.yaml": "shop:\r\n  mon-sun: 09:00-17:00   # daily\r\n  who: supervisor\r\n"
    "locked: {mon: 09:00-17:00}\r\n",
    "prompts/en.yaml": "# All words.\nhello: 'Hello.'  # first\nnews: No news.\n"
    "other: Other.\n",
    "tests/a.test.yaml": "tests: top\ngreeting:\n  talk:\n    - hears: hello\n",
}
WORDS = Place("en/hello")
ZONE = ZoneInfo("Asia/Shanghai")
SHOP = Place("shop", "2030-12-24")


class Clock:
    """A clock that a test moves."""

    def __init__(self):
        self.now = 1_900_000_000.0

    def __call__(self):
        return self.now

    def after(self, hours):
        return datetime.fromtimestamp(self.now) + timedelta(hours=hours)


def site_in(folder):
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text.encode())
    return folder


@asynccontextmanager
async def running(folder, clock=None):
    """What changes the site in *folder*, without a telephone."""
    clock = clock or Clock()
    database = Database(f"sqlite:///{folder}.db", limit=2.0)
    await database.write(lambda db: db.run_sync(metadata.create_all))
    followed = []

    async def follow(site):
        followed.append(site.version)

    live = LiveSite(
        load_site(folder), SqlVersions(database), clock=clock, follow=follow
    )
    await live.began()
    changes = LiveChanges(live, SqlChanges(database), clock=clock)
    await changes.began()

    async def audit():
        entries = await SqlAudit(database).newest()
        return [(e.who, e.what, e.before, e.after) for e in reversed(entries)]

    try:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(changes.run())
            yield SimpleNamespace(
                live=live,
                changes=changes,
                clock=clock,
                folder=folder,
                audit=audit,
                text=lambda name: (folder / name).read_bytes().decode(),
                database=database,
                followed=followed,
            )
            task.cancel()
    finally:
        await database.close()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The site in a folder; it is judged in this process, which is quicker."""

    async def judged(folder):
        return await asyncio.to_thread(judge, folder)

    monkeypatch.setattr(live_site, "judged", judged)
    return site_in(tmp_path / "site")


async def test_new_words_are_live_in_the_file_and_audited(folder):
    (folder / "prompts/en.yaml").chmod(0o640)
    async with running(folder) as there:
        was = there.live.now.version
        done = await there.changes.set_words("en/hello", "It's new.", by="agent 2001")

        assert there.text("prompts/en.yaml") == FILES["prompts/en.yaml"].replace(
            "'Hello.'", "'It''s new.'"
        )
        assert (done.site.was, done.site.passed) == (was, 1)
        assert there.live.now.version == done.site.version == load_site(folder).version
        assert there.followed == [done.site.version]
        mode = stat.S_IMODE((folder / "prompts/en.yaml").stat().st_mode)
        assert mode == 0o640
        [_, change, live] = await there.audit()
        assert change[:3] == ("agent 2001", "words en/hello", "Hello.")
        assert change[3].startswith("It's new. until 2030-03-18")
        assert live[:2] == ("agent 2001", "site goes live")


async def test_words_end_and_the_file_is_as_it_was_to_the_byte(folder):
    async with running(folder) as there:
        await there.changes.set_words("en/hello", "New.", by="api")
        there.clock.now += 8 * 3600 - 1
        await there.changes.look()
        assert "New." in there.text("prompts/en.yaml")

        there.clock.now += 1
        await there.changes.look()

        assert there.text("prompts/en.yaml") == FILES["prompts/en.yaml"]
        assert there.changes.all == {}
        entries = await there.audit()
        assert ("end of api", "words en/hello", "New.", "Hello.") in entries


async def test_end_outlives_a_restart(folder):
    clock = Clock()
    async with running(folder, clock) as there:
        await there.changes.set_words("en/hello", "New.", by="api")
    clock.now += 9 * 3600
    async with running(folder, clock) as there:
        await there.changes.look()

        assert there.text("prompts/en.yaml") == FILES["prompts/en.yaml"]


async def test_hours_of_a_date_are_set_undone_and_taken_out(folder):
    async with running(folder) as there:
        set_hours = there.changes.set_hours
        await set_hours("shop", "2030-12-24", "closed", by="api")
        assert "  except:\r\n    2030-12-24: closed\r\n" in there.text("hours.yaml")
        await set_hours("shop", "2030-12-24", "09:00-12:00", by="api")
        assert there.text("hours.yaml").count("2030-12-24: 09:00-12:00") == 1

        await there.changes.undo(SHOP, by="ann")
        assert "2030-12-24: closed" in there.text("hours.yaml")
        with pytest.raises(LookupError):
            await there.changes.undo(SHOP, by="ann")

        await set_hours("shop", "2030-12-24", None, by="api")
        assert there.text("hours.yaml") == FILES["hours.yaml"]


async def test_second_change_with_an_end_goes_back_to_what_was_before_both(folder):
    async with running(folder) as there:
        set_hours, until = there.changes.set_hours, there.clock.after(2)
        await set_hours(
            "shop", "2030-12-24", "closed", by="a", until=until.astimezone()
        )
        later = there.clock.after(4).astimezone()
        await set_hours("shop", "2030-12-24", "09:00-10:00", by="b", until=later)
        there.clock.now += 3 * 3600
        await there.changes.look()
        assert "09:00-10:00" in there.text("hours.yaml")

        there.clock.now += 3600
        await there.changes.look()
        assert there.text("hours.yaml") == FILES["hours.yaml"]


async def test_end_of_one_change_leaves_another_one_in_the_same_file(folder):
    async with running(folder) as there:
        await there.changes.set_words("en/hello", "New.", by="api")
        await there.changes.set_words("en/news", "There is news.", by="api")
        there.clock.now += 9 * 3600
        await there.changes.look()

        old = FILES["prompts/en.yaml"]
        assert there.text("prompts/en.yaml") == old.replace(
            "No news.", "There is news."
        )


async def test_same_words_with_another_end_are_only_prolonged(folder):
    async with running(folder) as there:
        await there.changes.set_words("en/hello", "New.", by="api")
        version = there.live.now.version
        there.clock.now += 7 * 3600
        await there.changes.set_words("en/hello", "New.", by="api")
        there.clock.now += 7 * 3600
        await there.changes.look()

        assert there.live.now.version == version
        there.clock.now += 3600
        await there.changes.look()
        assert there.text("prompts/en.yaml") == FILES["prompts/en.yaml"]


# What is refused ----------------------------------------------------------------------


async def unchanged(there, error, work):
    before = {name: there.text(name) for name in FILES}
    version = there.live.now.version
    with pytest.raises(error) as refused:
        await work
    assert {name: there.text(name) for name in FILES} == before
    assert there.live.now.version == version
    assert there.changes.all == {}
    return refused.value


async def test_talk_that_fails_with_the_new_words_refuses_them_whole(folder, caplog):
    write(
        folder,
        "tests/b.test.yaml",
        "tests: top\nsays:\n  talk:\n    - says: Hello.\n",
    )
    async with running(folder) as there:
        refused = await unchanged(
            there,
            NotReloaded,
            there.changes.set_words("en/hello", "New.", by="api"),
        )

        assert refused.problems[0].at.file == "tests/b.test.yaml"
        assert len(await there.audit()) == 1
    caplog.clear()


async def test_words_with_an_error_are_refused_with_its_place(folder, caplog):
    async with running(folder) as there:
        refused = await unchanged(
            there,
            NotReloaded,
            there.changes.set_words("en/hello", "Hello ${nobody}.", by="api"),
        )

        assert refused.problems[0].at.file == "prompts/en.yaml"
    caplog.clear()


@pytest.mark.parametrize(
    ("name", "words"), [("en/other", "x"), ("en/nothing", "x"), ("xx/hello", "x")]
)
async def test_words_that_are_not_listed_can_not_be_changed(folder, name, words):
    async with running(folder) as there:
        await unchanged(
            there, LookupError, there.changes.set_words(name, words, by="api")
        )


async def test_hours_without_a_who_and_bad_ones_are_refused(folder):
    async with running(folder) as there:
        change = there.changes.set_hours
        for name, dates, hours, error in (
            ("locked", "2030-12-24", "closed", LookupError),
            ("shop", "24.12.2030", "closed", CannotChange),
            ("shop", "2030-12-24", "noon", CannotChange),
            ("shop", "2030-12-24", None, LookupError),
        ):
            await unchanged(there, error, change(name, dates, hours, by="api"))


async def test_end_beyond_what_the_file_allows_is_refused(folder):
    async with running(folder) as there:
        until = there.clock.after(9).astimezone()
        await unchanged(
            there,
            BadEnd,
            there.changes.set_words("en/hello", "New.", by="api", until=until),
        )


async def test_file_that_somebody_is_changing_is_not_touched(folder):
    async with running(folder) as there:
        write(folder, "prompts/en.yaml", "hello: Draft.\nnews: x\n")
        await unchanged(
            there,
            CannotChange,
            there.changes.set_words("en/hello", "New.", by="api"),
        )


async def test_draft_in_another_file_neither_hinders_nor_goes_live(folder):
    async with running(folder) as there:
        write(folder, "flows/top.yaml", "flow: top\nsteps:\n  a: {say: nowhere}\n")
        await there.changes.set_words("en/hello", "New.", by="api")

        assert "'New.'" in there.text("prompts/en.yaml")
        assert "nowhere" in there.text("flows/top.yaml")
        assert list(there.live.now.flows["top"].nodes) == ["hello"]


async def test_folder_that_can_not_be_written_is_told_and_nothing_is_live(
    folder, monkeypatch, caplog
):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(live_site, "replace_text", full)
    async with running(folder) as there:
        refused = await unchanged(
            there, Trouble, there.changes.set_words("en/hello", "New.", by="api")
        )

        assert "No space left" in str(refused)
        what, why = [(e[1], e[3]) for e in await there.audit()][-1]
        assert what == "words en/hello: the change before could not be made"
        assert "No space left" in why
        assert await SqlChanges(there.database).all() == []
    caplog.clear()


async def test_change_that_a_crash_left_unmade_is_forgotten(folder, caplog):
    async with running(folder) as there:
        await there.changes.set_words("en/hello", "New.", by="agent 2001")
        [noted] = there.changes.all.values()
        await there.changes.undo(WORDS, by="agent 2001")
        # As a service leaves it that died before it wrote the file.
        await SqlChanges(there.database).stands(noted, said=("Hello.", "New."))
    async with running(folder) as there:
        assert list(there.changes.all) == [WORDS]
        await there.changes.look()

        assert there.changes.all == {}
        assert await SqlChanges(there.database).all() == []
        assert there.text("prompts/en.yaml") == FILES["prompts/en.yaml"]
    caplog.clear()


# A person's hand wins -----------------------------------------------------------------


async def test_value_that_was_changed_by_hand_stays_and_its_end_is_off(folder, caplog):
    async with running(folder) as there:
        await there.changes.set_words("en/hello", "New.", by="agent 2001")
        write(
            folder,
            "prompts/en.yaml",
            there.text("prompts/en.yaml").replace("New.", "By hand."),
        )
        await there.live.reload("SIGHUP")
        await there.changes.look()

        assert there.changes.all == {}
        assert "words en/hello, changed by agent 2001" in caplog.text
        who, what, before, after = (await there.audit())[-1]
        assert (who, what, before) == ("the files", "words en/hello", "New.")
        assert "it stays, and nothing ends until 2030" in after
        there.clock.now += 9 * 3600
        await there.changes.look()
        assert "By hand." in there.text("prompts/en.yaml")
    caplog.clear()


async def test_file_that_was_changed_elsewhere_gets_the_old_words_back(folder):
    async with running(folder) as there:
        await there.changes.set_words("en/hello", "New.", by="api")
        text = "more: More.\n" + there.text("prompts/en.yaml")
        write(folder, "prompts/en.yaml", text)
        await there.live.reload("SIGHUP")
        there.clock.now += 9 * 3600
        await there.changes.look()

        assert (
            there.text("prompts/en.yaml") == "more: More.\n" + FILES["prompts/en.yaml"]
        )


async def test_end_waits_while_a_person_is_changing_the_file(folder, caplog):
    async with running(folder) as there:
        await there.changes.set_words("en/hello", "New.", by="api")
        mine = there.text("prompts/en.yaml")
        write(folder, "prompts/en.yaml", mine + "draft: [\n")
        there.clock.now += 9 * 3600
        await there.changes.look()
        there.clock.now += 1
        await there.changes.look()
        assert caplog.text.count("should have ended and could not") == 1

        write(folder, "prompts/en.yaml", mine)
        there.clock.now += 60
        await there.changes.look()
        assert there.text("prompts/en.yaml") == FILES["prompts/en.yaml"]
    caplog.clear()


async def test_whoever_is_gone_has_the_change_all_the_same(folder):
    async with running(folder) as there:
        wish = there.changes.set_words("en/hello", "New.", by="agent 2001")
        async with asyncio.TaskGroup() as group:
            caller = group.create_task(wish)
            await asyncio.sleep(0)
            caller.cancel()  # hung up
        async with asyncio.timeout(20):
            while "New." not in there.text("prompts/en.yaml"):
                await asyncio.sleep(0.05)


# The whole service --------------------------------------------------------------------


async def test_api_changes_words_and_says_what_callers_hear(tmp_path, caplog):
    settings, _ = installed(tmp_path)
    site_in(tmp_path / "site")
    write(
        tmp_path,
        "sounds/manifest.json",
        json.dumps({"clips": {"en/hello": {"seconds": 1.5, "text": "Hello."}}}),
    )
    async with (
        serving(settings, load_site(tmp_path / "site")) as there,
        aiohttp.ClientSession(headers=BEARER) as web,
    ):
        url = "http://{}:{}/api".format(*there.api)

        async def ask(method, path, body=None):
            async with web.request(method, f"{url}/{path}", json=body) as answer:
                return answer.status, await answer.json()

        _, listed = await ask("GET", "wording")
        [hello, news] = listed["wording"]
        assert (hello["name"], hello["unrecorded"], hello["warning"]) == (
            "en/hello",
            [],
            None,
        )
        assert news["unrecorded"] == ["en/news"]

        body = {"words": "Good day.", "for": "2h", "by": "ann"}
        status, done = await ask("PUT", "wording/en/hello", body)
        assert (status, done["words"], done["unrecorded"]) == (
            200,
            "Good day.",
            ["en/hello"],
        )
        assert "callers hear nothing of en/hello" in done["warning"]
        assert done["changed"]["by"] == "api (ann)"
        assert done["changed"]["before"] == "Hello."
        assert done["until"] == done["changed"]["until"]
        heard = await said_by(there)
        assert heard == "Good day."

        status, back = await ask("DELETE", "wording/en/hello")
        assert (status, back["words"], back["warning"]) == (200, "Hello.", None)
        assert (await ask("DELETE", "wording/en/hello"))[0] == 404

        day = datetime.now(ZONE).date() + timedelta(days=30)
        await there.world.announcements.put_on(
            "en/news",
            Announcement(
                recording="announcements/x", seconds=4.0, by="a", at=0.0, until=None
            ),
            now=datetime.now(ZONE),
        )
        _, listed = await ask("GET", "wording")
        assert listed["wording"][1]["announcement"] == {
            "by": "a",
            "seconds": 4.0,
            "until": None,
        }
        assert "the announcement of a" in listed["wording"][1]["warning"]
        status, off = await ask("DELETE", "wording/en/news/announcement")
        assert (status, off["announcement"]) == (200, None)

        body = {"hours": "closed", "until": str(day)}
        status, shop = await ask("PUT", "hours/shop/2030-12-24..2030-12-25", body)
        assert status == 200
        [dates] = shop["dates"]
        assert (dates["dates"], dates["hours"]) == ("2030-12-24..2030-12-25", "closed")
        after = day + timedelta(days=1)
        assert dates["changed"]["until"] == f"{after}T00:00:00+08:00"
        _, listed = await ask("GET", "hours")
        assert [one["name"] for one in listed["hours"]] == ["shop", "locked"]
        status, shop = await ask("DELETE", "hours/shop/2030-12-24..2030-12-25")
        assert (status, shop["dates"]) == (200, [])

        for method, path, body, wanted in (
            ("PUT", "wording/en/hello", {}, 400),
            ("PUT", "wording/en/hello", {"words": 1}, 400),
            ("PUT", "wording/en/hello", {"words": " "}, 409),
            ("PUT", "wording/en/hello", {"words": "x", "untill": "2h"}, 400),
            ("PUT", "wording/en/hello", {"words": "x", "for": "2"}, 400),
            ("PUT", "wording/en/hello", {"words": "x", "for": "9h"}, 400),
            ("PUT", "wording/en/hello", {"words": "x", "until": "2020-01-01"}, 400),
            ("PUT", "wording/en/hello", {"words": "x", "by": "<b>"}, 400),
            ("PUT", "wording/en/hello", {"words": "${"}, 422),
            ("PUT", "wording/en/other", {"words": "x"}, 404),
            ("DELETE", "wording/en/hello/announcement", None, 404),
            ("PUT", "hours/shop/2030-12-24", {"hours": True}, 400),
            ("PUT", "hours/shop/2030-12-24", {"hours": "noon"}, 409),
            ("PUT", "hours/shop/2030-12-24", {"hours": "normal"}, 404),
            ("PUT", "hours/shot/2030-12-24", {"hours": "closed"}, 404),
        ):
            status, told = await ask(method, path, body)
            assert (status, bool(told["error"])) == (wanted, True), (path, body, told)
        text = (tmp_path / "site/hours.yaml").read_bytes().decode()
        assert text == FILES["hours.yaml"]
    caplog.clear()


async def said_by(there):
    """What a call hears now."""
    phone = ScriptedChannel(id="a call", dialled="100")
    there.world.switch._on_call(phone)
    async with asyncio.timeout(10):
        while not phone.heard:
            await asyncio.sleep(0.02)
        phone.drop()
        await there.live.nobody()
    return phone.heard[0][1].words


async def test_a_database_that_is_away_is_told_once_a_minute(tmp_path, caplog):
    site = load_site(site_in(tmp_path))
    kept = Away()
    changes = LiveChanges(SimpleNamespace(now=site), kept, clock=Clock())
    changes._standing = {WORDS: change_of("Other words.")}

    for _ in range(3):
        await changes.look()
    assert (kept.asked, caplog.text.count("looked at later")) == (1, 1)

    changes._clock.now += 61
    await changes.look()
    assert kept.asked == 2


class Away:
    """A database that can't be reached."""

    asked = 0

    async def ended(self, *_, **__):
        self.asked += 1
        raise Trouble("the database is away")


def change_of(words):
    return Change(
        place=WORDS, file="prompts/en.yaml", by="api", at=0.0, until=None,
        before="Hello.", after=words, token=None, splice=None, mark="",
    )  # fmt: skip
