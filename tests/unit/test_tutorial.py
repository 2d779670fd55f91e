"""The tutorial is true: what it says is typed, and what it shows comes out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tutorial_rig import Block, Reader, chapters, commands, matches

PAGE = Path(__file__).parents[2] / "docs" / "tutorial.md"

ON_A_MACHINE = ("Hear it", "On a telephone", "Why did it go like that?")
"""Chapters that need an Asterisk and a voice: tests/asterisk runs the page whole."""


def test_the_tutorial_can_be_followed_up_to_the_telephone(tmp_path):
    with Reader(tmp_path) as reader:
        for title, blocks in chapters(PAGE.read_text("utf-8")).items():
            if title not in ON_A_MACHINE:
                reader.follow(blocks)


def test_every_chapter_is_one_that_a_test_knows():
    titles = set(chapters(PAGE.read_text("utf-8")))

    assert titles > set(ON_A_MACHINE)
    assert len(titles) >= 9


# The reader itself --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expected", "printed", "right"),
    [
        (("a", "b"), "a\nb\n", True),
        (("a", "b"), "a\nc\n", False),
        (("a", "b"), "a\n", False),
        (("a",), "a\nb\n", False),
        (("took ... s",), "took 0.3 s\n", True),
        (("took ... s",), "took\n0.3 s\n", False),
        (("...", "b"), "a\na\nb\n", True),
        (("...", "b"), "b\n", True),
        (("a", "..."), "a\n", True),
        (("...", "b", "..."), "a\nc\n", False),
        (("a (b) [c]",), "a (b) [c]   \n", True),
    ],
)
def test_what_is_printed_is_compared_line_by_line(expected, printed, right):
    assert matches(expected, printed) == right


def test_a_block_is_read_as_commands_with_what_is_typed_into_them():
    block = Block(10, "console", "$ one \\\n  --two\nout\n$ three\n> 1\nmore\n")

    first, second = commands(block)

    assert (first.command, first.expected) == ("one \\\n  --two", ("out",))
    assert (second.command, second.typed) == ("three", ("1",))
    assert second.expected == ("> 1", "more")
    assert (first.line, second.line) == (11, 14)


def test_a_command_that_prints_something_else_fails_with_both(tmp_path):
    block = Block(1, "console", "$ echo one\ntwo\n")

    with Reader(tmp_path) as reader, pytest.raises(AssertionError) as failed:
        reader.follow([block])

    assert "$ echo one\none" in str(failed.value)
    assert "the page says ---\ntwo" in str(failed.value)


def test_a_line_that_is_to_be_changed_must_be_there_once(tmp_path):
    (tmp_path / "f.yaml").write_text("a: 1\nb: 1\n")

    with Reader(tmp_path) as reader:
        reader.follow([Block(1, "yaml", "a: 2\n", 'file: f.yaml, instead of: "a: 1"')])
        assert (tmp_path / "f.yaml").read_text() == "a: 2\nb: 1\n"
        with pytest.raises(AssertionError, match="'a: 1' stands 0 times"):
            reader.follow(
                [Block(1, "yaml", "a: 2\n", 'file: f.yaml, instead of: "a: 1"')]
            )
