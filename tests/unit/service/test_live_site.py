"""A new version of the site goes live while the service runs, or is refused whole."""

import asyncio
import logging
from contextlib import asynccontextmanager
from types import SimpleNamespace

import aiohttp
import pytest

from ivrflow.config import BadConfig
from ivrflow.db.audit import SqlAudit
from ivrflow.db.engine import Database
from ivrflow.db.versions import SqlVersions
from ivrflow.facts import CallStarted, Said
from ivrflow.flow.load import load_site
from ivrflow.flow.versions import NotReloaded
from ivrflow.flow.world import Trouble
from ivrflow.service import live_site
from ivrflow.service.judge import judge, judged
from ivrflow.service.live_site import LiveSite
from ivrflow.service.run import serving
from ivrflow.sim.scripted import ScriptedChannel
from tests.unit.service.test_service import BEARER, SITE, installed, write

TALK = "tests: top\ngreeting:\n  talk:\n    - says: {words}\n"


@asynccontextmanager
async def service(folder, **files):
    facts = []
    settings, site = installed(folder, **files)
    async with serving(settings, site, listener=facts.append) as running:
        database = Database(settings.url(settings.database))
        try:
            yield SimpleNamespace(
                running=running, facts=facts, site=folder / "site", database=database
            )
        finally:
            await database.close()


def says(there, words):
    write(there.site, "prompts/en.yaml", f"hello: {words}\n")


async def test_new_words_go_live_and_are_kept(tmp_path, caplog):
    async with service(tmp_path) as there:
        was = there.running.site.now.version
        says(there, "Good day.")

        done = await there.running.site.reload("api")

        assert (done.was, done.changed) == (was, True)
        assert there.running.site.now.version == done.version != was
        kept = await SqlVersions(there.database).all()
        assert [k.version for k in kept] == [done.version, was]
        assert [k.by for k in kept] == ["api", "start"]
        [entry, _] = await SqlAudit(there.database).newest()
        assert (entry.who, entry.before, entry.after) == ("api", was, done.version)
    caplog.clear()


async def test_files_with_errors_are_refused_whole_and_the_old_version_stays(
    tmp_path, caplog
):
    async with service(tmp_path) as there:
        was = there.running.site.now
        says(there, "New.")
        write(there.site, "flows/top.yaml", "flow: top\nsteps:\n  hello: {say: helo}\n")

        with pytest.raises(NotReloaded) as refused:
            await there.running.site.reload("api")

        assert there.running.site.now is was
        [problem] = refused.value.problems
        assert str(problem).startswith("flows/top.yaml:3:")
        assert "flows/top.yaml:3:" in caplog.text
        assert len(await SqlVersions(there.database).all()) == 1
    caplog.clear()


async def test_talk_that_fails_keeps_the_old_version(tmp_path, caplog):
    async with service(tmp_path) as there:
        was = there.running.site.now
        says(there, "New words.")
        write(there.site, "tests/a.test.yaml", TALK.format(words="Old words."))

        with pytest.raises(NotReloaded, match="greeting") as refused:
            await there.running.site.reload("api")

        assert there.running.site.now is was
        assert refused.value.problems[0].at.file == "tests/a.test.yaml"

        write(there.site, "tests/a.test.yaml", TALK.format(words="New words."))
        done = await there.running.site.reload("api")
        assert (done.passed, done.changed) == (1, True)
        assert (await SqlVersions(there.database).all())[0].tested
    caplog.clear()


async def test_database_that_the_settings_lack_keeps_the_old_version(tmp_path, caplog):
    async with service(tmp_path) as there:
        was = there.running.site.now
        write(
            there.site,
            "data.yaml",
            "x: {database: crm, sql: select id from x, gives: {id: number}, "
            "timeout: 2s}\n",
        )
        write(
            there.site,
            "flows/top.yaml",
            "flow: top\non_error: hello\nsteps:\n  x: {lookup: x, save: y, "
            "not_found: hello}\n  hello: {hangup: hello}\n",
        )

        with pytest.raises(NotReloaded, match="'crm'"):
            await there.running.site.reload("api")
        assert there.running.site.now is was
    caplog.clear()


async def test_same_files_change_nothing(tmp_path, caplog):
    async with service(tmp_path) as there:
        done = await there.running.site.reload("api")

        assert not done.changed
        assert len(await SqlAudit(there.database).newest()) == 1
    caplog.clear()


async def test_agents_and_queues_follow(tmp_path, caplog):
    async with service(tmp_path) as there:
        await there.running.desk.ready("1001")
        write(there.site, "queues.yaml", "desk: {title: Desk}\nsales: {title: S}\n")
        write(
            there.site,
            "agents.yaml",
            'agents:\n  "1001": {name: Li, queues: [desk]}\n'
            '  "1002": {name: Wu, queues: [sales]}\n',
        )
        await there.running.site.reload("api")

        state = there.running.desk.state()
        assert [(a.number, a.presence) for a in state.agents] == [
            ("1001", "ready"),
            ("1002", "logged out"),
        ]
        assert {q.name for q in state.queues} == {"desk", "sales"}
        await there.running.desk.sign_in("1002")
    caplog.clear()


async def test_two_reloads_at_once_take_turns(tmp_path, caplog):
    async with service(tmp_path) as there:
        says(there, "Good day.")
        async with asyncio.TaskGroup() as group:
            first = group.create_task(there.running.site.reload("one"))
            second = group.create_task(there.running.site.reload("two"))

        assert [first.result().changed, second.result().changed] == [True, False]
        assert first.result().version == second.result().version
    caplog.clear()


async def test_asking_twice_while_it_reloads_reloads_once_more(tmp_path, caplog):
    caplog.set_level(logging.INFO, "ivrflow.site")
    async with service(tmp_path) as there:
        says(there, "Good day.")
        there.running.site.ask()
        there.running.site.ask()
        async with asyncio.timeout(30):
            while "is live, instead of" not in caplog.text:
                await asyncio.sleep(0.05)
    assert caplog.text.count("is live") == 1
    caplog.clear()


async def test_api_reloads_and_refuses(tmp_path, caplog):
    async with service(tmp_path) as there:
        url = "http://{}:{}/api/site".format(*there.running.api)
        async with aiohttp.ClientSession(headers=BEARER) as web:
            says(there, "Good day.")
            async with web.post(f"{url}/reload") as answer:
                done = await answer.json()
                assert (answer.status, done["changed"]) == (200, True)
            write(there.site, "numbers.yaml", '"100": {flow: nowhere}\n')
            async with web.post(f"{url}/reload") as answer:
                refused = await answer.json()
                assert answer.status == 422
            async with web.get(url) as answer:
                assert (await answer.json())["version"] == done["version"]

        [problem] = refused["problems"]
        assert (problem["file"], problem["line"]) == ("numbers.yaml", 1)
    caplog.clear()


WAITING = (
    "flow: top\nsteps:\n"
    "  a: {menu: ask, keys: {1: hello}, tries: 9, wait: 60s, failed: hello}\n"
    "  hello: {hangup: hello}\n"
)


async def test_call_that_is_up_keeps_its_version_and_a_new_one_takes_the_new(
    tmp_path, caplog
):
    prompts = "hello: {}\nask: {{first: Choose., choices: {{hello: To go on}}}}\n"
    settings, _ = installed(tmp_path)
    write(tmp_path, "site/flows/top.yaml", WAITING)
    write(tmp_path, "site/prompts/en.yaml", prompts.format("Old."))
    site, facts = load_site(tmp_path / "site"), []
    async with serving(settings, site, listener=facts.append) as running:
        take = running.world.switch._on_call  # as Asterisk brings a call
        old, new = ScriptedChannel(id="old"), ScriptedChannel(id="new")
        take(old)
        await asyncio.sleep(0.05)
        write(tmp_path, "site/prompts/en.yaml", prompts.format("New."))
        await running.site.reload("api")
        take(new)
        await asyncio.sleep(0.05)
        versions = [call.version for call in running.live.state()]
        old.press("1")
        new.press("1")
        async with asyncio.timeout(10):
            await running.live.nobody()

    assert versions == [site.version, running.site.now.version]
    assert [f.version for f in facts if isinstance(f, CallStarted)] == versions
    said = {f.call: f.words for f in facts if isinstance(f, Said)}
    assert said == {"old": "Old.", "new": "New."}
    caplog.clear()


# The parts of it ----------------------------------------------------------------------


def site_in(folder, **more):
    for name, text in (SITE | more).items():
        write(folder, name, text)
    return folder


async def test_another_process_judges_as_this_one_does(tmp_path):
    folder = site_in(tmp_path, **{"tests/a.test.yaml": TALK.format(words="Bye.")})

    found = await judged(folder)

    assert not found.good
    assert found == await asyncio.to_thread(judge, folder)


async def test_site_that_is_gone_is_judged_too(tmp_path):
    [problem] = (await judged(tmp_path / "none")).problems

    assert "site.yaml" in str(problem)


async def test_cancelled_judgement_leaves_no_process(tmp_path):
    folder = site_in(tmp_path)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await judged(folder)


async def test_files_that_change_while_they_are_read_are_not_taken(
    tmp_path, monkeypatch, caplog
):
    folder = site_in(tmp_path)

    async def slow(given):
        found = await asyncio.to_thread(judge, given)
        write(folder, "prompts/en.yaml", "hello: Late.\n")
        return found

    monkeypatch.setattr(live_site, "judged", slow)
    site = load_site(folder)
    write(folder, "prompts/en.yaml", "hello: New.\n")
    live = LiveSite(site, None, clock=lambda: 0.0, follow=None)

    with pytest.raises(Trouble, match="change while they are read"):
        await live.reload("api")
    assert live.now is site
    caplog.clear()


class Kept:
    """Versions in memory; *away*: the database does not answer."""

    def __init__(self, away=False):
        self.live, self.away = [], away

    async def went_live(self, version, texts, *, by, at, tested):
        if self.away:
            raise Trouble("the database is away")
        self.live.append((version, by, tested))


async def reloaded(folder, follow, kept):
    """A live site after its words have changed, and what the reload gave."""
    site = load_site(site_in(folder))
    write(folder, "prompts/en.yaml", "hello: New.\n")
    live = LiveSite(site, kept, clock=lambda: 0.0, follow=follow)
    try:
        return live, site, await live.reload("api")
    except (NotReloaded, Trouble) as refused:
        return live, site, refused


async def test_version_that_agents_could_not_follow_is_not_live_and_not_kept(
    tmp_path, caplog
):
    async def follow(_):
        raise Trouble("the database is away")

    kept = Kept()
    live, was, refused = await reloaded(tmp_path, follow, kept)

    assert isinstance(refused, Trouble)
    assert live.now is was
    assert kept.live == []
    assert f"site {was.version} stays: the database is away" in caplog.text
    caplog.clear()


async def test_version_that_the_settings_do_not_fit_is_refused(tmp_path, caplog):
    async def follow(_):
        raise BadConfig("add it under databases:")

    live, was, refused = await reloaded(tmp_path, follow, Kept())

    assert isinstance(refused, NotReloaded)
    assert "add it under databases:" in str(refused)
    assert live.now is was
    caplog.clear()


async def test_version_that_is_live_but_could_not_be_kept_says_so(tmp_path, caplog):
    async def follow(_):
        pass

    live, was, done = await reloaded(tmp_path, follow, Kept(away=True))

    assert done.changed
    assert live.now is not was
    assert "is live, but could not be kept" in caplog.text


async def test_refused_reload_does_not_stop_the_next_one(tmp_path, caplog):
    caplog.set_level(logging.INFO, "ivrflow.site")

    async def follow(_):
        pass

    site = load_site(site_in(tmp_path))
    live = LiveSite(site, Kept(), clock=lambda: 0.0, follow=follow)
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        task = group.create_task(live.run())
        for text, told in (("hello: [", "refused"), ("hello: New.\n", "is live")):
            write(tmp_path, "prompts/en.yaml", text)
            live.ask()
            while told not in caplog.text:
                await asyncio.sleep(0.02)
        task.cancel()

    assert live.now is not site
    caplog.clear()


async def test_file_that_can_not_be_read_is_named(tmp_path, caplog):
    site = load_site(site_in(tmp_path))
    live = LiveSite(site, Kept(), clock=lambda: 0.0, follow=None)
    (tmp_path / "prompts/en.yaml").unlink()
    (tmp_path / "prompts/en.yaml").mkdir()

    with pytest.raises(NotReloaded, match=r"en\.yaml|prompt"):
        await live.reload("api")
    assert live.now is site
    caplog.clear()
