"""`ivrflow voicemail import`: a voicemail.conf, and what lies in its spool."""

import hashlib
import os

import pytest
from click.testing import CliRunner

from ivrflow.audio import folder as folder_of_sounds
from ivrflow.cli import main
from ivrflow.hashing import Hasher, read_pepper
from ivrflow.secret import Secret
from tests.unit.cli.mailboxes_rig import (
    CONF,
    LEFT,
    SETTINGS,
    Spool,
    imported,
    no_syncs,
    write,
)
from tests.unit.speech.wavs import tone_wav


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    no_syncs(monkeypatch)


@pytest.fixture
def spool(tmp_path):
    return Spool(tmp_path / "spool")


def brought(site, spool, *more):
    conf = str(site.folder / "voicemail.conf")
    return site.run("import", conf, "--spool", str(spool.root), *more)


# voicemail.conf -----------------------------------------------------------------------


def test_a_conf_becomes_mailboxes_and_tells_what_it_does_not(tmp_path):
    write(tmp_path, "voicemail.conf", CONF.replace("wav", "wav\nvolgain = 3"))
    conf, site = str(tmp_path / "voicemail.conf"), str(tmp_path / "site")

    printed = CliRunner().invoke(main, ["voicemail", "import", conf])
    written = CliRunner().invoke(main, ["voicemail", "import", conf, "-o", site])
    again = CliRunner().invoke(main, ["voicemail", "import", conf, "-o", site])

    assert "box_1001:" in printed.stdout
    assert "volgain" in printed.stderr
    assert (tmp_path / "site/mailboxes.yaml").read_text() == printed.stdout
    assert "4 mailboxes in" in written.stderr
    assert again.exit_code == 2
    assert "--force" in again.stderr
    for result in (printed, written):
        assert "4827" not in result.output


def test_a_conf_that_can_not_be_read_makes_nothing(tmp_path):
    write(tmp_path, "voicemail.conf", "[general]\n")

    conf = str(tmp_path / "voicemail.conf")
    result = CliRunner().invoke(
        main, ["voicemail", "import", conf, "-o", str(tmp_path / "site")]
    )

    assert result.exit_code == 2
    assert not (tmp_path / "site").exists()


# Its spool ----------------------------------------------------------------------------


def test_messages_greetings_and_pins_come_once(tmp_path, spool):
    site = imported(tmp_path)
    spool.message()
    spool.message("msg0001", folder="Urgent", at=LEFT + 60)
    spool.message("msg0000", folder="Old", at=LEFT - 60)
    spool.message("msg0000", folder="Family", box="1002", at=LEFT - 70)
    spool.message("msg0000", folder="Deleted", box="1002", at=LEFT - 80)
    spool.put("default/1001/unavail.wav", tone_wav(2))
    spool.put("default/1001/greet.wav", tone_wav(0.5))
    sounds = "select count(*) from sounds where place = 'store' and sha256 <> ''"

    first = brought(site, spool)
    was = site.rows("select * from messages order by id")
    second = brought(site, spool)

    taken = "taken: 5 messages, 2 greetings, 3 PINs; there already: 0; not taken: 0\n"
    assert first.stdout == taken
    assert second.stdout == (
        "taken: 0 messages, 0 greetings, 0 PINs; there already: 10; not taken: 0\n"
    )
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert site.rows("select * from messages order by id") == was
    assert site.rows(sounds) == [(7,)]
    assert len(list(site.store.walk())) == 7
    told = [what for what in site.audit() if "from Asterisk" in what]
    assert len(told) == 5 + 2 + 3


def test_a_message_is_what_it_was(tmp_path, spool):
    site = imported(tmp_path)
    spool.message("msg0000", folder="Urgent", seconds=1.5)
    spool.put("default/1001/Urgent/msg0000intro.wav", tone_wav(0.75))
    brought(site, spool)

    [one] = site.messages("box_1001")
    shown = site.run("show", one["message"])

    assert (one["state"], one["urgent"], one["folder"]) == ("new", True, "")
    assert (one["from"], one["dialled"]) == ("13800138000", "800")
    assert one["data"] == {"name": "Wang Fang"}
    assert (one["seconds"], one["comment"]) == (1.5, 0.75)
    assert one["at"].startswith("2026-01-01T08:00:00+08:00")
    assert "by 13800138000 (Wang Fang)" in shown.stdout
    assert site.store.read(one["message"]) == tone_wav(1.5)


def test_what_was_heard_or_deleted_there_is_kept_from_now_on(tmp_path, spool):
    site = imported(tmp_path)
    spool.message(folder="Work")
    spool.message(folder="Deleted", at=LEFT + 1)
    brought(site, spool)

    [work] = site.messages("box_1001", "work")
    [deleted] = site.messages("box_1001", "deleted")

    assert (work["state"], deleted["state"]) == ("old", "deleted")
    assert work["heard"] > "2026-02"
    assert deleted["deleted"] > "2026-02"


def test_pins_are_hashed_and_weak_ones_must_be_changed(tmp_path, spool):
    site = imported(tmp_path)
    spool.put("default/1001/secret.conf", "[general]\npassword = 7308\n")
    result = brought(site, spool)

    query = "select name, pin_hash, must_change, fixed from mailboxes order by name"
    pins = {name: rest for name, *rest in site.rows(query)}
    hasher = Hasher(read_pepper(tmp_path / "pepper"))

    assert hasher.matches(Secret("7308"), pins["box_1001"][0])  # as changed by phone
    assert pins["box_1001"][1:] == [0, 0]
    assert hasher.matches(Secret("9471"), pins["box_1002"][0])
    assert pins["box_1002"][1:] == [0, 1]  # `-9471`
    assert pins["box_1003"][1:] == [1, 0]  # its own number
    assert "box_1004" not in pins
    for pin in ("7308", "9471", "4827"):
        assert pin not in result.output + str(site.audit())


def test_what_an_owner_did_here_since_stays(tmp_path, spool):
    site = imported(tmp_path)
    spool.message()
    spool.put("default/1001/unavail.wav", tone_wav(2))
    brought(site, spool)
    [one] = site.messages("box_1001")
    site.run("pin", "box_1001", "--stays", input="8046\n")
    site.run("pin", "box_1002", "--remove")
    site.run("delete", one["message"])
    was = site.rows("select pin_hash from mailboxes order by name")
    spool.put("default/1001/unavail.wav", tone_wav(3))

    again = brought(site, spool)

    assert again.exit_code == 0
    assert site.rows("select pin_hash from mailboxes order by name") == was
    assert site.messages("box_1001") == []
    assert len(site.messages("box_1001", "deleted")) == 1
    assert site.rows("select count(*) from greetings") == [(1,)]


def test_a_greeting_that_its_owner_took_off_does_not_come_back(tmp_path, spool):
    site = imported(tmp_path)
    spool.put("default/1001/unavail.wav", tone_wav(2))
    brought(site, spool)
    site.do("delete from greetings")

    again = brought(site, spool)
    site.do("update sounds set place = 'gone'")
    much_later = brought(site, spool)
    spool.put("default/1001/unavail.wav", tone_wav(3))
    spoken_anew = brought(site, spool)

    assert "0 greetings, 0 PINs; there already: 4" in again.stdout
    assert "0 greetings" in much_later.stdout
    assert "1 greeting," in spoken_anew.stdout


def test_a_message_that_was_removed_here_does_not_come_back(tmp_path, spool):
    site = imported(tmp_path)
    spool.message()
    brought(site, spool)
    site.do("update messages set state = 'gone'")
    site.do("update sounds set place = 'gone'")

    again = brought(site, spool)

    assert "taken: 0 messages" in again.stdout
    assert site.rows("select place from sounds") == [("gone",)]


def test_mailboxes_that_the_site_does_not_have_are_told(tmp_path, spool):
    site = imported(tmp_path)
    spool.message(box="7777")
    spool.put("default/8888/busy.wav", tone_wav(1))

    result = brought(site, spool)

    assert result.exit_code == 1
    assert "default/7777 (1 message): not in mailboxes.yaml" in result.stderr
    assert "default/8888 (0 messages): not in mailboxes.yaml" in result.stderr
    assert site.rows("select count(*) from messages") == [(0,)]


def test_a_mailbox_that_got_another_name_is_found_by_its_number(tmp_path, spool):
    site = imported(tmp_path)
    path = tmp_path / "site/mailboxes.yaml"
    path.write_text(path.read_text().replace("box_1001:", "li:"))
    spool.message()

    assert brought(site, spool).exit_code == 0
    assert len(site.messages("li")) == 1


def test_what_can_not_be_read_is_told_and_the_rest_is_taken(tmp_path, spool):
    site = imported(tmp_path)
    spool.message("msg0000")
    spool.message("msg0001", at=LEFT + 1)
    spool.put("default/1001/INBOX/msg0001.wav", b"no sound at all, but some bytes")
    spool.put("default/1001/INBOX/msg0001intro.wav", b"")

    result = brought(site, spool)

    assert result.exit_code == 1
    assert "taken: 1 message," in result.stdout
    assert "default/1001/INBOX/msg0001.wav: it is no WAV file" in result.stderr


def test_a_dry_run_only_tells(tmp_path, spool):
    site = imported(tmp_path)
    spool.message()
    spool.put("default/1001/busy.wav", tone_wav(1))

    result = brought(site, spool, "--dry-run")

    assert result.exit_code == 0
    assert "box_1001: 1 message, 1 greeting, a PIN\n" in result.stdout
    assert site.rows("select count(*) from messages") == [(0,)]
    assert site.rows("select count(*) from mailboxes") == [(0,)]
    assert list(site.store.walk()) == []


def test_new_messages_whose_time_is_over_are_told_beforehand(tmp_path, spool):
    site = imported(tmp_path)
    path = tmp_path / "site/mailboxes.yaml"
    path.write_text(path.read_text().replace("{deleted: 7d}", "2d", 1))
    spool.message()

    told = brought(site, spool, "--dry-run").stderr

    assert "box_1001: 1 new message will be removed soon" in told


def test_with_a_key_what_comes_is_sealed(tmp_path, spool):
    write(tmp_path, "key", hashlib.sha256(b"any").hexdigest() + "\n")
    site = imported(tmp_path, settings=SETTINGS + "voicemail: {keys: [key]}\n")
    spool.message()
    brought(site, spool)

    [file] = site.store.walk()
    [one] = site.messages("box_1001")

    assert file.sealed
    assert site.store.read(one["message"]) == tone_wav(1)


def test_a_full_disk_ends_it_and_the_next_run_goes_on(tmp_path, spool, monkeypatch):
    site = imported(tmp_path)
    for n in range(4):
        spool.message(f"msg000{n}", at=LEFT + n)
    real, written = os.rename, []

    def full(*given, **more):
        written.append(given)
        if len(written) == 3:
            raise OSError(28, "No space left on device")
        return real(*given, **more)

    monkeypatch.setattr(folder_of_sounds.os, "rename", full)
    stopped = brought(site, spool)
    monkeypatch.setattr(folder_of_sounds.os, "rename", real)
    went_on = brought(site, spool)

    assert stopped.exit_code == 1
    assert "2 messages taken in, each of them whole. Run it again" in stopped.stderr
    assert "taken: 2 messages" in went_on.stdout
    assert len(list(site.store.walk())) == 4
    assert site.rows("select count(*) from sounds where sha256 = ''") == [(0,)]


def test_who_stops_it_between_two_messages_loses_nothing(tmp_path, spool, monkeypatch):
    site = imported(tmp_path)
    for n in range(3):
        spool.message(f"msg000{n}", at=LEFT + n)
    from ivrflow.db.taking_in import SqlTakingIn

    real, taken = SqlTakingIn.message, []

    async def stops(rows, *given):
        if len(taken) == 1:
            raise KeyboardInterrupt
        taken.append(given)
        return await real(rows, *given)

    monkeypatch.setattr(SqlTakingIn, "message", stops)
    stopped = brought(site, spool)
    monkeypatch.setattr(SqlTakingIn, "message", real)
    went_on = brought(site, spool)

    assert "stopped; 1 message taken in" in stopped.stderr
    assert "taken: 2 messages" in went_on.stdout
    assert len(site.messages("box_1001")) == 3
