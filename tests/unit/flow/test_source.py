"""YAML with places: what is kept, what is refused, and how each trap is told."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivrflow.flow.source import (
    DEEPEST,
    LARGEST,
    Items,
    Mark,
    Problem,
    Scalar,
    Severity,
    Table,
    read,
)


def one_problem(text):
    _, problems = read(text, "f.yaml")
    assert len(problems) == 1, problems
    return str(problems[0])


def test_every_value_stays_the_text_that_was_written():
    words = ["01", "010", "9:00", "no", "on", "1e9", "0x10", "~", "2026-02-14"]
    text = "".join(f"k{number}: {word}\n" for number, word in enumerate(words))

    value, problems = read(text, "f.yaml")

    assert problems == []
    assert list(value.values()) == words


def test_every_value_and_every_key_knows_its_place():
    value, _ = read("a:\n  - {b: 咖啡, c: d}\n", "f.yaml")

    table = value["a"][0]
    assert value.at == Mark("f.yaml", 1, 1)
    assert value["a"].at == Mark("f.yaml", 2, 3)
    assert table.key("c").at == Mark("f.yaml", 2, 13)
    assert table["c"].at == Mark("f.yaml", 2, 16)
    assert (type(value), type(value["a"]), type(table["c"])) == (Table, Items, Scalar)


def test_a_place_inside_a_value_counts_from_its_first_character():
    value, _ = read("plain: abc\nquoted: 'abc'\nblock: |\n  abc\n  def\n", "f.yaml")

    assert value["plain"].place(2) == Mark("f.yaml", 1, 10)
    assert value["quoted"].place(2) == Mark("f.yaml", 2, 12)
    assert value["block"].place(5) == value["block"].at  # right by the line at least


def test_an_empty_file_holds_nothing_and_is_no_problem():
    assert read("", "f.yaml") == (None, [])
    assert read("# only a comment\n", "f.yaml") == (None, [])


def test_a_problem_shows_file_line_column_code_and_message():
    problem = Problem(Mark("f.yaml", 3, 5), "F011", "no key 'promt'")

    assert str(problem) == "f.yaml:3:5: F011 no key 'promt'"
    assert problem.severity is Severity.ERROR


# The traps ------------------------------------------------------------------------


def test_a_text_cut_off_by_a_hash_sign_knows_where_it_was_cut():
    value, problems = read("say: Please press # to end\n", "f.yaml")

    assert (value["say"], problems) == ("Please press", [])
    assert value["say"].swallowed == Mark("f.yaml", 1, 19)


def test_a_comment_after_a_quoted_text_swallows_nothing():
    value, _ = read("say: 'Please press'  # to end\nmore: [a, b]  # list\n", "f.yaml")

    assert value["say"].swallowed is None
    assert value["more"][1].swallowed is None


TRAPS = {
    "greet:\n  say:hello\n  then: bye\n": (
        "2:6: Y001 behind the `:` of a key YAML wants a space"
    ),
    "keys:\n  1: a\n  2:b\n  3: c\n": (
        "3:4: Y001 behind the `:` of a key YAML wants a space"
    ),
    "greet:\n  say: hello\n  then bye\n\nbye:\n  say: x\n": (
        "3:3: Y001 a key without its `:`, or a line indented wrongly"
    ),
    "greet\n  say: hello\n": (
        "1:1: Y001 a key without its `:`, or a line indented wrongly"
    ),
    "greet:\n  say: hello\n    then: bye\n": (
        "3:5: Y001 the indentation does not fit: the line above has its value already"
    ),
    "a: Welcome to\n  our line: press 1\n": (
        "2:11: Y006 `: ` inside a text that is not quoted; put the whole text in "
        'quotes: "..."'
    ),
    "a: x\nb: 'Don't go'\n": (
        "2:8: Y014 a ' inside a text in '...'; write \"...\" around the whole text"
    ),
    'a: "Say "yes" now"\n': (
        '1:9: Y014 a " inside a text in "..."; write \'...\' around the whole text'
    ),
    "keys:\n  #: repeat\n": ("2:3: Y003 this line is a comment to YAML; write `hash:`"),
    "keys: {1: a, #: b}\n": ("1:14: Y003 `#:` is a comment to YAML; write `hash:`"),
    "keys:\n  *: back\n": ("2:3: Y004 `*:` is an alias to YAML; write `star:`"),
    "keys: {1: a, *: b}\n": ("1:14: Y004 `*:` is an alias to YAML; write `star:`"),
    "1: a\n2: b\n1: c\n": (
        "3:1: Y005 '1' again; it stands on line 1 already, and YAML would keep one "
        "of them only"
    ),
    "say: Welcome: press 1\n": (
        "1:13: Y006 `: ` inside a text that is not quoted; put the whole text in "
        'quotes: "..."'
    ),
    "say: {balance} yuan\n": (
        "1:6: Y007 a text can't begin with { or [, which begin a table or a list; "
        'values are written ${...}, and put the whole text in quotes: "..."'
    ),
    "set: {n: ${n + 1}}\n": (
        '1:10: Y007 inside { } a text with ${...} needs quotes: "${...}"'
    ),
    "- {if: f(a, 'b') or c, then: d}\n": (
        '1:8: Y007 inside { } a formula with a comma needs quotes: "f(a, b)"'
    ),
    "- {n: f(a, b), m: 3}\n": (
        '1:7: Y007 inside { } a formula with a comma needs quotes: "f(a, b)"'
    ),
    "a: [f(1, g(2, 3)), b]\n": (
        '1:5: Y007 inside { } a formula with a comma needs quotes: "f(a, b)"'
    ),
    "a:\n\tb: 1\n": ("2:1: Y008 a tab; YAML wants spaces at the beginning of a line"),
    "a: &x 1\n": ("1:4: Y009 `&` and `*` of YAML are not for us"),
    "a: *x\n": (
        "1:4: Y009 `*x` is an alias to YAML, which is not for us; a text that "
        "begins with * needs quotes, the key is written `star`"
    ),
    "a: !!python/object:os.system {}\n": ("1:4: Y010 `!` tags of YAML are not for us"),
    "a: b\n---\nc: d\n": ("2:1: Y013 a second document; `---` is not for us"),
    'a: "b\n': ("1:4: Y014 a quotation that does not end"),
    "a: @b\n": (
        '1:4: Y016 a text can\'t begin with @; put the whole text in quotes: "..."'
    ),
    "a\x00b": ("1:2: Y012 a control character, U+0000"),
    b"a: \xff\n": ("1:4: Y012 not UTF-8; save the file as UTF-8"),
}
"""What is written -> what is said about it, after the file's name."""


@pytest.mark.parametrize("text", TRAPS)
def test_each_trap_of_yaml_has_its_own_message(text):
    assert one_problem(text) == f"f.yaml:{TRAPS[text]}"


def test_a_hash_key_inside_a_long_text_is_text():
    value, problems = read("say: |\n  Press\n  #: to end\nnext: a\n", "f.yaml")

    assert problems == []
    assert value["say"] == "Press\n#: to end\n"


def test_the_rest_of_a_table_is_read_after_a_key_that_stands_twice():
    value, problems = read("1: a\n1: b\n2: c\n", "f.yaml")

    assert value == {"1": "a", "2": "c"}
    assert len(problems) == 1


# Hostile files --------------------------------------------------------------------


def test_a_billion_laughs_are_refused_at_the_first_one():
    text = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n"

    assert "Y009" in one_problem(text)


def test_a_merge_key_is_a_key_like_any_other():
    value, problems = read("<<: {a: 1}\n", "f.yaml")

    assert (value, problems) == ({"<<": {"a": "1"}}, [])


def test_a_file_that_is_too_large_is_not_parsed():
    assert "Y011" in one_problem("a" * (LARGEST + 1))


@pytest.mark.parametrize("opening", ["[", "{a: ", "- "])
def test_brackets_without_end_are_refused_at_the_limit(opening):
    assert "Y011" in one_problem(opening * 20_000)


def test_what_is_as_deep_as_allowed_is_read():
    value, problems = read("[" * DEEPEST + "]" * DEEPEST, "f.yaml")

    assert problems == []
    assert isinstance(value, Items)


@given(st.binary(max_size=200))
def test_no_bytes_can_make_the_reader_fail(data):
    value, problems = read(data, "f.yaml")

    assert value is None or not isinstance(value, (bytes, int))
    assert all(problem.at.line >= 1 and problem.at.column >= 1 for problem in problems)


SIGNS = st.sampled_from(
    [*"\n\t #*:-{}[]&!|>'\"%@`,?$~a1", "  ", "\n  ", ": ", "- ", "${"]
)


@given(st.lists(SIGNS, max_size=40).map("".join))
def test_no_mixture_of_yamls_signs_can_make_the_reader_fail(text):
    read(text, "f.yaml")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{a: f(1, 2) > 1, b: c}", {"a": "f(1, 2) > 1", "b": "c"}),
        ("[f(1, g(2, 3)), b]", ["f(1, g(2, 3))", "b"]),
        ("{a: [f(1, 2)], b: f(1, 2, 3)}", {"a": ["f(1, 2)"], "b": "f(1, 2, 3)"}),
    ],
)
def test_what_a_comma_has_torn_apart_is_told_once_and_read_whole(text, value):
    found, problems = read(text, "f.yaml")

    assert found == value
    assert {problem.code for problem in problems} == {"Y007"}


@pytest.mark.parametrize("text", ["{a: f(1, b: c}", "[(a, b, c]", "{a: '(', b: ''}"])
def test_a_bracket_that_is_never_closed_is_left_alone(text):
    assert [problem.code for problem in read(text, "f.yaml")[1]] == []


@pytest.mark.parametrize(
    "text",
    ["a: [" + "(," * 100_000 + "]", 'a: "x" ${ ' + "[" * 900_000],
    ids=["never closed", "a line of brackets"],
)
def test_a_hostile_file_costs_no_more_than_one_of_its_size(text):
    began = time.process_time()

    read(text, "f.yaml")

    assert time.process_time() - began < 20, "it took minutes, or days"
