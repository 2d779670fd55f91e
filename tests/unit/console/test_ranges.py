"""Ranges of RFC 9110, section 14, compared with slices of Python."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivrflow.console.ranges import Piece, Unsatisfiable, matches, piece_of, still_this

SOUND = bytes(range(100))


def cut(header, sound=SOUND):
    """The bytes that are served; None: all of them."""
    piece = piece_of(header, len(sound))
    return None if piece is None else sound[piece.first : piece.last + 1]


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("bytes=0-9", SOUND[:10]),
        ("bytes=0-0", SOUND[:1]),
        ("bytes=90-", SOUND[90:]),
        ("bytes=99-", SOUND[99:]),
        ("bytes=-5", SOUND[-5:]),
        ("bytes=-1000", SOUND),
        ("bytes=50-5000", SOUND[50:]),
        ("BYTES=0-9", SOUND[:10]),
        ("bytes=0-9,", SOUND[:10]),
        ("bytes= ,0-9", SOUND[:10]),
    ],
)
def test_one_range_is_that_part(header, wanted):
    assert cut(header) == wanted


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=5",
        "bytes=9-5",
        "bytes=0-9,20-29",
        "bytes=a-b",
        "bytes=٠-٩",
        "lines=0-9",
        "bytes=0-9; bytes=5-6",
        "bytes=" + "9" * 40 + "-",
    ],
)
def test_what_is_no_single_range_asks_for_all(header):
    assert cut(header) is None


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-200", "bytes=-0"])
def test_a_range_without_a_byte_is_refused(header):
    with pytest.raises(Unsatisfiable):
        piece_of(header, len(SOUND))


def test_of_nothing_there_is_no_range():
    with pytest.raises(Unsatisfiable):
        piece_of("bytes=0-", 0)
    with pytest.raises(Unsatisfiable):
        piece_of("bytes=-5", 0)


@given(st.integers(0, 200), st.integers(0, 200), st.integers(1, 150))
def test_any_range_is_the_slice_of_the_same_numbers(first, last, size):
    sound = bytes(size)
    header = f"bytes={first}-{last}"
    if last < first:
        assert cut(header, sound) is None
    elif first >= size:
        with pytest.raises(Unsatisfiable):
            cut(header, sound)
    else:
        piece = piece_of(header, size)
        assert cut(header, sound) == sound[first : last + 1]
        assert piece.length == len(sound[first : last + 1])
        assert piece.header == f"bytes {first}-{min(last, size - 1)}/{size}"


@given(st.text(max_size=40))
def test_whatever_stands_there_is_a_range_or_none(text):
    try:
        piece = piece_of(text, 100)
    except Unsatisfiable:
        return
    assert piece is None or 0 <= piece.first <= piece.last < piece.size == 100


def test_pieces_one_after_the_other_are_the_whole():
    got = b"".join(cut(f"bytes={at}-{at + 6}") for at in range(0, 100, 7))

    assert got == SOUND
    assert piece_of("bytes=98-104", 100) == Piece(98, 99, 100)


def test_who_has_it_already_is_told_so():
    assert matches('"a", "b"', '"b"')
    assert matches('W/"b"', '"b"')
    assert matches("*", '"b"')
    assert not matches('"a"', '"b"')
    assert not matches(None, '"b"')
    assert not matches("*", "")


def test_a_range_of_another_sound_is_not_served():
    assert still_this(None, '"b"')
    assert still_this('"b"', '"b"')
    assert not still_this('"a"', '"b"')
    assert not still_this('W/"b"', '"b"')
    assert not still_this("Mon, 02 Mar 2026 12:00:00 GMT", '"b"')
