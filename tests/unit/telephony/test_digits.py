"""The digit table of the language, row by row, and what must always hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivrflow.telephony.digits import (
    LONGEST,
    Choices,
    Ended,
    Entry,
    Length,
    Match,
    Result,
    Rules,
)

PIN = Rules(grammar=Length(6, 6))
VARIES = Rules(grammar=Length(4, 8), end_keys="#", clear_key="*")
FULL_WITH_END = Rules(grammar=Length(2, 2), end_keys="#")
MENU = Rules(grammar=Choices(["1", "10", "2"]), wrong_at_once=True)


def press(rules, keys):
    """Press *keys* one after the other: the end, or the entry that goes on."""
    entry = Entry(rules)
    for n, key in enumerate(keys):
        if ended := entry.press(key):
            assert n == len(keys) - 1, f"ended early, at {keys[: n + 1]!r}: {ended}"
            return ended
    return entry


def test_no_key_for_wait_is_silence():
    entry = Entry(PIN)

    assert entry.within == 6
    assert entry.expire().result is Result.SILENT


def test_an_entry_that_stays_too_short_is_wrong_after_between_keys():
    entry = press(PIN, "123")

    assert entry.within == 3
    assert entry.expire().result is Result.WRONG


def test_an_entry_that_could_go_on_is_accepted_after_between_keys():
    entry = press(VARIES, "12345")

    assert entry.within == 3
    assert entry.expire() == Ended(Result.ACCEPTED, "12345", "no further key for 3 s")


def test_a_full_entry_without_end_key_is_accepted_at_once():
    ended = press(PIN, "246810")

    assert (ended.result, ended.entry) == (Result.ACCEPTED, "246810")


def test_a_full_entry_with_an_end_key_waits_for_it_and_swallows_it():
    entry = press(FULL_WITH_END, "12")

    assert entry.within == 1
    ended = entry.press("#")
    assert (ended.result, ended.entry) == (Result.ACCEPTED, "12")


def test_a_full_entry_is_accepted_when_the_end_key_never_comes():
    ended = press(FULL_WITH_END, "12").expire()

    assert (ended.result, ended.entry) == (Result.ACCEPTED, "12")


@pytest.mark.parametrize(
    ("keys", "result"),
    [("1234#", Result.ACCEPTED), ("12345678#", Result.ACCEPTED), ("12#", Result.WRONG)],
)
def test_the_end_key_ends_an_entry(keys, result):
    assert press(VARIES, keys).result is result


def test_the_end_key_on_nothing_is_silence():
    assert press(VARIES, "#").result is Result.SILENT


def test_a_wrong_key_in_a_menu_is_wrong_at_once():
    assert press(MENU, "7").result is Result.WRONG


def test_an_entry_with_too_many_digits_is_wrong_only_when_it_ends():
    entry = press(VARIES, "123456789")

    assert isinstance(entry, Entry)
    assert entry.press("#").result is Result.WRONG


def test_key_1_waits_when_10_begins_with_it():
    entry = press(MENU, "1")

    assert entry.within == 3
    assert entry.expire().entry == "1"
    assert press(MENU, "10").entry == "10"
    assert press(MENU, "2").entry == "2"


def test_the_clear_key_starts_again():
    ended = press(VARIES, "99*1234#")

    assert (ended.result, ended.entry) == (Result.ACCEPTED, "1234")


def test_the_clear_key_mends_an_impossible_entry():
    assert press(VARIES, "123456789*1234#").result is Result.ACCEPTED


def test_the_clear_key_on_nothing_ends_only_where_the_question_listens_for_it():
    listens = Rules(grammar=Length(6, 6), clear_key="*", clear_on_nothing=True)

    assert press(listens, "*").result is Result.CLEARED
    assert isinstance(press(listens, "1*"), Entry)
    assert press(listens, "1**").result is Result.CLEARED
    assert isinstance(press(VARIES, "*"), Entry)


def test_a_key_that_leads_elsewhere_wins_only_where_the_entry_cannot_take_it():
    rules = Rules(grammar=Length(6, 6), clear_key="*", leave_keys="#0")

    assert press(rules, "12#") == Ended(Result.LEFT, "12", "key # was pressed", "#")
    assert press(rules, "000000").result is Result.ACCEPTED


def test_only_fitting_keys_could_begin_an_entry():
    rules = Rules(grammar=Choices(["1", "20"]), leave_keys="#")

    assert rules.beginnings("0123456789*#") == "12#"


@pytest.mark.parametrize(
    ("entry", "match"),
    [
        ("", Match.POTENTIAL),
        ("1", Match.MATCH),
        ("10", Match.MAX),
        ("11", Match.NO),
        ("2", Match.MAX),
    ],
)
def test_choices_know_the_four_relations(entry, match):
    assert MENU.grammar.match(entry) is match


rules = st.builds(
    Rules,
    grammar=st.one_of(
        st.tuples(st.integers(1, 6), st.integers(0, 4)).map(
            lambda low_more: Length(low_more[0], sum(low_more))
        ),
        st.sets(st.text("0123456789", min_size=1, max_size=3), min_size=1).map(Choices),
    ),
    end_keys=st.sampled_from(["", "#", "#A"]),
    clear_key=st.sampled_from(["", "*"]),
    leave_keys=st.sampled_from(["", "0", "D"]),
    wrong_at_once=st.booleans(),
    clear_on_nothing=st.booleans(),
)
keys = st.text("0123456789*#ABCD", max_size=12)


@given(rules, keys)
def test_what_is_accepted_always_fits_the_grammar(rules, keys):
    entry, ended = Entry(rules), None
    for key in keys:
        if ended := entry.press(key):
            break
    ended = ended or entry.expire()

    if ended.result is Result.ACCEPTED:
        assert rules.grammar.match(ended.entry) in (Match.MATCH, Match.MAX)
    if ended.result is Result.SILENT:
        assert ended.entry == ""
    assert ended.why


@given(rules, keys)
def test_an_end_key_is_never_part_of_an_entry(rules, keys):
    entry = Entry(rules)
    for key in keys:
        if ended := entry.press(key):
            assert not set(ended.entry) & set(rules.end_keys)
            return
    assert not set(entry.expire().entry) & set(rules.end_keys)


@given(rules)
def test_every_entry_ends_however_long_a_phone_goes_on(rules):
    entry = Entry(rules)
    ended = None
    for _ in range(LONGEST + 2):
        if ended := entry.press("9"):
            break

    assert ended
