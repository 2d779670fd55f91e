"""Sealed files: what they give back, and what they do not."""

import hashlib
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivrflow.audio.keyring import Key, make_key
from ivrflow.audio.sealed import (
    HEAD_BYTES,
    PIECE,
    SEALED_PIECE,
    TAG,
    Damaged,
    Opened,
    key_id_in,
    seal,
)
from ivrflow.secret import Secret

KEY = Key(Secret("00112233445566778899aabbccddeeff" + "0123456789abcdef" * 2))
OTHER = Key(make_key())
SOUND = "5e" * 12
SIZES = [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 3 * PIECE + 17]


def plain(size):
    """*size* bytes, no two pieces of which are alike."""
    return hashlib.shake_128(b"sound").digest(size)


def sealed(content, key=KEY, sound=SOUND, **more):
    return b"".join(seal(content, key, sound, **more))


def opened(file, key=KEY, sound=SOUND):
    return Opened(io.BytesIO(file), key, sound)


@pytest.mark.parametrize("size", SIZES)
def test_what_was_sealed_comes_back(size):
    file = sealed(plain(size))
    sound = opened(file)
    assert sound.read() == plain(size)
    assert sound.size == size
    assert len(file) == HEAD_BYTES + size + TAG * max(1, -(-size // PIECE))


def test_the_format_is_the_one_that_files_of_old_have():
    # Worked out by hand from RFC 5869 and SP 800-38D, with nothing but AES-ECB.
    file = sealed(b"hello", salt=bytes(range(16)))
    assert file[:4] == b"IVM1"
    assert file[4:12].hex() == KEY.id == key_id_in(io.BytesIO(file))
    assert file[12:28] == bytes(range(16))
    assert file[28:].hex() == "b891466f77b5aae53daa1a9a1a97311b788ec7c360"


@settings(deadline=None)  # of a busy machine
@given(
    st.sampled_from(SIZES),
    st.integers(-5, 4 * PIECE),
    st.one_of(st.none(), st.integers(0, 4 * PIECE)),
)
def test_a_range_is_what_slicing_gives(size, first, last):
    content = plain(size)
    end = size if last is None else last + 1
    assert RANGES[size].read(first, last) == content[max(0, first) : max(0, end)]


RANGES = {size: opened(sealed(plain(size))) for size in SIZES}


def test_a_range_reads_no_more_than_its_pieces():
    class Counting(io.BytesIO):
        got = 0

        def read(self, size=-1):
            data = super().read(size)
            Counting.got += len(data)
            return data

    sound = Opened(Counting(sealed(plain(20 * PIECE))), KEY, SOUND)
    sound.read(5 * PIECE + 10, 5 * PIECE + 20)
    assert Counting.got == HEAD_BYTES + 2 * SEALED_PIECE  # that one, and the last


@settings(deadline=None)  # of a busy machine
@given(st.data())
def test_no_bit_can_be_turned(data):
    size = data.draw(st.sampled_from([0, 5, PIECE, PIECE + 9]))
    file = bytearray(sealed(plain(size)))
    bit = data.draw(st.integers(0, 8 * len(file) - 1))
    file[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Damaged):
        opened(bytes(file)).read()


@settings(deadline=None)  # of a busy machine
@given(st.sampled_from([0, 5, PIECE, 2 * PIECE, 2 * PIECE + 9]), st.data())
def test_no_file_can_be_cut_short(size, data):
    file = sealed(plain(size))
    length = data.draw(st.integers(0, len(file) - 1))
    with pytest.raises(Damaged):
        opened(file[:length])


@pytest.mark.parametrize("pieces", [1, 2])
def test_a_file_cut_at_the_end_of_a_piece_does_not_open(pieces):
    file = sealed(plain(3 * PIECE))
    with pytest.raises(Damaged, match="is not what was sealed"):
        opened(file[: HEAD_BYTES + pieces * SEALED_PIECE])


def test_nothing_can_be_added():
    file = sealed(plain(PIECE))
    for more in (b"x", bytes(TAG), bytes(SEALED_PIECE), file[HEAD_BYTES:]):
        with pytest.raises(Damaged):
            opened(file + more)


def test_pieces_can_not_change_places():
    file = sealed(plain(3 * PIECE))
    head, body = file[:HEAD_BYTES], file[HEAD_BYTES:]
    one, two, last = (body[n * SEALED_PIECE :][:SEALED_PIECE] for n in range(3))
    for order in ([two, one, last], [one, one, last]):
        with pytest.raises(Damaged):
            opened(head + b"".join(order)).read()
    with pytest.raises(Damaged):
        opened(head + one + last + two)
    with pytest.raises(Damaged):
        opened(head + two + last).read()


def test_pieces_can_not_come_from_another_file():
    one, two = sealed(plain(2 * PIECE)), sealed(plain(2 * PIECE))
    mixed = one[: HEAD_BYTES + SEALED_PIECE] + two[HEAD_BYTES + SEALED_PIECE :]
    with pytest.raises(Damaged):
        opened(mixed)


def test_no_file_can_be_put_in_anothers_place():
    with pytest.raises(Damaged):
        opened(sealed(b"hello"), sound="6f" * 12)


def test_another_key_does_not_open_it():
    with pytest.raises(Damaged):
        opened(sealed(b"hello"), key=OTHER)


def test_what_is_sealed_twice_looks_different():
    assert sealed(b"hello")[HEAD_BYTES:] != sealed(b"hello")[HEAD_BYTES:]


def test_nothing_of_the_sound_is_seen():
    content = b"my PIN is 4711" * 10_000
    file = sealed(content)
    assert b"PIN" not in file
    assert b"4711" not in file


@settings(deadline=None)  # of a busy machine
@given(st.binary(max_size=100))
def test_no_bytes_do_worse_than_being_damaged(noise):
    for file in (noise, b"IVM1" + noise):
        with pytest.raises(Damaged):
            opened(file)
        try:
            key_id_in(io.BytesIO(file))
        except Damaged:
            assert len(file) < HEAD_BYTES or not file.startswith(b"IVM1")
