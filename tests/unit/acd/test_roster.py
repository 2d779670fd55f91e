"""The line of agents finds whom looking at each would find."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivrflow.acd.roster import Roster

ABILITIES = st.dictionaries(st.sampled_from("abcd"), st.integers(0, 4), max_size=4)
ASKS = st.lists(st.tuples(st.sampled_from("abcd"), st.integers(1, 4)), max_size=3)
MOVES = st.lists(
    st.tuples(
        st.sampled_from(["add", "remove", "hide", "show", "ask"]),
        st.integers(0, 7),
        ABILITIES,
        ASKS,
    ),
    max_size=300,
)


@pytest.fixture(autouse=True, scope="module")
def small_blocks():
    """So small that a few agents fill several."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ivrflow.acd.roster.SIZE", 3)
        yield


@given(MOVES)
def test_whatever_comes_and_goes(moves):
    roster, there, hidden = Roster(), {}, set()
    for move, number, abilities, ask in moves:
        name = str(number)
        if move == "add":
            there.pop(name, None)  # to the end of the line
            there[name] = abilities
            hidden.discard(name)
            roster.add(name, abilities)
        elif move == "remove":
            there.pop(name, None)
            hidden.discard(name)
            roster.remove(name)
        elif move in ("hide", "show") and name in there:
            (hidden.add if move == "hide" else hidden.discard)(name)
            getattr(roster, move)(name)
        found = roster.match(tuple(ask))
        able = [
            who
            for who, can in there.items()
            if who not in hidden and all(can.get(a, 0) >= n for a, n in ask)
        ]
        assert [who for who, _ in roster.each(found)] == able
        if able:
            assert roster.first(found) == able[0]


def test_who_is_hidden_stays_so_when_all_are_numbered_anew():
    roster = Roster()
    for name in ("hidden", "1", "2"):
        roster.add(name, {"a": 1})
    roster.hide("hidden")
    for n in range(500):
        roster.add("12"[n % 2], {"a": 1})
        assert "hidden" not in dict(roster.each(roster.match((("a", 1),))))
    roster.show("hidden")

    assert roster.first(roster.match((("a", 1),))) == "hidden"


def test_what_nobody_can_is_not_kept_however_often_it_is_asked():
    roster = Roster()
    roster.add("1", {"a": 1})
    for n in range(1000):
        assert not roster.match(((f"made up {n}", 1),))

    assert roster.match((("a", 1),))
    assert len(roster._levels) == 1
