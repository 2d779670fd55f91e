"""Talks of a test file: how they are read, judged and told."""

from decimal import Decimal
from pathlib import Path

import pytest

from ivrflow.flow.load import load_site
from ivrflow.sim.rehearsal.after import agrees
from ivrflow.sim.rehearsal.read import read_test
from ivrflow.sim.rehearsal.run import rehearse
from ivrflow.sim.rehearsal.verdict import summary, told
from ivrflow.sim.rehearsal.words import plain_words

FOLDER = Path(__file__).parents[3] / "flows" / "hotline"
SITE = load_site(FOLDER)


def read(talks, file="t.yaml"):
    return read_test(f"tests: hotline\n{talks}", file, SITE)


def verdict_of(talk):
    found = read(f"talk:\n{talk}")
    assert not found.problems
    (rehearsal,) = found.rehearsals
    return rehearse(SITE, rehearsal)


# Reading ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("talk", "problem"),
    [
        ("  talk: []", "3:9: F013 'talk' must not be empty"),
        ("  talk: [{heard: x}]", "3:11: F011 'talk' has no key 'heard'; did you mean"),
        ("  talk: [{keys: x}]", "3:17: F014 'x' is not keys of a telephone"),
        ("  talk: [{agent: 1003 sings}]", "3:18: F014 '1003 sings': write `1003 answ"),
        ("  talk: [{keys: 1, hears: x}]", "3:20: F012 a move is one thing"),
        (
            "  talk: [{keys: 1}]\n  at: soon",
            "4:7: F014 'soon' is not a date and a time",
        ),
        (
            "  talk: [{keys: 1}]\n  at: 2026-02-30 10:00",
            "4:7: F014 '2026-02-30 10:00':",
        ),
        (
            "  talk: [{hears: welcom}]",
            "3:18: R001 there is no prompt 'welcom'; did you",
        ),
        (
            "  talk: [{hears: choose_language.silent}]",
            "3:18: R001 choose_language has no variant 'silent': its `first` is said",
        ),
        ("  talk: [{then hears: x}]", "3:23: R001 there is no prompt 'x'"),
        ("  talk: [{agent: 9 answers}]", "3:18: R001 there is no agent '9'"),
        ("  talk: [{keys: 1}]\n  ends in: nowhere", "4:12: R001 there is no step"),
        ("  talk: [{keys: 1}]\n  given: {step: x}", "4:17: R001 there is no step 'x'"),
        (
            "  talk: [{keys: 1}]\n  given: {language: fr}",
            "4:21: R001 there is no language 'fr'",
        ),
        (
            "  talk: [{keys: 1}]\n  given: {now: 5}",
            "4:11: R002 'now' is built in and can't be given: write `at` beside",
        ),
        (
            "  talk: [{keys: 1}]\n  given: {call: {agent: '1003'}}",
            "4:11: R002 'call' is built in and can't be given",
        ),
        (
            "  talk: [{keys: 1}]\n  given: {secret: x}",
            "4:11: R002 'secret' is built in and can't be given",
        ),
        (
            "  talk: [{keys: 1}]\n  data: {balanc: error}",
            "4:10: R001 there is no look-up",
        ),
        ("  talk: [{keys: 1}]\n  data: {balance: wrong}", "4:19: R002 'wrong' needs"),
        ("  talk: [{keys: 1}]\n  data: {balance: maybe}", "4:19: R002 a row is wanted"),
        (
            "  talk: [{keys: 1}]\n  data: {balance: {du: 1}}",
            "4:20: R001 balance gives no",
        ),
        (
            "  talk: [{keys: 1}]\n  data: {balance: {due: soon}}",
            "4:25: R002 balance: col",
        ),
        ("  talk: [{keys: 1}]\n  agents: {'9': ready}", "4:12: R001 there is no agent"),
        ("  talk: [{keys: 1}]\n  to: '4711'", "4:7: R001 there is no number '4711'"),
        ("  talk: [{keys: 1}]\n  to: '*11'", "4:7: R002 *11 does not lead to hotline"),
    ],
)
def test_mistake_in_a_talk_is_told_with_its_place(talk, problem):
    found = read(f"talk:\n{talk}")

    assert str(found.problems[0]).startswith(f"t.yaml:{problem}")
    assert found.rehearsals == ()


def test_mistake_in_one_talk_leaves_the_others_alone():
    found = read("one:\n  talk: [{keys: x}]\ntwo:\n  talk: [{keys: 1}]\n")

    assert [r.talk.name for r in found.rehearsals] == ["two"]
    assert len(found.problems) == 1


@pytest.mark.parametrize(
    "text", ["", "tests: nowhere", "- a", "one: {talk: []}", "x: [", "tests: [a]"]
)
def test_file_that_is_no_test_has_a_problem(text):
    found = read_test(text, "t.yaml", SITE)

    assert len(found.problems) == 1
    assert found.problems[0].at.file == "t.yaml"


def test_variables_have_the_types_of_the_look_up_that_the_flow_has_them_of():
    found = read("""
talk:
  given:
    step: main_menu
    customer: {id: 007, level: 2}
    language: en
    topic: "5"
    times: 5
    again: yes
  talk: [{keys: 1}]
""")

    (rehearsal,) = found.rehearsals
    assert rehearsal.scene.flow.start == "main_menu"
    assert rehearsal.scene.variables == {
        "customer": {"id": 7, "name": None, "district": None, "level": 2},
        "language": "en",
        "topic": "5",
        "times": 5,
        "again": True,
    }


def test_row_is_typed_and_its_pin_is_any_one_where_none_is_given():
    found = read("""
talk:
  data:
    retailers: {id: 7}
    balance: {amount: 1234.50, due: 2026-03-15}
  talk: [{keys: 1}]
""")

    (rehearsal,) = found.rehearsals
    answers = rehearsal.scene.answers
    assert answers["retailers"].row["pin_hash"] == "(any PIN)"
    assert answers["balance"].row["amount"] == Decimal("1234.50")


# Verdicts -----------------------------------------------------------------------------


def test_failure_tells_what_was_heard_instead_and_both_lines():
    verdict = verdict_of("  talk:\n  - keys: 2\n  - hears: enter_pin")

    text = "\n".join(told(verdict))
    assert not verdict.passed
    assert "FAILED: talk (t.yaml:2)" in text
    assert "t.yaml:5: expected: hears enter_pin" in text
    assert 'instead: enter_card "Please enter your twelve-digit licence' in text
    assert "the call was at flows/hotline.yaml:27 (identify)" in text
    assert 'says welcome: "' in text


@pytest.mark.parametrize(
    ("talk", "expected", "instead"),
    [
        ("  talk:\n  - says: Hello.", 'says "Hello."', "welcome"),
        ("  talk:\n  - speaks: 3s", "speaks, when it is recorded", "welcome"),
        ("  talk:\n  - agent: 1003 answers", "1003 answers", "does not ring"),
        ("  talk:\n  - agent: 1003 hangs up", "1003 hangs up", "talks to nobody"),
        ("  talk:\n  - hangs up: caller\n  - keys: 1", "presses 1, at", "call ended"),
        (
            "  talk:\n  - hangs up: caller\n  - hangs up: caller",
            "the caller hangs up",
            "it had ended",
        ),
        (
            "  talk:\n  - keys: 1\n  ends in: goodbye",
            "ends in goodbye",
            "ended in identify",
        ),
        (
            "  talk:\n  - keys: 1\n  queued: {queue: service}",
            "queued {queue: service}",
            "nothing of the kind",
        ),
        (
            "  talk:\n  - keys: 1\n  never: {said: [enter_card]}",
            "never said: enter_card",
            "was said",
        ),
        (
            "  talk:\n  - keys: 1\n  never: {said: [十二位许可证号]}",
            "never said",
            "was said",
        ),
        (
            "  talk:\n  - keys: 1\n  never: {reached: [identify]}",
            "never reached: identify",
            "hotline.yaml:27",
        ),
        (
            "  talk:\n  - keys: 1\n  never: {logged: [hotline]}",
            "never logged: hotline",
            "CallStarted",
        ),
        (
            "  given: {step: balance, customer: {id: 7}}\n  talk: [{hears: thanks}]",
            "data: {balance: ...}",
            "nothing is said of balance",
        ),
    ],
)
def test_talk_that_goes_another_way_fails(talk, expected, instead):
    verdict = verdict_of(talk)

    assert expected in verdict.failures[0].expected
    assert instead in verdict.failures[0].instead


def test_story_after_the_move_that_failed_is_cut_short():
    verdict = verdict_of("  talk:\n  - hears: thanks")

    assert len(verdict.story) < 20
    assert verdict.story[-1].startswith("... and ")


def test_caller_who_does_nothing_more_hangs_up_when_the_flow_waits_for_him():
    verdict = verdict_of("  talk:\n  - hears: welcome\n  ends in: language")

    assert verdict.passed
    assert "ended by caller in language" in verdict.story[-1]


def test_prompt_that_was_said_during_a_wait_is_still_heard():
    verdict = verdict_of("  talk:\n  - waits: 60s\n  - hears: choose_language")

    assert verdict.passed


def test_keys_go_to_the_next_question_and_never_into_what_is_said_before_it():
    verdict = verdict_of(
        "  talk:\n  - keys: 2\n  - says: Please enter your twelve-digit licence number."
    )
    said = [line for line in verdict.story if " says " in line]

    assert verdict.passed
    assert ["welcome" in said[0], len(said)] == [True, 4]


def test_prompt_that_was_said_before_the_last_key_is_not_heard_again():
    verdict = verdict_of(
        "  talk:\n  - hears: enter_card\n  - keys: 1\n  - hears: welcome"
    )

    assert not verdict.passed


def test_a_prompt_that_went_by_is_told_with_the_move_that_passed_it():
    verdict = verdict_of(
        "  talk:\n  - hears: choose_language\n  - keys: 1\n  - hears: welcome"
    )

    assert "it was heard already, up to the move in line 4" in str(
        verdict.failures[0].instead
    )


def test_then_hears_wants_the_very_next_prompt():
    right = "  talk:\n  - hears: welcome\n  - then hears: choose_language\n"
    wrong = "  talk:\n  - hears: welcome\n  - then hears: enter_card\n"

    # The question is said in both languages, which are one prompt.
    assert verdict_of(right + "  - keys: 1\n  - then hears: enter_card").passed
    verdict = verdict_of(wrong)
    assert verdict.failures[0].expected == "then hears enter_card"
    assert verdict.failures[0].instead.startswith("choose_language ")


def test_the_other_languages_of_a_prompt_are_no_next_prompt():
    verdict = verdict_of(
        "  talk:\n  - then hears: welcome\n  - then hears: choose_language\n"
        "  - waits: 7s\n  - then hears: choose_language"
    )

    assert verdict.passed


def test_pin_never_stands_in_the_story():
    verdict = verdict_of(
        "  data: {retailers: wrong}\n"
        '  talk: [{keys: 1}, {keys: "330106123459"}, {keys: "246810"}]\n'
        '  never: {logged: ["246810", "330106123459"]}'
    )

    assert verdict.passed
    assert "246810" not in "\n".join(verdict.story)


def test_talk_that_needs_a_later_part_is_not_run():
    found = read("talk:\n  talk: [{keys: 1}]\n  transcript: yes\n")
    verdict = rehearse(SITE, found.rehearsals[0])

    assert list(told(verdict)) == [
        "not run: talk (t.yaml:2)",
        "    needs transcripts of messages, not built yet",
    ]
    assert summary([verdict], 0.44) == "0 passed, 0 failed, 1 not run in 0.4 s"


# Comparing ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "found", "same"),
    [
        ("7", 7, True),
        ("7", 7.0, True),
        ("7.50", Decimal("7.5"), True),
        ("7", "7", True),
        ("07", "7", False),
        ("yes", True, True),
        ("no", True, False),
        ("none", None, True),
        ("x", 7, False),
        ({"a": "1"}, {"a": 1, "b": 2}, True),
        ({"a": "1", "b": "1"}, {"a": 1}, False),
        ({"a": {"b": "x"}}, {"a": "x"}, False),
    ],
)
def test_value_of_a_test_means_what_happened(wanted, found, same):
    assert agrees(wanted, found) is same


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Twenty-one, please.", "twenty one please"),
        ("请按一。", "请按一"),
        ("请按 一", "请按一"),
        ("ＡＢＣ", "abc"),
    ],
)
def test_words_are_compared_without_case_and_punctuation(one, other):
    assert plain_words(one) == plain_words(other)


def test_different_words_stay_different():
    assert plain_words("on e") != plain_words("one")
