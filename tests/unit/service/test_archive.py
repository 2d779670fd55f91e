"""Where sounds are kept, as the settings have it, and who works there."""

import asyncio
import contextlib
import os
import pwd
from array import array
from datetime import UTC, datetime

import pytest

from ivrflow.acd.watch import Alarm
from ivrflow.asterisk.ari.media import Sounds
from ivrflow.audio.keyring import make_key
from ivrflow.config import BadConfig, Settings
from ivrflow.facts import AlarmCleared, AlarmRaised, MessageLeft
from ivrflow.prompts.audio import Sound, write_wav
from ivrflow.service.archive import Archive, Archivists, Where, store_of
from ivrflow.sim.memory.sounds import MemorySoundRows, MemorySpool, SoundRow

SOUND = "5e" * 16
WAV = write_wav(Sound(array("h", range(-8000, 8000)), 8000))
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def settings(top, database="sqlite:///data/ivrflow.db", **voicemail):
    (top / "data").mkdir(exist_ok=True)
    read = Settings.model_validate(
        {
            "site": "site",
            "database": database,
            "pepper_file": "pepper",
            "ari": {"password_file": "ari"},
            "api": {"token_file": "token"},
            "voicemail": voicemail,
        }
    )
    read.lie_in(top)
    return read


def key_file(folder, name, text=None):
    path = folder / name
    path.write_text(make_key().reveal() if text is None else text)
    path.chmod(0o400)
    return str(path)


class House:
    """An archive with its people, and the world that they work in."""

    def __init__(self, settings):
        self.archive = Archive(settings)
        self.rows, self.spool = MemorySoundRows(), MemorySpool()
        self.noted, self.standing = [], {}
        where = Where(
            rows=self.rows,
            spool=self.spool,
            standing=lambda: self.standing,
            clock=lambda: NOON.timestamp(),
            note=self.noted.append,
        )
        self.people = Archivists(self.archive, where)

    def recorded(self, sound=SOUND):
        name = f"voicemail/{sound}"
        self.spool.all[name] = WAV
        self.rows.all[sound] = SoundRow(at=NOON, recorded=name)


@contextlib.contextmanager
def house(settings):
    made = House(settings)
    with contextlib.closing(made.archive):
        yield made


# The start ----------------------------------------------------------------------------


def test_sounds_lie_beside_the_database_where_nothing_else_is_said(tmp_path):
    with contextlib.closing(Archive(settings(tmp_path))) as archive:
        assert archive.store.folder == tmp_path / "data/voicemail"
        assert archive.store.keyring.seals is None
    assert (tmp_path / "data/voicemail").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "data/voicemail-playing").stat().st_mode & 0o777 == 0o750


def test_beside_a_database_that_is_no_file_the_folder_must_be_named(tmp_path):
    database = "postgresql://ivr@db/ivr"
    with pytest.raises(BadConfig, match="name the folder of messages"):
        store_of(settings(tmp_path, database))

    named = settings(tmp_path, database, folder="voicemail")
    assert store_of(named).folder == tmp_path / "voicemail"


def test_with_keys_what_is_kept_is_sealed(tmp_path):
    store = store_of(settings(tmp_path, keys=[key_file(tmp_path, "key")]))
    store.put(SOUND, WAV)

    assert [one.sealed for one in store.walk()] == [True]


def test_all_keys_that_can_not_be_used_are_told_at_the_start(tmp_path):
    keys = [key_file(tmp_path, "short", "c0ffee"), str(tmp_path / "lost")]
    with pytest.raises(BadConfig) as told:
        Archive(settings(tmp_path, keys=keys))

    short, lost = str(told.value).splitlines()
    assert short.startswith(f"voicemail: keys: {tmp_path}/short: holds no key")
    assert lost.startswith(f"voicemail: keys: {tmp_path}/lost: there is no such key")
    assert "openssl rand -hex 32" in lost


@pytest.mark.parametrize("mode", [0o755, 0o770])
def test_a_folder_that_others_can_read_ends_the_start(tmp_path, mode):
    (tmp_path / "open").mkdir(mode=0o700)
    (tmp_path / "open").chmod(mode)
    with pytest.raises(BadConfig, match=r"voicemail: folder: .*chmod 700"):
        Archive(settings(tmp_path, folder="open"))


def test_a_folder_that_is_a_file_ends_the_start(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BadConfig, match=r"voicemail: folder: .*make this folder"):
        Archive(settings(tmp_path, folder="file"))


def test_what_is_heard_may_not_lie_among_what_is_sealed(tmp_path):
    with pytest.raises(BadConfig, match=r"voicemail: playing: .*Asterisk can't read"):
        Archive(settings(tmp_path, folder="v", playing="v/playing"))


# The switch ---------------------------------------------------------------------------


def test_the_switch_finds_what_is_heard_and_all_else_where_it_was(tmp_path):
    with contextlib.closing(Archive(settings(tmp_path))) as archive:
        sounds = archive.beside(Sounds.below("ivrflow/"))

        playing = tmp_path / "data/voicemail-playing"
        assert sounds.place(f"heard/{SOUND}") == str(playing / SOUND)
        assert sounds.place("en/welcome") == "ivrflow/en/welcome"
        assert sounds.place("heard/me") == "ivrflow/heard/me"


# Those who work there -----------------------------------------------------------------


async def test_a_message_that_was_left_is_taken_in_at_once(tmp_path):
    with house(settings(tmp_path, keys=[key_file(tmp_path, "key")])) as there:
        intake, *_ = works = there.people.works()
        async with asyncio.timeout(10), asyncio.TaskGroup() as group:
            running = group.create_task(intake)
            await asyncio.sleep(0.05)  # it has looked, and found nothing
            there.recorded()
            there.people.hear(
                MessageLeft(
                    at=0.0, mailbox="a", message=SOUND, seconds=2.0, urgent=False
                )
            )
            while there.spool.all:
                await asyncio.sleep(0.01)
            running.cancel()
        for work in works[1:]:
            work.close()

        assert there.rows.all[SOUND].place == "store"
        assert await there.people.sound(SOUND) == WAV


async def test_a_message_can_be_read_before_it_is_taken_in(tmp_path):
    with house(settings(tmp_path)) as there:
        there.recorded()

        assert await there.people.sound(SOUND) == WAV
        assert list(there.archive.store.walk()) == []


async def test_a_message_is_the_same_before_and_after_it_is_taken_in(tmp_path):
    with house(settings(tmp_path)) as there:
        there.recorded()
        there.rows.change(SOUND, ends=0.5)
        library = there.people.library
        before, size = await library.read(SOUND), await library.size(SOUND)
        async with library.played(SOUND) as said:
            assert said.seconds == 0.5

        await there.people.intake.look()
        assert there.spool.all == {}
        assert await library.read(SOUND) == before
        assert len(before) == size < len(WAV)


async def test_a_letter_goes_without_a_sound_that_is_gone(tmp_path, caplog):
    with house(settings(tmp_path)) as there:
        assert await there.people.sound(SOUND) == b""
    assert f"sound {SOUND} is gone" in caplog.text


async def test_copies_that_a_killed_process_left_are_removed(tmp_path):
    folder = tmp_path / "data/voicemail-playing"
    with house(settings(tmp_path)) as there:
        there.recorded()
        async with there.people.library.played(SOUND):
            [lying] = await asyncio.to_thread(os.listdir, folder)
        assert lying == f"{SOUND}.wav"
        await asyncio.to_thread((folder / lying).write_bytes, WAV)

        await there.people.clear()

    assert not await asyncio.to_thread(os.listdir, folder)


async def test_where_asterisk_can_read_no_copy_the_start_says_so(
    tmp_path, caplog, monkeypatch
):
    about = pwd.struct_passwd(("asterisk", "x", 54321, 54321, "", "/", "/bin/false"))
    monkeypatch.setattr(pwd, "getpwnam", lambda name: about)
    monkeypatch.setattr(os, "getgrouplist", lambda name, group: [group])
    with house(settings(tmp_path)) as there:
        await there.people.clear()

        assert "chmod 2750" in caplog.text
        assert "asterisk can't read here" in there.people.health()["trouble"]


def full(there):
    there.archive.store.put(SOUND, b"\0" * 950_000)
    there.people.look_at_room()


async def test_that_it_is_nearly_full_is_told_once_and_when_it_is_over(tmp_path):
    with house(settings(tmp_path, room="1")) as there:
        there.archive.room.measured(there.archive.store.usage())
        there.people.look_at_room()
        assert there.noted == []
        full(there)
        [raised] = there.noted
        assert isinstance(raised, AlarmRaised)
        assert (raised.alarm, raised.value, raised.limit) == (
            "room_for_sounds",
            95.0,
            90.0,
        )

        there.standing[Alarm("room_for_sounds", "", "")] = NOON.timestamp() - 60
        there.people.look_at_room()
        there.archive.store.drop(SOUND)
        there.archive.room.measured(there.archive.store.usage())
        there.people.look_at_room()
        [_, cleared] = there.noted
        assert isinstance(cleared, AlarmCleared)
        assert cleared.seconds == 60


async def test_an_alarm_of_before_the_start_is_not_over_because_nobody_knows(tmp_path):
    with house(settings(tmp_path, room="1")) as there:
        there.standing[Alarm("room_for_sounds", "", "")] = NOON.timestamp() - 60
        there.people.look_at_room()
        assert there.noted == []

        there.archive.room.measured(there.archive.store.usage())
        there.people.look_at_room()
        assert isinstance(there.noted[0], AlarmCleared)


async def test_where_it_is_full_nothing_new_should_be_recorded(tmp_path):
    with house(settings(tmp_path, room="1")) as there:
        assert not there.people.library.is_full
        there.archive.store.put(SOUND, b"\0" * 1_000_000)
        assert there.people.library.is_full
        assert there.people.health()["room_used"] == 1.0
