"""What is asked for is found by who can do it, as looking at each ask would."""

from hypothesis import given
from hypothesis import strategies as st

from ivrflow.acd.wants import Wants

SKILLS = st.dictionaries(st.sampled_from("abcd"), st.integers(0, 10), max_size=4)
QUEUES = [("queue", "x"), ("queue", "y"), ("agent", "1")]
NEEDS = st.dictionaries(st.sampled_from("abcd"), st.integers(1, 12), max_size=3)
MOVES = st.lists(
    st.tuples(
        st.sampled_from(["add", "remove"]),
        st.sampled_from(QUEUES),
        NEEDS,
        st.sets(st.sampled_from(QUEUES)),
        SKILLS,
    ),
    max_size=60,
)


@given(MOVES)
def test_whatever_is_asked_and_no_longer_asked(moves):
    wants, there = Wants(), set()
    for move, first, needs, queues, skills in moves:
        ask = ((first, 1), *sorted(needs.items()))
        if move == "add":
            there.add(ask)
            wants.add(ask)
        elif ask in there:
            there.remove(ask)
            wants.remove(ask)
        abilities = {**skills, **dict.fromkeys(queues, 10)}
        found = list(wants.served_by(abilities))
        assert len(found) == len(set(found))
        assert set(found) == {
            one
            for one in there
            if all(abilities.get(ability, 0) >= level for ability, level in one)
        }
        assert len(wants) == len(there)


def test_what_is_found_may_be_removed_meanwhile():
    wants = Wants()
    asks = [((("queue", "x"), 1), (f"s{n}", 1)) for n in range(5)]
    for ask in asks:
        wants.add(ask)
    able = {("queue", "x"): 10, **{f"s{n}": 1 for n in range(5)}}

    seen = []
    for ask in wants.served_by(able):
        seen.append(ask)
        wants.remove(ask)

    assert seen == asks
    assert not len(wants)
