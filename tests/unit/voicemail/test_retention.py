"""How many messages are kept, for how long, and which never go."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivrflow.voicemail.retention import Hold, Keep, due, held, may_go, room
from tests.unit.voicemail.patience import patient

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = 86_400.0
KEEP = Keep(new=90 * DAY, heard=30 * DAY, deleted=7 * DAY)
LONG_AGO = NOON - timedelta(days=1000)


def ago(days):
    return NOON - timedelta(days=days)


@dataclass(frozen=True)
class Left:
    message: str = "m"
    state: str = "new"
    at: datetime = NOON
    heard: datetime | None = None
    deleted: datetime | None = None
    mailbox: str = "service"
    anew: datetime | None = None


def gone(*messages, keep=KEEP, since=LONG_AGO, **more):
    found = may_go(messages, keep, NOON, since=since, **more)
    return [one.message for one in found]


# How many


def test_a_mailbox_has_room_for_what_it_keeps():
    assert room(0, 100) == 100
    assert room(3, 100) == 97
    assert room(120, 100) == 0


def test_a_mailbox_that_keeps_none_only_greets():
    assert room(0, 0) == 0


@patient(60)
@given(st.integers(0, 60), st.integers(0, 60))
def test_of_many_at_once_as_many_begin_as_there_is_room(most, callers):
    begun = 0
    for _ in range(callers):
        begun += bool(room(begun, most))
    assert begun == min(most, callers)


# For how long


@pytest.mark.parametrize(
    ("left", "ends"),
    [
        (Left(at=ago(5)), ago(5 - 90)),
        (Left(state="old", at=ago(50), heard=ago(4)), ago(4 - 30)),
        (Left(state="old", at=ago(50)), ago(50 - 30)),
        (Left(state="deleted", at=ago(50), heard=ago(4), deleted=ago(1)), ago(1 - 7)),
        (Left(at=ago(100), anew=ago(5)), ago(5 - 90)),
        (Left(state="old", at=ago(50), heard=ago(40), anew=ago(5)), ago(5 - 30)),
        (Left(state="old", at=ago(50), heard=ago(4), anew=ago(5)), ago(4 - 30)),
        (Left(state="deleted", at=ago(50), deleted=ago(1), anew=ago(5)), ago(1 - 7)),
        (Left(state="recording", at=ago(500)), None),
        (Left(state="gone", at=ago(500)), None),
        (Left(state="dropped", at=ago(500)), None),
    ],
)
def test_each_state_has_its_own_time(left, ends):
    assert due(left, KEEP, since=LONG_AGO) == ends


def test_without_a_time_a_message_stays_for_ever():
    assert gone(Left(at=LONG_AGO), keep=Keep(heard=1.0, deleted=1.0)) == []


def test_what_is_over_goes_the_longest_due_first():
    messages = [
        Left("b", at=ago(100)),
        Left("fresh", at=ago(3)),
        Left("a", at=ago(100)),
        Left("longest", "deleted", at=ago(60), deleted=ago(50)),
    ]
    assert gone(*messages) == ["longest", "a", "b"]


def test_nothing_goes_before_a_site_has_begun_to_throw_away():
    years = Left(at=LONG_AGO)
    assert gone(years, since=NOON + timedelta(days=1)) == []
    assert gone(years, since=NOON) == ["m"]


# What never goes


def test_a_message_on_hold_stays():
    old = [Left("a", at=LONG_AGO), Left("b", at=LONG_AGO)]
    assert gone(*old, holds=[Hold("service", "a")]) == ["b"]
    assert gone(*old, holds=[Hold("service")]) == []
    assert gone(*old, holds=[Hold("sales"), Hold("sales", "a")]) == ["a", "b"]


def test_a_message_that_somebody_needs_stays():
    assert gone(Left(at=LONG_AGO), needed={"m"}) == []


times = st.integers(0, 400).map(ago)
lefts = st.builds(
    Left,
    st.sampled_from("abcdef"),
    st.sampled_from(["recording", "new", "old", "deleted", "dropped", "gone"]),
    times,
    st.none() | times,
    st.none() | times,
    st.sampled_from(["service", "sales"]),
    st.none() | times,
)
holds = st.lists(
    st.builds(
        Hold, st.sampled_from(["service", "sales"]), st.sampled_from(["", *"abcdef"])
    )
)
lasting = st.none() | st.floats(0, 500 * DAY)
keeps = st.builds(Keep, new=lasting, heard=lasting, deleted=lasting)


@patient(60)
@given(st.lists(lefts), holds, st.sets(st.sampled_from("abcdef")), keeps)
def test_what_is_held_needed_or_recorded_never_goes(messages, held_by, needed, keep):
    found = may_go(messages, keep, NOON, since=LONG_AGO, holds=held_by, needed=needed)
    for one in found:
        assert not held(one, held_by)
        assert one.message not in needed
        assert one.state in ("new", "old", "deleted")
    # Whoever asks again after they have gone finds nothing more to do.
    rest = [one for one in messages if one not in found]
    assert may_go(rest, keep, NOON, since=LONG_AGO, holds=held_by, needed=needed) == []
