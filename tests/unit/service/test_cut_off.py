"""Who stood in line when the last service ended, and is gone, gets the place again."""

import asyncio
from dataclasses import replace
from types import SimpleNamespace

from ivrflow.acd.model import Waiting
from ivrflow.config import read_settings
from ivrflow.db.board import SqlBoard
from ivrflow.db.callbacks import SqlPlaces
from ivrflow.db.engine import Database
from ivrflow.db.upgrade import upgrade
from ivrflow.flow.load import load_site
from ivrflow.service.cut_off import places_of
from ivrflow.service.run import serving
from tests.unit.service.test_service import installed, write

QUEUES = "desk: {title: Desk, keep_place: 5m}\nsales: {title: Sales}\n"


def stood(call, **more):
    more.setdefault("who", "13800138000")
    return Waiting(call=call, queue=more.pop("queue", "desk"), joined=100.0, **more)


async def test_those_in_line_who_are_gone_have_their_places_kept(tmp_path):
    installed(tmp_path)
    write(tmp_path / "site", "queues.yaml", QUEUES)
    settings = read_settings(tmp_path / "ivrflow.yaml")
    url = settings.url(settings.database)
    await asyncio.to_thread(upgrade, url)
    database = Database(url)
    await SqlBoard(database).join(stood("17.1"))  # and then it was killed

    async with serving(settings, load_site(tmp_path / "site")) as running:
        nobody = SimpleNamespace(startup_time="", callers=(), there=frozenset())
        running.adoption.found(nobody)
        await running.adoption.over.wait()
        now = running.world.seconds()
        kept = await SqlPlaces(database).take("desk", "13800138000", now + 290)
    await database.close()

    assert kept == 100.0


def test_only_callers_who_are_known_and_only_where_it_is_written(tmp_path):
    installed(tmp_path)
    write(tmp_path / "site", "queues.yaml", QUEUES)
    site = load_site(tmp_path / "site")
    known = stood("1")
    others = [
        replace(known, who=""),
        replace(known, queue="sales"),
        replace(known, queue="gone"),
        replace(known, item="callback"),
    ]

    [kept] = places_of([known, *others], site, 1000.0)

    assert (kept.queue, kept.who, kept.joined) == ("desk", "13800138000", 100.0)
    assert kept.until == 1300.0
