"""`ivrflow voicemail` list, show, hear, pin, delete, restore, hold, release, export."""

import io
import json
import shutil
import tarfile

import pytest

from ivrflow.cli.voicemail import export as exporting
from ivrflow.cli.voicemail import list_ as listing
from tests.unit.cli.mailboxes_rig import (
    LEFT,
    Site,
    Spool,
    imported,
    no_syncs,
    pages_of,
)
from tests.unit.speech.wavs import tone_wav


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A mailbox with two new messages, an old one, and one in a folder of its own."""
    folder = tmp_path_factory.mktemp("made")
    site, spool = imported(folder), Spool(folder / "spool")
    spool.message("msg0000", seconds=1)
    spool.message("msg0001", folder="Urgent", at=LEFT + 60, seconds=2)
    spool.message("msg0000", folder="Old", at=LEFT - 60, seconds=3)
    spool.message("msg0000", folder="Work", at=LEFT - 90, callerid="\x1b[2J<>")
    spool.message("msg0000", box="1002", at=LEFT + 5)
    conf = str(folder / "voicemail.conf")
    with pytest.MonkeyPatch.context() as patch:
        no_syncs(patch)
        assert site.run("import", conf, "--spool", str(spool.root)).exit_code == 0
    return folder


@pytest.fixture
def site(made, tmp_path):
    """The same, for one test."""
    shutil.copytree(made, tmp_path / "of")
    return Site.there(tmp_path / "of")


def test_mailboxes_are_listed_with_what_they_hold(site):
    told = site.run("list").stdout.splitlines()
    listed = json.loads(site.run("list", "--json").stdout)["mailboxes"]

    assert [line.split()[0] for line in told[:2]] == ["mailbox", "box_1001"]
    assert listed[0] == {
        "mailbox": "box_1001",
        "number": "1001",
        "new": 2,
        "urgent": 1,
        "old": 1,
        "pin": "set",
    }
    assert [box["pin"] for box in listed] == [
        "set",
        "set, fixed",
        "set, must change",
        "none",
    ]


def test_messages_are_listed_as_they_are_heard_page_by_page(site, monkeypatch):
    pages_of(monkeypatch, listing, 2)

    seconds = [one["seconds"] for one in site.messages("box_1001")]
    told = site.run("list", "box_1001").stdout

    assert seconds == [2, 1, 3]  # urgent, new, old
    assert told.count("URGENT") == 1
    assert "13800138000 (Wang Fang)" in told
    assert site.run("list", "box_1004").stdout == "no messages in box_1004, inbox\n"


def test_a_mailbox_or_message_that_is_not_there_is_told(site):
    for words in (("list", "nobody"), ("hold", "nobody", "--why", "x")):
        assert "there is no mailbox 'nobody'" in site.run(*words).stderr
    for words in (("show", "f" * 32), ("hear", "../x"), ("delete", "f" * 32)):
        result = site.run(*words)
        assert result.exit_code == 1
        assert "there is no message" in result.stderr


def test_what_a_caller_chose_never_reaches_the_terminal_raw(site):
    [one] = site.messages("box_1001", "work")

    assert "\x1b" not in site.run("list", "box_1001", "-f", "work").stdout
    assert "\x1b" not in site.run("show", one["message"]).stdout


def test_words_are_shown_to_who_asks_for_them_and_the_audit_log_has_it(site):
    [one] = site.messages("box_1002")
    site.do(
        "insert into transcripts (sound, state, language, words, by, tries, error, at)"
        " values (?, 'done', 'en', 'call me back', 'whisper base', 1, '', 0)",
        one["message"],
    )
    before = len(site.audit())

    plain = site.run("show", one["message"])
    assert len(site.audit()) == before
    words = site.run("show", one["message"], "--words")
    for_programs = site.run("show", one["message"], "--words", "--json")

    assert "call me back" not in plain.stdout
    assert "words:    call me back" in words.stdout
    assert json.loads(for_programs.stdout)["transcript"] == "call me back"
    assert site.audit()[-1] == (
        f"transcript of message {one['message']} of mailbox box_1002 read"
    )


def test_a_message_is_written_into_a_file_and_stays_new(site, tmp_path):
    [one] = site.messages("box_1002")
    out = tmp_path / "out.wav"

    first = site.run("hear", one["message"], "-o", str(out))
    again = site.run("hear", one["message"], "-o", str(out))
    piped = site.run("hear", one["message"], "-o", "-")

    assert first.exit_code == 0
    assert out.read_bytes() == tone_wav(1)
    assert out.stat().st_mode & 0o777 == 0o600
    assert "is there already" in again.stderr
    assert piped.stdout_bytes == tone_wav(1)
    assert site.messages("box_1002")[0]["state"] == "new"
    heard = f"message {one['message']} of mailbox box_1002 heard"
    assert site.audit().count(heard) == 2


def test_a_file_that_is_written_over_is_for_nobody_elses_eyes(site, tmp_path):
    [one] = site.messages("box_1002")
    out = tmp_path / "out.wav"
    out.write_bytes(b"what was there")
    out.chmod(0o644)

    with out.open("rb") as open_before:
        result = site.run("hear", one["message"], "-o", str(out), "--force")
        seen = open_before.read()

    assert result.exit_code == 0
    assert out.read_bytes() == tone_wav(1)
    assert out.stat().st_mode & 0o777 == 0o600
    assert seen == b"what was there"
    assert [path.name for path in tmp_path.glob("*out.wav*")] == ["out.wav"]


def test_a_device_is_not_written_over(site):
    [one] = site.messages("box_1002")

    result = site.run("hear", one["message"], "-o", "/dev/null", "--force")

    assert "/dev/null is no file" in result.stderr


def test_what_has_no_comment_or_is_not_in_the_store_is_told(site):
    [one] = site.messages("box_1002")

    comment = site.run("hear", one["message"], "--comment", "-o", "-")
    site.do("update sounds set place = 'switch' where id = ?", one["message"])
    in_asterisk = site.run("hear", one["message"], "-o", "-")

    assert "has no comment" in comment.stderr
    assert "still in Asterisk's spool" in in_asterisk.stderr


def test_a_machine_without_a_player_says_what_to_do(site, monkeypatch):
    [one] = site.messages("box_1002")
    monkeypatch.setenv("PATH", "/nowhere")

    assert "with -o" in site.run("hear", one["message"]).stderr


def test_messages_are_deleted_and_brought_back(site):
    ids = [one["message"] for one in site.messages("box_1001")]

    gone = site.run("delete", *ids)
    again = site.run("delete", ids[0])
    assert site.messages("box_1001") == []
    back = site.run("restore", *ids)

    assert gone.stdout.count(": deleted") == 3
    assert "not deleted: it is deleted" in again.stdout
    assert back.stdout.count(": restored") == 3
    assert [one["message"] for one in site.messages("box_1001")] == ids


def test_of_a_list_with_a_mistake_in_it_nothing_is_done(site):
    ids = [one["message"] for one in site.messages("box_1001")]

    assert site.run("delete", *ids, "nonsense").exit_code == 1
    assert len(site.messages("box_1001")) == 3


def test_holds_are_put_listed_and_lifted(site):
    [one] = site.messages("box_1002")

    site.run("hold", "box_1001", "--why", "case 17")
    site.run("hold", "box_1002", one["message"], "--why", "case 18")
    told = site.run("holds").stdout
    listed = json.loads(site.run("holds", "box_1002", "--json").stdout)["holds"]
    lifted = site.run("release", "box_1001")
    again = site.run("release", "box_1001")

    assert "all of box_1001: since" in told
    assert "case 17" in told
    assert [(one["message"], one["why"]) for one in listed] == [
        (one["message"], "case 18")
    ]
    assert lifted.stdout == "all of box_1001: released\n"
    assert "there is no hold on it" in again.stderr
    assert site.run("holds", "box_1001").stdout == "nothing is on hold\n"
    assert site.audit()[-3:] == [
        "mailbox box_1001",
        f"message {one['message']} of mailbox box_1002",
        "mailbox box_1001",
    ]


def test_a_pin_is_asked_for_hashed_and_must_be_changed(site):
    given = site.run("pin", "box_1004", input="8046\n")
    stays = site.run("pin", "box_1001", "--stays", input="8046\n")
    fixed = site.run("pin", "box_1003", "--fixed", input="8046\n")
    gone = site.run("pin", "box_1002", "--remove")
    listed = json.loads(site.run("list", "--json").stdout)["mailboxes"]

    assert "which its owner has to change" in given.stdout
    assert [box["pin"] for box in listed] == [
        "set",
        "none",
        "set, fixed",
        "set, must change",
    ]
    assert "opens by no PIN any more" in gone.stdout
    again = site.run("pin", "box_1003", input="7153\n")
    assert again.stdout == "mailbox box_1003 has a new PIN\n"
    for result in (given, stays, fixed):
        assert "8046" not in result.stdout + str(site.audit())


@pytest.mark.parametrize(
    ("pin", "why"),
    [("1004", "number of the mailbox"), ("12", "4 to 20 digits"), ("2019", "a year")],
)
def test_a_pin_that_anyone_would_try_is_refused(site, pin, why):
    result = site.run("pin", "box_1004", input=f"{pin}\n")

    assert result.exit_code == 1
    assert why in result.stderr


# Export -------------------------------------------------------------------------------


def unpacked(data):
    """The files of a tar, and what the manifest says."""
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        files = {one.name: tar.extractfile(one).read() for one in tar}
    return files, json.loads(files.pop("manifest.json"))


def test_all_messages_are_exported_with_what_is_known_of_them(
    site, tmp_path, monkeypatch
):
    pages_of(monkeypatch, exporting, 2)
    out = tmp_path / "all.tar"

    result = site.run("export", "-o", str(out))
    files, manifest = unpacked(out.read_bytes())

    assert result.exit_code == 0
    assert out.stat().st_mode & 0o777 == 0o600
    assert manifest["version"] == 1
    assert manifest["mailboxes"] == ["box_1001", "box_1002", "box_1003"]
    assert len(manifest["messages"]) == len(files) == 5
    one = next(m for m in manifest["messages"] if m["mailbox"] == "box_1002")
    assert one["from"] == "13800138000"
    assert files[one["sound"]["file"]] == tone_wav(1)
    assert one["sound"]["bytes"] == len(tone_wav(1))
    assert sum("exported" in what for what in site.audit()) == 5


def test_one_mailbox_goes_into_a_folder_and_since_and_deleted_choose(site, tmp_path):
    ids = [one["message"] for one in site.messages("box_1001")]
    site.run("delete", ids[0])
    out = tmp_path / "taken"
    since = ("--since", "2026-01-01 08:00")

    site.run("export", "box_1001", "-o", str(out), *since)
    few = json.loads((out / "manifest.json").read_text())["messages"]
    again = site.run("export", "box_1001", "-o", str(out))
    site.run("export", "box_1001", "-o", str(out) + "2", "--deleted", *since)
    more = json.loads((tmp_path / "taken2/manifest.json").read_text())["messages"]

    assert [one["message"] for one in few] == [ids[1]]
    assert (out / few[0]["sound"]["file"]).read_bytes() == tone_wav(1)
    assert out.stat().st_mode & 0o777 == 0o700
    assert {one["message"] for one in more} == {ids[0], ids[1]}
    assert "is there already" in again.stderr


def test_standard_output_takes_a_tar_too_and_a_mailbox_once(site):
    result = site.run("export", "box_1002", "box_1002", "-o", "-")

    files, manifest = unpacked(result.stdout_bytes)

    [one] = manifest["messages"]
    assert list(files) == [one["sound"]["file"]]
    assert manifest["mailboxes"] == ["box_1002"]
    assert "standard output: 1 messages\n" in result.stderr


def test_a_sound_that_is_damaged_is_told_and_the_rest_exported(site, tmp_path):
    [one] = site.messages("box_1002")
    site.store.drop(one["message"])

    result = site.run("export", "box_1002", "-o", str(tmp_path / "x.tar"))
    files, manifest = unpacked((tmp_path / "x.tar").read_bytes())

    assert result.exit_code == 1
    assert "1 sounds could not be read" in result.stderr
    assert files == {}
    assert "there is no sound" in manifest["messages"][0]["sound"]["missing"]


@pytest.mark.parametrize("name", ["x.tar", "x"])
def test_who_stops_an_export_leaves_nothing_half(site, tmp_path, name, monkeypatch):
    real, read = type(site.store).read, []

    def stops(store, sound):
        if len(read) == 2:
            raise KeyboardInterrupt
        read.append(sound)
        return real(store, sound)

    monkeypatch.setattr(type(site.store), "read", stops)
    there = set(tmp_path.iterdir())
    result = site.run("export", "-o", str(tmp_path / name))

    assert "stopped; nothing was written" in result.stderr
    assert set(tmp_path.iterdir()) == there


def test_a_name_of_a_packed_file_is_no_folder_of_an_export(site, tmp_path):
    told = site.run("export", "-o", str(tmp_path / "all.zip"))

    assert told.exit_code == 1
    assert "all.zip: exports are folders, or plain .tar files" in told.stderr
    assert list(tmp_path.glob("all*")) == []


def test_a_message_that_is_named_twice_is_restored_once(site):
    message = site.messages("box_1001")[0]["message"]
    site.run("delete", message)

    assert site.run("restore", message, message).stdout.splitlines() == [
        f"{message} of box_1001: restored"
    ]
