"""Every sound under the new key, whenever it is killed."""

import contextlib
import itertools
import os

import pytest

from ivrflow.audio.folder import NoRoom
from ivrflow.audio.keyring import Key, Keyring, make_key
from ivrflow.audio.rotation import Progress, Rotated, rotate
from ivrflow.audio.store import Store

NEW, OLD = Key(make_key()), Key(make_key())
SOUNDS = {f"{n:02x}" * 16: bytes([n]) * 1000 * n for n in range(1, 4)}
TWO = dict(list(SOUNDS.items())[:2])

WAYS = {
    "to another key": (Keyring([OLD]), Keyring([NEW, OLD])),
    "to the first key": (Keyring(), Keyring([NEW])),
    "to no key": (Keyring([OLD]), Keyring([OLD], seals=False)),
}
ways = pytest.mark.parametrize("way", WAYS)


class Killed(BaseException):
    """The process is no more."""


@contextlib.contextmanager
def mortal(monkeypatch, at):
    """The process dies at its act number *at* on the disk, and does nothing after it.

    Gives the list of acts.
    """
    done = []

    def but(act):
        def acting(*args, **more):
            if len(done) >= at:
                raise Killed
            done.append(act)
            return act(*args, **more)

        return acting

    with monkeypatch.context() as patch:
        for name in ("open", "fsync", "rename", "unlink", "mkdir"):
            patch.setattr(os, name, but(getattr(os, name)))
        yield done


def filled(folder, keyring, sounds=SOUNDS):
    store = Store(folder, keyring)
    for sound, wav in sounds.items():
        store.put(sound, wav)
    return store


def is_whole(store, sounds=SOUNDS):
    return all(store.read(sound) == wav for sound, wav in sounds.items())


@ways
def test_all_sounds_come_under_the_key_that_seals(tmp_path, way):
    before, after = WAYS[way]
    filled(tmp_path / "v", before)
    store = Store(tmp_path / "v", after)
    key = after.seals.id if after.seals else ""

    assert rotate(store) == Rotated(key, changed=3, already=0, failed={})
    assert {store.key_of(sound) for sound in SOUNDS} == {key}
    assert is_whole(store)
    assert len(list(store.walk())) == 3
    assert rotate(store) == Rotated(key, changed=0, already=3, failed={})


def test_afterwards_the_old_key_is_not_needed(tmp_path):
    filled(tmp_path / "v", Keyring([OLD]))
    rotate(Store(tmp_path / "v", Keyring([NEW, OLD])))
    assert is_whole(Store(tmp_path / "v", Keyring([NEW])))


@ways
def test_killed_at_each_moment_it_is_whole_and_goes_on(tmp_path, monkeypatch, way):
    before, after = WAYS[way]
    moment = 0
    while True:
        folder = tmp_path / str(moment)
        filled(folder, before, TWO)
        store = Store(folder, after)
        with mortal(monkeypatch, moment) as done, contextlib.suppress(Killed):
            rotate(store)
        if len(done) < moment:
            break  # it came to its end before
        moment += 1

        assert is_whole(store, TWO)
        assert rotate(store).whole
        assert is_whole(store, TWO)
        store.tour(now=9e9)
        assert len([p for p in folder.rglob("*") if p.is_file()]) == 2
        assert {store.key_of(s) for s in TWO} == {after.seals.id if after.seals else ""}
    assert moment > 20


def test_it_tells_how_far_it_is(tmp_path):
    filled(tmp_path / "v", Keyring())
    told = []
    rotate(Store(tmp_path / "v", Keyring([NEW])), told.append)
    assert told == [Progress(sound, n, 3) for n, sound in enumerate(SOUNDS, 1)]


def test_ctrl_c_leaves_a_whole_store(tmp_path):
    filled(tmp_path / "v", Keyring())
    store = Store(tmp_path / "v", Keyring([NEW]))

    def stop(progress):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rotate(store, stop)
    assert is_whole(store)
    assert rotate(store).changed == 2


def test_what_can_not_be_read_is_told_and_stops_nothing(tmp_path):
    store = filled(tmp_path / "v", Keyring([OLD]))
    first, second, third = SOUNDS
    os.truncate(store.folder / first[:2] / f"{first}.ivm", 40)
    os.truncate(store.folder / second[:2] / f"{second}.ivm", 10)
    rotated = rotate(Store(tmp_path / "v", Keyring([NEW, OLD])))

    assert (rotated.changed, rotated.already) == (1, 0)
    assert not rotated.whole
    assert list(rotated.failed) == [first, second]
    assert "is damaged" in rotated.failed[first]

    rotated = rotate(Store(tmp_path / "v", Keyring([OLD])))
    assert f"sealed with key {NEW.id}" in rotated.failed[third]


def test_on_a_full_disk_it_stops_and_the_next_run_goes_on(tmp_path, monkeypatch):
    filled(tmp_path / "v", Keyring())
    store = Store(tmp_path / "v", Keyring([NEW]))
    rename = os.rename

    def full(source, target, **more):
        if target.startswith("02"):
            raise OSError(28, "No space left on device")
        rename(source, target, **more)

    monkeypatch.setattr(os, "rename", full)
    with pytest.raises(NoRoom):
        rotate(store)
    monkeypatch.undo()
    assert is_whole(store)
    assert rotate(store) == Rotated(NEW.id, changed=2, already=1, failed={})


def test_what_is_dropped_while_it_is_sealed_anew_does_not_come_back(
    tmp_path, monkeypatch
):
    store = filled(tmp_path / "v", Keyring())
    gone = next(iter(SOUNDS))
    dropped = []

    def drop_meanwhile(handle):
        if not dropped:  # the new file is written, but not in its place yet
            dropped.append(gone)
            store.drop(gone)

    monkeypatch.setattr(os, "fsync", drop_meanwhile)
    rotated = rotate(Store(tmp_path / "v", Keyring([NEW])))

    assert dropped == [gone]
    assert not store.has(gone)
    assert rotated.changed == 2


def test_what_came_meanwhile_is_sealed_anew_too(tmp_path):
    store = filled(tmp_path / "v", Keyring([OLD]))
    late = "ff" * 16

    def left(progress):
        if progress.done == 3:  # by a service that is restarted right after it
            store.put(late, b"late")

    rotated = rotate(Store(tmp_path / "v", Keyring([NEW, OLD])), left)
    assert rotated == Rotated(NEW.id, changed=4, already=0, failed={})
    assert Store(tmp_path / "v", Keyring([NEW])).read(late) == b"late"


def test_a_service_that_was_not_restarted_is_noticed(tmp_path, monkeypatch):
    running = filled(tmp_path / "v", Keyring([OLD]))
    store = Store(tmp_path / "v", Keyring([NEW, OLD]))
    anew, count = store.seal_anew, itertools.count(0x10)
    late = []

    def while_messages_come(sound):
        done = anew(sound)
        if done:
            late.append(f"{next(count):02x}" * 16)
            running.put(late[-1], b"late")
        return done

    monkeypatch.setattr(store, "seal_anew", while_messages_come)
    rotated = rotate(store)
    assert not rotated.whole
    assert late[-1] in rotated.failed
    why = f"written meanwhile with key {OLD.id}: a service runs that was not restarted"
    assert rotated.failed[late[-1]].startswith(why)
    assert rotated.changed + rotated.already + len(rotated.failed) == 3 + len(late)
