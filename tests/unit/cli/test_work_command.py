"""`ivrflow queue work`, on a database without the service."""

import asyncio
import json
from datetime import UTC, datetime

from click.testing import CliRunner

from ivrflow.cli import main
from ivrflow.cli.installed import now
from ivrflow.config import read_settings
from ivrflow.db.engine import Database
from ivrflow.db.messages import SqlMessages
from ivrflow.db.upgrade import upgrade
from ivrflow.flow.working.item import NewWork
from ivrflow.flow.world import NewMessage
from tests.unit.service.test_service import SETTINGS, installed


def run(folder, *words):
    config = str(folder / "ivrflow.yaml")
    return CliRunner().invoke(main, ["queue", "work", *words, "--config", config])


async def left(folder):
    """A message that is work, and whose promise is over."""
    settings = read_settings(folder / "ivrflow.yaml")
    url = settings.url(settings.database)
    await asyncio.to_thread(upgrade, url)
    database = Database(url)
    at = datetime.fromtimestamp(now() - 60, UTC)
    messages = SqlMessages(database, lambda: at)
    new = NewMessage(
        message="m1", sound="m1", mailbox="box", call="17.1", caller="138", at=at
    )
    await messages.begin([new], most={})
    work = NewWork(queue="desk", promised=now() - 5)
    await messages.keep("m1", seconds=3.0, urgent=True, work={"m1": work})
    await database.close()


async def test_the_list_of_messages_is_there_without_the_service(tmp_path):
    installed(tmp_path, SETTINGS)
    await left(tmp_path)

    told = await asyncio.to_thread(run, tmp_path)
    other = await asyncio.to_thread(run, tmp_path, "-q", "sales")
    listed = await asyncio.to_thread(run, tmp_path, "--json")

    assert told.exit_code == 0
    assert "desk  138  left" in told.output
    assert "urgent, promised" in told.output
    assert "OVERDUE  (message m1 in box)" in told.output
    assert other.output == "no message waits to be dealt with\n"
    [one] = json.loads(listed.output)["work"]
    assert (one["id"], one["overdue"], one["agent"]) == ("m1", True, "")
