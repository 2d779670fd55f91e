"""`ivrflow queue callbacks` and `cancel-callback`, on a database and on a service."""

import asyncio
import json
import socket

import pytest
from click.testing import CliRunner

from ivrflow.cli import main
from ivrflow.cli.installed import now
from ivrflow.config import read_settings
from ivrflow.db.callbacks import SqlCallbacks
from ivrflow.db.engine import Database
from ivrflow.db.upgrade import upgrade
from ivrflow.flow.load import load_site
from ivrflow.flow.wish import Wish
from ivrflow.service.run import serving
from tests.unit.service.test_service import SETTINGS, installed


@pytest.fixture
def folder(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    installed(tmp_path, SETTINGS.replace("api: {port: 0", f"api: {{port: {port}"))
    return tmp_path


def run(folder, *words):
    config = str(folder / "ivrflow.yaml")
    return CliRunner().invoke(main, ["queue", *words, "--config", config])


async def wish(folder, **more):
    """Somebody wants to be called, and the promise is over."""
    settings = read_settings(folder / "ivrflow.yaml")
    url = settings.url(settings.database)
    await asyncio.to_thread(upgrade, url)
    database = Database(url)
    asked = Wish(
        call="17.1",
        queue="desk",
        number="13800138000",
        since=now() - 90,
        asked=now() - 60,
        promised=now() - 5,
        **more,
    )
    await SqlCallbacks(database).keep(asked, most=9, own=True)
    await database.close()
    return settings


async def test_the_list_is_there_without_the_service(folder):
    await wish(folder)

    told = await asyncio.to_thread(run, folder, "callbacks")
    other = await asyncio.to_thread(run, folder, "callbacks", "-q", "sales")
    listed = await asyncio.to_thread(run, folder, "callbacks", "--json")

    assert told.exit_code == 0
    assert "desk  13800138000  asked" in told.output
    assert "OVERDUE  (call 17.1)" in told.output
    assert other.output == "nobody waits to be called back\n"
    [one] = json.loads(listed.output)["callbacks"]
    assert (one["call"], one["overdue"], one["due"]) == ("17.1", True, None)


async def test_one_is_taken_off_by_the_service_and_stands_in_the_audit(folder):
    settings = await wish(folder)

    alone = await asyncio.to_thread(run, folder, "cancel-callback", "17.1", "desk")
    async with serving(settings, load_site(folder / "site")):
        gone = await asyncio.to_thread(run, folder, "cancel-callback", "17.1", "desk")
        again = await asyncio.to_thread(run, folder, "cancel-callback", "17.1", "desk")
    config = str(folder / "ivrflow.yaml")
    audit = await asyncio.to_thread(
        CliRunner().invoke, main, ["audit", "--config", config]
    )

    assert "the service was not reached" in alone.output
    assert gone.output == "13800138000 is not called back any more\n"
    assert (again.exit_code, "nobody waits" in again.output) == (1, True)
    assert "callback of call 17.1 in queue desk" in audit.output
