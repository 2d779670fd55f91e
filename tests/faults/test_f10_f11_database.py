"""F10, F11: the service's database is locked, slow, full, read-only or gone.

While calls run, and at the start. F10 speaks of a PostgreSQL that is away; on SQLite
another program that holds the lock is the same to the service. Read-only is what not
even root can write to (chattr +i); a database vanishes with its folder, as with a disk.
"""

import asyncio
import resource
import sqlite3
import subprocess
import time
from contextlib import asynccontextmanager, closing, contextmanager

import pytest
from faults_rig.callers import DIALLED
from faults_rig.few import TONE, few
from faults_rig.house import house
from faults_rig.mixed import customers

GIVES_UP = 7.0
"""Seconds after the last key until an attempt that can't be counted is given up: five
that a write waits for the lock, and the time that it takes to get there."""


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
    tmp_path, figures, form
):
    hold = form(14, 30)
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
            # However long the robot took: the lock outlasts the service's patience.
            await asyncio.sleep(max(GIVES_UP, hold - (time.monotonic() - began)))
            assert await caller.hears_tone(TONE + 300, within=3)
            assert await agent.hears_tone(TONE, within=3)
            held = time.monotonic() - began
        await now.at("13800000003", "wait_for_agent", 20)
        counted = h.truth.rows("select * from attempts")
        # A slow one: two seconds a write, some times in a row.
        for _ in range(form(3, 10)):
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
    tmp_path, figures, form
):
    hold = form(6, 30)
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


@contextmanager
def read_only(database):
    """Nobody, root included, writes to *database* while the block runs."""
    # Not what is only shared memory: a process that writes there is ended at once.
    files = [f"{database}", f"{database}-wal"]

    def attribute(change):
        done = subprocess.run(
            ["chattr", change, *files], capture_output=True, text=True, check=False
        )
        return done.stderr.strip()

    try:
        if why := attribute("+i"):
            pytest.skip(f"no file can be made read-only for root here: {why}")
        yield
    finally:
        attribute("-i")


@contextmanager
def vanished(database):
    """The folder of *database* is gone while the block runs, as with its disk."""
    away = database.parent.with_name("vanished")
    database.parent.rename(away)
    try:
        yield
    finally:
        away.rename(database.parent)


async def test_calls_outlive_a_read_only_database_and_a_service_that_dies_with_it(
    tmp_path, figures
):
    async with house(tmp_path) as h, h.service() as service, few(h, service) as now:
        caller, agent, waiting = await _talk_and_line(now)
        with read_only(h.truth.database):
            new = await now.phones.call(DIALLED, caller="13800000003", within=10)
            await new.until_sound(5)
            after = now.logged()
            service.kill()
            await now.log_says("the service can't begin without it", 15, after)
            await asyncio.sleep(2)
            assert await caller.hears_tone(TONE + 300, within=3)
            assert [call.up for call in (waiting, new)] == [True, True]
        began = time.monotonic()
        await now.log_says(": 3 resumed", 20, after)
        back = time.monotonic() - began
        left = await _all_served(now, caller, agent, waiting, new)
        integrity = h.truth.integrity()

    figures("F11", "calls taken over when it could be written again, s", back, "<= 8")
    figures("F11", "integrity_check after it was read-only", integrity, "ok")
    assert len(service.launches) == 2, "no crash loop"
    assert left == []
    assert integrity == "ok"


async def test_calls_outlive_a_database_that_is_gone_with_its_folder(tmp_path, figures):
    async with house(tmp_path) as h, h.service() as service, few(h, service) as now:
        caller, agent, waiting = await _talk_and_line(now)
        with vanished(h.truth.database):
            new = await now.phones.call(DIALLED, caller="13800000003", within=10)
            await new.until_sound(5)
            told = await now.log_says("was deleted or replaced", 10)
            await service.down()
            # As systemd is told: what ends with 2 is not started anew.
            service.start(restart=None)
            async with asyncio.timeout(15):
                while len(service.launches) < 2 or service.running:
                    await asyncio.sleep(0.05)
            refused = service.launches[-1].code
            assert await caller.hears_tone(TONE + 300, within=3)
            assert [call.up for call in (waiting, new)] == [True, True]
        after = now.logged()
        service.start()
        began = time.monotonic()
        await now.log_says(": 3 resumed", 20, after)
        back = time.monotonic() - began
        left = await _all_served(now, caller, agent, waiting, new)
        integrity = h.truth.integrity()

    figures("F11", "a database that is gone is told after, s", told)
    figures("F11", "a start without it ends with the status", refused, "2")
    figures("F11", "calls taken over when it was back, s", back, "<= 8")
    assert refused == 2
    assert left == []
    assert integrity == "ok"


async def _talk_and_line(now):
    """Two who talk, and one who waits."""
    caller, agent = await now.pair("13800000001")
    return caller, agent, await now.in_line("13800000002")


async def _all_served(now, caller, agent, waiting, new):
    """The agent gets who waits, all hang up: what is left in Asterisk then."""
    assert await agent.hears_tone(TONE, within=3)
    await agent.hang_up()
    place = now.follow.of(waiting.caller)
    assert await place.changes(lambda: place.connected, False, 30)
    for call in (waiting, new, caller):
        await call.hang_up()
    return await now.house.left(within=10)


async def test_a_disk_that_is_full_ends_no_call(tmp_path, figures, form):
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
        await asyncio.sleep(form(3, 30))
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
