"""One value of a YAML file changes, and not one byte beside it."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivrflow.flow import edit
from ivrflow.flow.edit import CannotEdit, Splice
from ivrflow.flow.source import Mark, read

PROMPTS = """\
# Every word. 您好
welcome: Welcome to us.   # said first
quoted: "Press \\"hash\\", please."
single: 'It''s fine.'

enter:
  first: Please enter it.
  silent: [I heard nothing., "Once more, please."]
long: >  # folded
  One line,
  and another one.

states: {packed: being packed, sent: on its way}
languages:
  - {en: "For English, press two."}
last: |
  Goodbye.
"""

HOURS = """\
# When who is there.
office:
  mon-fri: 08:30-12:00, 13:30-17:30
  holidays: CN                # closed
  except:                     # dates that win
    # decreed
    2026-10-08: 09:00-15:00   # a Thursday
    2027-02-05..2027-02-12: closed
  closed_by: shut

plain:
  mon: 09:00-10:00   # alone
bare: {mon: 09:00-10:00, except: {}}
flow: {mon-fri: 08:00-17:00, except: {2026-10-08: closed}}   # in brackets
short: {mon: 09:00-10:00}
"""


def ends(text, end):
    return text.replace("\n", end)


def scalars(value):
    if isinstance(value, dict):
        for inside in value.values():
            yield from scalars(inside)
    elif isinstance(value, list):
        for inside in value:
            yield from scalars(inside)
    elif value is not None:
        yield value


def values(text):
    value, problems = read(text, "")
    assert problems == []
    return value


words = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")),
    min_size=1,
    max_size=40,
).filter(lambda text: "\ufeff" not in text and "\ufffe" not in text)
hard = st.sampled_from(
    ["a # b", "a: b", "- a", "{x}", "it's", 'say "x"', "*", "&a", "no", " a ", "a\\n"]
)
line_ends = st.sampled_from(["\n", "\r\n"])
SPOKEN = [scalar.at for scalar in scalars(values(PROMPTS))]


@given(st.sampled_from(SPOKEN), words | hard, line_ends, st.booleans())
def test_new_words_change_one_value_and_undone_give_the_same_bytes(
    at, value, end, with_mark
):
    text = ("\ufeff" if with_mark else "") + ends(PROMPTS, end)
    splice = edit.rewrite(text, at, value)
    new = splice.applied(text)

    assert splice.undone(new) == text
    changed = [
        (old.at, str(now))
        for old, now in zip(scalars(values(text)), scalars(values(new)), strict=True)
        if old != now
    ]
    assert changed in ([(at, value)], [])
    assert new.count("#") - value.count("#") == text.count("#")


@given(st.sampled_from(SPOKEN), words | hard, line_ends)
def test_words_come_back_as_they_were_written(at, value, end):
    text = ends(PROMPTS, end)
    [old] = [one for one in scalars(values(text)) if one.at == at]
    token = edit.token_at(text, at)
    new = edit.rewrite(text, at, value).applied(text)

    back = edit.restore(new, at, str(old), token).applied(new)

    assert values(back) == values(text)
    if not token.startswith(("|", ">")):
        assert back == text


def test_quotes_stay_as_they_were():
    lines = PROMPTS.splitlines()
    new = PROMPTS
    for at, value in zip(SPOKEN[:3], ("New.", 'He "said".', "Don't."), strict=True):
        new = edit.rewrite(new, at, value).applied(new)

    assert new.splitlines()[1:4] == [
        "welcome: New.   # said first",
        'quoted: "He \\"said\\"."',
        "single: 'Don''t.'",
    ]
    assert new.splitlines()[4:] == lines[4:]


def test_words_that_plain_text_would_lose_are_put_in_quotes():
    splice = edit.rewrite(PROMPTS, SPOKEN[0], "Please press # to end: now")

    assert splice == Splice(
        PROMPTS.index("Welcome to us."),
        "Welcome to us.",
        '"Please press # to end: now"',
    )


def test_block_of_lines_becomes_one_line_and_keeps_its_comment():
    at = next(s.at for s in scalars(values(PROMPTS)) if s.startswith("One line"))
    new = edit.rewrite(PROMPTS, at, "Short.").applied(PROMPTS)

    assert '\nlong: "Short."  # folded\n\nstates:' in new


def test_no_value_begins_elsewhere():
    for at in (Mark("", 1, 3), Mark("", 2, 1000), Mark("", 7, 1)):
        with pytest.raises(CannotEdit):
            edit.rewrite(PROMPTS, at, "x")


# Entries of a table -------------------------------------------------------------------

TABLES = ["office", "plain", "bare", "flow", "short"]
DAYS = ["2026-12-24", "2026-12-24..2026-12-26"]
OPENING = ["closed", "all day", "09:00-15:00", "08:30-12:00, 13:30-20:00"]


@given(
    st.sampled_from(TABLES),
    st.sampled_from(DAYS),
    st.sampled_from(OPENING),
    line_ends,
    st.booleans(),
)
def test_exception_that_is_put_in_and_taken_out_leaves_the_same_bytes(
    name, day, opening, end, cut
):
    text = HOURS
    if cut:  # a file may end with this table, without a line end
        after = dict(itertools.pairwise(TABLES)).get(name)
        text = text[: text.index(f"\n{after}:") if after else None].rstrip()
    text = ends(text, end)
    path = (name, "except")
    splice = edit.put_first(text, path, day, opening)
    new = splice.applied(text)

    assert splice.removed == ""
    assert next(iter(values(new)[name]["except"].items())) == (day, opening)
    assert splice.undone(new) == text
    out = edit.remove(new, path, day).applied(new)
    if name == "bare":
        assert out in (text, text.replace(", except: {}", ""))
    else:
        assert out == text


def test_exception_stands_before_those_that_it_overlaps_and_comments_stay():
    path = ("office", "except")
    new = edit.put_first(HOURS, path, "2026-12-24", "closed").applied(HOURS)

    assert "  except:                     # dates that win\n" in new
    assert "win\n    2026-12-24: closed\n    # decreed\n    2026-10-08" in new


def test_table_that_is_not_there_is_made():
    block = edit.put_first(HOURS, ("plain", "except"), "2026-12-24", "closed")
    assert block.put == "  except:\n    2026-12-24: closed\n"
    short = edit.put_first(
        HOURS, ("short", "except"), "2026-12-24", "09:00-9:30, 10:00-11:00"
    )
    assert short.put == ', except: {2026-12-24: "09:00-9:30, 10:00-11:00"}'


def test_last_entry_takes_its_table_along_unless_a_comment_stands_there():
    text = edit.remove(HOURS, ("office", "except"), "2027-02-05..2027-02-12").applied(
        HOURS
    )
    text = edit.remove(text, ("office", "except"), "2026-10-08").applied(text)
    assert "  except: {}                     # dates that win\n    # decreed\n" in text
    assert values(text)["office"]["except"] == {}

    made = edit.put_first(HOURS, ("plain", "except"), "2026-12-24", "closed").applied(
        HOURS
    )
    assert edit.remove(made, ("plain", "except"), "2026-12-24").applied(made) == HOURS


@given(
    st.sampled_from(["office", "flow"]),
    st.sampled_from(OPENING),
    line_ends,
    st.booleans(),
)
def test_entry_stands_where_it_is_put(name, opening, end, last):
    text, path = ends(HOURS, end), (name, "except")
    other = None if last else "2026-10-08"
    splice = edit.put_before(text, path, "2026-12-24", opening, other)
    new = splice.applied(text)

    days = list(values(new)[name]["except"])
    assert days.index("2026-12-24") == (len(days) - 1 if last else 0)
    assert edit.remove(new, path, "2026-12-24").applied(new) == text


@given(st.sampled_from(["office", "flow"]), line_ends)
def test_what_is_taken_out_comes_back_by_its_splice(name, end):
    text = ends(HOURS, end)
    splice = edit.remove(text, (name, "except"), "2026-10-08")
    new = splice.applied(text)

    assert "2026-10-08" not in values(new)[name].get("except", {})
    assert splice.undone(new) == text


@pytest.mark.parametrize(
    ("path", "key"),
    [
        (("office", "except"), "2026-10-08"),
        (("nobody", "except"), "2026-12-24"),
        (("office", "mon-fri"), "2026-12-24"),
    ],
)
def test_entry_that_is_there_or_has_no_place_is_refused(path, key):
    with pytest.raises(CannotEdit):
        edit.put_first(HOURS, path, key, "closed")


def test_what_is_not_there_can_not_be_taken_out():
    for path in (("office", "except"), ("nobody", "except")):
        with pytest.raises(CannotEdit):
            edit.remove(HOURS, path, "2020-01-01")


def test_splice_of_another_text_is_refused():
    with pytest.raises(CannotEdit):
        Splice(0, "abc", "x").applied("xyz")
