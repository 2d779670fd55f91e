"""Whatever happens, figures add up: over hours of a desk with people of all tempers."""

from collections import Counter
from functools import cache
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from ivrflow.facts import (
    AgentOffered,
    CallerQueued,
    Connected,
    LeftQueue,
    OfferEnded,
    TalkEnded,
)
from ivrflow.figures.fold import Fold
from ivrflow.figures.people import RING
from tests.calls.test_storm import an_hour
from tests.unit.figures.day import NINE, Day


@cache
def hour(seed):
    return an_hour(seed)[0]


def must_add_up(fold):
    total = fold.total()
    assert total.waiting == len([v for v in fold.waiting() if v.item == "call"])
    assert total.answered == sum(total.waits.values())
    assert total.abandoned == sum(total.lost_waits.values())


def test_an_hour_adds_up_at_every_moment_and_agrees_with_a_plain_count():
    facts = hour(1)
    fold = Fold()
    for fact in facts:
        fold.note(fact)
        must_add_up(fold)
    total = fold.total()
    left = Counter(fact.how for fact in facts if isinstance(fact, LeftQueue))

    def many(kind):
        return sum(isinstance(fact, kind) for fact in facts)

    assert total.offered == 300
    assert total.waiting == 0
    assert total.answered == total.handled == many(Connected) == many(TalkEnded)
    assert total.abandoned == left.pop("abandoned")
    assert total.flowed == left
    assert sum(total.offers.values()) == many(AgentOffered)
    vain = sum(total.offers.values()) - total.offers["answered"]
    assert vain == many(OfferEnded)
    assert total.talk == sum(f.seconds for f in facts if isinstance(f, TalkEnded))
    assert fold.holes == 0


def test_the_times_of_agents_fill_the_hour_without_a_gap():
    facts = hour(1)
    segments = []
    fold = Fold(on_segment=segments.append)
    for fact in facts:
        fold.note(fact)
    fold.settle(facts[-1].at)

    by_agent = {}
    for segment in segments:
        by_agent.setdefault(segment.agent, []).append(segment)
    for agent, his in by_agent.items():
        for one, following in pairwise(his):
            assert one.end <= following.start
        spent = sum(one.end - one.start for one in his)
        person = fold.people[agent]
        if person.state not in ("", RING):
            spent += facts[-1].at - person.since
        sums = [s for key, s in fold.ledger.agents.items() if key.agent == agent]
        counted = sum(
            s.ready + s.ring + s.ring_vain + s.talk + s.hold + s.wrap_up + s.other
            for s in sums
        ) + sum(sum(s.paused.values()) for s in sums)
        assert abs(spent - counted) < 0.001
    talked = sum(s.talk + s.hold for s in fold.ledger.agents.values())
    assert abs(talked - fold.total().talk) < 0.001


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_figures_add_up_with_facts_lost_doubled_and_out_of_order(data):
    facts = hour(1)
    begin = data.draw(st.integers(0, len(facts) - 60))
    some = facts[begin : begin + data.draw(st.integers(1, 60))]
    told = data.draw(
        st.lists(st.sampled_from(range(len(some))), max_size=80).map(
            lambda picked: [some[n] for n in picked]
        )
    )
    fold = Fold()
    for fact in told:
        fold.note(fact)
        must_add_up(fold)
        total = fold.total()
        assert min(total.offered, total.answered, total.abandoned, total.waiting) >= 0


def returning(steps):
    """Facts of callers who leave two lines by keys, and come back, as *steps* say."""
    day, place, talks = Day(), {}, Counter()
    for at, (call, what, queue) in enumerate(steps):
        where, joined = place.get(call, ("", 0.0))
        if what == "enters" and not where:
            joined = joined or NINE + at
            day.queued(at, call, queue, joined=joined)
            place[call] = queue, joined
        elif what == "talks" and where:
            talks[call] += 1
            offer = f"{call} {talks[call]}"
            day.talks(at, call, "1001", offer, where)
            day.done(at, call, "1001", offer, 0.0, by="transfer", queue=where)
            place[call] = "", 0.0
        elif what in ("key", "timeout") and where:
            day.leaves(at, call, what, where, waited=NINE + at - joined)
            place[call] = "", joined
        elif what == "abandoned" and where:
            day.leaves(at, call, what, where, waited=NINE + at - joined)
            place[call] = "", 0.0
    return day.facts, [call for call, (where, _) in place.items() if where]


STEPS = st.tuples(
    st.sampled_from(("c1", "c2", "c3")),
    st.sampled_from(("enters", "enters", "key", "timeout", "talks", "abandoned")),
    st.sampled_from(("sales", "service")),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(STEPS, max_size=60), st.booleans())
def test_figures_add_up_whoever_leaves_by_keys_and_comes_back(steps, doubled):
    facts, waiting = returning(steps)
    fold = Fold()
    for fact in facts:
        for _ in range(1 + doubled):
            fold.note(fact)
        must_add_up(fold)
        for queue in ("sales", "service"):
            total = fold.total(queue)
            assert min([total.waiting, total.offered, *total.flowed.values()]) >= 0
            assert 0 not in total.flowed.values()
    total = fold.total()
    left = Counter(fact.how for fact in facts if isinstance(fact, LeftQueue))

    assert fold.holes == 0
    assert total.waiting == len(waiting)
    assert total.answered == sum(isinstance(fact, Connected) for fact in facts)
    assert total.abandoned == left["abandoned"]
    # Who was led back has not flowed out, and was not offered again.
    entered = sum(isinstance(fact, CallerQueued) for fact in facts)
    assert total.flowed_out == left["key"] + left["timeout"] - (entered - total.offered)
