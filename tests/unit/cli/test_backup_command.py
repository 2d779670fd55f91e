"""`ivrflow backup` and `restore`, with and without a service that writes meanwhile."""

import asyncio
import json
import shutil
import sqlite3
from contextlib import closing

import pytest
from click.testing import CliRunner

from ivrflow.audio.keyring import Keyring
from ivrflow.audio.store import Store
from ivrflow.cli import main
from ivrflow.db.audit import Entry, SqlAudit
from ivrflow.db.engine import Database
from ivrflow.db.owner import owned
from ivrflow.hashing import make_pepper
from tests.unit.console.supervised import empty_database
from tests.unit.service.test_service import installed, write

ONE, TWO = "a1" * 16, "b2" * 16


class Place:
    """An installation with a database and two sounds."""

    def __init__(self, folder):
        self.folder = folder
        self.settings, _ = installed(folder)
        self.url = self.settings.url(self.settings.database)
        self.database = folder / "ivrflow.db"

    def fill(self):
        self.database.write_bytes(empty_database())
        self.note("before")
        store = Store(self.folder / "voicemail", Keyring())
        for sound in (ONE, TWO):
            store.put(sound, b"RIFF" + sound.encode())
        return self

    def note(self, what):
        async def work():
            database = Database(self.url)
            await SqlAudit(database).add(Entry(at=1.0, who="test", what=what))
            await database.close()

        asyncio.run(work())

    def audit(self, path=None):
        with closing(sqlite3.connect(path or self.database)) as file:
            return [what for (what,) in file.execute("SELECT what FROM audit")]

    def run(self, *words):
        config = str(self.folder / "ivrflow.yaml")
        return CliRunner().invoke(main, [*map(str, words), "--config", config])

    def sounds(self):
        return sorted(p.name for p in (self.folder / "voicemail").glob("??/*"))


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path / "here").fill()


@pytest.fixture
def elsewhere(place, tmp_path):
    """Another machine, with the same pepper."""
    other = Place(tmp_path / "there")
    shutil.copy(place.folder / "pepper", other.folder / "pepper")
    return other


def test_backup_is_brought_back_elsewhere_whole(place, elsewhere, tmp_path):
    made = place.run("backup", tmp_path / "b")
    place.note("after")
    looked = elsewhere.run("restore", tmp_path / "b", "--check")
    assert not elsewhere.database.exists()
    back = elsewhere.run("restore", tmp_path / "b")

    assert made.exit_code == 0, made.output
    assert "2 files of sounds" in made.output
    assert looked.output.startswith(f"{tmp_path}/b: whole, made 20")
    assert back.exit_code == 0, back.output
    assert "now start the service" in back.output
    assert elsewhere.audit()[0] == "before"
    assert "after" not in elsewhere.audit()
    assert elsewhere.audit()[-1] == "database brought back"
    assert place.audit()[1] == f"backup made: {tmp_path}/b"
    assert elsewhere.sounds() == place.sounds() != []
    assert elsewhere.run("voicemail", "check").exit_code in (0, 1)
    assert elsewhere.database.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "b").stat().st_mode & 0o777 == 0o700


def test_backup_of_one_who_writes_is_of_one_moment(place, tmp_path):
    with closing(sqlite3.connect(place.database)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("INSERT INTO audit (at, who, what) VALUES (2.0, 'x', 'open')")
        # Neither waits for the other, and what is not committed is not in it.
        from ivrflow.db.snapshot import copy_database

        copy_database(place.url, tmp_path / "copy.db")
        writer.execute("COMMIT")

    assert place.audit(tmp_path / "copy.db") == ["before"]
    assert place.audit()[-1] == "open"


def test_nothing_is_written_over(place, tmp_path):
    assert place.run("backup", tmp_path / "b").exit_code == 0
    again = place.run("backup", tmp_path / "b")
    over = place.run("restore", tmp_path / "b")

    assert "is there already; name a new one" in again.output
    assert (over.exit_code, "with --aside it gets another name" in over.output) == (
        1,
        True,
    )
    assert place.audit()[0] == "before"


def test_what_is_there_is_put_aside_if_that_is_said(place, tmp_path):
    place.run("backup", tmp_path / "b")
    place.note("after")
    back = place.run("restore", tmp_path / "b", "--aside")

    assert back.exit_code == 0, back.output
    assert "after" not in place.audit()
    [old] = place.folder.glob("ivrflow.db.before-*")
    assert "after" in place.audit(old)
    assert len(list(place.folder.glob("voicemail.before-*"))) == 1
    assert len(place.sounds()) == 2


async def test_no_restore_while_a_service_runs(place, tmp_path):
    made = await asyncio.to_thread(place.run, "backup", tmp_path / "b")
    async with owned(place.url):
        over = await asyncio.to_thread(place.run, "restore", tmp_path / "b", "--aside")

    assert made.exit_code == 0
    assert "stop it first (systemctl stop ivrflow)" in over.output
    assert place.audit()[0] == "before"


@pytest.mark.parametrize("what", ["cut", "missing", "changed"])
def test_backup_that_is_not_whole_is_refused_before_anything_is_done(
    place, elsewhere, tmp_path, what
):
    place.run("backup", tmp_path / "b")
    database = tmp_path / "b" / "ivrflow.db"
    if what == "cut":
        database.write_bytes(database.read_bytes()[:5000])
    elif what == "changed":
        database.write_bytes(database.read_bytes() + b"x")
    else:
        database.unlink()
    result = elsewhere.run("restore", tmp_path / "b")

    assert result.exit_code == 1
    assert "take another backup" in result.output
    assert not elsewhere.database.exists()


def test_backup_that_did_not_come_to_its_end_is_none(elsewhere, tmp_path):
    (tmp_path / "b").mkdir()

    result = elsewhere.run("restore", tmp_path / "b")

    assert "is no whole backup" in result.output


def test_backup_without_all_of_its_sounds_is_refused(place, elsewhere, tmp_path):
    place.run("backup", tmp_path / "b")
    next((tmp_path / "b").glob("voicemail/a1/*")).unlink()

    assert "1 files, and 2 were backed up" in (
        elsewhere.run("restore", tmp_path / "b").output
    )


def test_backup_of_another_pepper_is_refused(place, tmp_path):
    place.run("backup", tmp_path / "b")
    (place.folder / "pepper").unlink()
    make_pepper(place.folder / "pepper")

    result = place.run("restore", tmp_path / "b", "--check")

    assert "no PIN would work; put the right one there first" in result.output


def test_backup_of_a_newer_version_is_refused(place, elsewhere, tmp_path):
    with closing(sqlite3.connect(place.database)) as file:
        file.execute("UPDATE alembic_version SET version_num = '9999'")
        file.commit()
    made = place.run("backup", tmp_path / "b")

    assert made.exit_code == 1
    assert "made by a newer ivrflow" in made.output
    assert not (tmp_path / "b").exists()


def test_damaged_database_is_no_backup_and_leaves_none(place, tmp_path):
    data = bytearray(place.database.read_bytes())
    middle = len(data) // 2 // 4096 * 4096
    data[middle : middle + 4096] = b"\xff" * 4096
    place.database.write_bytes(bytes(data))

    made = place.run("backup", tmp_path / "b")

    assert made.exit_code == 1
    assert not (tmp_path / "b").exists()


def test_the_database_alone_leaves_sounds_as_they_are(place, elsewhere, tmp_path):
    made = place.run("backup", tmp_path / "b", "--without-sounds")
    manifest = json.loads((tmp_path / "b" / "backup.json").read_text())
    back = elsewhere.run("restore", tmp_path / "b")

    assert "files of sounds" not in made.output
    assert manifest["sounds"] is None
    assert back.exit_code == 0, back.output
    assert elsewhere.sounds() == []


def test_no_secret_and_no_pepper_is_in_a_backup(place, tmp_path):
    place.run("backup", tmp_path / "b")

    whole = b"".join(p.read_bytes() for p in (tmp_path / "b").rglob("*") if p.is_file())
    for name in ("pepper", "password", "token"):
        assert (place.folder / name).read_bytes().strip() not in whole


def test_a_database_that_is_no_file_names_its_own_tools(tmp_path):
    installed(tmp_path)
    text = (tmp_path / "ivrflow.yaml").read_text()
    write(
        tmp_path,
        "ivrflow.yaml",
        text.replace("sqlite:///ivrflow.db", "postgresql://u:canary@h/ivrflow"),
    )
    result = CliRunner().invoke(
        main, ["backup", str(tmp_path / "b"), "-c", str(tmp_path / "ivrflow.yaml")]
    )

    assert result.exit_code == 1
    assert "take it with `pg_dump --format=custom`" in result.output
    assert "canary" not in result.output


def test_a_place_that_is_not_there_is_told_with_a_cure(place, tmp_path):
    result = place.run("backup", tmp_path / "no" / "b")

    assert result.exit_code == 1
    assert "make that folder first" in result.output


def test_what_is_brought_back_is_for_its_owner_alone(place, elsewhere, tmp_path):
    place.run("backup", tmp_path / "b")
    elsewhere.run("restore", tmp_path / "b")

    files = [elsewhere.database, *(elsewhere.folder / "voicemail").glob("??/*")]
    assert len(files) == 3
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def test_a_link_in_the_folder_of_the_service_leads_root_nowhere(
    place, elsewhere, tmp_path
):
    others = tmp_path / "others"
    others.write_text("not ours")
    shelf = place.folder / "voicemail" / ONE[:2]
    (shelf / f"{'c' * 32}.wav").symlink_to(others)
    (elsewhere.folder / ".ivrflow.db.part").symlink_to(others)

    place.run("backup", tmp_path / "b")
    back = elsewhere.run("restore", tmp_path / "b")

    assert back.exit_code == 0, back.output
    assert "2 files of sounds" in back.output
    assert others.read_text() == "not ours"
    assert not elsewhere.database.is_symlink()


def test_a_folder_may_be_named_from_where_one_stands(
    place, elsewhere, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    made = place.run("backup", "b")
    back = elsewhere.run("restore", "b")

    assert made.exit_code == 0, made.output
    assert back.exit_code == 0, back.output
    assert f"backup made: {tmp_path / 'b'}" in place.audit()


def test_what_is_put_aside_keeps_what_stands_in_its_log_alone(
    place, elsewhere, tmp_path
):
    place.run("backup", tmp_path / "b")
    elsewhere.fill()
    # As a service that was killed leaves it: the newest rows are in the log alone.
    with closing(sqlite3.connect(elsewhere.database)) as file:
        file.execute("PRAGMA journal_mode = WAL")
        file.execute("PRAGMA wal_autocheckpoint = 0")
        add = "INSERT INTO audit (at, who, what) VALUES (2, 'test', 'the last')"
        file.execute(add)
        file.commit()
        for end in ("", "-wal"):
            shutil.copy(f"{elsewhere.database}{end}", tmp_path / f"dead{end}")
    for end in ("", "-wal"):
        shutil.copy(tmp_path / f"dead{end}", f"{elsewhere.database}{end}")

    back = elsewhere.run("restore", tmp_path / "b", "--aside")

    assert back.exit_code == 0, back.output
    (aside,) = elsewhere.folder.glob("ivrflow.db.before-*[0-9]")
    assert elsewhere.audit(aside)[-1] == "the last"
