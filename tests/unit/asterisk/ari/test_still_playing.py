"""Which of the sounds of a call plays already: values only."""

import pytest

from ivrflow.asterisk.ari.media import Later, Media, Pause
from ivrflow.asterisk.ari.still_playing import (
    Sounding,
    as_noted,
    noted,
    sounds_in,
    where,
)

HELLO, MENU, BYE = Media(("hello",)), Media(("menu", "keys")), Media(("bye",))


def test_what_is_noted_is_read_back():
    assert as_noted(noted(7, '{"a": "语言"}')) == (7, '{"a": "语言"}', {})


def test_where_sounds_begin_is_noted_with_the_rest():
    begins = {8: 12_000, 9: 500}
    assert as_noted(noted(7, "1=2:@x", begins)) == (7, "1=2:@x", begins)


def test_of_many_that_began_somewhere_the_last_ones_are_noted():
    begins = {number: number for number in range(1, 20)}
    assert list(as_noted(noted(0, "text", begins)).begins) == [14, 15, 16, 17, 18, 19]


def test_what_forgets_leaves_nothing():
    assert noted(7, "") == ""
    assert as_noted("") == (0, "", {})


@pytest.mark.parametrize(
    "text",
    ["no number", ":x", "-1:x", "9999999:x", "1e3:x", " 1:x", "1@2:x", "1@2=-3:x"],
)
def test_what_others_wrote_is_a_text_and_no_number(text):
    assert as_noted(text) == (0, text, {})


def test_the_first_of_some_sounds_plays():
    assert where([HELLO, MENU], 4, Sounding(4, "hello")) == 0


def test_pauses_have_no_number():
    parts = [HELLO, Pause(0.2), MENU]

    assert sounds_in(parts) == 2
    assert where(parts, 1, Sounding(2, "keys")) == 2


def test_a_sound_that_comes_after_all_of_them():
    assert where([HELLO, MENU], 1, Sounding(3, "bye")) == 2


def test_another_sound_under_the_same_number_is_none_of_them():
    assert where([HELLO, MENU], 1, Sounding(2, "bye")) is None


def test_what_is_spoken_only_now_can_not_be_compared():
    assert where([Later(None), BYE], 1, Sounding(2, "bye")) is None
