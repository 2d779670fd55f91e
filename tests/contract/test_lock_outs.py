"""What every `LockOuts` does."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from ivrflow.db.engine import Database
from ivrflow.db.lock_outs import SqlLockOuts
from ivrflow.db.tables import metadata
from ivrflow.flow.world import Against
from ivrflow.hashing import Hasher
from ivrflow.secret import Secret
from ivrflow.sim.memory import MemoryLockOuts

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CARD = Secret("330106123459")
OTHER = Secret("330106200711")
DAY = 24 * 3600.0


@pytest.fixture(params=["memory", "sql"])
async def lock_outs(request, tmp_path):
    if request.param == "memory":
        yield MemoryLockOuts()
        return
    database = Database(f"sqlite:///{tmp_path}/ivrflow.db")
    await database.write(lambda db: db.run_sync(metadata.create_all))
    yield SqlLockOuts(database, Hasher(Secret("5e" * 32)))
    await database.close()


async def try_card(lock_outs, card=CARD, at=NOON, source="retailers", lasting=DAY):
    return await lock_outs.count(source, card, at, after=3, within=DAY, lasting=lasting)


async def test_a_card_that_nobody_has_tried_is_not_locked(lock_outs):
    assert not await lock_outs.locked("retailers", CARD, NOON)


async def test_the_attempt_that_fills_the_measure_locks_the_card(lock_outs):
    await try_card(lock_outs)
    await try_card(lock_outs)
    assert not await lock_outs.locked("retailers", CARD, NOON)

    await try_card(lock_outs)
    assert await lock_outs.locked("retailers", CARD, NOON)


async def test_a_lock_ends_after_its_time(lock_outs):
    for _ in range(3):
        await try_card(lock_outs, lasting=1800)

    assert await lock_outs.locked("retailers", CARD, NOON + timedelta(seconds=1799.9))
    assert not await lock_outs.locked("retailers", CARD, NOON + timedelta(seconds=1800))


async def test_attempts_during_a_lock_do_not_make_it_longer(lock_outs):
    for minutes in (0, 0, 0, 10, 20):
        await try_card(lock_outs, at=NOON + timedelta(minutes=minutes), lasting=1800)

    assert not await lock_outs.locked("retailers", CARD, NOON + timedelta(minutes=30))


async def test_a_card_that_was_locked_has_one_attempt_left_within_the_same_day(
    lock_outs,
):
    for _ in range(3):
        await try_card(lock_outs, lasting=1800)
    later = NOON + timedelta(hours=1)
    await try_card(lock_outs, at=later, lasting=1800)

    assert await lock_outs.locked("retailers", CARD, later)


async def test_attempts_longer_ago_than_within_do_not_count(lock_outs):
    await try_card(lock_outs)
    await try_card(lock_outs)
    next_day = NOON + timedelta(days=1)
    await try_card(lock_outs, at=next_day)

    assert not await lock_outs.locked("retailers", CARD, next_day)


async def test_a_right_pin_forgets_all_that_was_wrong(lock_outs):
    await try_card(lock_outs)
    await try_card(lock_outs)
    await lock_outs.forget("retailers", CARD)
    await try_card(lock_outs)

    assert not await lock_outs.locked("retailers", CARD, NOON)


async def test_cards_and_sources_are_counted_apart(lock_outs):
    for _ in range(3):
        await try_card(lock_outs)

    assert not await lock_outs.locked("retailers", OTHER, NOON)
    assert not await lock_outs.locked("members", CARD, NOON)


async def test_forgetting_what_was_never_tried_is_no_error(lock_outs):
    await lock_outs.forget("retailers", CARD)


async def test_of_attempts_at_the_same_time_none_is_lost(lock_outs):
    async with asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(try_card(lock_outs))

    assert await lock_outs.locked("retailers", CARD, NOON)


async def test_of_many_attempts_at_once_no_more_may_be_checked_than_the_lock_allows(
    lock_outs,
):
    may = await asyncio.gather(*(try_card(lock_outs) for _ in range(20)))

    assert sum(may) == 3


# Several limits at once ---------------------------------------------------------------


def limits(card=CARD, after=(3, 2)):
    caller = Secret("13800138000")
    return [
        Against("retailers", card, after[0], DAY, DAY),
        Against("(caller)", caller, after[1], DAY, DAY),
    ]


async def test_a_lock_of_one_limit_stops_the_attempt_for_all(lock_outs):
    assert await lock_outs.count_all(limits(), NOON)
    assert await lock_outs.count_all(limits(OTHER), NOON)

    assert not await lock_outs.count_all(limits(Secret("1")), NOON)
    assert not await lock_outs.locked("retailers", CARD, NOON)


async def test_an_attempt_that_is_not_let_through_is_counted_nowhere(lock_outs):
    for card in (CARD, OTHER, CARD, CARD, CARD):
        await lock_outs.count_all(limits(card), NOON)

    assert await try_card(lock_outs)
    assert not await lock_outs.locked("retailers", CARD, NOON)


async def test_what_is_taken_back_was_never_tried(lock_outs):
    for _ in range(10):
        assert await lock_outs.count_all(limits(), NOON)
        await lock_outs.take_back(limits(), NOON)


async def test_a_lock_that_only_the_attempt_made_is_taken_back_with_it(lock_outs):
    await lock_outs.count_all(limits(), NOON)
    later = NOON + timedelta(seconds=1)
    await lock_outs.count_all(limits(), later)
    assert await lock_outs.locked("(caller)", Secret("13800138000"), later)

    await lock_outs.take_back(limits(), later)
    assert not await lock_outs.locked("(caller)", Secret("13800138000"), later)
    assert await lock_outs.count_all(limits(), later)


async def test_of_many_at_once_no_more_get_through_than_the_narrowest_limit(lock_outs):
    may = await asyncio.gather(
        *(lock_outs.count_all(limits(Secret(str(n)), (9, 4)), NOON) for n in range(20))
    )

    assert sum(may) == 4


async def test_who_was_locked_out_stays_so_though_an_uncounted_attempt_is_taken_back(
    lock_outs,
):
    limit = [Against("retailers", CARD, 2, DAY, 3 * DAY)]
    for _ in range(2):
        assert await lock_outs.count_all(limit, NOON)
    later = NOON + timedelta(days=2)  # those two do not count any more
    assert not await lock_outs.count_all(limit, later)

    await lock_outs.take_back(limit, later)

    assert await lock_outs.locked("retailers", CARD, later)
