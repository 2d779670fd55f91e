"""What `as:` and `pattern:` take, and the values they give."""

from datetime import date, time
from decimal import Decimal

import pytest

from ivrflow.facts import Logged, Said
from ivrflow.flow.forms import form_of
from ivrflow.flow.load import BadSite
from ivrflow.telephony.grammars import BadPattern, Patterns
from tests.unit.flow.one_call import call, site

PROMPTS = """
number: {first: Number?, wrong: [Wrong one., Wrong two.], silent: [No one., No two.]}
right: "You said ${n}. Is it right?"
"""

TODAY = date(2026, 3, 2)


def ask(folder, keys, options, **how):
    made = site(folder, f"""
steps:
  ask: {{ask: number, save: n, failed: none, {options}}}
  note: {{log: {{n: n}}, then: none}}
  none: {{hangup: yes}}
""", prompts__en=PROMPTS)  # fmt: skip
    return call(made, keys=keys, **how)


def saved(left):
    """What was saved, as a log shows it; None if the tries were used up."""
    return next((f.data["n"] for f in left.of(Logged)), None)


@pytest.mark.parametrize(
    ("options", "keys", "value"),
    [
        ("as: number", "042#", "42"),
        ("as: number, decimal: star", "3*14#", "3.14"),
        ("as: number, digits: 2", "07", "7"),
        ("as: money", "50#", "50"),
        ("as: money, decimal: star", "50*5#", "50.5"),
        ("as: money, decimal: star", "*55#", "0.55"),
        ("as: date", "20261231#", "2026-12-31"),
        ("as: date", "0302#", "2026-03-02"),
        ("as: date", "0301#", "2027-03-01"),
        ("as: time", "0930", "09:30:00"),
        ("as: time", "2359", "23:59:00"),
        ("as: phone", "013800138000#", "013800138000"),
        ("as: id_card", "11010519491231002*", "11010519491231002X"),
        ("as: yes_no", "1", True),
        ("as: yes_no", "2", False),
        ('pattern: "1[3-9]XXXXXXXXX"', "13800138000", "13800138000"),
        ('as: phone, pattern: ["1[3-9]XXXXXXXXX", 0XXX]', "0571#", "0571"),
        ("digits: 3, clear_key: none", "123", "123"),
        ("digits: 1..3, end_keys: star hash, clear_key: none", "12*", "12"),
    ],
)
def test_entry_becomes_its_value(tmp_path, options, keys, value):
    assert saved(ask(tmp_path, {0.1: keys}, options)) == value


@pytest.mark.parametrize(
    ("options", "keys"),
    [
        ("as: number", "1234567890123#"),
        ("as: money, decimal: star", "5*#"),
        ("as: money, decimal: star", "5*555#"),
        ("as: date", "0230#"),
        ("as: date", "20260229#"),
        ("as: date", "0229#"),  # neither 2026 nor 2027 has it
        ("as: date", "3112#"),
        ("as: time", "2400"),
        ("as: phone", "12#"),
        ("as: id_card", "110105194912310021"),
        ("as: yes_no", "3"),
        ('pattern: "1[3-9]XXXXXXXXX"', "12800138000"),
    ],
)
def test_entry_that_does_not_fit_is_wrong(tmp_path, options, keys):
    left = ask(tmp_path, {0.1: keys}, f"{options}, tries: 1")

    assert saved(left) is None
    assert left.entries == [(keys.strip("#"), "wrong")]


@pytest.mark.parametrize(
    ("options", "keys", "value"),
    [
        ("as: money, check: 10 <= n <= 100", {0.1: "101#", 1.0: "99#"}, "99"),
        ("as: date, check: n > now.date", {0.1: "0302#", 1.0: "0303#"}, "2026-03-03"),
        ("digits: 4..19, check: luhn", {0.1: "1234#", 1.0: "1230#"}, "1230"),
    ],
)
def test_check_looks_at_the_value(tmp_path, options, keys, value):
    left = ask(tmp_path, keys, options)

    assert saved(left) == value
    assert left.entries[0][1] == "wrong"


def test_star_clears_where_it_is_no_part_of_the_entry(tmp_path):
    left = ask(tmp_path, {0.1: "12*5*7#"}, "as: money, decimal: star")

    assert saved(left) == "7"


def test_an_id_card_is_begun_again_with_star(tmp_path):
    left = ask(tmp_path, {0.1: "99*11010519491231002*"}, "as: id_card")

    assert saved(left) == "11010519491231002X"


def test_words_are_tapered_apart_for_silence_and_mistakes(tmp_path):
    keys = {0.1: "9", 15.0: "9"}
    left = ask(tmp_path, keys, "digits: 3, tries: 4, wait: 6s")

    assert left.said[:4] == ["number", "number.wrong", "number.silent", "number.wrong"]
    said = [f.words for f in left.of(Said) if f.prompt == "number.wrong"]
    assert said == ["Wrong one.", "Wrong two."]


# Reading back -------------------------------------------------------------------------


def test_a_right_value_is_confirmed_with_one(tmp_path):
    left = ask(tmp_path, {0.1: "0303#", 1.0: "1"}, "as: date, confirm: right")

    assert saved(left) == "2026-03-03"
    assert left.said == ["number", "right"]
    assert any("March" in f.words for f in left.of(Said))


def test_two_asks_again_and_costs_a_try(tmp_path):
    keys = {0.1: "111", 0.5: "2", 1.0: "222", 1.5: "2"}
    left = ask(tmp_path, keys, "digits: 3, confirm: right, tries: 2")

    assert left.said == ["number", "right", "number", "right"]
    assert left.ways[0][1:] == ("failed", "none")


def test_what_was_not_confirmed_is_not_kept(tmp_path):
    left = ask(tmp_path, {0.1: "111"}, "digits: 3, confirm: right")

    assert left.said == ["number", "right", "right", "right"]
    assert saved(left) is None


def test_another_key_while_confirming_is_wrong_and_asked_again(tmp_path):
    left = ask(tmp_path, {0.1: "111", 0.5: "7", 1.0: "1"}, "digits: 3, confirm: right")

    assert saved(left) == "111"


def test_a_check_comes_before_the_value_is_read_back(tmp_path):
    keys = {0.1: "111", 0.5: "222", 1.0: "1"}
    left = ask(tmp_path, keys, "digits: 3, check: n > 200, confirm: right")

    assert left.said == ["number", "number.wrong", "right"]


def test_always_keys_lead_away_while_confirming(tmp_path):
    made = site(tmp_path, """
always: {0: none}
steps:
  ask: {ask: number, digits: 2, save: n, confirm: right}
  none: {hangup: yes}
""", prompts__en=PROMPTS)  # fmt: skip
    left = call(made, keys={0.1: "12", 0.5: "0"})

    assert left.ways[0] == ("ask", "key 0", "none")


def test_a_variable_may_bear_any_name(tmp_path):
    made = site(tmp_path, """
steps:
  ask: {ask: number, digits: 2, save: variant, check: variant > 1, confirm: same}
  none: {hangup: yes}
""", prompts__en=PROMPTS + "same: It is ${variant}.\n")  # fmt: skip

    assert call(made, keys={0.1: "12", 0.5: "1"}).ways[0][1] == "then"


# What an author may write -------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ("tries: 2", "needs the key 'digits', 'pattern' or 'as'"),
        ("digits: 3, pattern: XXX", "say the same thing"),
        ("as: date, digits: 8", "says how many digits"),
        ("as: time, pattern: XXXX", "says what fits"),
        ("as: phone, decimal: star", "`decimal` is for"),
        ("as: money, secret: yes", "kept as it is typed"),
        ("digits: 3, secret: yes, confirm: right", "can't be said"),
        ('pattern: "1[3-"', "is no part of a pattern"),
        ('pattern: "[9-3]"', "runs backwards"),
        ("as: colour", "colour"),
    ],
)
def test_keys_that_do_not_fit_together_are_refused(tmp_path, options, says):
    with pytest.raises(BadSite, match="F0") as refused:
        ask(tmp_path, {}, options)
    assert says in str(refused.value)


def test_secret_entry_is_kept_as_a_secret(tmp_path):
    made = site(tmp_path, """
steps:
  ask: {ask: number, as: id_card, secret: yes, save: n}
  none: {hangup: yes}
""", prompts__en=PROMPTS)  # fmt: skip
    left = call(made, keys={0.1: "11010519491231002*"})

    assert left.ways[0][1] == "then"
    assert "19491231" not in repr(left.facts)


def test_values_have_the_types_of_the_language():
    def value(kind, entry, **more):
        return form_of(kind, **more).value(entry, TODAY)

    assert value("money", "5*50", decimal=True) == Decimal("5.50")
    assert value("date", "1231") == date(2026, 12, 31)
    assert value("time", "0005") == time(0, 5)
    assert value("yes_no", "2") is False


@pytest.mark.parametrize(
    "pattern", ["", "X" * 65, "1.", "[", "[]", "[a]", "x", "(1+)+"]
)
def test_a_pattern_is_no_regular_expression(pattern):
    with pytest.raises(BadPattern):
        Patterns([pattern])
