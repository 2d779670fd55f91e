"""What comes back from a switch is ours, or it is nothing."""

import zlib
from base64 import b85encode

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivrflow.flow.bookmark import Bookmark, Seal, newer, read_bookmark
from ivrflow.flow.bookmark.model import SCHEMA, FramePart
from ivrflow.secret import Secret

SEAL = Seal.of(Secret("ab" * 32))
ANOTHER = Seal.of(Secret("cd" * 32))


def bookmark(**more):
    told = {"schema": SCHEMA, "call": "c1", "version": "v", "at": 5.0, "began": 1.0}
    return Bookmark(**{**told, "started": "2026-03-02T10:00:00+08:00", **more})


def text_of(mark, seal=SEAL):
    content = mark if isinstance(mark, bytes) else msgspec.json.encode(mark)
    return (seal.sign(content) + content).decode()


def test_our_own_is_read():
    mark = bookmark(number=3, frames=(FramePart(flow="top", step="menu"),))

    assert read_bookmark(text_of(mark), SEAL) == mark


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "pepper"),
        ("{}", "pepper"),
        ("x" * 5_000_000, "too long"),
        (text_of(bookmark(), ANOTHER), "pepper"),
        (text_of(bookmark())[:-1], "pepper"),
        (text_of(bookmark()).replace("c1", "c2"), "pepper"),
        ("\ud800" * 40, "no text"),
        (text_of(b"[1]"), "shape"),
        (text_of(b"not json"), "shape"),
        (text_of(b'{"schema": 1}'), "shape"),
        (text_of(b"z" + b85encode(b"no zlib")), "shape"),
        (text_of(b"[" * 20_000), "shape"),
    ],
)
def test_all_else_is_refused_with_its_reason_and_without_its_words(text, why, caplog):
    assert read_bookmark(text, SEAL) is None
    (line,) = caplog.messages
    assert why in line
    assert "c2" not in line


@given(st.text(max_size=200))
def test_no_text_is_taken_for_a_bookmark_and_none_hurts(text):
    assert read_bookmark(text, SEAL) is None


def test_the_newer_one_counts_by_its_step_and_then_by_its_mark():
    old = text_of(bookmark(number=3, mark=9))
    new = text_of(bookmark(number=4, mark=1))
    newest = text_of(bookmark(number=4, mark=2))

    assert newer("c1", old, new, SEAL).number == 4
    assert newer("c1", newest, new, SEAL).mark == 2
    assert newer("c1", "", old, SEAL).number == 3
    assert newer("c1", new, "", SEAL).number == 4
    assert newer("c1", "", "", SEAL) is None


def test_one_that_was_copied_from_another_channel_is_not_used(caplog):
    assert newer("c2", text_of(bookmark()), "", SEAL) is None
    assert "another channel" in caplog.text


def test_a_leg_of_ours_has_the_bookmark_of_the_call_that_it_is_in():
    mark = bookmark(channel="leg-7")

    assert newer("leg-7", text_of(mark), "", SEAL) == mark
    assert newer("c1", text_of(mark), "", SEAL) is None


def test_what_the_channel_has_no_room_for_comes_from_the_database():
    frames = (FramePart(flow="top", step="menu", number=4, marks={"tries": 1}),)
    whole = text_of(bookmark(number=4, mark=7, frames=frames))
    short = text_of(bookmark(number=4, mark=8, marks={"tries": 2}, elsewhere=True))

    found = newer("c1", short, whole, SEAL)

    assert (found.number, found.mark) == (4, 8)
    assert found.frames[0].step == "menu"
    assert found.frames[0].marks == {"tries": 2}


def test_without_the_database_a_call_with_much_to_remember_begins_anew(caplog):
    short = text_of(bookmark(number=4, mark=8, elsewhere=True))

    assert newer("c1", short, "", SEAL).elsewhere  # how far it was, and no more
    assert "not in the database" in caplog.text


def test_of_what_a_newer_service_wrote_only_how_far_it_was_is_read(caplog):
    new = msgspec.to_builtins(bookmark(schema=SCHEMA + 1, number=4, mark=8))
    text = text_of(msgspec.json.encode({**new, "frames": "in another shape"}))

    found = newer("c1", text, text, SEAL)

    assert (found.number, found.mark, found.elsewhere) == (4, 8, True)
    assert "a newer service" in caplog.text


def test_marks_belong_to_the_step_that_noted_them():
    frames = (
        FramePart(flow="top", step="queue", number=4),
        FramePart(flow="agents", step="ask", number=6),  # has returned since
    )
    whole = text_of(bookmark(number=6, mark=7, frames=frames))

    def found(of_step):
        short = bookmark(
            number=6, mark=8, marks={"talk": 1}, elsewhere=True, of_step=of_step
        )
        mark = newer("c1", text_of(short), whole, SEAL)
        return [(frame.step, frame.marks) for frame in mark.frames]

    assert found(4) == [("queue", {"talk": 1})]
    assert found(6) == [("queue", {}), ("ask", {"talk": 1})]
    assert found(5) == [("queue", {}), ("ask", {})]


def test_names_are_the_same_each_time_and_tell_nothing():
    assert SEAL.name("c1.4", "leg") == SEAL.name("c1.4", "leg")
    assert len({SEAL.name("c1.4", "leg"), SEAL.name("c1.5", "leg")}) == 2
    assert SEAL.name("c1.4", "leg") != ANOTHER.name("c1.4", "leg")
    assert "c1" not in SEAL.name("c1.4", "leg")


def test_a_packed_one_is_read():
    content = b"z" + b85encode(zlib.compress(msgspec.json.encode(bookmark(number=2))))

    assert read_bookmark(text_of(content), SEAL).number == 2
