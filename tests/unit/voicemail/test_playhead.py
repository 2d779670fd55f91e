"""Where a message goes on after a key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivrflow.voicemail.playhead import LEAD, Playhead
from tests.unit.voicemail.patience import patient

TEN = Playhead(length=10.0)


def test_it_moves_only_while_it_plays():
    assert TEN.at(99.0) == 0.0
    playing = TEN.playing(100.0)
    assert playing.at(104.0) == 4.0
    assert playing.paused(104.0).at(500.0) == 4.0
    assert playing.paused(104.0).playing(500.0).at(501.0) == 5.0


def test_a_skip_plays_on_from_there():
    playing = TEN.playing(100.0).skipped(3.0, 102.0)
    assert (playing.offset, playing.at(103.0)) == (5.0, 6.0)
    assert TEN.playing(100.0).skipped(-3.0, 105.0).at(105.0) == 2.0


def test_a_skip_while_it_stands_still_leaves_it_there():
    assert TEN.skipped(3.0, 7.0).at(60.0) == 3.0


def test_back_before_the_beginning_is_the_beginning():
    assert TEN.playing(100.0).skipped(-3.0, 101.0).at(101.0) == 0.0


def test_on_past_the_end_is_over():
    ended = TEN.playing(100.0).skipped(30.0, 101.0)
    assert ended.over(101.0)
    assert ended.offset == 10.0


def test_a_sound_of_unknown_length_is_never_over():
    on = Playhead().playing(0.0).skipped(1000.0, 5.0)
    assert on.at(6.0) == 1006.0
    assert not on.over(6.0)


def test_again_begins_at_the_beginning():
    assert TEN.playing(100.0).restarted(107.0).at(108.0) == 1.0


def test_after_a_break_a_moment_is_heard_again():
    assert Playhead(offset=6.0, length=10.0).taken_up(0.0).offset == 6.0 - LEAD
    assert Playhead(offset=0.4, length=10.0).taken_up(0.0).offset == 0.0


def test_what_was_over_before_a_break_begins_anew():
    assert Playhead(offset=10.0, length=10.0).taken_up(0.0).offset == 0.0


moments = st.floats(0, 1e6)


@patient(60)
@given(
    st.none() | st.floats(0, 1e4),
    st.lists(
        st.tuples(
            st.sampled_from(["playing", "paused", "restarted", "taken_up"])
            | st.floats(-100, 100),
            st.floats(0, 50),
        ),
        max_size=20,
    ),
)
def test_it_never_leaves_the_sound(length, happens):
    head, now = Playhead(length=length), 0.0
    for what, passes in happens:
        now += passes
        if isinstance(what, str):
            head = getattr(head, what)(now)
        else:
            head = head.skipped(what, now)
        for at in (head.offset, head.at(now), head.at(now + 1000)):
            assert at >= 0
            assert length is None or at <= length


@pytest.mark.parametrize("back", [-1.0, -50.0])
def test_a_clock_that_goes_back_moves_nothing(back):
    assert TEN.playing(100.0).at(100.0 + back) == 0.0
