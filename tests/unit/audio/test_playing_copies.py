"""Plain copies: there as long as somebody hears them, and for the switch alone."""

import asyncio
import contextlib
import io
import os
import pwd
import stat
import threading
import wave

import pytest

from ivrflow.audio.folder import BadStore, StoreFailed
from ivrflow.audio.playing import Copies, Playing, why_unheard
from ivrflow.audio.store import NoSound
from ivrflow.audio.threads import Threads

SOUND, OTHER = "5e" * 16, "6f" * 12


def wav(seconds=1.0, rate=8000):
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(bytes(round(seconds * rate) * 2))
    return file.getvalue()


class Sounds(dict):
    """What is read by, and how often."""

    def __init__(self, **sounds):
        super().__init__({SOUND: wav(), OTHER: wav(2.0, 16000)}, **sounds)
        self.read_times = 0

    def read(self, sound):
        self.read_times += 1
        if sound not in self:
            raise NoSound(f"there is no sound {sound}")
        return self[sound]


def asterisk(monkeypatch, *groups):
    """Asterisk's user is another one than we, and in these groups."""
    uid = os.geteuid() + 1
    about = pwd.struct_passwd(("asterisk", "x", uid, 54321, "", "/", "/bin/false"))
    monkeypatch.setattr(pwd, "getpwnam", lambda name: about)
    monkeypatch.setattr(os, "getgrouplist", lambda name, group: [group, *groups])


def test_it_is_known_beforehand_if_the_switch_may_read_there(folder, monkeypatch):
    Copies(folder, folder.parent / "voicemail")
    asterisk(monkeypatch)
    assert "chmod 2750" in why_unheard(folder)
    asterisk(monkeypatch, os.getegid())
    assert why_unheard(folder) == ""
    folder.chmod(0o700)
    assert "chmod 2750" in why_unheard(folder)


def test_where_there_is_no_such_user_nobody_is_warned(folder, monkeypatch):
    def unknown(name):
        raise KeyError(name)

    Copies(folder, folder.parent / "voicemail")
    monkeypatch.setattr(pwd, "getpwnam", unknown)
    assert why_unheard(folder) == ""


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "playing"


@pytest.fixture
def sounds():
    return Sounds()


@pytest.fixture
async def playing(folder, sounds):
    with contextlib.closing(Threads()) as threads:
        yield Playing(Copies(folder, folder.parent / "voicemail"), sounds.read, threads)


def laid(folder):
    return sorted(path.name for path in folder.iterdir())


async def test_a_copy_is_there_as_long_as_somebody_hears_it(playing, folder):
    async with playing.copy_of(SOUND) as shape:
        assert shape.seconds == 1.0
        assert (folder / f"{SOUND}.wav").read_bytes() == wav()
        assert playing.held == {SOUND}
    assert laid(folder) == []
    assert playing.held == set()


async def test_a_wide_sound_has_the_name_that_asterisk_wants(playing, folder):
    async with playing.copy_of(OTHER):
        assert laid(folder) == [f"{OTHER}.wav16"]
    assert laid(folder) == []


async def test_the_switch_is_given_its_path_without_an_ending(playing, folder):
    assert playing.place(f"heard/{SOUND}") == str(folder / SOUND)


@pytest.mark.parametrize(
    "clip", ["en/welcome", SOUND, "heard/", "heard/../x", f"heard/{SOUND}/..", "heard"]
)
async def test_no_other_clip_leads_there(playing, clip):
    assert playing.place(clip) is None


async def test_two_who_hear_it_share_the_copy(playing, folder, sounds):
    async with playing.copy_of(SOUND):
        async with playing.copy_of(SOUND):
            assert laid(folder) == [f"{SOUND}.wav"]
        assert laid(folder) == [f"{SOUND}.wav"]
    assert laid(folder) == []
    assert sounds.read_times == 1


async def test_many_who_come_and_go_always_find_it(playing, folder):
    async def hear(turns):
        for turn in range(10):
            async with playing.copy_of(SOUND):
                for _ in range((turn + turns) % 3):
                    await asyncio.sleep(0)
                assert laid(folder) == [f"{SOUND}.wav"]

    async with asyncio.TaskGroup() as group:
        for turns in range(8):
            group.create_task(hear(turns))
    assert laid(folder) == []
    assert playing.held == set()


async def test_whoever_hangs_up_at_any_moment_leaves_nothing(playing, folder):
    async def hear():
        async with playing.copy_of(SOUND):
            await asyncio.sleep(60)

    for moment in range(12):
        async with asyncio.TaskGroup() as group:
            task = group.create_task(hear())
            for _ in range(moment):
                await asyncio.sleep(0.001 * (moment > 6))
            task.cancel()
        assert laid(folder) == []
        assert playing.held == set()


async def test_what_can_not_be_read_is_not_held(playing, folder, sounds):
    del sounds[SOUND]
    for _ in range(2):
        with pytest.raises(NoSound):
            async with playing.copy_of(SOUND):
                pytest.fail("it was laid out")
    assert playing.held == set()
    assert laid(folder) == []


async def test_what_asterisk_can_not_play_says_so(playing, sounds):
    sounds[SOUND] = wav(rate=44100)
    with pytest.raises(StoreFailed, match="44100 Hz, 16 bit, 1 ch can't be played"):
        async with playing.copy_of(SOUND):
            pytest.fail("it was laid out")


async def test_what_a_killed_process_left_is_wiped_but_not_what_is_heard(
    playing, folder
):
    for name in (f"{OTHER}.wav16", f"{OTHER}.wav", ".new-0123456789abcdef"):
        (folder / name).write_bytes(wav())
    async with playing.copy_of(SOUND):
        assert await playing.wipe() == 3
        assert laid(folder) == [f"{SOUND}.wav"]


async def test_the_wipe_leaves_what_is_not_ours(playing, folder):
    for name in ("notes.txt", "welcome.wav", f"{SOUND}.mp3", ".new-years-eve"):
        (folder / name).write_text("")
    assert await playing.wipe() == 0
    assert len(laid(folder)) == 4


def test_copies_are_for_the_group_that_asterisk_is_in(folder):
    before = os.umask(0o077)
    try:
        Copies(folder, folder.parent / "voicemail").lay(SOUND, wav())
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o750
    assert stat.S_IMODE((folder / f"{SOUND}.wav").stat().st_mode) == 0o640


@pytest.mark.parametrize("mode", [0o755, 0o751, 0o770])
def test_a_folder_for_all_is_refused(folder, mode):
    Copies(folder, folder.parent / "voicemail")
    folder.chmod(mode)
    with pytest.raises(BadStore, match="chmod 2750 it"):
        Copies(folder, folder.parent / "voicemail")


def test_a_folder_that_asterisks_group_owns_stays_so(folder):
    Copies(folder, folder.parent / "voicemail")
    folder.chmod(0o2750)
    Copies(folder, folder.parent / "voicemail")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o2750


@pytest.mark.parametrize("sound", ["", "../x" * 8, "5E" * 16])
def test_what_is_no_id_gets_no_file(folder, sound):
    with pytest.raises(StoreFailed, match="is no sound's id"):
        Copies(folder, folder.parent / "voicemail").lay(sound, wav())
    assert laid(folder) == []


@pytest.mark.parametrize("below", ["", "playing", "ab/playing"])
def test_a_folder_in_that_of_the_sounds_is_refused(tmp_path, below):
    sounds = tmp_path / "voicemail"
    sounds.mkdir(0o700)
    with pytest.raises(BadStore, match="name a folder that is not in it"):
        Copies(sounds / below, sounds)
    assert list(sounds.iterdir()) == []


def test_the_wipe_leaves_what_is_just_being_written(folder, monkeypatch):
    copies = Copies(folder, folder.parent / "voicemail")
    chmod = os.fchmod
    wiped = []

    def meanwhile(handle, mode):
        wiped.append(copies.wipe(lambda sound: False))
        chmod(handle, mode)

    monkeypatch.setattr(os, "fchmod", meanwhile)
    copies.lay(SOUND, wav())
    assert wiped == [0]
    assert laid(folder) == [f"{SOUND}.wav"]


def test_the_wipe_leaves_what_was_laid_out_after_it_had_begun(folder, monkeypatch):
    copies = Copies(folder, folder.parent / "voicemail")
    copies.lay(SOUND, wav())  # left by a process that was killed
    held = set()
    names = os.listdir(folder)

    def listed(path):
        held.add(SOUND)
        copies.lay(SOUND, wav())
        return names

    monkeypatch.setattr(os, "listdir", listed)
    assert copies.wipe(held.__contains__) == 0
    assert laid(folder) == [f"{SOUND}.wav"]


def test_nothing_is_laid_out_between_the_wipes_question_and_its_act(folder):
    copies = Copies(folder, folder.parent / "voicemail")
    copies.lay(SOUND, wav())
    laying = threading.Thread(target=copies.lay, args=(SOUND, wav()))

    def held(sound):
        laying.start()
        laying.join(0.2)  # it waits for us
        return False

    assert copies.wipe(held) == 1
    laying.join()
    assert laid(folder) == [f"{SOUND}.wav"]
