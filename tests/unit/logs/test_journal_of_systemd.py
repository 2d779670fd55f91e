"""systemd's journal: what its socket gets, read as the journal reads it."""

import array
import logging
import os
import socket
import struct
from contextlib import contextmanager

from hypothesis import given
from hypothesis import strategies as st

from ivrflow.logs.journal import Journal, datagram, is_there
from ivrflow.logs.where import about
from ivrflow.secret import Secret
from tests.unit.logs.calls import ACall, record


def read(data):
    """Field -> value, as the protocol says."""
    found = {}
    while data:
        head, _, rest = data.partition(b"\n")
        if b"=" in head:
            name, _, value = head.partition(b"=")
        else:
            name = head
            (size,) = struct.unpack("<Q", rest[:8])
            value, rest = rest[8 : 8 + size], rest[8 + size :]
            assert rest[:1] == b"\n"
            rest = rest[1:]
        assert name.decode() not in found
        found[name.decode()] = value.decode()
        data = rest
    return found


@contextmanager
def journal_at(path):
    """A journal that somebody reads."""
    reader = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    reader.bind(str(path))
    reader.settimeout(5)
    handler = Journal(path)
    try:
        yield reader, handler
    finally:
        handler.close()
        reader.close()


def test_a_line_comes_with_its_fields(tmp_path):
    with journal_at(tmp_path / "j") as (reader, handler):
        with about(ACall()):
            handler.handle(record("slow: %d", 7, level=logging.ERROR))
        found = read(reader.recv(65536))

    assert found == {
        "MESSAGE": "slow: 7",
        "PRIORITY": "3",
        "SYSLOG_IDENTIFIER": "ivrflow",
        "IVRFLOW_LOGGER": "ivrflow.flow",
        "IVRFLOW_CALL": "1731.17",
        "IVRFLOW_PLACE": "flows/main.yaml:14",
        "CODE_FILE": "/x/run.py",
        "CODE_LINE": "12",
        "CODE_FUNC": "run",
    }


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=60))
def test_nothing_in_a_message_can_become_a_field(said):
    found = read(datagram({"MESSAGE": said, "PRIORITY": "6"}))

    assert found == {"MESSAGE": said, "PRIORITY": "6"}


def test_a_forged_field_stays_in_its_message(tmp_path):
    with journal_at(tmp_path / "j") as (reader, handler):
        handler.handle(record("x\nPRIORITY=0\n_UID=0"))
        found = read(reader.recv(65536))

    assert found["MESSAGE"] == "x\nPRIORITY=0\n_UID=0"
    assert found["PRIORITY"] == "4"


def test_what_is_too_large_for_a_datagram_comes_as_a_file(tmp_path):
    said = "x" * 4_000_000
    with journal_at(tmp_path / "j") as (reader, handler):
        handler.handle(record(said))
        _, ancillary, _, _ = reader.recvmsg(1, socket.CMSG_SPACE(4))
        [(_, kind, data)] = ancillary
        assert kind == socket.SCM_RIGHTS
        (fd,) = array.array("i", data)
        with os.fdopen(fd, "rb") as file:
            found = read(file.read() or os.pread(fd, 8_000_000, 0))

    assert found["MESSAGE"] == said


def test_without_a_reader_lines_go_to_standard_error(tmp_path, capsys):
    with journal_at(tmp_path / "j") as (reader, handler):
        reader.close()
        (tmp_path / "j").unlink()
        handler.handle(record("all the same"))

    assert "ivrflow.flow: all the same" in capsys.readouterr().err


def test_a_journal_that_does_not_read_holds_up_nobody(tmp_path, capsys):
    with journal_at(tmp_path / "j") as (_, handler):
        for number in range(3_000):
            handler.handle(record("line %d " + "x" * 1000, number))

    told = capsys.readouterr().err
    assert "line 2999" in told  # its socket was full long before


def test_secrets_are_taken_out_here_too(tmp_path):
    with journal_at(tmp_path / "j") as (reader, handler):
        with about(ACall(hidden=[Secret("6222020012345678")])):
            handler.handle(record("card 6222020012345678"))
        assert read(reader.recv(65536))["MESSAGE"] == "card ******"


def test_a_machine_without_a_journal_is_known(tmp_path):
    assert not is_there(tmp_path / "nothing")
    (tmp_path / "file").write_text("")
    assert not is_there(tmp_path / "file")
    with journal_at(tmp_path / "j"):
        assert is_there(tmp_path / "j")
