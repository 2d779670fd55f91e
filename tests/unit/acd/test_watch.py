"""Alarms: each is told once when it begins and once when it ends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivrflow.acd.model import Agent, Presence, Work
from ivrflow.acd.watch import (
    CALM,
    FEWEST,
    Alarm,
    Level,
    Limits,
    Moment,
    Watch,
)
from ivrflow.facts import AlarmCleared, AlarmRaised, Held, Resumed, TalkEnded

SALES = frozenset({"sales"})


def agent(number="1001", **more):
    return Agent(number=number, queues=SALES, **more)


READY = agent(presence=Presence.READY)


def moment(now, *, agents=(READY,), waiting=None, **more):
    return Moment(
        now=now,
        agents=agents,
        first_joined={} if waiting is None else {"sales": waiting},
        open=more.pop("open", SALES),
        **more,
    )


def told(facts):
    return [(type(f).__name__, f.alarm, f.queue or f.agent) for f in facts]


def looked(watch, limits, *moments):
    return [told(watch.look(one, {"sales": limits})) for one in moments]


def test_long_wait_is_told_once_when_it_begins_and_once_when_it_has_been_over():
    watch = Watch()
    found = looked(
        watch,
        Limits(longest_wait=60),
        moment(100, waiting=41),  # 59 s
        moment(102, waiting=41),  # 61 s
        moment(107, waiting=41),
        moment(112, waiting=100),  # answered; the next one waits 12 s
        moment(112 + CALM - 6, waiting=130),
        moment(107 + CALM, waiting=130),
        moment(500),
    )

    raised = [("AlarmRaised", "longest_wait", "sales")]
    cleared = [("AlarmCleared", "longest_wait", "sales")]
    assert found == [[], raised, [], [], [], cleared, []]


def test_agent_whose_phone_is_not_reached_is_not_ready_for_the_alarm():
    found = looked(
        Watch(),
        Limits(no_agent_ready=60),
        moment(0, unreached={"1001": 0.0}),
        moment(61, unreached={"1001": 0.0}),
        moment(65),
        moment(65 + CALM),
    )

    raised = [("AlarmRaised", "no_agent_ready", "sales")]
    cleared = [("AlarmCleared", "no_agent_ready", "sales")]
    assert found == [[], raised, [], cleared]


def test_fact_has_value_limit_and_for_how_long():
    watch = Watch()
    limits = {"sales": Limits(longest_wait=60)}
    [raised] = watch.look(moment(100, waiting=35), limits)
    [cleared] = watch.look(moment(140), limits)

    assert raised == AlarmRaised(
        at=100, alarm="longest_wait", queue="sales", agent="", value=65, limit=60
    )
    assert cleared == AlarmCleared(
        at=140, alarm="longest_wait", queue="sales", agent="", seconds=40
    )


def test_line_that_is_answered_at_the_limit_rings_one_bell():
    watch = Watch()
    moments = [
        moment(100 + 5 * n, waiting=100 + 5 * n - (61 if n % 2 else 50))
        for n in range(40)
    ]

    found = [f for one in looked(watch, Limits(longest_wait=60), *moments) for f in one]

    assert found == [("AlarmRaised", "longest_wait", "sales")]


def test_nobody_ready_counts_from_the_moment_when_the_last_one_left():
    watch = Watch()
    away = (agent(presence=Presence.NOT_READY),)
    found = looked(
        watch,
        Limits(no_agent_ready=120),
        moment(100),
        moment(200, agents=away),
        moment(315, agents=away),
        moment(325, agents=away),
        moment(330, agents=(READY,)),
        moment(330 + CALM, agents=(READY,)),
    )

    assert [len(one) for one in found] == [0, 0, 0, 1, 0, 1]


def test_agents_who_all_talk_are_there():
    talking = agent(presence=Presence.READY, work=Work.TALKING, work_since=0.0)

    found = looked(
        Watch(),
        Limits(no_agent_ready=120),
        moment(100, agents=(talking,)),
        moment(900, agents=(talking,)),
    )

    assert found == [[], []]


def test_closed_queue_needs_nobody():
    watch = Watch()
    found = looked(
        watch,
        Limits(no_agent_ready=120),
        moment(0, agents=(), open=frozenset()),
        moment(500, agents=(), open=frozenset()),
        moment(505, agents=()),  # it opens: from now on it counts
        moment(620, agents=()),
        moment(630, agents=()),
    )

    assert [len(one) for one in found] == [0, 0, 0, 0, 1]


def test_service_level_below_its_limit_is_told_if_enough_callers_say_so():
    limits = Limits(service_level=Level(share=0.8, within=1800))

    def at(now, levels):
        return moment(now, levels={"sales": levels})

    found = looked(Watch(), limits, at(1, (0, FEWEST - 1)), at(2, (8, 10)))
    assert found == [[], []]
    [raised] = Watch().look(at(3, (7, 10)), {"sales": limits})
    assert (raised.value, raised.limit) == (0.7, 0.8)


def test_agents_have_the_strictest_limit_of_their_queues():
    both = Agent(
        number="1001",
        queues=frozenset({"sales", "service"}),
        presence=Presence.READY,
        work=Work.TALKING,
        work_since=0.0,
    )
    limits = {"sales": Limits(long_talk=600), "service": Limits(long_talk=300)}

    [raised] = Watch().look(moment(301, agents=(both,)), limits)

    assert (raised.agent, raised.queue, raised.limit) == ("1001", "", 300)


def test_long_pause_wrap_up_and_hold_of_an_agent():
    paused = agent("1", presence=Presence.NOT_READY, presence_since=0.0)
    wrapping = agent("2", work=Work.WRAP_UP, work_since=0.0, free_at=1e9)
    talking = agent("3", work=Work.TALKING, work_since=0.0)
    away = agent("4")
    limits = Limits(long_pause=10, long_wrap_up=10, long_hold=10)
    watch = Watch()
    watch.note(Held(at=0.0, call="c", queue="sales", agent="3", offer="o"))

    found = watch.look(
        moment(11, agents=(paused, wrapping, talking, away), held=watch.held),
        {"sales": limits},
    )

    assert sorted(told(found)) == [
        ("AlarmRaised", "long_hold", "3"),
        ("AlarmRaised", "long_pause", "1"),
        ("AlarmRaised", "long_wrap_up", "2"),
    ]


def test_hold_that_is_over_is_forgotten():
    watch = Watch()
    for end in (
        Resumed(at=5.0, queue="sales", agent="3", offer="o", seconds=5.0),
        TalkEnded(
            at=5.0, queue="sales", agent="3", offer="o", seconds=9.0, by="caller"
        ),
    ):
        watch.note(Held(at=0.0, queue="sales", agent="3", offer="o"))
        assert watch.held == {"3": 0.0}
        watch.note(end)
        assert watch.held == {}


def test_callback_that_is_late_is_told():
    limits = Limits(callback_late=60)

    found = looked(
        Watch(),
        limits,
        moment(0, late={"sales": 60.0}),
        moment(5, late={"sales": 65.0}),
    )

    assert found == [[], [("AlarmRaised", "callback_late", "sales")]]


def test_restart_rings_no_bell_a_second_time_and_still_tells_the_end():
    watch = Watch({Alarm("no_agent_ready", queue="sales"): 50.0})
    away = (agent(presence=Presence.NOT_READY),)

    found = looked(
        watch,
        Limits(no_agent_ready=120),
        moment(100, agents=away),
        moment(105, agents=away),
        moment(110),
        moment(110 + CALM),
    )

    assert found == [[], [], [], [("AlarmCleared", "no_agent_ready", "sales")]]


def test_alarms_of_others_are_not_cleared_here():
    watch = Watch({Alarm("break over quota", agent="1001"): 50.0})

    assert looked(watch, Limits(), moment(900)) == [[]]
    assert watch.standing == {}


def test_limit_that_is_taken_out_of_the_file_ends_its_alarm():
    watch = Watch()
    watch.look(moment(100, waiting=0), {"sales": Limits(longest_wait=60)})

    assert told(watch.look(moment(100 + CALM, waiting=0), {})) == [
        ("AlarmCleared", "longest_wait", "sales")
    ]


@given(st.lists(st.tuples(st.integers(1, 60), st.booleans()), max_size=60))
def test_beginnings_and_ends_take_turns_whatever_happens(steps):
    watch, now, kinds = Watch(), 0.0, []
    for seconds, long in steps:
        now += seconds
        waiting = now - 100 if long else None
        for fact in watch.look(
            moment(now, waiting=waiting), {"sales": Limits(longest_wait=60)}
        ):
            kinds.append(type(fact))

    assert kinds == [AlarmRaised, AlarmCleared] * (len(kinds) // 2) + [AlarmRaised] * (
        len(kinds) % 2
    )
    assert bool(watch.standing) == bool(len(kinds) % 2)


@pytest.mark.parametrize("of", ["late", "late_work"])
def test_a_promise_that_is_late_is_told_of_a_callback_and_of_a_message(of):
    found = looked(
        Watch(),
        Limits(promise_late=60),
        moment(0, **{of: {"sales": 60.0}}),
        moment(5, **{of: {"sales": 65.0}}),
    )

    assert found == [[], [("AlarmRaised", "promise_late", "sales")]]


def test_a_message_that_is_late_is_no_late_callback():
    late = moment(5, late_work={"sales": 900.0})

    assert looked(Watch(), Limits(callback_late=60), late) == [[]]
