"""Which agent rings, of several who could; and which caller is served first."""

from collections import Counter

import pytest

from ivrflow.acd.engine import Engine
from ivrflow.acd.engine.outcome import Match, Withdrawn
from ivrflow.acd.model import (
    Agent,
    Preferred,
    Presence,
    QueueRules,
    Waiting,
    Widening,
    need,
)


def agent(number, since=0.0, **more):
    queues = frozenset(more.pop("queues", ["q"]))
    ready = more.pop("presence", Presence.READY)
    return Agent(
        number=number, queues=queues, presence=ready, presence_since=since, **more
    )


def engine_of(*agents, now=100.0, **rules):
    queues = {"q": QueueRules(name="q", **rules), "r": QueueRules(name="r")}
    engine = Engine(queues)
    assert engine.see(agents, now) == []
    return engine


def rings(engine, call, now=100.0, **more):
    """Join and listen; return who rings."""
    more.setdefault("joined", now)
    engine.join(Waiting(call=call, queue=more.pop("queue", "q"), **more), now)
    return [o.agent for o in engine.listen(call, now) if isinstance(o, Match)]


def talk(engine, call, seconds, now, **more):
    """A whole talk; return with whom."""
    [number] = rings(engine, call, now, **more)
    engine.connected(number, now)
    engine.ended(number, now + seconds, now + seconds)
    return number


def test_fewest_calls_rings_who_has_answered_fewest_in_this_working_day():
    engine = engine_of(agent("1", calls=3), agent("2", calls=1), choose="fewest_calls")

    talks = [talk(engine, f"c{n}", 5, 100.0 + 10 * n) for n in range(4)]
    assert talks == ["2", "2", "1", "2"]


def test_a_lunch_break_keeps_the_counts_and_a_night_at_home_does_not():
    engine = engine_of(agent("1", calls=5, busy=99.0))
    for away, calls in ((3600, 5), (5 * 3600, 0)):
        engine.set_presence("1", Presence.LOGGED_OUT, 1000, since=1000)
        back = 1000 + away
        engine.set_presence("1", Presence.READY, back, since=back)
        assert engine.agents["1"].calls == calls


def test_least_busy_counts_talk_and_wrap_up():
    engine = engine_of(agent("1", 1), agent("2", 2), choose="least_busy")
    assert rings(engine, "a") == ["1"]
    engine.connected("1", 100)
    engine.ended("1", 110, 140)  # 10 s of talk, 30 s of wrap-up
    assert talk(engine, "b", 35, 200) == "2"
    assert engine.agents["1"].busy == 40

    assert talk(engine, "c", 1, 300) == "2"


def test_in_order_is_the_order_of_the_file():
    agents = [agent("9", order=0), agent("1", order=1), agent("5", order=2)]
    engine = engine_of(*agents, choose="in_order")

    assert [rings(engine, c) for c in "abc"] == [["9"], ["1"], ["5"]]


def test_round_robin_goes_on_after_who_was_rung_last():
    agents = [agent(n, order=int(n)) for n in "1234"]
    engine = engine_of(*agents, choose="round_robin")
    order = [talk(engine, f"c{n}", 1, 100.0 + 2 * n) for n in range(5)]
    assert order == ["1", "2", "3", "4", "1"]

    engine.set_presence("2", Presence.NOT_READY, 200, since=200)
    assert talk(engine, "d", 1, 201) == "3"


def test_round_robin_remembers_over_a_restart_who_talked_last():
    agents = [agent(n, order=int(n), last_call=float(n == "2")) for n in "123"]

    assert rings(engine_of(*agents, choose="round_robin"), "c") == ["3"]


@pytest.mark.parametrize("choose", ["random", "weighted_random"])
def test_chance_is_a_hash_that_a_replay_draws_again(choose):
    def drawn(seed, without=""):
        chosen = []
        for call in range(200):
            agents = [agent(n) for n in "12345" if n != without]
            engine = engine_of(*agents, choose=choose, seed=seed)
            chosen += rings(engine, f"c{call}")
        return chosen

    first = drawn("a")
    assert first == drawn("a") != drawn("b")
    assert len(Counter(first)) == 5
    # Who is not there changes nothing between the others.
    there = drawn("a", without="3")
    assert all(x == y for x, y in zip(first, there, strict=True) if x != "3")


def test_twice_the_weight_is_twice_the_calls():
    chosen = Counter()
    for call in range(900):
        agents = [agent("1", weight=2.0), agent("2")]
        engine = engine_of(*agents, choose="weighted_random")
        chosen.update(rings(engine, f"c{call}"))

    assert chosen["1"] == pytest.approx(600, abs=50)


def test_ring_all_rings_everybody_and_one_wins():
    engine = engine_of(agent("1", 1), agent("2", 2), agent("3", 3), choose="ring_all")
    assert rings(engine, "c") == ["1", "2", "3"]
    engine.set_presence("3", Presence.NOT_READY, 101, since=101)

    assert engine.connected("2", 102) == [Withdrawn("c", "1"), Withdrawn("c", "3")]
    # Too late: the second one who answers is told so, and nothing else changes.
    assert engine.connected("1", 102) == [Withdrawn("c", "1")]
    assert engine.ended("1", 102, None) == []
    assert rings(engine, "d", 103) == ["1"]


def test_who_gets_free_while_all_ring_joins_them_once():
    engine = engine_of(agent("1"), agent("2", free_at=105.0), choose="ring_all")
    assert rings(engine, "c") == ["1"]
    joined = [o for o in engine.tick(105) if isinstance(o, Match)]
    assert [(o.agent, o.round) for o in joined] == [("2", 1)]
    engine.ended("2", 106, 107)
    assert not [o for o in engine.tick(107) if isinstance(o, Match)]

    engine.ended("1", 110, 110)
    assert not engine.is_offered("c")
    assert {o.round for o in engine.listen("c", 110)} == {2}


def test_a_caller_aside_is_joined_by_nobody():
    engine = engine_of(agent("1"), agent("2", free_at=105.0), choose="ring_all")
    assert rings(engine, "c") == ["1"]
    engine.aside("c")

    assert not [o for o in engine.tick(105) if isinstance(o, Match)]


def test_who_is_moved_from_a_queue_that_rings_all_is_offered_to_one_alone():
    engine = engine_of(agent("1"), agent("2", queues=["r"]), choose="ring_all")
    assert rings(engine, "c") == ["1"]
    engine.ended("1", 105, 500)
    engine.change("c", Waiting(call="c", queue="r", joined=100), 106)

    [match] = engine.listen("c", 106)
    assert (match.agent, match.round) == ("2", 0)


def test_ring_progressively_adds_one_after_the_other():
    agents = [agent(n, int(n)) for n in "123"]
    engine = engine_of(*agents, choose="ring_progressively", ring_next=8.0)
    assert rings(engine, "c") == ["1"]

    assert [o.agent for o in engine.tick(108)] == ["2"]
    assert [o.agent for o in engine.tick(116)] == ["3"]
    assert engine.tick(124) == []
    assert len(engine.connected("1", 125)) == 2


def test_who_is_moved_to_a_queue_without_rounds_has_one_phone_ringing():
    agents = [agent(n, int(n), queues=["q", "r"]) for n in "123"]
    engine = engine_of(*agents, choose="ring_progressively", ring_next=8.0)
    assert rings(engine, "c") == ["1"]

    assert engine.change("c", Waiting(call="c", queue="r", joined=100), 101) == []
    assert engine.tick(108) == []

    # Nor does the round that is over bring anybody to the next one who rings.
    engine.ended("1", 109, 109)
    engine.change("c", Waiting(call="c", queue="q", joined=100), 110)
    assert [o.agent for o in engine.listen("c", 110)] == ["2"]
    engine.ended("2", 111, 111)
    engine.change("c", Waiting(call="c", queue="r", joined=100), 112)
    assert len(engine.listen("c", 112)) == 1
    assert engine.tick(118) == []


def test_the_reserve_rings_when_no_regular_agent_is_free():
    spare = agent("1", 1, reserve=frozenset({"q"}))
    engine = engine_of(spare, agent("2", 50))
    assert rings(engine, "a") == ["2"]
    engine.join(Waiting(call="b", queue="q", joined=100), 100)
    [match] = engine.listen("b", 100)

    assert (match.agent, match.why.reserve) == ("1", True)
    assert "of the reserve: no regular one is free" in str(match.why)


def test_agents_on_demand_ring_after_a_long_wait_and_only_then():
    helper = agent("1", on_demand=frozenset({"q"}))
    engine = engine_of(helper, demand_wait=60.0)
    assert rings(engine, "a", 100) == []
    assert rings(engine, "b", 130) == []
    assert engine.can_ever_serve(Waiting(call="x", queue="q", joined=0))

    [match] = engine.tick(160)
    assert (match.call, match.agent, match.why.on_demand) == ("a", "1", True)
    engine.connected("1", 161)
    assert engine.ended("1", 170, 170) == []  # b has not waited long enough
    assert [o.call for o in engine.tick(190)] == ["b"]


def test_agents_on_demand_ring_when_many_wait():
    helper = agent("1", on_demand=frozenset({"q"}))
    engine = engine_of(helper, demand_waiting=2)
    assert rings(engine, "a") == []
    engine.join(Waiting(call="b", queue="q", joined=100), 100)

    assert [o.call for o in engine.listen("b", 100)] == ["a"]


def test_agents_on_demand_serve_the_callers_of_the_queue_that_calls_and_no_others():
    away = Presence.NOT_READY
    engine = engine_of(
        agent("1", on_demand=frozenset({"q"}), presence=away), demand_waiting=2
    )
    to_q = (Widening(after=0, queues=("q",)),)
    assert rings(engine, "first", 100, queue="r", widening=to_q) == []
    assert rings(engine, "a", 101) == []
    assert rings(engine, "b", 102) == []

    [match] = engine.set_presence("1", Presence.READY, 110, since=110)
    assert (match.call, match.why.on_demand) == ("a", True)


def test_an_agent_takes_the_kinds_of_work_that_he_takes():
    engine = engine_of(agent("1", items=frozenset({"callback"})))

    assert rings(engine, "a") == []
    assert rings(engine, "b", item="callback") == ["1"]


def test_an_agent_on_another_call_is_not_rung_and_keeps_his_place():
    engine = engine_of(agent("1", 1), agent("2", 2))
    engine.set_elsewhere("1", True, 101)
    assert engine.doing("q") == {"elsewhere": 1, "free": 1}
    assert not engine.agents["1"].free(101)
    engine.set_elsewhere("1", False, 105)

    assert rings(engine, "c", 106) == ["1"]


def test_any_one_of_several_skills_will_do_and_an_unwanted_one_will_not():
    wanted = need({}, any=[{"french": 1}, {"english": 3}], none={"trainee": 1})
    engine = engine_of(
        agent("1", skills={"english": 2}),
        agent("2", skills={"french": 1, "trainee": 1}),
        agent("3", skills={"english": 3}),
    )

    assert rings(engine, "c", need=wanted) == ["3"]


def test_a_call_widens_to_a_team_to_agents_and_to_another_queue():
    others = [
        agent("1", queues=["r"]),
        agent("2", queues=[], team="north"),
        agent("3", queues=[]),
    ]
    engine = engine_of(*others)
    steps = (
        Widening(after=10, queues=("r",)),
        Widening(after=20, teams=("north",)),
        Widening(after=30, agents=("3",)),
    )
    for call in "abc":
        assert rings(engine, call, widening=steps) == []

    for after, number in ((10, "1"), (20, "2"), (30, "3")):
        matches = [o for o in engine.tick(100 + after) if isinstance(o, Match)]
        assert [o.agent for o in matches] == [number]


def test_a_call_is_not_held_for_who_has_signed_out():
    engine = engine_of(agent("1"), agent("2", free_at=500.0))
    assert rings(engine, "c", preferred=Preferred("2", 300)) == []

    out = engine.set_presence("2", Presence.LOGGED_OUT, 110, since=110)
    assert [(o.call, o.agent) for o in out] == [("c", "1")]


@pytest.mark.parametrize("choose", ["longest_idle", "best_skill"])
def test_a_call_that_was_given_to_somebody_needs_neither_queue_nor_skill(choose):
    engine = engine_of(agent("1", queues=[]), choose=choose)
    his = Preferred("1", float("inf"), anyway=True)

    assert rings(engine, "c", need=need({"french": 5}), preferred=his) == ["1"]


# The order of callers -------------------------------------------------------------


def order_of(callers, **rules):
    queues = {"q": QueueRules(name="q", **rules.pop("q", {})), **rules.pop("more", {})}
    engine = Engine(queues)
    engine.see([agent("1", queues=queues, presence=Presence.NOT_READY)], 0)
    for call, more in callers.items():
        waiting = Waiting(call=call, **{"queue": "q", "joined": 0.0, **more})
        engine.join(waiting, 100)
        engine.listen(call, 100)
    served = []
    out = engine.set_presence("1", Presence.READY, 100, since=100)
    while out:
        served.append(out[0].call)
        engine.connected("1", 100)
        out = engine.ended("1", 100, 100)
    return served


def test_priority_is_strict_unless_it_ages():
    callers = {"old": {"joined": 0.0}, "new": {"joined": 50.0, "priority": 1}}

    assert order_of(callers) == ["new", "old"]
    assert order_of(callers, q={"ageing": 60.0}) == ["new", "old"]
    assert order_of(callers, q={"ageing": 40.0}) == ["old", "new"]


def test_the_heavier_queue_is_served_first():
    heavy = {"r": QueueRules(name="r", weight=1)}
    callers = {"light": {"priority": 9}, "heavy": {"queue": "r", "joined": 50.0}}

    assert order_of(callers, more=heavy) == ["heavy", "light"]


def test_the_call_whose_target_runs_out_first_is_served_first():
    more = {"r": QueueRules(name="r", by_target=True, answer_within=20)}
    callers = {"slow": {"joined": 0.0}, "quick": {"queue": "r", "joined": 30.0}}
    slow = {"by_target": True, "answer_within": 120}

    assert order_of(callers, q=slow, more=more) == ["quick", "slow"]


# Known faults of others -----------------------------------------------------------


def test_no_agent_is_idle_because_a_heavier_queues_call_may_not_go_to_him():
    queues = {
        "heavy": QueueRules(name="heavy", weight=10),
        "light": QueueRules(name="light"),
    }
    engine = Engine(queues)
    engine.see([agent("1", queues=queues), agent("2", queues=["light"])], 0)
    french = need({"french": 1})
    heavy = Waiting(call="h", queue="heavy", joined=0, need=french)
    engine.join(heavy, 0)
    assert engine.listen("h", 0) == []

    for call, number in (("a", "1"), ("b", "2")):
        engine.join(Waiting(call=call, queue="light", joined=1), 1)
        assert [o.agent for o in engine.listen(call, 1)] == [number]


def test_a_wrap_up_does_not_end_early_for_another_queue():
    engine = engine_of(agent("1", queues=["q", "r"]))
    rings(engine, "c", 100)
    engine.connected("1", 100)
    engine.ended("1", 110, 140)  # 30 s of wrap-up in q; r has none
    assert rings(engine, "d", 111, queue="r") == []
    assert engine.tick(139.9) == []

    assert [o.call for o in engine.tick(140) if isinstance(o, Match)] == ["d"]


def test_an_attended_transfer_does_not_touch_the_idle_time_of_who_gave_the_call():
    engine = engine_of(agent("1", 1), agent("2", 2), agent("3", 105))
    rings(engine, "c", 106)
    engine.connected("1", 106)
    # 1 asks 2 about it, gives the call to 2, and is free from 120 on.
    his = Preferred("2", float("inf"), anyway=True)
    assert rings(engine, "k", 110, item="consult", preferred=his) == ["2"]
    engine.connected("2", 112)
    engine.ended("1", 115, 120)
    engine.tick(120)
    engine.ended("2", 300, 300)  # the caller hangs up at last

    one = engine.agents["1"]
    assert (one.last_call, one.idle_since) == (115, 120)
    assert [rings(engine, c, 301) for c in "xyz"] == [["3"], ["1"], ["2"]]


def test_callers_are_served_in_the_order_of_their_score():
    callers = {f"c{n}": {"joined": float(n % 7), "priority": n % 3} for n in range(30)}
    best_first = sorted(
        callers,
        key=lambda c: (-callers[c]["priority"], callers[c]["joined"], int(c[1:])),
    )

    assert order_of(callers) == best_first


def test_no_agent_is_stuck_when_an_offer_comes_to_nothing():
    spare = agent("1", reserve=frozenset({"q"}))
    helper = agent("2", on_demand=frozenset({"q"}))
    engine = engine_of(spare, helper, demand_waiting=1)
    for now in (100, 110, 120):
        numbers = rings(engine, f"a{now}", now) + rings(engine, f"b{now}", now)
        assert sorted(numbers) == ["1", "2"]
        engine.leave(f"a{now}")
        engine.leave(f"b{now}")
        for number in numbers:
            assert engine.ended(number, now + 1, None) == []
    assert engine.doing("q") == {"free": 2}
