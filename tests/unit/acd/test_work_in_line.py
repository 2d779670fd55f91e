"""Messages in the line of callers: who gets an agent first, and what they leave be."""

from dataclasses import replace

import pytest

from ivrflow.acd.desk import LineFull
from ivrflow.acd.engine import Engine
from ivrflow.acd.engine.outcome import Match
from ivrflow.acd.model import Agent, Presence, QueueRules, Waiting, need
from ivrflow.flow.working.item import Rules, WorkItem
from ivrflow.sim import clock
from ivrflow.sim.scripted import Person
from tests.unit.acd.floor import EPOCH, RULES, Floor
from tests.unit.acd.floor import agent as there

HOUR = 3600.0


def agent(number="1", **more):
    return Agent(
        number=number,
        queues=frozenset({"sales"}),
        presence=Presence.READY,
        **more,
    )


def message(name="m", asked=0.0, within=HOUR, **more):
    return WorkItem(
        message=name,
        mailbox="box",
        queue="sales",
        sound=name,
        asked=asked,
        promised=asked + within,
        **more,
    )


def caller(call, joined, **more):
    return Waiting(call=call, queue="sales", joined=joined, **more)


def first(*waiting, at, rules=None):
    """Who of these gets the one agent, who becomes free then."""
    engine = Engine({"sales": rules or QueueRules(name="sales")})
    for one in waiting:
        engine.join(one, one.joined)
        engine.listen(one.call, one.joined)
    while (due := engine.next_due()) is not None and due <= at:
        engine.tick(due)
    [match] = [o for o in engine.see([agent()], at) if isinstance(o, Match)]
    return match.call


@pytest.mark.parametrize(
    ("at", "who"),
    [
        (HOUR / 2, "caller"),  # there is time: whoever holds comes first
        (0.8 * HOUR, "m-w1"),  # near: by age, and it is older
        (1.2 * HOUR, "m-w1"),
    ],
)
def test_a_message_comes_behind_callers_until_its_promise_comes_near(at, who):
    waiting = message().waiting(Rules())
    assert first(waiting, caller("caller", at - 60), at=at) == who


@pytest.mark.parametrize(("at", "who"), [(0.9, "old"), (1.1, "m-w1")])
def test_near_its_promise_it_stands_by_age_and_late_before_all(at, who):
    old = caller("old", joined=-10.0)
    assert first(message().waiting(Rules()), old, at=at * HOUR) == who


@pytest.mark.parametrize("more", [{"ageing": 30.0}, {"by_target": True}])
def test_that_is_so_in_whatever_order_a_line_is(more):
    rules = QueueRules(name="sales", **more)
    waiting = message().waiting(Rules())
    fresh = caller("fresh", joined=0.5 * HOUR)

    assert first(waiting, replace(fresh, joined=-1.0), at=60, rules=rules) == "fresh"
    assert first(waiting, fresh, at=2 * HOUR, rules=rules) == "m-w1"


def test_minutes_of_ageing_do_not_put_a_message_that_has_time_before_callers():
    rules = QueueRules(name="sales", ageing=30.0)
    waiting, fresh = message().waiting(Rules()), caller("fresh", joined=600.0)

    assert first(waiting, fresh, at=660.0, rules=rules) == "fresh"
    # Near its promise it stands among them by age.
    near = replace(fresh, joined=0.78 * HOUR)
    assert first(waiting, near, at=0.8 * HOUR, rules=rules) == "m-w1"


def test_an_older_promise_is_no_place_in_the_line_but_age_is():
    one = message("one", asked=0.0).waiting(Rules())
    other = message("other", asked=100.0).waiting(Rules())
    assert first(other, one, at=200.0) == "one-w1"


def test_rules_of_a_mailbox_may_put_it_before_callers_at_once():
    waiting = message().waiting(Rules(priority=5, late_priority=3))
    assert [step.priority for step in waiting.widening] == [0, 0]
    assert first(waiting, caller("caller", -60.0), at=60.0) == "m-w1"


@pytest.mark.parametrize("takes", [{"call"}, {"call", "callback"}, {"voicemail"}])
def test_who_takes_no_messages_gets_none(takes):
    engine = Engine({"sales": QueueRules(name="sales")})
    engine.see([agent(items=frozenset(takes))], 0.0)
    waiting = message().waiting(Rules())
    engine.join(waiting, 0.0)
    given = [o for o in engine.listen(waiting.call, 0.0) if isinstance(o, Match)]

    assert bool(given) == ("voicemail" in takes)


def test_skills_count_as_for_a_call():
    engine = Engine({"sales": QueueRules(name="sales")})
    engine.see([agent("1"), agent("2", skills={"billing": 3})], 0.0)
    waiting = message(need=need({"billing": 2})).waiting(Rules())
    engine.join(waiting, 0.0)

    [match] = engine.listen(waiting.call, 0.0)
    assert match.agent == "2"


def test_an_idle_agent_gets_a_message_at_once_though_it_counts_for_less():
    engine = Engine({"sales": QueueRules(name="sales")})
    engine.see([agent()], 0.0)
    waiting = message().waiting(Rules())
    engine.join(waiting, 0.0)

    assert [o.call for o in engine.listen(waiting.call, 0.0)] == ["m-w1"]


@pytest.mark.parametrize("calls", [{"demand_wait": 60.0}, {"demand_waiting": 2}])
def test_messages_call_nobody_to_help_out(calls):
    """They may wait for hours, and many of them: that is no crowd."""
    engine = Engine({"sales": QueueRules(name="sales", **calls)})
    helps = agent("9", on_demand=frozenset({"sales"}))
    engine.see([helps], HOUR)
    for n in range(5):
        waiting = message(f"m{n}").waiting(Rules())
        engine.join(waiting, HOUR)
        assert engine.listen(waiting.call, HOUR) == []

    given = []
    for n in range(2):
        late = caller(f"c{n}", HOUR - 61)
        engine.join(late, HOUR)
        given += engine.listen(late.call, HOUR)
    assert [o.agent for o in given if isinstance(o, Match)] == ["9"]


def test_a_line_is_full_of_callers_and_not_of_messages():
    async def scene():
        rules = replace(RULES, longest_line=1)
        floor = Floor([there("1")], {"PJSIP/1": Person(None)}, rules=rules)
        async with floor.open():
            desk = floor.desk
            work = [
                replace(message(f"m{n}").waiting(Rules()), joined=EPOCH)
                for n in range(3)
            ]
            async with (
                desk.line(work[0]),
                desk.line(work[1]),
                desk.line(floor.waiting("c1")),
                desk.line(work[2]),
            ):
                with pytest.raises(LineFull):
                    async with desk.line(floor.waiting("c2")):
                        pass

    clock.run(scene())


def test_nobody_s_longest_wait_is_a_message():
    async def scene():
        floor = Floor([there("1")], {"PJSIP/1": Person(None)})
        async with floor.open():
            work = replace(message().waiting(Rules()), joined=EPOCH - HOUR)
            async with floor.desk.line(work):
                return floor.desk.first_joined()

    assert clock.run(scene()) == {}
