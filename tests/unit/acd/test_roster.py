"""The line of agents finds whom looking at each would find."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivrflow.acd.engine.abilities import Ask
from ivrflow.acd.engine.clauses import Clauses
from ivrflow.acd.engine.roster import Roster, count, without
from ivrflow.acd.engine.seat import Seat
from ivrflow.acd.model import Agent, need

QUEUE = ("queue", "call", "q")
SKILLS = st.dictionaries(st.sampled_from("abcd"), st.integers(0, 4), max_size=4)
NEEDS = st.builds(
    lambda least, options, none: need(least, any=options, none=none),
    st.dictionaries(st.sampled_from("abcx"), st.integers(1, 12), max_size=2),
    st.lists(st.dictionaries(st.sampled_from("abx"), st.integers(1, 4)), max_size=2),
    st.dictionaries(st.sampled_from("dx"), st.integers(1, 4), max_size=1),
)
MOVES = st.lists(
    st.tuples(
        st.sampled_from(["add", "remove", "hide", "show", "learn", "ask"]),
        st.integers(0, 7),
        SKILLS,
        NEEDS,
    ),
    max_size=200,
)


@pytest.fixture(autouse=True, scope="module")
def small_blocks():
    """So small that a few agents fill several, and a few clauses are too many."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ivrflow.acd.engine.roster.SIZE", 3)
        patch.setattr("ivrflow.acd.engine.clauses.KNOWN_CLAUSES", 20)
        yield


def seat(number, skills):
    return Seat(Agent(number=number, queues=frozenset({"q"}), skills=skills))


@given(MOVES)
def test_whatever_comes_and_goes(moves):
    clauses = Clauses()
    roster, there, hidden, seats = Roster(clauses), [], set(), {}
    for move, number, skills, needed in moves:
        name = str(number)
        if name not in seats:
            seats[name] = seat(name, skills)
            clauses.enrol(seats[name])
        one = seats[name]
        if move == "add":
            there = [*(who for who in there if who is not one), one]
            hidden.add(one)
            roster.add(one)
        elif move == "remove":
            there = [who for who in there if who is not one]
            roster.remove(one)
        elif move == "hide" and one in there:
            hidden.add(one)
            roster.hide(one)
        elif move == "show" and one in there:
            hidden.discard(one)
            roster.show(one)
        elif move == "learn":
            clauses.dismiss(one)
            one.take(Agent(number=name, queues=frozenset({"q"}), skills=skills))
            one.describe()
            clauses.enrol(one)
            roster.describe(one)
        ask = Ask((QUEUE,), needed)
        found = roster.match(ask)
        able = [
            who
            for who in there
            if who not in hidden and needed.met_by(who.given.skills)
        ]
        assert list(roster.each(found)) == able
        assert count(found) == len(able)
        if able:
            assert roster.first(found) is able[0]
            behind = there[there.index(one) + 1 :] if one in there else []
            next_one = [who for who in behind if who in able] or able
            assert roster.after(found, one) is next_one[0]
        unwanted = clauses.number(("a", 2))
        rest = [who for who in able if who.given.skills.get("a", 0) < 2]
        if unwanted is not None:
            assert list(roster.each(without(found, unwanted))) == rest


def test_one_of_several_memberships_will_do():
    clauses = Clauses()
    roster = Roster(clauses)
    for number in "12":
        one = seat(number, {})
        clauses.enrol(one)
        roster.add(one)
        roster.show(one)
    ask = Ask((("queue", "call", "other"), ("agent", "call", "2")), need({}))

    assert [who.number for who in roster.each(roster.match(ask))] == ["2"]


def test_who_is_hidden_stays_so_when_all_are_numbered_anew():
    clauses = Clauses()
    roster = Roster(clauses)
    seats = [seat(name, {"a": 1}) for name in ("hidden", "1", "2")]
    for one in seats:
        clauses.enrol(one)
        roster.add(one)
        roster.show(one)
    roster.hide(seats[0])
    ask = Ask((QUEUE,), need({"a": 1}))
    for n in range(500):
        roster.add(seats[1 + n % 2])
        roster.show(seats[1 + n % 2])
        assert seats[0] not in list(roster.each(roster.match(ask)))
    roster.show(seats[0])

    assert roster.first(roster.match(ask)) is seats[0]


def test_what_nobody_can_is_not_kept_however_often_it_is_asked():
    clauses = Clauses()
    roster = Roster(clauses)
    one = seat("1", {"a": 1})
    clauses.enrol(one)
    roster.add(one)
    roster.show(one)
    for n in range(1000):
        made_up = (f"made up {n}", 1)
        assert not roster.match(Ask((QUEUE,), need(dict([made_up]))))
        some = need({}, any=[dict([made_up]), {"a": 1}], none=dict([made_up]))
        assert roster.match(Ask((QUEUE,), some))

    assert len(clauses) <= 3
