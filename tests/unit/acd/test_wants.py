"""What is asked for is found by who can do it, as looking at each ask would."""

from hypothesis import given
from hypothesis import strategies as st

from ivrflow.acd.engine.abilities import Ask
from ivrflow.acd.engine.seat import Seat
from ivrflow.acd.engine.wants import Wants
from ivrflow.acd.model import Agent, need

SKILLS = st.dictionaries(st.sampled_from("abcd"), st.integers(0, 10), max_size=4)
ROOTS = [("queue", "call", "x"), ("queue", "call", "y"), ("agent", "call", "1")]
NEEDS = st.builds(
    lambda least, options, none: need(least, any=options, none=none),
    st.dictionaries(st.sampled_from("abcd"), st.integers(1, 12), max_size=3),
    st.lists(st.dictionaries(st.sampled_from("ab"), st.integers(1, 4)), max_size=2),
    st.dictionaries(st.sampled_from("cd"), st.integers(1, 4), max_size=1),
)
MOVES = st.lists(
    st.tuples(
        st.sampled_from(["add", "remove"]),
        st.lists(st.sampled_from(ROOTS), min_size=1, max_size=2, unique=True),
        NEEDS,
        st.sets(st.sampled_from("xy")),
        SKILLS,
    ),
    max_size=60,
)


def seat(skills, queues="x", number="1"):
    return Seat(Agent(number=number, queues=frozenset(queues), skills=skills))


@given(MOVES)
def test_whatever_is_asked_and_no_longer_asked(moves):
    wants, there = Wants(), {}
    for move, roots, needed, queues, skills in moves:
        asked = (tuple(roots), needed)
        if move == "add" and asked not in there:
            there[asked] = Ask(tuple(roots), needed)
            wants.add(there[asked])
        elif move == "remove" and asked in there:
            wants.remove(there.pop(asked))
        one = seat(skills, queues)
        found = wants.served_by(one)
        assert set(found) == {
            ask for ask in there.values() if ask.met_by(one.abilities)
        }
        assert len(wants) == len(there)


def test_an_agent_on_demand_serves_while_the_queue_calls():
    wants = Wants()
    ask = Ask((("queue", "call", "x"),), need({}))
    wants.add(ask)
    one = Seat(Agent(number="1", queues=frozenset({"x"}), on_demand=frozenset({"x"})))

    assert wants.served_by(one) == []
    assert wants.served_by(one, [("queue", "call", "x")]) == [ask]


def test_nothing_is_left_of_what_is_not_asked_any_more():
    wants = Wants()
    asks = [Ask((("queue", "call", "x"),), need({f"s{n}": 1})) for n in range(5)]
    for ask in asks:
        wants.add(ask)
    for ask in asks:
        wants.remove(ask)

    assert not len(wants)
    assert not wants._roots


def test_an_agent_on_demand_serves_nobody_who_was_widened_to_the_queue():
    wants = Wants()
    widened = Ask((("queue", "call", "y"), ("queue", "call", "x")), need({}))
    wants.add(widened)
    one = Seat(Agent(number="1", queues=frozenset({"x"}), on_demand=frozenset({"x"})))

    assert wants.served_by(one, [("queue", "call", "x")]) == []
    assert wants.served_by(seat({}, "x")) == [widened]
