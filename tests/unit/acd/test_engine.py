"""Who gets whom: values in, decisions out."""

import math

import pytest

from ivrflow.acd.engine import Engine
from ivrflow.acd.engine.outcome import Freed, Match, Widened
from ivrflow.acd.model import (
    Agent,
    Preferred,
    Presence,
    QueueRules,
    Waiting,
    Widening,
    Work,
    need,
)

QUEUES = {
    "sales": QueueRules(name="sales"),
    "help": QueueRules(name="help", choose="best_skill"),
}


def agent(number, *, skills=None, queues=("sales",), **more):
    return Agent(
        number=number,
        queues=frozenset(queues),
        skills=skills or {},
        presence=more.pop("presence", Presence.READY),
        **more,
    )


def caller(call, joined=0.0, needs=None, queue="sales", **more):
    return Waiting(
        call=call, queue=queue, joined=joined, need=need(needs or {}), **more
    )


def engine_with(*agents, now=0.0):
    engine = Engine(QUEUES)
    assert engine.see(agents, now) == []
    return engine


def wait(engine, waiting, now=0.0):
    """Join and listen; return the pairs that come of it."""
    engine.join(waiting, now)
    return pairs(engine.listen(waiting.call, now))


def pairs(outcomes):
    return [(o.call, o.agent) for o in outcomes if isinstance(o, Match)]


def test_the_longest_idle_agent_who_can_serve_is_chosen():
    engine = engine_with(
        agent("1", skills={"french": 1}, presence_since=30),
        agent("2", skills={"french": 2}, presence_since=20),
        agent("3", presence_since=10),
        now=40,
    )

    assert wait(engine, caller("c", 40, {"french": 1}), 40) == [("c", "2")]


def test_best_skill_takes_the_highest_sum_and_then_the_longest_idle():
    engine = engine_with(
        agent("1", queues=["help"], skills={"zh": 5, "north": 1}, presence_since=1),
        agent("2", queues=["help"], skills={"zh": 3, "north": 4}, presence_since=3),
        agent("3", queues=["help"], skills={"zh": 4, "north": 3}, presence_since=2),
        now=9,
    )

    asked = caller("c", 9, {"zh": 1, "north": 1}, "help")
    assert wait(engine, asked, 9) == [("c", "3")]


def test_a_caller_takes_only_agents_of_the_queue():
    engine = engine_with(agent("1", queues=["help"]))

    assert wait(engine, caller("c")) == []
    assert not engine.can_ever_serve(caller("c"))


def test_an_agent_who_gets_free_takes_over_all_queues_priority_then_the_oldest():
    engine = engine_with(
        agent("1", queues=["sales", "help"], presence=Presence.NOT_READY)
    )
    wait(engine, caller("old", 1))
    wait(engine, caller("older", 0, queue="help"))
    wait(engine, caller("urgent", 5, priority=1))

    ready = engine.set_presence("1", Presence.READY, 9, since=9)
    assert pairs(ready) == [("urgent", "1")]
    assert pairs(engine.ended("1", 10, 10)) == [("older", "1")]
    assert pairs(engine.ended("1", 11, 11)) == [("old", "1")]


def test_a_decision_says_why():
    engine = engine_with(
        agent("1", skills={"zh": 1}),
        agent("2"),
        agent("3", presence=Presence.NOT_READY),
        agent("4", work=Work.WRAP_UP, free_at=50),
    )
    engine.join(caller("c", 0, {"zh": 1}), 3)
    [match] = engine.listen("c", 3)

    assert str(match.why) == (
        "longest idle of 1 free who can serve; 1 free can't; 1 not ready; 1 wrap-up; "
        "waited 3 s"
    )


def test_no_agent_is_offered_before_the_wrap_up_is_over():
    engine = engine_with(agent("1", work=Work.WRAP_UP, free_at=50))

    assert wait(engine, caller("c")) == []
    assert engine.next_due() == 50
    assert engine.tick(49.9) == []
    freed, match = engine.tick(50)
    assert (freed, match.agent) == (Freed("1"), "1")


def test_a_row_that_says_idle_but_free_later_is_believed_in_its_time():
    engine = engine_with(agent("1", work=Work.IDLE, free_at=50))

    assert wait(engine, caller("c"), 10) == []
    assert pairs(engine.tick(50)) == [("c", "1")]


def test_needs_widen_when_due_and_the_decision_follows():
    engine = engine_with(agent("1", skills={"language=en": 2}))
    asked = caller(
        "c",
        100,
        {"language=en": 3, "district=north": 1},
        widening=(
            Widening(after=60, drop=("district",)),
            Widening(after=90, lower={"language": 2}, priority=1),
        ),
    )
    assert wait(engine, asked, 100) == []
    assert engine.can_ever_serve(asked)

    assert engine.tick(160) == [Widened("c", need({"language=en": 3}), 0, 60)]
    widened, match = engine.tick(190)
    assert widened == Widened("c", need({"language=en": 2}), 1, 90)
    assert match.agent == "1"


def test_a_call_is_held_for_the_preferred_agent_and_then_goes_to_anyone():
    engine = engine_with(agent("1"), agent("2", work=Work.WRAP_UP, free_at=500))
    wait(engine, caller("held", 0, preferred=Preferred("2", 15)))

    assert not engine.free_for(caller("x", preferred=Preferred("2", 15)), 1)
    assert pairs(engine.tick(14)) == []
    assert pairs(engine.tick(15)) == [("held", "1")]


def test_a_call_for_one_agent_alone_waits_for_this_one_for_ever():
    engine = engine_with(agent("1"), agent("2", work=Work.WRAP_UP, free_at=500))
    wait(engine, caller("his", 0, preferred=Preferred("2", math.inf)))

    assert pairs(engine.tick(499)) == []
    assert pairs(engine.tick(500)) == [("his", "2")]


def test_nobody_can_ever_serve_a_call_for_an_agent_who_is_not_signed_in():
    engine = engine_with(agent("1"), agent("2", presence=Presence.LOGGED_OUT))

    assert not engine.can_ever_serve(caller("x", preferred=Preferred("2", math.inf)))
    assert engine.can_ever_serve(caller("x", preferred=Preferred("1", math.inf)))
    assert engine.can_ever_serve(caller("x", preferred=Preferred("2", 15)))


def test_the_preferred_agent_gets_the_held_call():
    engine = engine_with(agent("1"), agent("2", work=Work.WRAP_UP, free_at=5))
    wait(engine, caller("held", 0, preferred=Preferred("2", 15)))
    _, match = engine.tick(5)

    assert (match.call, match.agent) == ("held", "2")
    assert str(match.why).startswith("the call was held for this agent")


def test_an_offer_that_ends_through_no_fault_of_the_agent_costs_no_place():
    engine = engine_with(agent("1"), agent("2", presence_since=5), now=9)
    assert wait(engine, caller("gone"), 9) == [("gone", "1")]
    engine.leave("gone")
    engine.ended("1", 12, None)

    assert wait(engine, caller("next"), 13) == [("next", "1")]


def test_after_a_talk_the_agent_is_last_in_the_line_of_the_idle():
    engine = engine_with(agent("1"), agent("2", presence_since=5), now=9)
    wait(engine, caller("c"), 9)
    engine.connected("1", 10)
    engine.ended("1", 20, 20)

    assert wait(engine, caller("next"), 21) == [("next", "2")]


def test_a_caller_aside_keeps_the_place_but_is_not_offered():
    engine = engine_with(agent("1", presence=Presence.NOT_READY))
    wait(engine, caller("a", 0))
    wait(engine, caller("b", 1))
    engine.aside("a")

    ready = engine.set_presence("1", Presence.READY, 2, since=2)
    assert pairs(ready) == [("b", "1")]
    assert engine.line.ahead(engine.line.callers["b"]) == 1


def test_a_caller_who_was_offered_and_waits_again_is_found_again():
    engine = engine_with(
        agent("1", presence=Presence.NOT_READY), agent("2", presence=Presence.NOT_READY)
    )
    wait(engine, caller("a"))
    engine.set_presence("1", Presence.READY, 1, since=1)
    # Nobody else waits when 2 gets ready; that must not lose sight of a.
    assert pairs(engine.set_presence("2", Presence.READY, 2, since=2)) == []
    engine.set_presence("2", Presence.NOT_READY, 3, since=3)
    engine.set_presence("1", Presence.NOT_READY, 4, since=4)
    engine.ended("1", 5, None)
    assert pairs(engine.listen("a", 5)) == []

    assert pairs(engine.set_presence("2", Presence.READY, 6, since=6)) == [("a", "2")]


def test_who_leaves_and_comes_back_is_not_taken_for_the_one_who_left():
    engine = engine_with(agent("1"))
    assert wait(engine, caller("c")) == [("c", "1")]
    engine.leave("c")
    wait(engine, caller("c", 5), 5)
    engine.connected("1", 6)  # too late for the one who left; the other one waits on

    assert engine.is_waiting("c")
    assert pairs(engine.ended("1", 7, 7)) == [("c", "1")]


def test_a_talk_survives_what_the_agent_chooses_meanwhile():
    engine = engine_with(agent("1"))
    wait(engine, caller("c"))
    engine.connected("1", 1)
    engine.set_presence("1", Presence.LOGGED_OUT, 5, since=5)
    assert engine.agents["1"].work is Work.TALKING
    engine.ended("1", 9, 9)

    assert wait(engine, caller("d"), 10) == []
    assert not engine.can_ever_serve(caller("d"))


@pytest.mark.parametrize("rounds", [200])
def test_the_line_of_the_idle_keeps_its_order_when_slots_are_numbered_anew(rounds):
    engine = engine_with(*(agent(str(n), presence_since=n) for n in range(5)), now=9)
    order = [str(n) for n in range(5)]
    for n in range(rounds):
        [(_, number)] = wait(engine, caller(f"c{n}"), 10 + n)
        assert number == order.pop(0)
        engine.connected(number, 10 + n)
        engine.ended(number, 10 + n, 10 + n)
        order.append(number)
