"""What is learned of talks and patience, live and from facts."""

import pytest
from msgspec.structs import replace

from ivrflow.acd.model import Agent, QueueRules, Waiting
from ivrflow.acd.paces import Paces
from ivrflow.facts import CallerQueued, Connected, LeftQueue, TalkEnded

QUEUES = {name: QueueRules(name=name, wrap_up=10) for name in ("sales", "service")}
ANN = Agent(number="1", queues=frozenset({"sales", "service"}))


def talk(queue, seconds, agent="1"):
    return TalkEnded(
        at=0, queue=queue, agent=agent, offer="o", seconds=seconds, by="agent"
    )


def came(queue, waited, call="c"):
    return Connected(at=0, call=call, queue=queue, agent="1", offer="o", waited=waited)


def left(queue, waited, call="c"):
    return LeftQueue(at=0, call=call, queue=queue, how="abandoned", waited=waited)


def test_all_queues_of_an_agent_learn_from_his_talks():
    paces = Paces(QUEUES)
    paces.learn([talk("sales", 290)] * 400, {"1": ANN})

    assert paces.of("sales").handle == pytest.approx(300, rel=0.02)
    assert paces.of("service").handle == pytest.approx(300, rel=0.02)


def test_who_has_a_wrap_up_of_his_own_keeps_callers_waiting_so_long():
    paces = Paces(QUEUES)
    new = replace(ANN, wrap_up=60)
    paces.learn([talk("sales", 290)] * 400, {"1": new})

    assert paces.of("sales").handle == pytest.approx(350, rel=0.02)


def test_of_an_agent_whom_nobody_knows_any_more_only_the_queue_learns():
    paces = Paces(QUEUES)
    paces.learn([talk("sales", 290)] * 400, {})

    assert paces.of("sales").handle == pytest.approx(300, rel=0.02)
    assert paces.of("service").handle == 180


def test_patience_is_learned_from_those_who_hold_and_from_nobody_else():
    paces = Paces(QUEUES)
    item = CallerQueued(
        at=0,
        call="b",
        queue="sales",
        needs={},
        priority=0,
        position=1,
        item="callback",
    )
    days = [came("sales", 9000, "b"), left("sales", 9000, "b")]
    paces.learn([item, *[came("sales", 60), left("sales", 40), *days] * 400], {})

    assert paces.of("sales").patience == pytest.approx(100, rel=0.05)


def test_live_a_callback_says_nothing_of_patience():
    paces = Paces(QUEUES)
    before = paces.of("sales").patience
    item = Waiting(call="b", queue="sales", joined=0, item="callback")
    paces.waited(item, 9000, lost=False)

    assert paces.of("sales").patience == before


def test_a_queue_that_is_new_begins_with_what_is_assumed():
    assert Paces({}).of("new").handle == QueueRules(name="new").handle
