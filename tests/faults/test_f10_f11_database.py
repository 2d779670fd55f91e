"""F10, F11: the service's database is locked, slow, full; while calls run and at start.

F10 speaks of a PostgreSQL that is away; on SQLite another program that holds the lock
is the same to the service. It runs as whoever runs the tests: where that is root, a
file can't be made read-only for it.
"""

import asyncio
import resource
import sqlite3
import time
from contextlib import asynccontextmanager, closing

import pytest
from faults_rig.callers import DIALLED
from faults_rig.few import TONE, few
from faults_rig.house import house
from faults_rig.mixed import customers

pytestmark = pytest.mark.timeout(400)


@asynccontextmanager
async def locked(database):
    """Nobody else writes to *database* while the block runs."""
    with closing(sqlite3.connect(database, timeout=20)) as db:
        db.isolation_level = None
        db.execute("BEGIN EXCLUSIVE")
        try:
            yield
        finally:
            db.execute("ROLLBACK")


async def identify(call, customer):
    """Choose English, and enter a card and its PIN."""
    for keys in ("2", customer.card, customer.pin):
        await call.until_quiet(0.6, within=15)
        await call.press(keys, gap=0.05, length=0.06)


async def test_calls_go_on_without_the_database_and_nobody_is_identified_by_it(
    tmp_path, figures, short
):
    hold = 14 if short else 30
    [customer] = customers(1)
    async with (
        house(tmp_path, callers=1) as h,
        h.service() as service,
        few(h, service) as now,
    ):
        caller, agent = await now.pair("13800000001")
        waiting = await now.in_line("13800000002")
        choosing = await now.in_menu("13800000003")
        async with locked(h.truth.database):
            began = time.monotonic()
            new = await now.phones.call(DIALLED, caller="13800000004", within=10)
            await new.until_sound(5)
            heard = time.monotonic() - began
            await identify(choosing, customer)
            await asyncio.sleep(max(0.0, hold - (time.monotonic() - began)))
            assert await caller.hears_tone(TONE + 300, within=3)
            assert await agent.hears_tone(TONE, within=3)
            held = time.monotonic() - began
        await now.at("13800000003", "wait_for_agent", 20)
        counted = h.truth.rows("select * from attempts")
        # A slow one: two seconds a write, some times in a row.
        for _ in range(3 if short else 10):
            async with locked(h.truth.database):
                await asyncio.sleep(2)
            await asyncio.sleep(0.02)
        assert await caller.hears_tone(TONE + 300, within=3)

        # The line is as it was: who waited before is served first.
        await agent.hang_up()
        place = now.follow.of("13800000002")
        assert await place.changes(lambda: place.connected, False, 30)
        for call in (waiting, choosing, new, caller):
            if call.up:
                await call.hang_up()
        left = await h.left(within=10)
        alarms = h.truth.facts("AlarmRaised", "AlarmCleared")
        steps = h.truth.rows("select call, number from steps")
        differ = h.truth.integrity()

    figures("F10", "database locked for, s", held)
    figures("F10", "a new caller hears something after, s", heard, "<= 5")
    figures("F10", "attempts counted that could not be checked", len(counted), "0")
    figures("F10", "alarms raised and cleared", len(alarms), "2")
    figures("F11", "crashes of the service", len(service.crashes), "0")
    figures("F11", "integrity_check", differ, "ok")
    assert heard <= 5
    assert counted == []
    assert [a.kind for a in alarms] == ["AlarmRaised", "AlarmCleared"]
    assert {a.data["alarm"] for a in alarms} == {"database"}
    assert len(steps) == len(set(steps))
    assert len(service.launches) == 1
    assert left == []
    assert differ == "ok"


async def test_a_database_that_is_locked_at_the_start_is_waited_for(
    tmp_path, figures, short
):
    hold = 6 if short else 30
    async with house(tmp_path) as h, h.service() as service, few(h, service) as now:
        caller, agent = await now.pair("13800000001")
        after = now.logged()
        async with locked(h.truth.database):
            service.kill()
            await now.log_says("the service can't begin without it", 15, after)
            await asyncio.sleep(hold)
            assert await caller.hears_tone(TONE + 300, within=3)
        began = time.monotonic()
        await now.log_says(": 1 resumed", 20, after)
        back = time.monotonic() - began
        assert await caller.hears_tone(TONE + 300, within=3)
        assert await agent.hears_tone(TONE, within=3)
        await caller.hang_up()
        left = await h.left(within=10)

    figures("F11", "calls taken over after the lock was gone, s", back, "<= 8")
    assert len(service.launches) == 2, "no crash loop"
    assert left == []


async def test_a_disk_that_is_full_ends_no_call(tmp_path, figures, short):
    async with house(tmp_path) as h, h.service() as service, few(h, service) as now:
        caller, agent = await now.pair("13800000001")
        log = h.truth.database.with_name("ivrflow.db-wal")
        most = max(log.stat().st_size, service.log.stat().st_size + 200_000)
        before = resource.prlimit(
            service.pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY)
        )
        after = now.logged()
        calls = []
        for number in range(200):
            call = await now.phones.call(DIALLED, caller=f"1380001{number:04}")
            calls.append(call)
            if "facts wait" in service.log.read_text(errors="replace")[after:]:
                break
        else:
            pytest.fail("the disk was never full")
        await calls[-1].until_sound(5)
        await asyncio.sleep(3 if short else 30)
        assert await caller.hears_tone(TONE + 300, within=3)
        assert await agent.hears_tone(TONE, within=3)

        resource.prlimit(service.pid, resource.RLIMIT_FSIZE, before)
        await now.log_says("the database is back", 20, after)
        for call in (*calls, caller):
            await call.hang_up()
        left = await h.left(within=15)
        async with asyncio.timeout(10):
            while h.truth.one("select count(*) from calls where ended is null"):
                await asyncio.sleep(0.1)
        lost = h.truth.facts("FactsLost")
        integrity = h.truth.integrity()

    figures("F11", "facts lost while the disk was full", len(lost), "0")
    figures("F11", "integrity_check after a full disk", integrity, "ok")
    assert len(service.launches) == 1
    assert lost == []
    assert left == []
    assert integrity == "ok"
