"""In which order messages are heard, and what is in which folder."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivrflow.voicemail.order import (
    FOLDERS,
    INBOX,
    Counts,
    behind,
    counted,
    folder_of,
    listed,
    mark,
    put_into,
)
from tests.unit.voicemail.patience import patient

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Left:
    message: str
    state: str = "new"
    folder: str = INBOX
    urgent: bool = False
    minute: int = 0
    heard: datetime | None = None
    deleted: datetime | None = None
    anew: datetime | None = None

    @property
    def at(self):
        return NOON + timedelta(minutes=self.minute)


def names(messages, folder=INBOX):
    return [one.message for one in listed(messages, folder)]


BOX = [
    Left("old", "old", minute=1),
    Left("new later", minute=9),
    Left("new", minute=5),
    Left("urgent", urgent=True, minute=7),
    Left("urgent and heard", "old", urgent=True, minute=3),
    Left("work", "old", "work"),
    Left("new work", "new", "work", minute=20),
    Left("deleted", "deleted"),
    Left("being recorded", "recording"),
    Left("thrown away", "dropped"),
]


def test_urgent_ones_come_first_then_new_ones_then_old_ones():
    assert names(BOX) == ["urgent", "new", "new later", "old", "urgent and heard"]


def test_new_and_old_are_folders_of_their_own():
    assert names(BOX, "new") == ["urgent", "new", "new later"]
    assert names(BOX, "old") == ["old", "urgent and heard"]


def test_what_was_filed_is_in_its_folder_alone():
    assert names(BOX, "work") == ["new work", "work"]
    assert names(BOX, "family") == []


def test_counts_are_those_of_the_inbox():
    assert counted(BOX) == Counts(urgent=1, new=3, old=2)
    assert counted([]) == Counts()


def test_who_is_hearing_them_finds_each_where_it_was():
    began = NOON + timedelta(hours=1)
    before = [Left("a"), Left("b", minute=1), Left("c", "old"), Left("d", minute=2)]
    later = began + timedelta(minutes=5)
    after = [
        Left("a", "old", heard=later),
        Left("b", "deleted", minute=1, heard=later, deleted=later),
        Left("c", "deleted", heard=NOON, deleted=later),
        Left("d", "deleted", minute=2, deleted=later),
        Left("e", "deleted", heard=NOON, deleted=NOON),
        Left("f", minute=90),
    ]
    assert names(before) == ["a", "b", "d", "c"]
    assert names(after) == ["f", "a"]
    for folder, there in (("", "abdfc"), ("new", "abdf"), ("old", "c")):
        found = listed(after, folder, since=began)
        assert [one.message for one in found] == list(there)


def test_folders_have_the_digits_of_app_voicemail():
    assert [folder_of(key) for key in "01234"] == [
        "new",
        "old",
        "work",
        "family",
        "friends",
    ]
    assert folder_of("9") == "custom5"
    assert [folder_of(key) for key in ("*", "#", "", "12", "²")] == [None] * 5


def test_a_message_can_become_new_again():
    assert put_into("new", state="old") == ("new", INBOX)
    assert put_into("old", state="new") == ("old", INBOX)
    assert put_into("work", state="old") == ("old", "work")


def test_what_is_no_folder_is_refused():
    for folder in ("cellar", "", "../work"):
        with pytest.raises(ValueError, match="there are new, old, work"):
            put_into(folder, state="new")


lefts = st.builds(
    Left,
    st.uuids().map(str),
    st.sampled_from(["new", "old", "deleted", "recording", "gone"]),
    st.sampled_from([INBOX, *FOLDERS[2:]]),
    st.booleans(),
    st.integers(0, 5),
)


@patient(60)
@given(st.lists(lefts, unique_by=lambda one: one.message))
def test_each_message_is_in_one_folder_and_the_order_is_the_same_always(messages):
    folders = [INBOX, *FOLDERS[2:]]
    found = [name for folder in folders for name in names(messages, folder)]
    assert sorted(found) == sorted(
        one.message for one in messages if one.state in ("new", "old")
    )
    assert names(messages) == names(messages[::-1])
    assert names(messages) == names(messages, "new") + names(messages, "old")
    counts = counted(messages)
    assert counts.new + counts.old == len(names(messages))
    assert counts.urgent <= counts.new


def test_a_page_begins_behind_a_message_that_is_there_no_more():
    there = [Left("a"), Left("b", minute=1), Left("d", minute=3), Left("o", "old")]
    gone = Left("c", "deleted", minute=2, deleted=NOON)

    was = replace(gone, state="new", deleted=None)
    assert [one.message for one in behind(there, INBOX, mark(was))] == ["d", "o"]
    after = mark(there[0])
    assert [one.message for one in behind(there, INBOX, after)] == ["b", "d", "o"]
    assert behind(there, INBOX, "") == listed(there, INBOX)


@patient(60)
@given(
    st.lists(lefts, unique_by=lambda one: one.message),
    st.sampled_from([INBOX, "new", "old", "work"]),
    st.integers(0, 20),
)
def test_a_mark_divides_a_folder_in_two(messages, folder, nth):
    there = listed(messages, folder)
    for one in there[nth : nth + 1]:
        assert behind(messages, folder, mark(one)) == there[nth + 1 :]


def test_what_is_no_mark_is_refused():
    for text in ("m1", "00-x-m1", "00-1-m1\n", "22-1.5-m1", "00-1-", "٠0-1-m1"):
        with pytest.raises(ValueError, match="no place in a folder"):
            behind([], INBOX, text)
