"""A call goes on in the version that it began with, or, if that is gone, in the live
one."""

import asyncio
from types import SimpleNamespace

import pytest

from ivrflow.flow.folder import read_texts
from ivrflow.flow.load import load_site
from ivrflow.flow.versions import NoVersion
from ivrflow.flow.world import Trouble
from ivrflow.service.old_versions import AGAIN, KEPT, OldVersions
from ivrflow.sim import clock
from tests.unit.service.test_service import SITE, write


def site_in(folder, words):
    for name, text in SITE.items():
        write(folder, name, text.replace("Hello.", words))
    return load_site(folder)


class Shelf:
    def __init__(self):
        self.kept = {}
        self.asked = []

    async def texts(self, wanted):
        self.asked.append(wanted)
        if wanted not in self.kept:
            raise NoVersion(f"there is no version {wanted!r}")
        return wanted, self.kept[wanted]


@pytest.fixture
def old(tmp_path):
    return site_in(tmp_path / "old", "Hello of old.")


@pytest.fixture
def live(tmp_path):
    return site_in(tmp_path / "live", "Hello of now.")


@pytest.fixture
def shelf(old):
    shelf = Shelf()
    shelf.kept[old.version] = read_texts(old.folder)
    return shelf


def older(shelf, live, fails=None):
    async def world_of(site):
        if fails is not None:
            raise fails
        return SimpleNamespace(of=site.version)

    return OldVersions(shelf, lambda: (live, "the live world"), world_of)


async def test_live_version_is_at_hand(shelf, live):
    assert await older(shelf, live).of(live.version) == (live, "the live world")
    assert shelf.asked == []


async def test_older_version_is_made_of_its_texts_once(shelf, old, live):
    shelf_of = older(shelf, live)
    async with asyncio.TaskGroup() as group:
        asked = [group.create_task(shelf_of.of(old.version)) for _ in range(100)]
    sites = {id(task.result()[0]) for task in asked}
    site, world = asked[0].result()

    assert len(sites) == 1
    assert shelf.asked == [old.version]
    assert (site.version, world.of) == (old.version, old.version)
    assert site.folder == live.folder  # that of before is not there any more


@pytest.mark.parametrize("fails", [Trouble("the database is away"), None])
async def test_calls_of_a_version_that_is_gone_go_on_in_the_live_one(
    shelf, old, live, fails, caplog
):
    if fails is None:
        shelf.kept.clear()
    found = await older(shelf, live, fails).of(old.version)

    assert found == (live, "the live world")
    assert "go on in" in caplog.text
    caplog.clear()


async def test_no_more_than_some_versions_are_kept(shelf, live, caplog):
    shelf_of = older(shelf, live)
    for n in range(KEPT + 5):
        await shelf_of.of(f"v{n}")
    await shelf_of.of(f"v{KEPT + 4}")
    await shelf_of.of("v0")

    assert shelf.asked == [*(f"v{n}" for n in range(KEPT + 5)), "v0"]
    caplog.clear()


def test_version_that_a_database_could_not_give_is_asked_for_again(
    shelf, old, live, caplog
):
    class Away(Shelf):
        async def texts(self, wanted):
            if asyncio.get_running_loop().time() < 5:
                self.asked.append(wanted)
                raise Trouble("the database is away")
            return await shelf.texts(wanted)

    async def versions():
        away = Away()
        shelf_of = older(away, live)
        found = [(await shelf_of.of(old.version))[0].version for _ in range(3)]
        await asyncio.sleep(AGAIN + 0.1)
        found += [(await shelf_of.of(old.version))[0].version for _ in range(2)]
        return found, away.asked

    found, asked = clock.run(versions())

    assert found == [live.version] * 3 + [old.version] * 2
    assert len(asked) == 1
    caplog.clear()
