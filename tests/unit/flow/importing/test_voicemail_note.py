"""What Asterisk writes about a message."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivrflow.flow.importing.voicemail_note import Note, read_note

NOTE = """\
;
; Message Information file
;
[message]
origmailbox=1001
context=from-outside
exten=800
rdnis=unknown
priority=2
callerchan=PJSIP/trunk-00000001
callerid="李伟" <138 0013-8000>
origdate=Thu Jan  1 00:00:00 AM UTC 2026
origtime=1767225600
category=
msg_id=1767225600-00000001
flag=Urgent
duration=12
"""


def test_a_note_of_asterisk_is_read():
    assert read_note(NOTE.encode()) == Note(
        number="13800138000",
        caller="李伟",
        dialled="800",
        at=1767225600.0,
        seconds=12,
        urgent=True,
        identity="1767225600-00000001",
    )


@pytest.mark.parametrize(
    ("written", "caller", "number"),
    [
        ('"Li Wei" <13800138000>', "Li Wei", "13800138000"),
        ("Li Wei <+8613800138000>", "Li Wei", "+8613800138000"),
        ("<1001>", "", "1001"),
        ("(0571) 8888-1234", "", "057188881234"),
        ("Unknown", "", ""),
        ("Anonymous", "Anonymous", ""),
        ('"a" <b" <1001>', 'a" <b', "1001"),
        ('"Li" <sip:li@example.com>', "Li", ""),
        ("", "", ""),
        ("a\x07b \x1b[2J  c <7>", "ab [2J c", "7"),
        ("x" * 500, "x" * 80, ""),
        ("1" * 33, "1" * 33, ""),
        ('"\ufffd\ufffd" <1001>', "", "1001"),
    ],
)
def test_the_caller_is_a_name_and_a_number_or_what_there_is(written, caller, number):
    note = read_note(f"[message]\ncallerid={written}\n".encode())

    assert (note.caller, note.number) == (caller, number)


@pytest.mark.parametrize(
    "line",
    [
        "origtime=soon",
        "origtime=-5",
        "origtime=1",
        "origtime=99999999999",
        "origtime=１７６７２２５６００",
        "duration=1e9",
        "duration=999999",
        "exten=s",
        "flag=PRIORITY",
        "#include /etc/passwd",
        "origtime",
        "[other]\norigtime=1767225600",
        ";origtime=1767225600",
    ],
)
def test_what_makes_no_sense_is_left_out(line):
    assert read_note(f"[message]\n{line}\n".encode()) == Note()


def test_a_message_of_an_asterisk_without_ids_has_one_by_its_time_and_caller():
    def identity(text):
        return read_note(f"[message]\n{text}".encode()).identity

    first = identity("origtime=1767225600\ncallerid=1001\n")
    assert first == identity("callerid=1001\norigtime=1767225600\nflag=Urgent\n")
    assert first != identity("origtime=1767225600\ncallerid=1002\n")
    assert identity("callerid=1001\n") == ""


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_file_is_a_note(data):
    note = read_note(b"[message]\n" + data)

    assert note.caller.isprintable()
    assert len(note.number) <= 32


@pytest.mark.parametrize("written", [" " * 60_000, '"' * 60_000, '"<' * 30_000])
def test_no_caller_takes_long(written):
    begin = time.process_time()
    read_note(f"[message]\ncallerid=x{written}x\n".encode())
    read_note(f"[message]\ncallerid={written}<\n".encode())
    assert time.process_time() - begin < 0.5


@pytest.mark.parametrize("sign", ["\u2028", "\x85", "\x0b", "\x1c"])
def test_only_a_line_feed_ends_a_line(sign):
    note = read_note(f'[message]\ncallerid="Li{sign}flag=Urgent" <1>\n'.encode())

    assert not note.urgent
    assert note.number == "1"
