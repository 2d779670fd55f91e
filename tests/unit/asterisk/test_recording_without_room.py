"""How a recording is told that had no room on the disk."""

import pytest

from ivrflow.asterisk.ari.recording import HEADER, had_no_room, seconds_of


def wav(length, *, told=None):
    """A file of *length* bytes whose header says that *told* of them are sound."""
    told = length - HEADER if told is None else told
    return (b"RIFF" + bytes(36) + told.to_bytes(4, "little") + bytes(length))[:length]


@pytest.mark.parametrize("frame", [20, 10, 30, 60])
def test_a_recording_that_has_come_to_its_end_had_room(frame):
    for frames in (0, 1, 7, 160, 1001):
        assert not had_no_room(wav(HEADER + frames * frame * 16))


@pytest.mark.parametrize("block", [512, 1024, 4096])
def test_one_that_ends_where_a_disk_ends_had_none(block):
    for blocks in range(1, 300):
        assert had_no_room(wav(blocks * block))


def test_an_empty_file_had_none():
    assert had_no_room(b"")


def test_one_that_a_crash_has_cut_short_is_worth_keeping():
    cut = wav(65_580 - 65_580 % 16, told=0)

    assert not had_no_room(cut)
    assert seconds_of(cut) > 4
