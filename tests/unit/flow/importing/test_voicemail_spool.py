"""The spool of Asterisk's voicemail: what is found in it, and what is left alone."""

import os
import re
import socket
import time

import pytest

from ivrflow.flow.importing import voicemail_spool
from ivrflow.flow.importing.voicemail_note import LARGEST_NOTE
from ivrflow.flow.importing.voicemail_sound import LARGEST
from ivrflow.flow.importing.voicemail_spool import (
    FOLDERS,
    SoundFile,
    read_sound,
    read_spool,
)

SOUND = b"RIFF and so on"
LEFT = 1767225600


def note(at=LEFT, callerid='"Li Wei" <13800138000>', more="", **about):
    lines = {"exten": "800", "callerid": callerid, "origtime": at, "duration": 12}
    lines |= {"msg_id": f"{at}-00000001", **about}
    said = "".join(f"{key}={value}\n" for key, value in lines.items())
    return f";\n; Message Information file\n;\n[message]\n{said}{more}"


@pytest.fixture
def spool(tmp_path):
    return Spool(tmp_path / "voicemail")


class Spool:
    """A spool that is filled by hand."""

    def __init__(self, root):
        self.root = root
        root.mkdir()

    def put(self, path, content=SOUND):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            content = content.encode("utf-8")
        file.write_bytes(content)
        return file

    def message(self, folder="INBOX", box="default/1001", stem="msg0000", **about):
        self.put(f"{box}/{folder}/{stem}.txt", note(**about))
        return self.put(f"{box}/{folder}/{stem}.wav")

    def read(self):
        return read_spool(self.root)

    def told(self):
        return [str(remark) for remark in self.read().remarks]


def one(found):
    (message,) = found.messages
    return message


# What is there --------------------------------------------------------------------


def test_a_message_comes_with_what_is_written_about_it(spool):
    spool.message(more="flag=Urgent\n")
    spool.put("default/1001/INBOX/msg0000intro.wav", b"comment")
    found = spool.read()
    message = one(found)

    assert found.remarks == []
    assert (message.context, message.box) == ("default", "1001")
    assert (message.number, message.caller) == ("13800138000", "Li Wei")
    assert (message.dialled, message.at, message.seconds) == ("800", LEFT, 12)
    assert message.urgent
    assert re.fullmatch("[0-9a-f]{32}", message.identity)
    assert read_sound(spool.root, message.sound) == SOUND
    assert read_sound(spool.root, message.comment) == b"comment"


def test_each_folder_has_its_counterpart(spool):
    for n, folder in enumerate(FOLDERS):
        spool.message(folder, at=LEFT + n)

    found = {(m.folder, m.state, m.urgent) for m in spool.read().messages}
    assert found == {
        ("", "new", True),
        ("", "new", False),
        ("", "old", False),
        ("work", "old", False),
        ("family", "old", False),
        ("friends", "old", False),
        *((f"custom{n}", "old", False) for n in range(1, 6)),
        ("", "deleted", False),
    }


def test_mailboxes_of_all_contexts_are_looked_at_in_order(spool):
    for box in ("shop/1001", "default/1002", "default/1001", "客服/8"):
        spool.message(box=box)
        spool.message(box=box, stem="msg0001", at=LEFT + 1)

    found = spool.read().messages
    assert [(m.context, m.box) for m in found[::2]] == [
        ("default", "1001"),
        ("default", "1002"),
        ("shop", "1001"),
        ("客服", "8"),
    ]
    assert len({m.identity for m in found}) == 8


@pytest.mark.parametrize(
    ("there", "taken"),
    [
        (["gsm", "WAV", "wav"], "wav"),
        (["gsm", "WAV"], "WAV"),
        (["gsm", "ulaw"], "gsm"),
        (["g729", "sln"], "sln"),
    ],
)
def test_of_several_formats_the_best_is_taken(spool, there, taken):
    spool.put("default/1001/INBOX/msg0000.txt", note())
    for suffix in there:
        spool.put(f"default/1001/INBOX/msg0000.{suffix}")
    found = spool.read()

    assert one(found).sound == SoundFile(
        ("default", "1001", "INBOX", f"msg0000.{taken}"), taken, len(SOUND)
    )
    assert found.remarks == []


def test_greetings_and_a_changed_pin_are_found(spool):
    for name in ("unavail.wav", "busy.gsm", "temp.WAV", "greet.wav", "greet.gsm"):
        spool.put(f"default/1001/{name}")
    spool.put("default/1001/secret.conf", "[general]\npassword=778899\n")
    found = spool.read()

    assert {(g.kind, g.sound.suffix) for g in found.greetings} == {
        ("unavailable", "wav"),
        ("busy", "gsm"),
        ("temporary", "WAV"),
        ("name", "wav"),
    }
    assert [(p.context, p.box, p.pin.reveal()) for p in found.pins] == [
        ("default", "1001", "778899")
    ]
    assert found.remarks == []
    assert "778899" not in repr(found)


def test_a_message_is_the_same_after_asterisk_has_moved_it(spool):
    spool.message()
    before = one(spool.read())
    folder = spool.root / "default/1001"
    (folder / "Old").mkdir()
    for suffix in ("txt", "wav"):
        (folder / f"INBOX/msg0000.{suffix}").rename(folder / f"Old/msg0007.{suffix}")
    after = one(spool.read())

    assert after.identity == before.identity
    assert (before.state, after.state) == ("new", "old")


@pytest.mark.parametrize("about", [{}, {"msg_id": "", "callerchan": "PJSIP/x-1"}])
def test_one_that_stands_twice_in_a_mailbox_is_taken_once(spool, about):
    spool.message("Deleted", **about)
    spool.message("INBOX", stem="msg0003", **about)
    spool.message("INBOX", box="default/1002", **about)
    found = spool.read()

    assert [(m.box, m.state) for m in found.messages] == [
        ("1001", "new"),
        ("1002", "new"),
    ]
    assert [str(r) for r in found.remarks] == [
        "default/1001/Deleted/msg0000: the same message stands elsewhere in this box"
    ]


def test_two_with_one_id_and_different_times_are_two(spool):
    spool.message(msg_id="7")
    spool.message(stem="msg0001", at=LEFT + 1, msg_id="7")

    assert len(spool.read().messages) == 2


def test_two_without_a_text_are_two_also_with_one_time_and_size(spool):
    for stem in ("msg0000", "msg0001"):
        os.utime(spool.put(f"default/1001/INBOX/{stem}.wav"), (LEFT, LEFT))

    assert len(spool.read().messages) == 2


# What is wrong --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "missing: caller unknown"),
        ("", "no time in it"),
        (b"\xff\xfe\0" * 99, "no time in it"),
        ("[message]\norigtime=soon\ncallerid=\n", "no time in it"),
        (b"x" * (LARGEST_NOTE + 1), "larger than 64,000 bytes: caller unknown"),
    ],
)
def test_a_message_is_taken_also_where_its_text_is_bad(spool, text, words):
    sound = spool.put("default/1001/INBOX/msg0000.wav")
    os.utime(sound, (1700000000, 1700000000))
    if text is not None:
        spool.put("default/1001/INBOX/msg0000.txt", text)
    found = spool.read()
    message = one(found)

    assert (message.at, message.seconds) == (1700000000, None)
    assert (message.number, message.caller, message.urgent) == ("", "", False)
    (remark,) = found.remarks
    assert words in remark.words
    assert not remark.lost


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"msg0000.txt": note()}, "msg0000: there is no sound of this message"),
        ({"msg0000.wav": b""}, "msg0000.wav: it is empty"),
        ({"msg0000.ulaw": SOUND}, "msg0000.ulaw: a format that is not read"),
        ({"msg0000intro.wav": SOUND}, "msg0000: there is no sound of this message"),
        ({"notes.doc": b"x"}, "notes.doc: nothing that app_voicemail has put there"),
        ({"a\x1b[2J.wav": b"x"}, r"a\x1b[2J.wav: nothing that app_voicemail"),
        ({"msg00.wav": b"x"}, "msg00.wav: nothing that app_voicemail"),
    ],
)
def test_what_is_no_message_is_left_out_and_told(spool, files, told):
    for name, content in files.items():
        spool.put(f"default/1001/INBOX/{name}", content)
    found = spool.read()

    assert found.messages == []
    assert any(f"default/1001/INBOX/{told}" in str(r) for r in found.remarks)
    assert all(remark.lost for remark in found.remarks)


def test_sound_that_is_too_large_is_left_out(spool):
    with spool.message().open("r+b") as sound:
        sound.truncate(LARGEST + 1)

    assert spool.read().messages == []
    assert spool.told() == [
        "default/1001/INBOX/msg0000.wav: larger than 64,000,000 bytes"
    ]


def test_what_does_not_belong_there_is_left_alone(spool):
    spool.put("default/1001/tmp/abc.wav")
    spool.put("default/1001/.lock-INBOX")
    spool.put("default/1001/INBOX/.lock")
    spool.put("default/1001/secret.conf", "password=*1")
    spool.put("default/1001/core")
    spool.put("default/notes.txt")
    spool.put("default/a b/INBOX/msg0000.wav")
    os.mkdir(os.fsencode(spool.root) + b"/\xff")

    assert sorted(spool.told()) == [
        r"\udcff: this is no name of a context or mailbox",
        "default/1001/core: nothing that app_voicemail has put there",
        "default/1001/secret.conf: no PIN that a phone can send",
        "default/1001/tmp: what is just being recorded is left there",
        "default/a b: this is no name of a context or mailbox",
        "default/notes.txt: no folder, or a link to one: not followed",
    ]


# Ways out of the spool ------------------------------------------------------------


@pytest.fixture
def outside(tmp_path):
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "msg0000.wav").write_bytes(b"secret")
    (folder / "msg0000.txt").write_text(note(callerid="<666>"))
    return folder


def links(spool, outside):
    """Each place where a link may stand, with what it leads to."""
    yield spool.root / "default", outside
    yield spool.root / "default/1001", outside
    yield spool.root / "default/1001/INBOX", outside
    yield spool.root / "default/1001/INBOX/msg0000.wav", outside / "msg0000.wav"
    yield spool.root / "default/1001/unavail.wav", outside / "msg0000.wav"
    yield spool.root / "default/1001/secret.conf", outside / "msg0000.txt"


@pytest.mark.parametrize("which", range(6))
def test_no_link_is_followed(spool, outside, which):
    link, target = list(links(spool, outside))[which]
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(target)
    found = spool.read()

    assert (found.messages, found.greetings, found.pins) == ([], [], [])
    (remark,) = found.remarks
    assert remark.path == str(link.relative_to(spool.root))
    assert "not followed" in remark.words


def test_a_text_that_is_a_link_is_not_read(spool, outside):
    spool.put("default/1001/INBOX/msg0000.wav")
    (spool.root / "default/1001/INBOX/msg0000.txt").symlink_to(outside / "msg0000.txt")

    assert one(spool.read()).number == ""


def test_the_spool_itself_may_be_a_link(spool, tmp_path):
    spool.message()
    link = tmp_path / "link"
    link.symlink_to(spool.root)

    assert read_sound(link, one(read_spool(link)).sound) == SOUND


def test_pipes_and_sockets_are_not_waited_for(spool, monkeypatch):
    folder = spool.root / "default/1001/INBOX"
    folder.mkdir(parents=True)
    os.mkfifo(folder / "msg0000.wav")
    os.mkfifo(folder / "msg0001.txt")
    (folder / "msg0001.wav").write_bytes(SOUND)
    monkeypatch.chdir(folder)  # a socket's path has 107 characters at most
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("msg0002.wav")
        told = spool.told()

    words = "a link, or no plain file: not followed"
    assert told == [
        f"default/1001/INBOX/msg0000.wav: {words}",
        f"default/1001/INBOX/msg0001.txt: {words}: caller unknown",
        f"default/1001/INBOX/msg0002.wav: {words}",
    ]


@pytest.mark.parametrize("moved", ["sound", "folder"])
def test_a_link_that_takes_the_place_of_what_was_found_is_not_followed(
    spool, outside, moved
):
    file = spool.message()
    sound = one(spool.read()).sound
    place = file if moved == "sound" else file.parent
    place.rename(spool.root / "gone")
    place.symlink_to(outside / "msg0000.wav" if moved == "sound" else outside)

    with pytest.raises(OSError, match=r"."):
        read_sound(spool.root, sound)


def test_sound_that_grew_or_went_meanwhile_is_not_read(spool):
    file = spool.message()
    sound = one(spool.read()).sound
    with file.open("r+b") as stream:
        stream.truncate(LARGEST + 1)
    with pytest.raises(OSError, match="larger than 64,000,000 bytes"):
        read_sound(spool.root, sound)
    file.unlink()
    with pytest.raises(FileNotFoundError):
        read_sound(spool.root, sound)


def test_spool_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_spool(tmp_path / "nothing")


# Size -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bound", "words"),
    [
        ("MOST_BOXES", "more than 2 mailboxes"),
        ("MOST_MESSAGES", "more than 2 messages"),
        ("MOST_FILES", "more than 2 files"),
    ],
)
def test_there_is_an_end_to_what_is_looked_at(spool, monkeypatch, bound, words):
    monkeypatch.setattr(voicemail_spool, bound, 2)
    for box in range(1, 5):
        spool.message(box=f"default/{box}")
    found = spool.read()

    assert len(found.messages) <= 2
    assert str(found.remarks[-1]) == f".: {words}: the rest was not looked at"


def test_there_is_an_end_to_what_is_told(spool, monkeypatch):
    monkeypatch.setattr(voicemail_spool, "MOST_REMARKS", 3)
    for n in range(10):
        spool.put(f"default/1001/INBOX/{n}.doc")
    found = spool.read()

    assert (len(found.remarks), found.untold) == (3, 7)


def test_hundreds_of_messages_are_found_in_seconds(spool):
    for n in range(500):
        spool.message(stem=f"msg{n:04}", at=LEFT + n)
    began = time.process_time()

    assert len(spool.read().messages) == 500
    assert time.process_time() - began < 10


def test_no_descriptor_is_left_open(spool, monkeypatch):
    for box in range(1, 5):
        spool.message(box=f"default/{box}")
        spool.put(f"default/{box}/unavail.wav")
    before = os.listdir("/proc/self/fd")
    found = spool.read()
    read_sound(spool.root, found.messages[0].sound)
    monkeypatch.setattr(voicemail_spool, "MOST_MESSAGES", 1)
    spool.read()

    assert os.listdir("/proc/self/fd") == before
