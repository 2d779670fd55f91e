"""What every `SoundRows` does: a sound goes one way only."""

from datetime import UTC, datetime, timedelta

import pytest

from ivrflow.flow.world.sounds import Copied, Going
from ivrflow.sim.memory.sounds import MemorySoundRows, SoundRow

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
SOUND = "5e" * 16
COPIED = Copied(size=44, sha256="0" * 64)


@pytest.fixture
def rows():
    return MemorySoundRows()


def left(rows, **about):
    """A recording was made, and lies in the spool."""
    rows.all[SOUND] = SoundRow(at=NOON, recorded="voicemail/1", **about)


async def place(rows):
    return (await rows.places([SOUND])).get(SOUND)


async def test_from_the_switch_into_the_store_and_away(rows):
    left(rows, referred=False)
    assert [one.wanted for one in await rows.in_spool(5)] == [True]
    await rows.stored(SOUND, COPIED, 1.0)
    assert await place(rows) == "store"
    await rows.emptied(SOUND)
    assert await rows.in_spool(5) == []
    assert await rows.let_go(LATER, 5) == [Going(sound=SOUND)]
    assert await place(rows) == "going"
    await rows.gone([SOUND])
    assert await place(rows) == "gone"


async def test_one_that_was_let_go_does_not_come_back_into_the_store(rows):
    left(rows, referred=False)
    await rows.let_go(LATER, 5)
    await rows.stored(SOUND, COPIED, 1.0)
    assert await place(rows) == "going"
    await rows.gone([SOUND])
    await rows.stored(SOUND, COPIED, 1.0)
    assert await place(rows) == "gone"


async def test_only_what_the_switch_should_have_may_be_missing(rows):
    left(rows)
    await rows.stored(SOUND, COPIED, 1.0)
    await rows.missing(SOUND)
    assert await place(rows) == "store"
    left(rows)
    await rows.missing(SOUND)
    assert await place(rows) == "gone"


async def test_only_what_was_let_go_can_be_gone(rows):
    left(rows)
    await rows.gone([SOUND])
    assert await place(rows) == "switch"
