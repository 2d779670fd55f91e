"""Files against rows."""

import hashlib
import os

from ivrflow.audio.checking import Wrong, check
from ivrflow.audio.keyring import Key, Keyring, make_key
from ivrflow.audio.rotation import Progress
from ivrflow.audio.store import Store

OLD, NEW = Key(make_key()), Key(make_key())
ONE, TWO, THREE = "11" * 16, "22" * 16, "33" * 16
DIGEST = hashlib.sha256(b"sound").hexdigest()


def store(folder, *keys):
    return Store(folder / "voicemail", Keyring(keys))


def test_all_is_well(tmp_path):
    sounds = store(tmp_path, NEW)
    sounds.put(ONE, b"sound")
    told = []
    assert check(sounds, {ONE: DIGEST, TWO: ""}, told.append) == []
    assert told == [Progress(ONE, 1, 1)]


def test_what_is_wrong_is_told_of_each(tmp_path):
    sounds = store(tmp_path, NEW)
    sounds.put(TWO, b"another sound")
    sounds.put(THREE, b"sound")
    assert check(sounds, {ONE: DIGEST, TWO: DIGEST}) == [
        Wrong(ONE, "its file is missing"),
        Wrong(TWO, "its content is another one than its row says"),
        Wrong(THREE, "it has no row in the database"),
    ]


def test_what_does_not_open_says_why(tmp_path):
    store(tmp_path, OLD).put(ONE, b"sound")
    sounds = store(tmp_path, NEW)
    sounds.put(TWO, b"sound")
    os.truncate(sounds.folder / "22" / f"{TWO}.ivm", 30)
    one, two = check(sounds, {ONE: DIGEST, TWO: ""})
    assert f"sealed with key {OLD.id}" in one.why
    assert "is damaged: it was cut short" in two.why
