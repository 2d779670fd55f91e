"""A start folds what came since the last snapshot, and whatever is wrong with that one
costs no more than a whole day of folding."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, func, select, update

from ivrflow.aio import beside
from ivrflow.db import stored
from ivrflow.db.figure_snapshots import DROPPED
from ivrflow.db.figures import SqlFigures
from ivrflow.db.self_check import fold_days, rebuild
from ivrflow.db.tables import call_records, facts, figure_snapshots, metadata
from ivrflow.facts import ServiceLeft
from ivrflow.figures import snapshot
from ivrflow.figures.book import Book
from ivrflow.service import figures
from tests.unit.figures.day import Day
from tests.unit.service.test_figure_keeper import (
    AFTER,
    DAY,
    MORNING,
    ZONE,
    Service,
    at_midnight,
    busy_day,
)


@pytest.fixture
async def service(tmp_path, monkeypatch):
    """One that keeps its figures at each start, and has had a busy morning."""
    monkeypatch.setattr(figures, "SELDOM", 1)
    made = Service(tmp_path)
    await made.database.write(lambda db: db.run_sync(metadata.create_all))
    await made.begin()
    await made.keeper.restore()
    await made.hear(busy_day())
    made.now += 60
    yield made
    await made.database.close()


async def start(service):
    """Begin again, as after a kill."""
    await service.begin(adopts=True)
    await service.keeper.restore()
    service.now += 5


async def query(service, what):
    async def work(db):
        found = await db.execute(what)
        return list(found) if found.returns_rows else []

    return await service.database.write(work)


async def forget_all_facts(service):
    """Whatever figures there are now are those that were kept."""
    await service.database.write(lambda db: db.execute(delete(facts)))


def offered(service):
    return service.keeper.live.queue("sales", service.now).offered


async def test_what_was_kept_is_not_folded_again(service):
    await start(service)
    before = service.keeper.live.queue("sales", service.now).of
    [(last, begun)] = await query(
        service, select(func.max(facts.c.id), func.min(facts.c.id))
    )
    # All but the last, which says that the facts are still there.
    await query(service, delete(facts).where(facts.c.id < last))
    await start(service)

    assert begun < last
    assert service.keeper.live.queue("sales", service.now).of == before
    assert before.offered == 31


async def test_nothing_is_kept_for_a_handful_of_facts(service, monkeypatch):
    monkeypatch.setattr(figures, "SELDOM", 1000)
    await start(service)

    assert await query(service, select(figure_snapshots)) == []


async def test_who_dies_while_the_day_is_folded_has_not_begun_in_vain(
    service, monkeypatch
):
    monkeypatch.setattr(stored, "PAGE", 50)
    monkeypatch.setattr(figures, "OFTEN", 100)
    taken, take = [], Book.take

    def killed(book, fact):
        taken.append(fact)
        if len(taken) == 160:
            raise asyncio.CancelledError
        return take(book, fact)

    monkeypatch.setattr(Book, "take", killed)
    with pytest.raises(asyncio.CancelledError):
        await start(service)
    assert offered(service) == 0  # nobody saw the half of it

    taken = []
    monkeypatch.setattr(Book, "take", lambda b, f: taken.append(f) or take(b, f))
    await start(service)
    [(stored_facts,)] = await query(service, select(func.count()).select_from(facts))
    assert len(taken) == stored_facts - 100
    assert offered(service) == 31
    assert list((await at_midnight(service)).differences) == []


async def test_what_was_not_written_is_written_by_the_next(service):
    await start(service)  # and is killed before it writes
    [row] = await query(service, select(figure_snapshots.c.unwritten))
    assert row.unwritten is not None
    await start(service)
    await service.write()

    [row] = await query(service, select(figure_snapshots.c.unwritten))
    [(records,)] = await query(service, select(func.count()).select_from(call_records))
    assert (row.unwritten, records) == (None, 31)
    assert list((await at_midnight(service)).differences) == []


async def test_what_was_written_long_ago_is_not_written_again(service):
    service.now = MORNING + 4 * 3600
    await service.hear(Day(service.now).served(0, "late", "1002", "o99").facts)
    await start(service)
    await service.write()
    await start(service)
    changed = service.keeper.live.fold.ledger.changed_queues

    assert {key.span.start for key in changed if key.span.seconds == 900} == {
        MORNING + 4 * 3600
    }
    await query(service, delete(call_records))
    await service.write()
    assert await query(service, select(call_records.c.call)) == []


async def test_time_that_nobody_told_after_a_snapshot_is_nobody_s(service):
    await service.hear(Day(service.now).agent(0, "1003").facts)
    await start(service)
    service.now += 1800
    await service.write()  # what 1003 did up to here, of which no fact will tell
    await service.hear(Day(service.now - 1799).agent(0, "1003", "logged out").facts)
    await start(service)
    await service.write()

    assert list((await at_midnight(service)).differences) == []


async def test_who_leaves_the_calls_to_the_next_leaves_the_figures_too(
    service, monkeypatch
):
    await service.hear([ServiceLeft(at=service.now, calls=1)])
    late = Day(service.now).starts(0.1, "x1").queued(0.1, "x1").facts
    await service.hear(late)  # somebody came while it was writing
    await service.keeper.put_down()
    taken, take = [], Book.take
    monkeypatch.setattr(Book, "take", lambda b, f: taken.append(f) or take(b, f))
    await start(service)

    assert offered(service) == 32
    assert [fact.kind for fact in taken] == [
        "CallStarted",
        "CallerQueued",
        "ServiceBegan",
    ]
    assert list((await at_midnight(service)).differences) == []


async def test_who_leaves_and_could_not_store_it_leaves_no_figures(service):
    service.keeper.note(ServiceLeft(at=service.now, calls=1))
    await service.keeper.put_down()

    assert await query(service, select(figure_snapshots)) == []


async def test_facts_that_a_commit_doubled_beside_a_snapshot_count_once(service):
    tail = Day(service.now).starts(0, "x1").queued(0, "x1").facts
    await service.hear(tail)
    await start(service)
    await service.store(tail)  # the answer to its commit had got lost
    await start(service)

    assert offered(service) == 32
    assert list((await at_midnight(service)).differences) == []


@pytest.mark.parametrize(
    "wrong",
    ["the pepper", "the version", "the zone", "a bit", "its fact", "what is unwritten"],
)
async def test_snapshot_with_anything_wrong_is_left_alone_and_told(
    service, monkeypatch, caplog, wrong
):
    caplog.set_level("INFO")
    await start(service)
    state = figure_snapshots.c.state
    [row] = await query(service, select(figure_snapshots))
    match wrong:
        case "the pepper":
            service.key = b"x" * 32
        case "the version":
            monkeypatch.setattr("ivrflow.service.figure_snapshots.build", lambda: "v2")
        case "the zone":
            service.zone = ZoneInfo("Asia/Hong_Kong")
        case "a bit":
            bad = row.state[:-9] + b"x" + row.state[-8:]
            await query(service, update(figure_snapshots).values({state: bad}))
        case "its fact":
            await query(service, update(figure_snapshots).values(last=row.last + 1))
        case "what is unwritten":
            bad = row.unwritten[:-9] + b"x" + row.unwritten[-8:]
            await query(service, update(figure_snapshots).values(unwritten=bad))
    await start(service)

    told = [r.message for r in caplog.records if "snapshot" in r.message]
    assert len(told) == 1
    assert told[0].startswith("the facts of the day are folded, not the last snapshot")
    assert offered(service) == 31


async def test_snapshot_of_facts_that_are_gone_is_left_alone(service):
    """As in a copy of the database that somebody has cut."""
    await start(service)
    await forget_all_facts(service)
    await start(service)

    assert offered(service) == 0


async def test_snapshot_of_days_ago_is_left_alone(service, caplog):
    caplog.set_level("INFO")
    await start(service)
    service.now += timedelta(days=3).total_seconds()
    await start(service)

    assert "it is of another day" in caplog.text


async def test_snapshot_that_is_too_large_is_not_kept(service, monkeypatch, caplog):
    caplog.set_level("INFO")
    monkeypatch.setattr("ivrflow.service.figure_snapshots.MOST", 1000)
    await start(service)

    assert "no snapshot of the figures is kept: it would have" in caplog.text
    assert await query(service, select(figure_snapshots)) == []
    assert offered(service) == 31


async def test_a_snapshot_that_is_kept_can_be_read(service, monkeypatch):
    await start(service)
    [row] = await query(service, select(figure_snapshots))
    await query(service, delete(figure_snapshots))
    state, unwritten = len(row.state), len(row.unwritten)
    most = state + unwritten // 2  # for each, and not for both
    assert unwritten < most
    monkeypatch.setattr("ivrflow.service.figure_snapshots.MOST", most)
    await start(service)

    assert await query(service, select(figure_snapshots)) == []


async def test_an_upgrade_beside_a_service_that_runs_is_another_version(
    service, monkeypatch, tmp_path
):
    as_it_began = snapshot.build()
    snapshot.build.cache_clear()
    await service.begin(adopts=True)
    monkeypatch.setattr(snapshot, "__file__", str(tmp_path / "a/b/c.py"))

    assert snapshot.build() == as_it_began
    snapshot.build.cache_clear()
    assert snapshot.build() != as_it_began
    snapshot.build.cache_clear()


async def test_installation_without_sources_folds_each_time(
    service, monkeypatch, tmp_path
):
    monkeypatch.setattr(snapshot, "__file__", str(tmp_path / "a/b/c.pyc"))
    snapshot.build.cache_clear()
    try:
        await start(service)
    finally:
        snapshot.build.cache_clear()

    assert await query(service, select(figure_snapshots)) == []
    assert offered(service) == 31


async def test_days_that_are_made_again_leave_no_snapshot(service, caplog):
    await start(service)
    fresh = await fold_days(service.database, DAY, DAY, ZONE, now=AFTER)
    await rebuild(service.database, fresh)

    kept = select(figure_snapshots.c.last, figure_snapshots.c.state)
    assert await query(service, kept) == [(DROPPED, b"")]
    await service.keeper.write()  # nor does the service bring it back
    assert await query(service, kept) == [(DROPPED, b"")]
    await service.hear([ServiceLeft(at=service.now, calls=0)])
    await service.keeper.put_down()  # not even when it ends
    assert await query(service, kept) == [(DROPPED, b"")]

    caplog.set_level("INFO")
    await start(service)  # all is folded, and kept again
    [(last, state)] = await query(service, kept)
    assert last > DROPPED
    assert state
    assert "snapshot" not in caplog.text
    assert offered(service) == 31


async def test_who_leaves_in_the_middle_of_writing_loses_none_of_it(
    service, monkeypatch
):
    held, writing = asyncio.Event(), asyncio.Event()
    write = SqlFigures.write

    async def waits(self, queues, agents):
        monkeypatch.setattr(SqlFigures, "write", write)  # only the first one
        writing.set()
        await held.wait()

    monkeypatch.setattr(SqlFigures, "write", waits)
    async with beside(service.keeper.write()):
        await writing.wait()
        await service.hear([ServiceLeft(at=service.now, calls=0)])
        with suppress(TimeoutError):
            async with asyncio.timeout(0.2):
                await service.keeper.put_down()
        await start(service)  # the process has ended hard
    await service.write()

    assert list((await at_midnight(service)).differences) == []


async def test_database_that_has_no_room_for_it_keeps_no_service_from_beginning(
    service, caplog
):
    caplog.set_level("INFO")
    await service.database.write(lambda db: db.run_sync(figure_snapshots.drop))
    await start(service)

    assert caplog.text.count("no such table") == 2
    assert offered(service) == 31
