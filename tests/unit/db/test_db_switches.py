import asyncio
import logging
import os
from datetime import UTC, datetime, timedelta

import pytest

from ivrflow.db.audit import SqlAudit
from ivrflow.db.switches import SqlSwitches
from ivrflow.flow.world import Trouble
from tests.unit.db.tables_made import database_in

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
async def database(tmp_path):
    async with database_in(tmp_path, limit=0.5) as database:
        yield database


async def test_a_thrown_switch_is_thrown_until_its_end(database):
    switches = SqlSwitches(database)
    assert not switches.thrown("outage", NOON)

    end = NOON + timedelta(hours=8)
    await switches.throw("outage", by="2001", now=NOON, until=end)
    assert switches.thrown("outage", end - timedelta(seconds=1))
    assert not switches.thrown("outage", end)
    assert not switches.thrown("office_closed", NOON)


async def test_a_switch_without_an_end_stays_until_it_is_thrown_back(database):
    switches = SqlSwitches(database)
    await switches.throw("outage", by="2001", now=NOON, until=None)
    assert switches.thrown("outage", NOON + timedelta(days=999))

    await switches.put_back("outage", by="2001", now=NOON)
    assert not switches.thrown("outage", NOON)
    await switches.put_back("outage", by="2001", now=NOON)


async def test_a_restart_and_another_program_see_what_is_thrown(database):
    await SqlSwitches(database).throw("outage", by="2001", now=NOON, until=None)

    other = SqlSwitches(database)
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        task = group.create_task(other.run(every=0.01))
        while not other.thrown("outage", NOON):
            await asyncio.sleep(0.01)
        task.cancel()
    assert other.all["outage"].by == "2001"


async def test_each_change_of_a_switch_is_audited_with_before_and_after(database):
    switches = SqlSwitches(database)
    end = NOON + timedelta(hours=2)
    await switches.put_back("outage", by="api", now=NOON)  # nothing changes
    await switches.throw("outage", by="agent 2001", now=NOON, until=end)
    await switches.throw("outage", by="api", now=NOON, until=None)
    await switches.put_back("outage", by="cli ann", now=NOON)

    entries = await SqlAudit(database).newest()
    until = "thrown until 2026-03-02 14:00:00+00:00"
    assert [(e.who, e.before, e.after) for e in reversed(entries)] == [
        ("agent 2001", "off", until),
        ("api", until, "thrown"),
        ("cli ann", "thrown", "off"),
    ]
    assert {e.what for e in entries} == {"switch outage"}


async def test_switch_that_went_back_by_itself_was_off(database):
    switches = SqlSwitches(database)
    await switches.throw("outage", by="a", now=NOON, until=NOON + timedelta(hours=1))
    later = NOON + timedelta(hours=2)
    await switches.throw("outage", by="b", now=later, until=None)

    assert (await SqlAudit(database).newest())[0].before == "off"


async def test_switches_stay_as_they_are_while_the_database_is_away(
    tmp_path, database, caplog
):
    switches = SqlSwitches(database)
    await switches.throw("outage", by="2001", now=NOON, until=None)
    await database.close()
    os.rename(tmp_path / "ivrflow.db", tmp_path / "away.db")
    (tmp_path / "ivrflow.db").mkdir()

    with pytest.raises(Trouble):
        await switches.refresh()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(switches.run(every=0.01))
        await asyncio.sleep(0.2)
        task.cancel()

    assert switches.thrown("outage", NOON)
    assert [r.levelno for r in caplog.records] == [logging.WARNING]
