"""`menu`, `ask` and `authenticate` as a caller meets them: keys, tries, silence."""

import pytest

from ivrflow.facts import Logged
from ivrflow.flow.load import BadSite
from ivrflow.flow.steps.call import DEEPEST
from ivrflow.sim.memory import MemoryLookups
from tests.unit.flow.one_call import World_, call, site

LONG = "a long text that takes many seconds to be said, " * 4

PROMPTS = f"""
long: >
  {LONG}
which: {{first: Which?, wrong: Wrong., silent: Silent.}}
number: {{first: Number?, wrong: Wrong number., silent: No number.}}
card: {{first: Card?, wrong: Wrong card., silent: No card.}}
pin: {{first: PIN?, wrong: Wrong pin., silent: No pin.}}
"""


def plays(folder, flow, *, more=None, **how):
    return call(site(folder, flow, prompts__en=PROMPTS, **(more or {})), **how)


def menu(folder, keys, options="", **how):
    return plays(folder, f"""
steps:
  ask: {{menu: which, keys: {{1: one, 2: two}}, failed: none {options}}}
  one: {{hangup: yes}}
  two: {{hangup: yes}}
  none: {{hangup: yes}}
""", keys=keys, **how)  # fmt: skip


def test_key_stops_the_prompt_of_a_menu(tmp_path):
    left = menu(tmp_path, {0.1: "1"})

    assert left.steps == ["ask", "one"]
    assert left.seconds < 1


def test_silence_and_a_wrong_key_are_told_apart_and_count_together(tmp_path):
    left = menu(tmp_path, {0.1: "7"})

    assert left.said == ["which", "which.wrong", "which.silent"]
    assert left.entries == [("7", "wrong"), ("", "silent"), ("", "silent")]
    assert left.steps == ["ask", "none"]


def test_no_barge_in_keeps_the_key_for_the_end_of_the_prompt(tmp_path):
    left = menu(tmp_path, {0.1: "1"}, ", barge_in: no")

    assert left.steps == ["ask", "one"]
    assert left.seconds > 0.3


def test_no_barge_in_and_no_type_ahead_drops_the_key(tmp_path):
    left = menu(tmp_path, {0.1: "1"}, ", barge_in: no, type_ahead: no, tries: 1")

    assert left.entries == [("", "silent")]


def test_barge_in_fits_stops_at_a_right_key_only(tmp_path):
    left = menu(tmp_path, {0.1: "7", 0.3: "2"}, ", barge_in: fits")

    assert left.steps == ["ask", "two"]
    assert left.entries == [("2", "accepted")]
    assert left.seconds < 0.6


def test_barge_in_fits_takes_a_wrong_key_after_the_prompt_for_wrong(tmp_path):
    left = menu(tmp_path, {3.0: "7"}, ", barge_in: fits, tries: 1")

    assert left.entries == [("7", "wrong")]


def test_keys_typed_ahead_answer_the_next_questions(tmp_path):
    left = plays(tmp_path, """
steps:
  hello: {say: long}
  ask: {menu: which, keys: {1: again}, failed: none}
  again: {menu: which, keys: {2: none}, failed: none}
  none: {hangup: yes}
""", keys={0.1: "12"})  # fmt: skip

    assert left.entries == [("1", "accepted"), ("2", "accepted")]
    assert left.seconds < 0.2


def test_no_type_ahead_forgets_what_was_typed_before(tmp_path):
    left = plays(tmp_path, """
steps:
  hello: {say: long}
  ask: {menu: which, type_ahead: no, tries: 1, keys: {1: none}, failed: none}
  none: {hangup: yes}
""", keys={0.1: "1"})  # fmt: skip

    assert left.entries == [("", "silent")]


def test_keys_after_a_mistake_are_dropped(tmp_path):
    left = menu(tmp_path, {0.1: "712"}, ", tries: 2")

    assert left.entries == [("7", "wrong"), ("", "silent")]


ALWAYS = "always: {9: repeat, star: back}\n"


def test_repeat_costs_no_try(tmp_path):
    left = plays(tmp_path, ALWAYS + """
steps:
  ask: {menu: which, tries: 2, keys: {1: one}, failed: none}
  one: {hangup: yes}
  none: {hangup: yes}
""", keys={0.1: "9", 0.2: "9", 0.3: "9", 0.4: "7", 0.5: "9", 0.6: "1"})  # fmt: skip

    assert left.steps == ["ask", "one"]
    assert left.said[:4] == ["which"] * 4
    assert left.said[-2:] == ["which.wrong", "which"]


def test_repeat_that_sets_something_sets_it(tmp_path):
    left = plays(tmp_path, """
steps:
  ask:
    menu: which
    keys: {1: {then: repeat, set: {topic: loud}}, 2: note}
    failed: none
  note: {log: {topic: topic}}
  none: {hangup: yes}
""", keys={0.1: "1", 0.2: "2"})  # fmt: skip

    assert [f.data for f in left.of(Logged)] == [{"topic": "loud"}]


def test_back_in_an_ask_goes_to_the_question_before(tmp_path):
    left = plays(tmp_path, """
always: {hash: back}
steps:
  first: {menu: which, keys: {1: ask}, failed: none}
  ask: {ask: number, digits: 3, save: n, failed: none}
  none: {hangup: yes}
""", keys={0.1: "1", 0.2: "1#", 0.3: "1", 0.4: "123"})  # fmt: skip

    assert left.steps == ["first", "ask", "first", "ask", "none"]


def ask(folder, keys, options="", **how):
    return plays(folder, f"""
steps:
  ask: {{ask: number, digits: 3..5, save: n, failed: none {options}}}
  note: {{log: {{n: n}}, then: none}}
  none: {{hangup: yes}}
""", keys=keys, **how)  # fmt: skip


@pytest.mark.parametrize(
    ("keys", "entry"),
    [
        ("123#", "123"),
        ("12345#", "12345"),
        ("12345", "12345"),
        ("123", "123"),
        ("99*123#", "123"),
        ("012#", "012"),
    ],
)
def test_entry_is_kept_as_it_was_typed(tmp_path, keys, entry):
    left = ask(tmp_path, {0.1: keys})

    assert left.entries == [(entry, "accepted")]
    assert [f.data for f in left.of(Logged)] == [{"n": entry}]


@pytest.mark.parametrize("keys", ["12#", "12", "123456#"])
def test_entry_too_short_or_too_long_is_wrong(tmp_path, keys):
    left = ask(tmp_path, {0.1: keys}, ", tries: 1")

    assert left.entries == [(keys.strip("#"), "wrong")]
    assert left.steps == ["ask", "none"]


def test_end_key_after_a_full_entry_does_not_leak_into_the_next_question(tmp_path):
    left = plays(tmp_path, """
steps:
  ask: {ask: number, digits: 1..3, save: n}
  again: {menu: which, keys: {1: none}, failed: none}
  none: {hangup: yes}
""", keys={0.1: "123", 0.9: "#", 2.0: "1"})  # fmt: skip

    assert left.entries == [("123", "accepted"), ("1", "accepted")]


def test_entry_that_fails_its_check_is_wrong(tmp_path):
    left = ask(tmp_path, {0.1: "111#", 0.2: "222#"}, ", check: n > 200")

    assert left.entries == [("111", "wrong"), ("222", "accepted")]
    assert left.said == ["number", "number.wrong"]


SECRET = "36903690"


@pytest.mark.parametrize("keys", [SECRET, "3690", "3690" * 18 + "#"])
def test_secret_entry_is_in_no_fact_and_no_log(tmp_path, keys, caplog):
    caplog.set_level(0)
    left = plays(tmp_path, """
steps:
  ask: {ask: number, digits: 8, secret: yes, save: n, check: n != "1", failed: none}
  none: {hangup: yes}
""", keys={0.1: keys})  # fmt: skip

    assert "369" not in repr(left.facts) + caplog.text
    assert "key 3" not in repr(left.facts)


# Always-keys of a flow that called --------------------------------------------------

SUB = """
flow: sub
steps:
  inner: {menu: which, keys: {1: return}, failed: return}
"""


def test_always_key_of_the_calling_flow_sets_the_variable_there(tmp_path):
    left = plays(tmp_path, """
always: {0: {then: note, set: {topic: loud}}}
steps:
  sub: {call: sub, then: none}
  note: {log: {topic: topic}}
  none: {hangup: yes}
""", more={"flows__sub": SUB}, keys={0.1: "0"})  # fmt: skip

    assert [f.data for f in left.of(Logged)] == [{"topic": "loud"}]


def test_secret_that_an_always_key_sets_is_followed_by_the_checker(tmp_path):
    with pytest.raises(BadSite, match=r"S010 .topic. is secret"):
        plays(tmp_path, """
always: {0: {then: note, set: {topic: "${pin}"}}}
steps:
  pin: {ask: pin, digits: 2, secret: yes, save: pin, failed: note}
  ask: {menu: which, keys: {1: note}, failed: note}
  note: {log: {topic: topic}}
""")  # fmt: skip


def test_always_key_is_judged_by_the_variables_of_its_own_flow(tmp_path):
    left = plays(tmp_path, """
always: {0: {then: none, if: level >= 2}}
steps:
  level: {set: {level: "${3}"}}
  sub: {call: sub, then: sub}
  none: {hangup: yes}
""", more={"flows__sub": SUB}, keys={0.1: "0"})  # fmt: skip

    assert left.steps == ["level", "sub", "inner", "none"]


def test_flow_that_calls_itself_with_secrets_is_left_by_its_own_key(tmp_path):
    left = plays(tmp_path, """
steps:
  pin: {ask: pin, digits: 2, secret: yes, save: pin}
  sub: {call: sub, with: {pin: pin, depth: "2"}}
  none: {hangup: yes}
""", more={"flows__sub": """
flow: sub
takes: {pin: text, depth: number}
steps:
  inner: {menu: which, keys: {1: deeper, 2: return}, failed: return}
  deeper: {call: sub, with: {pin: pin, depth: depth}}
"""}, keys={0.1: "12", 0.2: "1", 0.3: "1", 0.4: "2"})  # fmt: skip

    assert left.steps == [
        "pin", "sub", "inner", "deeper", "inner", "deeper", "inner", "none",
    ]  # fmt: skip
    assert len(left.steps) < DEEPEST


# authenticate -----------------------------------------------------------------------

DATA = """
people:
  database: crm
  sql: select id, pin_hash from person where card = :card
  gives: {id: number}
  verify: {pin: pin_hash}
  timeout: 2s
"""


def prove(folder, keys, options="", **how):
    def person(values):
        return {"id": 7, "pin_hash": "4711"} if values["card"] == "12" else None

    world = World_(lookups=MemoryLookups({"people": person}))
    return plays(folder, f"""
steps:
  prove:
    authenticate: people
    card: {{ask: card, digits: 2}}
    pin: {{ask: pin, digits: 4}}
    save: who
    failed: failed
    locked: locked
    {options}
  note: {{log: {{who: who.id}}, then: over}}
  failed: {{hangup: yes}}
  locked: {{hangup: yes}}
  over: {{hangup: yes}}
""", more={"data": DATA}, keys=keys, world=world, **how)  # fmt: skip


def test_right_pair_gives_the_row_and_shows_neither_card_nor_pin(tmp_path):
    left = prove(tmp_path, {0.1: "12", 0.2: "4711"})

    assert [f.data for f in left.of(Logged)] == [{"who": 7}]
    assert left.entries == [("******", "accepted")] * 2
    assert "4711" not in repr(left.facts)


def test_wrong_pin_asks_for_the_pin_then_for_both(tmp_path):
    left = prove(
        tmp_path,
        {0.1: "12", 0.2: "1111", 0.3: "2222", 0.4: "12", 0.5: "3333"},
    )

    assert left.said == ["card", "pin", "pin.wrong", "card.wrong", "pin"]
    assert left.steps == ["prove", "failed"]


def test_star_before_the_pin_asks_for_the_card_again(tmp_path):
    left = prove(tmp_path, {0.1: "99", 0.2: "*", 0.3: "12", 0.4: "4711"})

    assert left.steps == ["prove", "note", "over"]


def test_star_before_the_pin_stops_a_prompt_where_only_fitting_keys_do(tmp_path):
    def person(values):
        return {"id": 7, "pin_hash": "4711"} if values["card"] == "12" else None

    left = plays(tmp_path, """
steps:
  prove:
    authenticate: people
    card: {ask: card, digits: 2}
    pin: {ask: pin, digits: 4, barge_in: fits}
    failed: over
  over: {hangup: yes}
""", more={"data": DATA}, keys={0.1: "99", 0.2: "*", 0.3: "12", 0.4: "4711"},
    world=World_(lookups=MemoryLookups({"people": person})))  # fmt: skip

    assert left.ways[0] == ("prove", "then", "over")


def test_keys_typed_after_a_wrong_pin_are_not_taken_for_the_next_try(tmp_path):
    left = prove(tmp_path, {0.1: "12", 0.2: "11111", 5.0: "4711"})

    assert left.steps == ["prove", "note", "over"]


def test_card_is_locked_after_so_many_wrong_pins(tmp_path):
    left = prove(
        tmp_path,
        {0.1: "12", 0.2: "1111", 0.3: "2222", 0.4: "12", 0.5: "4711"},
        "lock: {after: 2, within: 24h, for: 1h}",
    )

    assert left.steps == ["prove", "locked"]


def test_unknown_card_is_locked_like_a_known_one(tmp_path):
    left = prove(
        tmp_path,
        {0.1: "13", 0.2: "1111", 0.3: "2222", 0.4: "13", 0.5: "3333"},
        "lock: {after: 2, within: 24h, for: 1h}",
    )

    assert left.steps == ["prove", "locked"]


def entry(folder, options, keys):
    """The digits that are kept of *keys*, one every tenth of a second."""
    left = plays(folder, f"""
steps:
  ask: {{ask: number, {options}, tries: 1, save: n, failed: none}}
  kept: {{log: {{n: n}}, then: none}}
  none: {{hangup: yes}}
""", keys={n / 10: key for n, key in enumerate(keys, start=1)})  # fmt: skip
    return left.entries, [f.data["n"] for f in left.of(Logged)]


def test_clear_key_is_another_one_where_the_ask_says_so(tmp_path):
    options = "digits: 3, clear_key: hash, end_keys: none"

    assert entry(tmp_path, options, "12#345") == ([("345", "accepted")], ["345"])


def test_star_is_a_wrong_key_where_no_key_clears(tmp_path):
    options = "digits: 3, clear_key: none"

    assert entry(tmp_path, options, "1*23")[0][0][1] == "wrong"


@pytest.mark.parametrize("end", ["#", "*"])
def test_each_of_several_end_keys_ends_the_entry(tmp_path, end):
    options = "digits: 1..5, clear_key: none, end_keys: star hash"

    assert entry(tmp_path, options, f"12{end}") == ([("12", "accepted")], ["12"])
