"""The digits of hearing messages, and what a site may make of them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivrflow.voicemail.keys import KEYS, OFFERED, USUAL, At, Key, Keys, keys_of, wrong
from tests.unit.voicemail.patience import patient

WORDS = [act.value for act in Key]


def test_without_a_word_they_are_those_of_app_voicemail():
    assert wrong({}) == []
    keys = keys_of({})
    assert keys.act(At.MESSAGE, "7") is Key.DELETE
    assert keys.act(At.MESSAGE, "0") is Key.SETTINGS
    assert keys.act(At.PLAYING, "0") is Key.PAUSE
    assert keys.act(At.PLAYING, "7") is Key.DELETE
    assert keys.act(At.MORE, "7") is None
    assert keys.skip == 3.0


def test_each_act_has_a_usual_key_and_is_offered_somewhere():
    assert set(USUAL) == set(Key)
    assert {act for acts in OFFERED.values() for act in acts} == set(Key)


def test_a_key_can_be_given_to_another_act():
    keys = keys_of({"delete": "3", "more": "7"}, 5.0)
    assert keys.act(At.MESSAGE, "3") is Key.DELETE
    assert keys.act(At.BOX, "7") is Key.MORE
    assert keys.skip == 5.0


def test_an_act_can_be_without_a_key():
    keys = keys_of({"send_on": ""})
    assert keys.act(At.MESSAGE, "8") is None
    assert Key.SEND_ON not in [act for _, act in keys.offered(At.MESSAGE)]
    assert "8" not in keys.stops(At.PLAYING)


def test_acts_of_different_places_share_keys():
    assert wrong({"reply": "7", "pin": "7", "pause": "7"}) == []


def test_the_keys_of_playing_come_before_those_of_the_message():
    keys = keys_of({"pause": "7"})
    assert keys.act(At.PLAYING, "7") is Key.PAUSE
    assert keys.act(At.MESSAGE, "7") is Key.DELETE


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (
            {"delet": "7"},
            "'delet' is nothing that a key does; did you mean 'delete'?",
        ),
        (
            {"delete": "77"},
            "delete: '77' is no key of a telephone; write one of 0 to 9, * or #, "
            'or "" for none',
        ),
        (
            {"leave": ""},
            "'leave' must have a key; write one of 0 to 9, * or #, or leave it out",
        ),
        (
            {"up": "4"},
            "up: 4 is the digit of a folder, so nobody could leave the choice of "
            "folders by it; write * or #",
        ),
        (
            {"delete": "6"},
            "'next' and 'delete' are both 6 after a message; give one of them 7",
        ),
        (
            {"comment": "2"},
            "'comment' and 'as_it_is' are both 2 before a message is sent on; "
            "give one of them 0 or 1 or 3 or 4 or 5 or 6 or 7 or 8 or 9 or #",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_cure(given, told):
    assert wrong(given) == [told]
    with pytest.raises(ValueError, match=re.escape(told)):
        keys_of(given)


def test_what_is_like_no_word_is_told_all_words():
    (told,) = wrong({"zzz": "1"})
    assert "there are hear, folder," in told
    assert told.endswith("listen and record_again")


def test_all_that_is_wrong_is_told_at_once():
    assert len(wrong({"delet": "7", "next": "x"}, skip=0.0)) == 3


@pytest.mark.parametrize("skip", [0.0, -3.0, 61.0, float("nan")])
def test_what_is_no_skip_is_refused(skip):
    (told,) = wrong({}, skip)
    assert "write a duration of up to 60s" in told


@patient(60)
@given(
    st.dictionaries(
        st.sampled_from(WORDS) | st.text(max_size=5),
        st.sampled_from(KEYS) | st.text(max_size=2),
    )
)
def test_whatever_is_written_is_refused_or_has_one_act_for_each_key(given):
    problems = wrong(given)
    if problems:
        assert all(problems)
        with pytest.raises(ValueError):  # noqa: PT011 -- its text is the problems'
            keys_of(given)
        return
    keys = keys_of(given)
    for at, acts in OFFERED.items():
        taken = [keys.of[act] for act in acts if keys.of[act]]
        assert len(taken) == len(set(taken))
        assert [keys.act(at, key) for key, _ in keys.offered(at)] == [
            act for _, act in keys.offered(at)
        ]
    assert Keys(keys.of).act(At.MESSAGE, keys.of[Key.LEAVE]) is Key.LEAVE
