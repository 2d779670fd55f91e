"""What nobody refers to goes, and nothing else does."""

import asyncio
import contextlib
import os
from datetime import UTC, datetime, timedelta

import pytest

from ivrflow.aio import beside
from ivrflow.audio import janitor
from ivrflow.audio.janitor import AT_ONCE, Cleaned, Janitor
from ivrflow.audio.keyring import Keyring
from ivrflow.audio.playing import Copies, Playing
from ivrflow.audio.store import Store
from ivrflow.audio.threads import Threads
from ivrflow.flow.world.trouble import Trouble
from ivrflow.sim.memory.sounds import MemorySoundRows, MemorySpool, SoundRow

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
LONG_AGO, JUST_NOW = NOW - timedelta(hours=2), NOW - timedelta(minutes=59)


def sound(number):
    return f"{number:02x}" * 16


class Room:
    """A store with its rows, a spool, and a janitor."""

    def __init__(self, folder, threads):
        self.store = Store(folder / "voicemail", Keyring())
        self.copies = Copies(folder / "playing", folder / "voicemail")
        self.rows, self.spool = MemorySoundRows(), MemorySpool()
        self.playing = Playing(self.copies, self.store.read, threads)
        self.janitor = Janitor(
            self.rows, self.spool, self.store, self.playing, threads, now=lambda: NOW
        )

    def file(self, number, at=LONG_AGO):
        self.store.put(sound(number), b"sound")
        path = self.store.folder / sound(number)[:2] / f"{sound(number)}.wav"
        os.utime(path, (at.timestamp(), at.timestamp()))

    def kept(self, number, at=LONG_AGO, **more):
        self.file(number, at)
        self.rows.all[sound(number)] = SoundRow(at=at, **{"place": "store", **more})

    @property
    def there(self):
        return {one.sound for one in self.store.walk()}


@pytest.fixture
async def room(tmp_path):
    with contextlib.closing(Threads()) as threads:
        yield Room(tmp_path, threads)


async def test_what_nobody_refers_to_goes_after_an_hour(room):
    room.kept(1)
    room.kept(2, referred=False)
    room.kept(3, referred=False, at=JUST_NOW)
    cleaned = await room.janitor.look()

    assert room.there == {sound(1), sound(3)}
    assert room.rows.all[sound(2)].place == "gone"
    assert cleaned == Cleaned(gone=1, strays=(), usage=room.store.usage())
    assert cleaned.usage.sounds == 2


async def test_what_a_legal_hold_keeps_stays(room):
    room.kept(1, referred=False, held=True)
    await room.janitor.look()
    assert room.there == {sound(1)}
    assert room.rows.all[sound(1)].place == "store"


async def test_what_lies_in_the_spool_goes_there(room):
    room.spool.all["voicemail/1"] = b"sound"
    room.rows.all[sound(1)] = SoundRow(
        at=LONG_AGO, recorded="voicemail/1", referred=False
    )
    assert (await room.janitor.look()).gone == 1
    assert room.spool.all == {}


async def test_more_than_one_question_can_ask_for_are_all_gone(room):
    for number in range(AT_ONCE + 5):
        room.rows.all[sound(number)] = SoundRow(at=LONG_AGO, referred=False)
    assert (await room.janitor.look()).gone == AT_ONCE + 5
    assert {row.place for row in room.rows.all.values()} == {"gone"}


async def test_killed_in_between_the_next_one_goes_on(room):
    room.kept(1, referred=False)

    class Killed(BaseException):
        pass

    async def killed(sounds):
        raise Killed

    room.rows.gone, before = killed, room.rows.gone
    with pytest.raises(Killed):
        await room.janitor.look()
    assert room.rows.all[sound(1)].place == "going"

    room.rows.gone = before
    assert (await room.janitor.look()).gone == 1
    assert room.rows.all[sound(1)].place == "gone"


async def test_one_that_can_not_be_removed_stops_no_other(room, caplog):
    for number in (1, 2):
        room.kept(number, referred=False, recorded=f"voicemail/{number}")

    async def delete(recorded):
        if recorded == "voicemail/1":
            raise Trouble("Asterisk says 500")

    room.spool.delete = delete
    assert (await room.janitor.look()).gone == 1
    assert room.rows.all[sound(1)].place == "going"
    assert f"sound {sound(1)} is to go, and stays: Asterisk says 500" in caplog.text


async def test_a_file_whose_row_says_it_is_gone_goes(room):
    room.kept(1, place="gone")
    assert (await room.janitor.look()).gone == 1
    assert room.there == set()


@pytest.mark.parametrize("place", ["switch", "store"])
async def test_a_file_whose_row_is_there_stays(room, place):
    room.kept(1, place=place)
    await room.janitor.look()
    assert room.there == {sound(1)}


async def test_a_few_files_without_a_row_stay_and_are_told(room, caplog):
    room.file(1)
    room.file(2, at=JUST_NOW)
    for number in range(3, 102):
        room.kept(number)
    cleaned = await room.janitor.look()

    assert (cleaned.gone, cleaned.strays) == (0, (sound(1),))
    assert len(room.there) == 101
    assert f"1 of 101 sounds in {room.store.folder} have no row" in caplog.text
    assert f"such as {sound(1)}: is it the right one, and not an old" in caplog.text
    caplog.clear()


async def test_with_the_wrong_database_nothing_goes_but_what_it_says_is_gone(
    room, caplog
):
    for number in range(21):
        room.file(number)
    room.kept(200, place="gone")
    cleaned = await room.janitor.look()

    assert len(cleaned.strays) == 21
    assert cleaned.gone == 1
    assert room.there == {sound(number) for number in range(21)}
    caplog.clear()


async def test_plain_copies_that_can_not_be_wiped_keep_nothing_else(room, caplog):
    room.kept(1, referred=False)
    room.copies.folder.rmdir()
    assert (await room.janitor.look()).gone == 1
    assert "plain copies are not wiped, until in an hour" in caplog.text
    caplog.clear()


async def test_what_is_laid_out_and_heard_by_nobody_goes(room):
    room.kept(1)
    (room.copies.folder / f"{sound(2)}.wav").write_bytes(b"left by a killed process")
    (room.store.folder / "01" / ".new-0011").write_bytes(b"half")
    os.utime(room.store.folder / "01" / ".new-0011", (1, 1))
    await room.janitor.look()
    assert list(room.copies.folder.iterdir()) == []
    assert len(list((room.store.folder / "01").iterdir())) == 1


async def test_without_a_database_it_says_so_and_soon_comes_again(
    room, caplog, monkeypatch
):
    monkeypatch.setattr(janitor, "SOON", 0.01)
    room.kept(1, referred=False)
    again, looks, measured = asyncio.Event(), [], []

    async def away(before, most):
        looks.append(before)
        if len(looks) == 2:
            again.set()
        raise Trouble("the database is away")

    room.rows.let_go = away
    async with (
        asyncio.timeout(10),
        beside(room.janitor.run(measured.append)),
    ):
        await again.wait()
    assert "not cleaned up" in caplog.text
    assert "the database is away" in caplog.text
    assert room.there == {sound(1)}
    # How full it is does not hang on the database.
    assert {usage.sounds for usage in measured} == {1}
