"""Keys that lead elsewhere while a message is left: what becomes of it."""

import pytest

from ivrflow.facts import DigitsCollected, MessageDropped, MessageLeft
from tests.unit.flow.boxes_rig import Judging, leaves, states

KEYS = "keys: {0: elsewhere}"
REVIEWED = {"box": "  review: yes", "more": KEYS}


def why(left):
    return [fact.why for fact in left.of(MessageDropped)]


def test_in_the_greeting_nothing_is_left_and_nothing_is_begun(tmp_path):
    left = leaves(tmp_path, more=KEYS, keys={0.3: "0"})

    assert left.steps == ["leave", "elsewhere"]
    assert states(left) == []


def test_what_was_recorded_until_then_is_kept_if_the_caller_says_so(tmp_path):
    left = leaves(tmp_path, more=KEYS, keys={8: "0", 9: "1"})

    assert "message_before_operator" in left.said
    assert left.steps == ["leave", "elsewhere"]
    assert states(left) == [("box", "new")]
    assert len(left.of(MessageLeft)) == 1


def test_it_is_thrown_away_if_the_caller_says_so(tmp_path):
    left = leaves(tmp_path, more=KEYS, keys={8: "0", 9: "2"})

    assert left.steps == ["leave", "elsewhere"]
    assert states(left) == [("box", "dropped")]
    assert why(left) == ["thrown away"]
    assert left.world.messages.outbox == []


def test_who_does_not_answer_that_has_left_it(tmp_path):
    left = leaves(tmp_path, more=KEYS, keys={8: "0"})

    assert left.steps == ["leave", "elsewhere"]
    assert states(left) == [("box", "new")]


def test_who_hangs_up_over_that_question_has_left_it(tmp_path):
    left = leaves(tmp_path, more=KEYS, keys={8: "0"}, hangs_up_at=9)

    assert left.by == "caller"
    assert states(left) == [("box", "new")]


def test_of_what_is_no_message_nobody_is_asked(tmp_path):
    left = leaves(tmp_path, more=KEYS, keys={2.5: "0"})

    assert "message_before_operator" not in left.said
    assert left.steps == ["leave", "elsewhere"]
    assert why(left) == ["short"]


def test_in_the_review_it_works_too(tmp_path):
    left = leaves(tmp_path, **REVIEWED, keys={8: "#", 9: "0", 10: "1"})

    assert left.steps == ["leave", "elsewhere"]
    assert states(left) == [("box", "new")]


def test_in_the_words_between_two_takes_it_works_too(tmp_path):
    left = leaves(tmp_path, more=KEYS, audio=Judging("silent"), keys={8: "#", 8.3: "0"})

    assert left.steps == ["leave", "elsewhere"]
    assert states(left) == [("box", "dropped")]


def test_a_key_that_does_not_hold_now_is_none(tmp_path):
    left = leaves(
        tmp_path,
        more='keys: {0: {then: elsewhere, if: "now.hour > 20"}}',
        keys={8: "0", 9: "#"},
    )

    assert left.steps == ["leave", "kept"]


def test_a_key_sets_its_values(tmp_path):
    flow = """
steps:
  leave: {voicemail: box, keys: {0: {then: told, set: {topic: bill}}}}
  told: {choose: [{if: 'topic == "bill"', then: billed}, {else: bye}]}
  billed: {hangup: yes}
  bye: {hangup: yes}
"""

    left = leaves(tmp_path, flow=flow, keys={0.3: "0"})

    assert left.steps == ["leave", "told", "billed"]


@pytest.mark.parametrize("at", range(1, 120, 3))
def test_whenever_he_goes_and_hangs_up_the_message_is_settled(tmp_path, at):
    left = leaves(tmp_path, **REVIEWED, keys={7: "0"}, hangs_up_at=at / 10)

    assert {state for _, state in states(left)} <= {"new", "dropped"}
    assert len(left.of(DigitsCollected)) <= 1
