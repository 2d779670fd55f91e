"""A service that waited for its turn takes site and settings as they are then."""

import asyncio

from ivrflow.config import read_settings
from ivrflow.flow.load import load_site
from ivrflow.service.run import serving
from tests.unit.service.test_service import SETTINGS, installed, write


async def waited(folder, change, settings_now=None):
    """The one that begins when it has waited while *change* was written."""
    settings, site = installed(folder)
    took = asyncio.get_running_loop().create_future()

    async def stand_by():
        async with serving(
            settings, site, wait=True, settings_now=settings_now
        ) as running:
            took.set_result(running)

    async with asyncio.TaskGroup() as group:
        async with serving(settings, site):
            task = group.create_task(stand_by())
            await asyncio.sleep(0.5)
            assert not took.done()
            write(folder, *change)
        await task
    return site.version, took.result()


def words(text):
    return "site/prompts/en.yaml", text


async def with_settings(folder, text):
    """How long the one drains that waited while the settings became *text*."""
    path = folder / "ivrflow.yaml"
    change = ("ivrflow.yaml", text)
    _, running = await waited(folder, change, lambda: read_settings(path))
    return running.drain_for


async def test_what_was_changed_meanwhile_is_live(tmp_path):
    before, now = await waited(tmp_path, words("hello: Hello again.\n"))

    assert now.site.now.version == load_site(tmp_path / "site").version != before


async def test_what_is_no_site_is_not(tmp_path, caplog):
    before, now = await waited(tmp_path, words("helo: Hello.\n"))

    assert now.site.now.version == before
    assert "the new files are refused" in caplog.text
    caplog.clear()


async def test_settings_that_were_changed_meanwhile_hold(tmp_path, caplog):
    assert await with_settings(tmp_path, SETTINGS + "drain: 2s\n") == 2
    caplog.clear()


async def test_settings_that_are_wrong_by_then_do_not(tmp_path, caplog):
    assert await with_settings(tmp_path, SETTINGS + "drian: 2s\n") == 5
    assert "did you mean 'drain'" in caplog.text
    caplog.clear()


async def test_another_database_takes_a_start(tmp_path, caplog):
    other = SETTINGS.replace("ivrflow.db", "other.db") + "drain: 2s\n"
    assert await with_settings(tmp_path, other) == 5
    assert "another site or database" in caplog.text
    caplog.clear()
