"""The folder of sounds: whole or not at all, ours alone, and nothing else."""

import errno
import os
import stat
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivrflow.audio.folder import BadStore, NoRoom, StoreFailed
from ivrflow.audio.keyring import Key, Keyring, make_key
from ivrflow.audio.store import NoSound, Store, Unreadable, Usage

KEY, OLD = Key(make_key()), Key(make_key())
SOUND, OTHER = "ab" * 16, "cd" * 12
WAV = b"RIFF and so on" * 10_000

both = pytest.mark.parametrize("keys", [(), (KEY,)], ids=["plain", "sealed"])


def store(folder, *keys):
    return Store(folder / "voicemail", Keyring(keys))


def files(folder):
    """All below *folder*, as paths, without folders."""
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


@both
def test_a_sound_comes_back(tmp_path, keys):
    sounds = store(tmp_path, *keys)
    copied = sounds.put(SOUND, WAV)

    assert sounds.read(SOUND) == WAV
    assert sounds.size(SOUND) == copied.size == len(WAV)
    assert sounds.key_of(SOUND) == (KEY.id if keys else "")
    assert sounds.has(SOUND)


@both
def test_a_sound_is_kept_again_without_a_change(tmp_path, keys):
    sounds = store(tmp_path, *keys)
    assert sounds.put(SOUND, WAV) == sounds.put(SOUND, WAV)
    assert sounds.read(SOUND) == WAV
    assert len(files(tmp_path)) == 1


@both
@settings(deadline=None)  # of a busy machine
@given(first=st.integers(-3, 140_010), last=st.integers(-3, 140_010))
def test_a_piece_is_what_slicing_gives(tmp_path_factory, keys, first, last):
    folder = tmp_path_factory.getbasetemp() / f"pieces{len(keys)}"
    sounds = store(folder, *keys)
    if not sounds.has(SOUND):
        sounds.put(SOUND, WAV)
    assert sounds.piece(SOUND, first, last) == WAV[max(0, first) : max(0, last + 1)]


def test_files_are_for_the_service_alone(tmp_path):
    before = os.umask(0)
    try:
        store(tmp_path).put(SOUND, WAV)
        store(tmp_path, KEY).put(OTHER, WAV)
    finally:
        os.umask(before)
    assert files(tmp_path) == [
        f"voicemail/ab/{SOUND}.wav",
        f"voicemail/cd/{OTHER}.ivm",
    ]
    for path in tmp_path.rglob("*"):
        wanted = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) == wanted


@both
def test_what_is_dropped_is_gone(tmp_path, keys):
    sounds = store(tmp_path, *keys)
    sounds.put(SOUND, WAV)
    sounds.put(OTHER, WAV)

    assert sounds.drop(SOUND)
    assert not sounds.drop(SOUND)
    assert not sounds.has(SOUND)
    assert len(files(tmp_path)) == 1
    with pytest.raises(NoSound, match=SOUND):
        sounds.read(SOUND)


def test_a_sound_whose_shelf_was_never_there_is_not_there(tmp_path):
    sounds = store(tmp_path)
    assert not sounds.has(SOUND)
    assert not sounds.drop(SOUND)
    with pytest.raises(NoSound):
        sounds.size(SOUND)


@pytest.mark.parametrize(
    "sound",
    [
        "",
        "../../etc/passwd",
        "ab" * 11,
        "ab" * 33,
        "AB" * 16,
        "ab" * 16 + "\n",
        "ab/" * 8,
        "ab" * 12 + ".wav",
        "a" * 23 + "\0",
        "٣" * 24,
    ],
)
def test_what_is_no_id_never_becomes_a_path(tmp_path, sound):
    sounds = store(tmp_path)
    acts = [sounds.read, sounds.size, sounds.drop, sounds.has, sounds.seal_anew]
    acts += [sounds.key_of, lambda s: sounds.put(s, WAV)]
    acts += [lambda s: sounds.piece(s, 0, 1)]
    for act in acts:
        with pytest.raises(StoreFailed, match="is no sound's id"):
            act(sound)
    assert files(tmp_path) == []


@both
def test_no_link_is_followed(tmp_path, keys):
    sounds = store(tmp_path, *keys)
    secret = tmp_path / "secret"
    secret.write_bytes(b"not for you")
    shelf = sounds.folder / SOUND[:2]
    shelf.mkdir(mode=0o700)
    for ending in (".wav", ".ivm"):
        link = shelf / (SOUND + ending)
        link.symlink_to(secret)
        with pytest.raises(StoreFailed, match="it is a link; remove it"):
            sounds.read(SOUND)
        assert list(sounds.walk()) == []
        link.unlink()

    (shelf / f"{SOUND}.wav").symlink_to(secret)
    (shelf / f"{SOUND}.ivm").symlink_to(secret)
    sounds.put(SOUND, WAV)  # in the links' place, not through them
    assert sounds.read(SOUND) == WAV
    assert secret.read_bytes() == b"not for you"


@both
def test_a_shelf_that_is_a_link_leads_nowhere(tmp_path, keys):
    sounds = store(tmp_path, *keys)
    sounds.put(SOUND, WAV)
    elsewhere = tmp_path / "elsewhere"
    (sounds.folder / SOUND[:2]).rename(elsewhere)
    (sounds.folder / SOUND[:2]).symlink_to(elsewhere)

    assert not sounds.has(SOUND)
    assert list(sounds.walk()) == []
    assert not sounds.drop(SOUND)
    with pytest.raises(StoreFailed):
        sounds.put(SOUND, WAV)
    assert len(files(elsewhere)) == 1


def test_a_pipe_is_no_sound_and_stops_nobody(tmp_path):
    sounds = store(tmp_path)
    (sounds.folder / "ab").mkdir(mode=0o700)
    os.mkfifo(sounds.folder / "ab" / f"{SOUND}.wav")
    with pytest.raises(StoreFailed, match="is no file"):
        sounds.read(SOUND)


def test_the_folder_itself_may_be_reached_by_a_link(tmp_path):
    (tmp_path / "disk2").mkdir(mode=0o700)
    (tmp_path / "voicemail").symlink_to(tmp_path / "disk2")
    sounds = store(tmp_path)
    sounds.put(SOUND, WAV)
    assert sounds.read(SOUND) == WAV


def test_a_folder_that_others_may_read_is_refused(tmp_path):
    store(tmp_path)
    (tmp_path / "voicemail").chmod(0o750)
    with pytest.raises(BadStore, match="others may look into it; chmod 700 it"):
        store(tmp_path)


def test_a_folder_that_can_not_be_made_says_why(tmp_path):
    (tmp_path / "voicemail").write_text("")
    with pytest.raises(BadStore, match="cannot keep sounds here: File exists"):
        store(tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_another_users_folder_is_refused(tmp_path):
    store(tmp_path)
    os.chown(tmp_path / "voicemail", 1234, 1234)
    with pytest.raises(BadStore, match="belongs to user 1234"):
        store(tmp_path)


def test_a_disk_that_is_away_has_not_lost_its_sounds(tmp_path):
    sounds = store(tmp_path)
    sounds.put(SOUND, WAV)
    sounds.folder.rename(tmp_path / "away")
    for act in (sounds.read, sounds.drop, sounds.has, sounds.seal_anew):
        with pytest.raises(StoreFailed, match="No such file") as failed:
            act(SOUND)
        assert not isinstance(failed.value, NoSound)


@both
def test_a_full_disk_leaves_nothing_behind(tmp_path, keys, monkeypatch):
    sounds = store(tmp_path, *keys)
    sounds.put(SOUND, b"as it was")

    def full(handle):
        if stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    for sound in (SOUND, OTHER):
        with pytest.raises(NoRoom, match="make room on the disk"):
            sounds.put(sound, WAV)
    assert len(files(tmp_path)) == 1
    assert sounds.read(SOUND) == b"as it was"


def test_what_is_written_is_synced_before_it_gets_its_name(tmp_path, monkeypatch):
    sounds = store(tmp_path)
    acts = []

    def noting(act):
        def noted(what, *args, **more):
            seen = what
            if isinstance(what, int):
                is_file = stat.S_ISREG(os.fstat(what).st_mode)
                seen = "the file" if is_file else "its folder"
            acts.append((act.__name__, seen))
            return act(what, *args, **more)

        return noted

    def fsync(handle):
        pass

    for act in (fsync, os.rename, os.unlink):
        monkeypatch.setattr(os, act.__name__, noting(act))
    sounds.put(SOUND, WAV)
    [named] = [name for act, name in acts if act == "rename"]
    assert acts == [
        ("fsync", "its folder"),  # the shelf is new
        ("fsync", "the file"),
        ("rename", named),
        ("fsync", "its folder"),
        ("unlink", f"{SOUND}.ivm"),
        ("unlink", named),
    ]
    acts.clear()
    sounds.drop(SOUND)
    assert acts[-1] == ("fsync", "its folder")


def test_what_is_sealed_with_a_missing_key_says_which(tmp_path):
    store(tmp_path, OLD).put(SOUND, WAV)
    for keys, ours in (((KEY,), KEY.id), ((), "none")):
        sounds = store(tmp_path, *keys)
        with pytest.raises(Unreadable, match=f"key {OLD.id}, .* have {ours}; put that"):
            sounds.read(SOUND)
        assert sounds.key_of(SOUND) == OLD.id
        assert sounds.has(SOUND)


@pytest.mark.parametrize("left", [0, 10, 28, 40, 65_000, 70_000])
def test_a_damaged_sound_says_so(tmp_path, left):
    sounds = store(tmp_path, KEY)
    sounds.put(SOUND, WAV)
    os.truncate(sounds.folder / "ab" / f"{SOUND}.ivm", left)
    for act in (sounds.read, sounds.size):
        with pytest.raises(Unreadable, match=r"is damaged: .*; take it from a backup"):
            act(SOUND)
    assert sounds.drop(SOUND)


def test_a_sound_of_one_name_is_no_other_ones(tmp_path):
    sounds = store(tmp_path, KEY)
    sounds.put(SOUND, WAV)
    twin = "ab" * 12
    os.link(sounds.folder / "ab" / f"{SOUND}.ivm", sounds.folder / "ab" / f"{twin}.ivm")
    with pytest.raises(Unreadable):
        sounds.read(twin)


def test_the_walk_sees_sounds_and_nothing_else(tmp_path):
    sounds = store(tmp_path)
    sounds.put(SOUND, WAV)
    store(tmp_path, KEY).put(OTHER, WAV)
    folder = sounds.folder
    (folder / "ab" / ".new-12").write_text("")
    (folder / "ab" / "notes.wav").write_text("")
    (folder / "lost+found").mkdir()
    (folder / "ef").write_text("")

    assert [(one.sound, one.sealed) for one in sounds.walk()] == [
        (SOUND, False),
        (OTHER, True),
    ]


def test_usage_counts_sounds_and_bytes(tmp_path):
    sounds = store(tmp_path)
    assert sounds.usage().sounds == 0
    sounds.put(SOUND, WAV)
    sounds.put(OTHER, b"four")
    usage = sounds.usage()
    assert usage == Usage(2, len(WAV) + 4, usage.free)
    assert usage.free > 0


def test_what_nobody_finishes_goes_but_not_what_is_being_written(tmp_path):
    sounds = store(tmp_path)
    sounds.put(SOUND, WAV)
    for name, at in ((".new-old", 1000), (".new-young", 5000)):
        path = sounds.folder / "ab" / name
        path.write_text("half")
        os.utime(path, (at, at))
    os.utime(sounds.folder / "ab" / f"{SOUND}.wav", (1000, 1000))

    assert sounds.tour(now=5600).usage().sounds == 1
    assert files(sounds.folder) == ["ab/.new-young", f"ab/{SOUND}.wav"]


@both
def test_many_threads_keep_and_drop_at_once(tmp_path, keys):
    sounds = store(tmp_path, *keys)
    wrong = []

    def work(number):
        for turn in range(10):
            own = f"{number:02x}{turn:02x}" * 8
            try:
                sounds.put(own, WAV[: 1000 * number])
                sounds.put(SOUND, WAV)
                if sounds.read(own) != WAV[: 1000 * number]:
                    wrong.append(own)
                sounds.drop(own)
                sounds.drop(SOUND)
            except StoreFailed as failed:
                wrong.append(str(failed))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert files(tmp_path) == []


@pytest.mark.parametrize(("ours", "others"), [((KEY,), ()), ((), (KEY,))])
def test_a_sound_that_another_process_writes_meanwhile_does_not_vanish(
    tmp_path, monkeypatch, ours, others
):
    sounds = store(tmp_path, *ours)
    sounds.put(SOUND, WAV)
    seen = sounds.key_of

    def meanwhile(sound):
        found = seen(sound)
        store(tmp_path, *others).put(sound, WAV)
        return found

    monkeypatch.setattr(sounds, "key_of", meanwhile)
    assert not sounds.seal_anew(SOUND)
    assert store(tmp_path, KEY).read(SOUND) == WAV


def test_a_sound_is_found_while_it_is_sealed(tmp_path, monkeypatch):
    plain, sealing = store(tmp_path), store(tmp_path, KEY)
    plain.put(SOUND, WAV)
    opening = os.open
    looked = []

    def after_a_look(path, *args, **more):
        try:
            return opening(path, *args, **more)
        except FileNotFoundError:
            if path == f"{SOUND}.ivm" and not looked:
                looked.append(path)
                sealing.put(SOUND, WAV)
            raise

    monkeypatch.setattr(os, "open", after_a_look)
    assert sealing.read(SOUND) == WAV
    assert looked


def test_a_shelf_that_a_killed_process_made_is_synced_once(tmp_path, monkeypatch):
    sounds = store(tmp_path)
    (sounds.folder / "ab").mkdir(0o700)
    synced = []

    def fsync(handle):
        synced.append(os.fstat(handle).st_ino)

    monkeypatch.setattr(os, "fsync", fsync)
    for _ in range(2):
        sounds.put(SOUND, WAV)
    assert synced.count(sounds.folder.stat().st_ino) == 1
