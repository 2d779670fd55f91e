"""`ivrflow voicemail keys`, `rotate` and `check`, as operators type them."""

import asyncio
import os
import sqlite3
from array import array

import pytest
from click.testing import CliRunner

from ivrflow.audio.keyring import make_key, read_key
from ivrflow.cli import main
from ivrflow.config import read_settings
from ivrflow.db.audit import SqlAudit
from ivrflow.db.engine import Database
from ivrflow.db.upgrade import upgrade
from ivrflow.prompts.audio import Sound, write_wav
from ivrflow.service.archive import store_of
from tests.unit.service.test_service import SETTINGS, installed

WAV = write_wav(Sound(array("h", range(-4000, 4000)), 8000))
ONE, TWO = "1a" * 16, "2b" * 16


@pytest.fixture(autouse=True)
def a_disk_that_forgets_nothing(monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda handle: None)


class Place:
    """An installation whose keys can be changed."""

    def __init__(self, folder):
        self.folder = folder
        self.ids = {}
        installed(folder)
        upgrade(self.settings.url(self.settings.database))

    @property
    def settings(self):
        return read_settings(self.folder / "ivrflow.yaml")

    @property
    def store(self):
        return store_of(self.settings)

    def key(self, name):
        path = self.folder / name
        path.write_text(make_key().reveal())
        path.chmod(0o400)
        self.ids[name] = read_key(path).id

    def set(self, more):
        (self.folder / "ivrflow.yaml").write_text(f"{SETTINGS}voicemail: {more}\n")

    def kept(self, sound):
        """It lies in the store, and its row says so."""
        copied = self.store.put(sound, WAV)
        with sqlite3.connect(self.folder / "ivrflow.db") as db:
            db.execute(
                "insert into sounds (id, kind, place, at, seconds, ends, bytes, sha256,"
                " recorded) values (?, 'message', 'store', 0, 1, 0, ?, ?, '')",
                (sound, copied.size, copied.sha256),
            )
        db.close()

    def run(self, *words):
        config = str(self.folder / "ivrflow.yaml")
        return CliRunner().invoke(main, ["voicemail", *words, "--config", config])

    def audited(self):
        async def newest():
            database = Database(self.settings.url(self.settings.database))
            try:
                return await SqlAudit(database).newest(9)
            finally:
                await database.close()

        return [(entry.what, entry.after) for entry in asyncio.run(newest())]


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


def test_a_first_key_and_then_a_new_one_seal_all_that_is_there(place):
    place.kept(ONE)
    place.key("first")
    place.set("{keys: [first]}")
    done = place.run("rotate")
    assert done.output.splitlines() == [
        "1 sounds were sealed anew, 0 were so already",
        f"All are with key {place.ids['first']}; no other key is needed.",
    ]

    place.key("second")
    place.set("{keys: [second, first]}")
    place.kept(TWO)
    listed = place.run("keys")
    assert listed.output.splitlines() == [
        f"key {place.ids['second']}: seals, 1",
        f"key {place.ids['first']}: opens, 1",
    ]
    assert place.run("rotate").exit_code == 0

    place.set("{keys: [second]}")
    assert place.store.read(ONE) == place.store.read(TWO) == WAV
    assert place.run("check").output == "All 2 sounds are as they should be.\n"
    what = "voicemail: all sounds are sealed anew"
    assert place.audited() == [
        (what, f"key {place.ids['second']}"),
        (what, f"key {place.ids['first']}"),
    ]


def test_it_leads_back_out_of_being_sealed(place):
    place.key("first")
    place.set("{keys: [first]}")
    place.kept(ONE)
    place.set("{keys: [first], seal: no}")
    assert place.run("keys").output.splitlines() == [
        f"key {place.ids['first']}: opens, 1",
        "not sealed: 0",
    ]
    assert "All are plain" in place.run("rotate").output

    place.set("{}")
    assert place.store.read(ONE) == WAV


def test_without_any_key_nothing_is_called_sealed(place):
    place.kept(ONE)

    assert place.run("rotate").output.splitlines() == [
        "0 sounds were unsealed, 1 were so already",
        "Nothing is sealed: the settings have no `voicemail: keys:`.",
    ]


def test_a_key_that_was_taken_out_too_early_is_told(place):
    place.key("first")
    place.key("second")
    place.set("{keys: [first]}")
    place.kept(ONE)
    place.set("{keys: [second]}")

    listed, rotated, checked = map(place.run, ("keys", "rotate", "check"))

    assert [one.exit_code for one in (listed, rotated, checked)] == [1, 1, 1]
    assert f"the settings don't have: {place.ids['first']} (1 sounds)" in listed.output
    assert "keep all keys until they are" in rotated.output
    assert f"{ONE}: sound {ONE} is sealed with key" in checked.output


def test_a_key_that_is_none_ends_the_command_with_what_to_do(place):
    (place.folder / "short").write_text("c0ffee")
    place.set("{keys: [short]}")
    for command in ("keys", "rotate", "check"):
        told = place.run(command)
        assert told.exit_code == 1
        assert "holds no key: 64 hexadecimal digits" in told.output


def test_check_tells_what_is_missing_changed_and_unknown(place):
    for sound in (ONE, TWO):
        place.kept(sound)
    (place.store.folder / "2b" / f"{TWO}.wav").write_bytes(WAV[:-2])
    place.store.drop(ONE)
    place.store.put("3c" * 16, WAV)

    told = place.run("check")

    assert told.exit_code == 1
    assert told.output.splitlines() == [
        f"{ONE}: its file is missing",
        f"{TWO}: its content is another one than its row says",
        f"{'3c' * 16}: it has no row in the database",
        "Error: 3 sounds are not as they should be",
    ]


def test_ctrl_c_leaves_a_whole_store_and_says_how_it_goes_on(place, monkeypatch):
    place.kept(ONE)
    place.key("first")
    place.set("{keys: [first]}")

    def pressed(*given):
        raise KeyboardInterrupt

    monkeypatch.setattr("ivrflow.audio.rotation._pass", pressed)
    told = place.run("rotate")
    assert told.exit_code == 1
    assert "run it again, and it goes on" in told.output
    assert place.store.read(ONE) == WAV
