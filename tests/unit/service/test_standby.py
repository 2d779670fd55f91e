"""A service that waited for its turn takes the site as it is then."""

import asyncio

from ivrflow.flow.load import load_site
from ivrflow.service.run import serving
from tests.unit.service.test_service import installed, write


async def waited(folder, change):
    """The version with which one begins that waited while *change* was written."""
    settings, site = installed(folder)
    took = asyncio.get_running_loop().create_future()

    async def stand_by():
        async with serving(settings, site, wait=True) as running:
            took.set_result(running.site.now.version)

    async with asyncio.TaskGroup() as group:
        async with serving(settings, site):
            task = group.create_task(stand_by())
            await asyncio.sleep(0.5)
            assert not took.done()
            write(folder, "site/prompts/en.yaml", change)
        await task
    return site.version, took.result()


async def test_what_was_changed_meanwhile_is_live(tmp_path):
    before, now = await waited(tmp_path, "hello: Hello again.\n")

    assert now == load_site(tmp_path / "site").version != before


async def test_what_is_no_site_is_not(tmp_path, caplog):
    before, now = await waited(tmp_path, "helo: Hello.\n")

    assert now == before
    assert "the new files are refused" in caplog.text
    caplog.clear()
