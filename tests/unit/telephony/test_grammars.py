"""Patterns, amounts and dates: how each entry stands to what may be entered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivrflow.telephony.digits import Entry, Match, Result, Rules
from ivrflow.telephony.grammars import Amount, Day, Patterns

NO, POTENTIAL, MATCH, MAX = Match.NO, Match.POTENTIAL, Match.MATCH, Match.MAX

GRAMMARS = [
    Patterns(["1[3-9]XXXXXXXXX", "0Z", "0NX*".replace("*", "[0-9*]")]),
    Amount(1, 5, 2),
    Amount(2, 4),
    Day(),
]


@pytest.mark.parametrize(
    ("entry", "match"),
    [("", POTENTIAL), ("0", POTENTIAL), ("01", MAX), ("02", MATCH), ("00", NO),
     ("02*", NO), ("025", POTENTIAL), ("025*", MAX), ("12", NO), ("13", POTENTIAL),
     ("13800138000", MAX), ("138001380001", NO)],
)  # fmt: skip
def test_patterns(entry, match):
    assert GRAMMARS[0].match(entry) is match


@pytest.mark.parametrize(
    ("entry", "match"),
    [("", POTENTIAL), ("1", MATCH), ("12345", MATCH), ("123456", NO), ("*", POTENTIAL),
     ("*5", MATCH), ("5*", POTENTIAL), ("5*5", MATCH), ("5*55", MAX), ("5*555", NO),
     ("5**", NO), ("12345*05", MAX), ("A", NO)],
)  # fmt: skip
def test_amounts_with_cents(entry, match):
    assert GRAMMARS[1].match(entry) is match


@pytest.mark.parametrize(
    ("entry", "match"),
    [("1", POTENTIAL), ("12", MATCH), ("1234", MAX), ("12*", NO), ("*", NO)],
)
def test_amounts_without_cents(entry, match):
    assert GRAMMARS[2].match(entry) is match


@pytest.mark.parametrize(
    ("entry", "match"),
    [("", POTENTIAL), ("1", POTENTIAL), ("12", POTENTIAL), ("1231", MAX), ("13", NO),
     ("0229", MAX), ("0230", NO), ("023", NO), ("00", NO),
     ("19", POTENTIAL), ("1999", POTENTIAL),
     ("20260229", NO), ("20240229", MAX), ("202600", NO), ("22", NO), ("3", NO),
     ("202612311", NO), ("12311", NO)],
)  # fmt: skip
def test_dates(entry, match):
    assert Day().match(entry) is match


@pytest.mark.parametrize("grammar", GRAMMARS)
@given(keys=st.text("0123456789*#A", max_size=20))
def test_what_is_impossible_stays_impossible(grammar, keys):
    possible = [grammar.match(keys[:n]) is not NO for n in range(len(keys) + 1)]

    assert possible == sorted(possible, reverse=True)
    for n in range(len(keys)):
        if grammar.match(keys[:n]) is MAX:
            assert grammar.match(keys[: n + 1]) is NO


@pytest.mark.parametrize("grammar", GRAMMARS)
@given(keys=st.text("0123456789*", max_size=11))
def test_a_beginning_can_be_finished(grammar, keys):
    found = grammar.match(keys)
    more = [grammar.match(keys + key) for key in "0123456789*"]

    if found in (POTENTIAL, MATCH):
        assert any(one is not NO for one in more)


def test_star_clears_only_what_it_can_not_belong_to():
    entry = Entry(Rules(grammar=Amount(1, 5, 2), end_keys="#", clear_key="*"))
    ended = [entry.press(key) for key in "12*5*7#"][-1]

    assert (ended.result, ended.entry) == (Result.ACCEPTED, "7")
