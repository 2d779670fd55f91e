"""A database that can not be used: waited for at the start, told of later."""

import asyncio
import sqlite3
from contextlib import closing
from types import SimpleNamespace

import pytest

from ivrflow.db.engine import BadDatabase
from ivrflow.db.upgrade import state, upgrade
from ivrflow.facts import AlarmCleared, AlarmRaised
from ivrflow.service import database as module
from ivrflow.service.database import DatabaseWatch, File, ours
from ivrflow.telling import told as told_of


@pytest.fixture(autouse=True)
def in_haste(monkeypatch):
    monkeypatch.setattr(module, "BUSY", 0.05)
    monkeypatch.setattr(module, "FIRST_PAUSE", 0.02)


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'ivrflow.db'}"


async def begun(url, **how):
    async with ours(url, **how):
        return "begun"


async def test_a_new_one_gets_its_tables(url):
    assert await begun(url) == "begun"
    assert state(url).up_to_date


async def test_one_that_is_locked_is_waited_for_and_said_once(url, tmp_path, caplog):
    upgrade(url)
    with closing(sqlite3.connect(tmp_path / "ivrflow.db")) as other:
        other.isolation_level = None
        other.execute("BEGIN EXCLUSIVE")
        async with asyncio.TaskGroup() as group:
            task = group.create_task(begun(url))
            await asyncio.sleep(0.5)
            assert not task.done()
            other.execute("ROLLBACK")
    assert task.result() == "begun"
    assert "is locked" in caplog.messages[0]
    assert "the database is there" in caplog.messages[1]
    assert len(caplog.messages) == 2
    caplog.clear()


async def test_a_disk_that_is_full_is_waited_for(url, caplog, monkeypatch):
    tries = []

    def full(where, *, busy):
        tries.append(where)
        if len(tries) < 3:
            raise module.DatabaseAway("the disk is full; make room")
        return upgrade(where, busy=busy)

    monkeypatch.setattr(module, "upgrade", full)
    assert await begun(url) == "begun"
    assert "make room; the service can't begin without it" in caplog.text
    caplog.clear()


async def test_what_no_waiting_mends_ends_the_start(url, tmp_path):
    (tmp_path / "ivrflow.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(BadDatabase, match="no SQLite database"):
        await begun(url)


def test_an_alarm_is_raised_once_while_nothing_is_stored_and_cleared_once():
    records, now, told = SimpleNamespace(stalls=False), [0.0], []
    file = File("postgresql://here/x")
    watch = DatabaseWatch(records, file, clock=lambda: now[0], note=told.append)
    for second in range(40):
        now[0] = float(second)
        records.stalls = 10 <= second < 25
        watch.look()

    raised, cleared = told
    assert (type(raised), raised.at, raised.value) == (AlarmRaised, 15.0, 5.0)
    assert (type(cleared), cleared.at, cleared.seconds) == (AlarmCleared, 25.0, 15.0)
    assert told_of(raised) == "the database takes nothing, for 5 s now"
    assert told_of(cleared) == "the database is back after 15 s"


async def test_one_that_nobody_may_write_to_is_waited_for_though_it_can_be_read(
    url, tmp_path, caplog
):
    upgrade(url)
    with closing(sqlite3.connect(tmp_path / "ivrflow.db")) as other:
        other.isolation_level = None
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("BEGIN IMMEDIATE")
        assert state(url).up_to_date
        async with asyncio.TaskGroup() as group:
            task = group.create_task(begun(url))
            await asyncio.sleep(0.4)
            assert not task.done()
            other.execute("ROLLBACK")
    assert "is locked" in caplog.messages[0]
    caplog.clear()


@pytest.mark.parametrize("other", [None, b"another one"])
def test_file_that_is_replaced_or_deleted_is_told_though_nothing_fails(
    url, tmp_path, caplog, other
):
    upgrade(url)
    file, now, told = File(url), [0.0], []
    watch = DatabaseWatch(
        SimpleNamespace(stalls=False), file, clock=lambda: now[0], note=told.append
    )
    watch.look(is_there=file.is_there())
    (tmp_path / "ivrflow.db").rename(tmp_path / "kept.db")
    if other is not None:
        (tmp_path / "ivrflow.db").write_bytes(other)
    for second in range(10):
        now[0] = float(second)
        watch.look(is_there=file.is_there())
    (tmp_path / "kept.db").rename(tmp_path / "ivrflow.db")
    watch.look(is_there=file.is_there())

    assert [type(fact) for fact in told] == [AlarmRaised, AlarmCleared]
    assert len(caplog.messages) == 1
    assert "start the service again" in caplog.text
    caplog.clear()
