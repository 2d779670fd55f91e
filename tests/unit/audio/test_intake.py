"""From the spool into the store, whoever dies in between."""

import asyncio
import contextlib
import errno
import logging
import os
from datetime import UTC, datetime, timedelta

import pytest

from ivrflow.audio import intake as intake_module
from ivrflow.audio.cutting import cut
from ivrflow.audio.intake import AT_ONCE, Intake, Looked
from ivrflow.audio.keyring import Key, Keyring, make_key
from ivrflow.audio.store import Store
from ivrflow.audio.threads import Threads
from ivrflow.flow.world.sounds import SpoolAway
from ivrflow.flow.world.trouble import Trouble
from ivrflow.prompts.audio import Sound, array, write_wav
from ivrflow.sim.memory.sounds import MemorySoundRows, MemorySpool, SoundRow

SOUND, OTHER = "5e" * 16, "6f" * 12
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
WAV = write_wav(Sound(array("h", range(-8000, 8000)), 8000))
KEY = Key(make_key())


class Killed(BaseException):
    """The process is no more."""


class Part:
    """A part of the world whose acts may be made to fail, or to kill us."""

    def __init__(self, part, before):
        self._part = part
        self._before = before

    def __getattr__(self, name):
        found = getattr(self._part, name)
        if not asyncio.iscoroutinefunction(found):
            return found

        async def acting(*given):
            self._before(name, *given)
            return await found(*given)

        return acting


class World:
    """A spool, rows and a store; `fails` is asked before each act."""

    def __init__(self, folder):
        self.rows, self.spool = MemorySoundRows(), MemorySpool()
        self.store = Store(folder, Keyring([KEY]))
        self.fails = lambda act, *given: None

    def left(self, sound, wav=WAV, *, at=NOON, **more):
        """A message was left, and its recording lies in the spool."""
        recorded = f"voicemail/{sound}"
        self.spool.all[recorded] = wav
        self.rows.all[sound] = SoundRow(at=at, recorded=recorded, **more)

    @contextlib.contextmanager
    def intake(self):
        """A process that takes in."""

        def before(act, *given):
            self.fails(act, *given)

        with contextlib.closing(Threads()) as threads:
            yield Intake(
                Part(self.rows, before),
                Part(self.spool, before),
                self.store,
                threads,
                pause=0,
            )

    async def look(self):
        with self.intake() as intake:
            return await intake.look()


@pytest.fixture
def world(tmp_path):
    return World(tmp_path / "voicemail")


async def test_a_recording_moves_into_the_store(world):
    world.left(SOUND)
    assert await world.look() == Looked(seen=1, done=1)

    row = world.rows.all[SOUND]
    assert (row.place, row.recorded, row.seconds) == ("store", "", 2.0)
    assert row.copied.size == len(WAV)
    assert world.store.key_of(SOUND) == KEY.id
    assert world.store.read(SOUND) == WAV
    assert world.spool.all == {}
    assert await world.look() == Looked(seen=0, done=0)


async def test_the_silence_at_its_end_is_cut_off(world):
    world.left(SOUND, ends=0.5)
    await world.look()
    assert world.store.read(SOUND) == cut(WAV, 0.5)
    assert world.rows.all[SOUND].seconds == 0.5


async def test_one_that_a_crash_cut_short_is_mended(world):
    world.left(SOUND, WAV[:4] + bytes(4) + WAV[8:40] + bytes(4) + WAV[44:])
    await world.look()
    assert world.store.read(SOUND) == WAV


async def test_what_was_dropped_leaves_the_spool_and_comes_nowhere(world):
    world.left(SOUND, dropped=True)
    await world.look()
    assert world.spool.all == {}
    assert not world.store.has(SOUND)
    assert world.rows.all[SOUND].recorded == ""


async def test_what_is_still_reviewed_stays_where_it_is(world):
    world.left(SOUND, reviewed=True)
    assert await world.look() == Looked(seen=0, done=0)
    assert len(world.spool.all) == 1


async def test_killed_between_any_two_acts_nothing_is_lost_or_there_twice(tmp_path):
    for moment in range(100):
        world = World(tmp_path / str(moment))
        world.left(SOUND)
        world.left(OTHER, dropped=True)
        acts = []

        def dies(act, *given, acts=acts, moment=moment):
            if len(acts) == moment:
                raise Killed
            acts.append(act)

        world.fails = dies
        with contextlib.suppress(Killed):
            await world.look()
        ended = len(acts) < moment
        # At each moment the sound is in the spool, the store or both.
        assert world.store.has(SOUND) or f"voicemail/{SOUND}" in world.spool.all
        if world.rows.all[SOUND].place == "store":
            assert world.store.read(SOUND) == WAV

        world.fails = lambda act, *given: None
        await world.look()
        row = world.rows.all[SOUND]
        assert (row.place, row.recorded) == ("store", "")
        assert world.store.read(SOUND) == WAV
        assert world.spool.all == {}
        assert not world.store.has(OTHER)
        if ended:
            break
    assert moment >= 6


async def test_one_that_asterisk_does_not_give_stops_no_other(world, caplog):
    world.left(SOUND)
    world.left(OTHER, at=NOON + timedelta(minutes=1))

    def fails(act, *given):
        if given == (f"voicemail/{SOUND}",):
            raise Trouble("Asterisk says 500")

    world.fails = fails
    with world.intake() as intake:
        assert await intake.look() == Looked(seen=2, done=1)
        assert intake.waiting == {SOUND: "Asterisk says 500"}
        await intake.look()
        assert intake.trouble == ""
    assert world.rows.all[OTHER].place == "store"
    told = f"sound {SOUND} waits: Asterisk says 500"
    assert caplog.text.count(told) == 1
    await asyncio.sleep(0)


async def test_many_that_can_not_be_taken_leave_room_for_others(world):
    for number in range(AT_ONCE):
        world.left(f"{number:032x}")
    world.left(SOUND, at=NOON + timedelta(minutes=1))

    def fails(act, *given):
        if act == "fetch" and SOUND not in given[0]:
            raise Trouble("Asterisk says 500")

    world.fails = fails
    with world.intake() as intake:
        assert await intake.look() == Looked(seen=AT_ONCE, done=0)
        assert await intake.look() == Looked(seen=AT_ONCE + 1, done=1)
    assert world.store.has(SOUND)


async def test_without_a_database_nothing_is_removed(world, caplog):
    world.left(SOUND)

    def fails(act, *given):
        if act in ("stored", "emptied"):
            raise Trouble("the database is away")

    world.fails = fails
    with world.intake() as intake:
        assert await intake.look() == Looked(seen=1, done=0)
        assert intake.trouble == "the database is away"
        assert len(world.spool.all) == 1
        world.fails = lambda act, *given: None
        await intake.look()
        assert intake.trouble == ""
    assert "tried again every 30 s: the database is away" in caplog.text
    assert world.spool.all == {}


@pytest.mark.parametrize("act", ["fetch", "delete"])
async def test_while_the_switch_is_away_nothing_is_asked_of_it_twice(
    world, act, caplog
):
    for sound in (SOUND, OTHER):
        world.left(sound)
    asked = []

    def fails(what, *given):
        if what == act:
            asked.append(given)
            raise SpoolAway("Asterisk can't be reached")

    world.fails = fails
    with world.intake() as intake:
        await intake.look()
        assert (len(asked), intake.waiting) == (1, {})
        assert intake.trouble == "Asterisk can't be reached"
        world.fails = lambda act, *given: None
        assert (await intake.look()).done == 2
    assert [line.levelname for line in caplog.records] == ["WARNING"]


async def test_a_full_disk_leaves_all_in_the_spool_and_says_so(world, monkeypatch):
    world.left(SOUND)
    world.left(OTHER)

    def full(handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with world.intake() as intake:
        monkeypatch.setattr(os, "fsync", full)
        assert await intake.look() == Looked(seen=2, done=0)
        assert "make room on the disk" in intake.trouble
        assert len(world.spool.all) == 2
        monkeypatch.undo()
        assert await intake.look() == Looked(seen=2, done=2)


async def test_before_the_spool_is_mounted_nothing_is_lost(world, caplog):
    world.left(SOUND)
    recordings = dict(world.spool.all)
    world.spool.all.clear()
    with world.intake() as intake:
        for _ in range(2):
            assert await intake.look() == Looked(seen=1, done=0)
        assert world.rows.all[SOUND].place == "switch"
        assert caplog.text.count("neither Asterisk nor the store has it") == 1

        world.spool.all.update(recordings)
        assert await intake.look() == Looked(seen=1, done=1)
    assert world.rows.all[SOUND].place == "store"


async def test_one_that_is_nowhere_for_a_day_is_lost_if_others_are_there(
    world, caplog, monkeypatch
):
    world.left(SOUND)
    world.spool.all.clear()

    def one_is_not_answered(act, *given):
        if given == (f"voicemail/{SOUND}",):
            raise Trouble("Asterisk says 500")

    with world.intake() as intake:
        await intake.look()
        world.left(OTHER)
        await intake.look()
        assert world.rows.all[SOUND].place == "switch"  # not for a day

        monkeypatch.setattr(intake_module, "LOST_AFTER", 0.0)
        await intake.look()
        assert world.rows.all[SOUND].place == "switch"  # perhaps none is there

        world.left("7a" * 12)
        world.fails = one_is_not_answered
        await intake.look()
        assert world.rows.all[SOUND].place == "switch"  # not known now

        world.left("8b" * 12)
        world.fails = lambda act, *given: None
        assert await intake.look() == Looked(seen=2, done=2)
        assert world.rows.all[SOUND].place == "gone"
        assert f"sound {SOUND} is lost" in caplog.text
        assert intake.waiting == {}
        assert await intake.look() == Looked(seen=0, done=0)
    caplog.clear()


async def test_one_that_is_back_but_can_not_be_kept_is_not_lost(
    world, caplog, monkeypatch
):
    monkeypatch.setattr(intake_module, "LOST_AFTER", 0.0)
    world.left(SOUND)
    recordings = dict(world.spool.all)
    world.spool.all.clear()
    with world.intake() as intake:
        await intake.look()
        world.spool.all.update(recordings)
        with monkeypatch.context() as patch:
            patch.setattr(os, "rename", _fails)
            await intake.look()
        assert "look at the disk and its rights" in intake.waiting[SOUND]
        assert world.rows.all[SOUND].place == "switch"
        await intake.look()
    assert world.rows.all[SOUND].place == "store"
    caplog.clear()


def _fails(*given, **more):
    raise OSError(errno.EIO, os.strerror(errno.EIO))


async def test_with_a_database_from_a_backup_the_store_is_believed(world):
    world.left(SOUND)
    before = dict(world.rows.all)
    await world.look()
    row = world.rows.all[SOUND]
    world.rows.all.update(before)

    await world.look()
    assert world.rows.all[SOUND] == row


async def test_what_is_no_wav_is_kept_all_the_same(world, caplog):
    world.left(SOUND, b"not a WAV")
    await world.look()
    assert world.store.read(SOUND) == b"not a WAV"
    assert f"sound {SOUND} is kept as it is" in caplog.text


async def test_it_looks_when_it_is_told_to(world, caplog):
    with world.intake() as intake:
        async with asyncio.timeout(10), asyncio.TaskGroup() as group:
            running = group.create_task(intake.run())
            await asyncio.sleep(0.01)
            world.left(SOUND)
            assert world.rows.all[SOUND].place == "switch"
            intake.soon()
            while world.rows.all[SOUND].recorded:
                await asyncio.sleep(0.001)
            running.cancel()
    assert [r for r in caplog.records if r.levelno >= logging.WARNING] == []
