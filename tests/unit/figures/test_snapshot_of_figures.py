"""The state of the figures, kept at any fact and put back, goes on as it would have."""

import os
import pickle
from zoneinfo import ZoneInfo

import pytest

from ivrflow.facts import (
    CallbackAsked,
    CallbackEnded,
    CallerTransferBegan,
    CallerTransferEnded,
    CallRecorded,
    Disposed,
    EstimateSaid,
    Held,
    PhoneChanged,
    SelfChecked,
    ServiceBegan,
)
from ivrflow.figures.book import Book
from ivrflow.figures.lasting import Unfit, go_on, parts, state_of
from ivrflow.figures.ledger import Ledger
from ivrflow.figures.snapshot import MADE_OF, build, packed, signed, unpacked
from ivrflow.figures.spans import quarters
from tests.calls.test_storm import an_hour
from tests.unit.figures.day import Day
from tests.unit.figures.test_figures_through_a_restart import busy, restart, the_rest

ZONE = ZoneInfo("Asia/Shanghai")
KEY = b"k" * 32
FOR = "this build"


def a_bit_of_everything():
    """Whatever the figures have a place for, some of it still on at the end."""
    day = Day().agent(0, "1001", queues=("sales",)).agent(0, "1002")
    day.served(10, "c1", "1001", "o1").served(100, "c2", "1001", "o2")
    sold = {"queue": "sales", "agent": "1001", "offer": "o2", "disposition": "sold"}
    day.add(Disposed, 170, "c2", **sold, by="agent")
    day.add(CallRecorded, 171, "c2", recording="r1", seconds=60.0)
    day.starts(200, "c3").queued(200, "c3")
    day.add(EstimateSaid, 201, "c3", queue="sales", low=10.0, high=30.0)
    day.rings(205, "c3", "1001", "o3").in_vain(215, "c3", "1001", "o3")
    day.rings(216, "c3", "1002", "o4").talks(220, "c3", "1002", "o4", waited=20)
    about = {"queue": "sales", "agent": "1002", "offer": "o4"}
    day.add(Held, 230, "c3", **about)
    about["to"] = "agent 1001"
    day.add(CallerTransferBegan, 231, "c3", **about, mode="attended")
    day.queued(232, "k1", item="consult", origin="c3").rings(233, "k1", "1001", "o5")
    day.talks(235, "k1", "1001", "o5", waited=3)
    day.add(CallerTransferEnded, 240, "c3", **about, how="done")
    day.done(240, "c3", "1002", "o4", 20, by="transfer").agent(250, "1002")
    day.add(CallbackAsked, 300, "c4", queue="sales", number="138")
    ended = {"queue": "sales", "number": "138", "how": "done", "in_time": True}
    day.add(CallbackEnded, 400, "c4", **ended)
    day.add(PhoneChanged, 410, agent="1002", busy=True, state="INUSE")
    day.starts(420, "c5").queued(420, "c5").leaves(450, "c5").ends(450, "c5")
    day.add(SelfChecked, 460, day="2026-10-18", compared=1, differences=0)
    day.starts(470, "c6").queued(470, "c6").queued(480, "c7")
    day.add(ServiceBegan, 500, version="v1", adopts=True)
    return day.facts


@pytest.fixture(scope="module")
def days():
    """Made before a loop runs: the hour has one of its own, on virtual time."""
    return {
        "everything": a_bit_of_everything(),
        "a restart": the_rest(restart(busy(), 20, "talks", "waits")).facts,
        "a busy hour": an_hour(1)[0],
    }


def new_book():
    return Book(ZONE, logs=True)


def kept(value):
    return signed(packed(value), FOR, KEY)


def again(book):
    """*book*, as the next process has it."""
    value = unpacked(kept({"book": state_of(book)}), FOR, KEY)
    go_on(made := new_book(), value["book"])
    return made


def taken(facts, at=()):
    """A book with *facts* in it, whose process died before each of those *at*."""
    book, lines = new_book(), []
    for number, fact in enumerate(facts):
        if number in at:
            book = again(book)
        lines += book.take(fact)
    return book, lines


@pytest.mark.parametrize("name", ["everything", "a restart"])
def test_who_dies_before_each_fact_has_made_the_same_of_them(days, name):
    facts = days[name]
    book, lines = taken(facts)
    other, others = taken(facts, range(len(facts)))

    assert state_of(other) == state_of(book)
    assert others == lines


@pytest.mark.parametrize("part", [1, 3, 5, 7, 8])
def test_who_dies_once_in_a_busy_hour_has_made_the_same_of_it(days, part):
    facts = days["a busy hour"]
    book, lines = taken(facts)
    cut = part * len(facts) // 9
    other, others = taken(facts, [cut])

    assert state_of(other) == state_of(book)
    assert others == lines


def test_what_nobody_has_written_can_be_kept_apart(days):
    book, _ = taken(days["everything"])
    lasting, pending = (state_of(book, pending=which) for which in (False, True))
    go_on(other := new_book(), lasting)
    ledger = other.live.fold.ledger

    assert book.records
    assert (other.records, ledger.changed_queues, ledger.queues != {}) == (
        {},
        set(),
        True,
    )
    go_on(other, {path: {**lasting[path], **pending[path]} for path in lasting})
    assert state_of(other) == state_of(book)


def test_nothing_that_changes_is_left_out_of_what_is_kept(days):
    """What a part was given are functions and yes or no; all else is kept."""
    book, _ = taken(days["everything"])

    for part in parts(book).values():
        for name in part.GIVEN:
            given = getattr(part, name)
            each = given.values() if isinstance(given, dict) else [given]
            assert all(callable(one) or isinstance(one, bool) for one in each), name
        assert vars(part).keys() >= part.GIVEN | part.PENDING


def test_a_bit_of_everything_is_made_of_all_that_may_be_named(days):
    book, _ = taken(days["everything"])
    text = pickle.dumps(state_of(book), 5)
    assert all(one.__qualname__.encode() in text for one in MADE_OF)


def test_part_that_lies_within_a_value_is_found_out():
    with pytest.raises(TypeError, match="Ledger is a part"):
        pickle.dumps([Ledger(quarters)])


def test_state_with_other_attributes_is_refused_whole(days):
    state = state_of(taken(days["everything"])[0])
    book = new_book()
    for path, names in [
        (".live.fold", {"lost": 0}),
        (".live.fold.visits", {**state[".live.fold.visits"], "more": 1}),
    ]:
        with pytest.raises(Unfit, match=f"{path} has other attributes"):
            go_on(book, {**state, path: names})
    with pytest.raises(Unfit, match=r"other parts: \['.elsewhere'\]"):
        go_on(book, {**state, ".elsewhere": {}})

    assert state_of(book) == state_of(new_book())


def test_what_somebody_else_has_written_is_never_read():
    state = kept({"a": 1})
    assert unpacked(state, FOR, KEY) == {"a": 1}

    for key, bad in [
        (b"x" * 32, state),
        (KEY, state[:-1]),
        (KEY, b"x" + state[1:]),
        (KEY, state[:40] + b"x" + state[41:]),
        (KEY, b""),
    ]:
        with pytest.raises(Unfit, match="not signed"):
            unpacked(bad, FOR, key)
    with pytest.raises(Unfit, match="another version"):
        unpacked(state, "another", KEY)


class Harm:
    """What runs a command as soon as it is read."""

    def __reduce__(self):
        return os.system, ("false",)


def test_state_that_is_signed_and_names_what_no_book_is_made_of_is_not_read():
    for odd, why in [
        (pickle.dumps({"a": Harm()}), "system is not known"),
        (pickle.dumps([]), "it is none"),
        (b"nonsense", "can't be read"),
    ]:
        with pytest.raises(Unfit, match=why):
            unpacked(signed(odd, FOR, KEY), FOR, KEY)


def test_what_can_not_be_kept_is_said():
    with pytest.raises(Unfit, match="can't be kept"):
        packed({"a": lambda: 0})


def test_a_build_is_told_by_its_sources():
    assert len(build()) == 64
