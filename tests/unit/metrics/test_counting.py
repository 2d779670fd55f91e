"""What facts make of the counters."""

from ivrflow.facts import (
    AlarmRaised,
    CallEnded,
    CallerQueued,
    CallQuality,
    CallStarted,
    Connected,
    FactsLost,
    LeftQueue,
    LookedUp,
    StepEntered,
    TalkEnded,
    WorkEnded,
)
from ivrflow.metrics import catalogue as known
from ivrflow.metrics.counting import Counting, Names

SITE = Names(
    queues=frozenset({"sales", "service"}),
    flows=frozenset({"main"}),
    sources=frozenset({"crm"}),
)


def counted(*facts, names=lambda: SITE):
    counting = Counting(names)
    for fact in facts:
        counting.note(fact)
    return counting.copied()


def queued(queue="sales", item="call", call="c1"):
    return CallerQueued(
        at=0, call=call, queue=queue, needs={}, priority=0, position=1, item=item
    )


def connected(queue="sales", waited=7.0, call="c1"):
    return Connected(
        at=0, call=call, queue=queue, agent="1001", offer="o", waited=waited
    )


def left(how, queue="sales", waited=7.0, call="c1"):
    return LeftQueue(at=0, call=call, queue=queue, how=how, waited=waited)


def started(flow):
    return CallStarted(at=0, call="c1", caller="1", dialled="2", flow=flow, version="v")


def test_calls_are_counted_by_the_flow_that_they_began_with():
    values = counted(started("main"), started("main"), started("callback sales"))

    assert values.numbers[known.CALLS] == {("main",): 2, ("(ours)",): 1}


def test_a_wait_that_an_agent_ended_is_one_and_one_that_was_given_up_another():
    values = counted(
        queued(), connected(waited=7), queued(), left("abandoned", waited=3.5)
    )

    answered = values.spreads[known.WAIT_SECONDS]["sales",]
    abandoned = values.spreads[known.ABANDON_SECONDS]["sales",]
    assert (sum(answered.counts), answered.sum) == (1, 7)
    assert (sum(abandoned.counts), abandoned.sum) == (1, 3.5)
    assert values.numbers[known.JOINED] == {("sales", "call"): 2}
    assert values.numbers[known.LEFT] == {("sales", "abandoned"): 1}


def test_who_left_otherwise_has_not_given_up():
    values = counted(queued(), left("timeout"))

    assert known.ABANDON_SECONDS not in values.spreads
    assert values.numbers[known.LEFT] == {("sales", "timeout"): 1}


def test_what_is_no_call_in_line_is_no_callers_wait():
    values = counted(
        queued(item="callback", call="b"),
        connected(call="b"),
        queued(item="consult", call="k"),
        left("abandoned", call="k"),
    )

    assert known.WAIT_SECONDS not in values.spreads
    assert known.LEFT not in values.numbers
    assert values.numbers[known.JOINED] == {("sales", "callback"): 1}


def test_a_talk_with_another_agent_is_none_with_a_caller():
    talk = TalkEnded(
        at=0, call="k", queue="sales", agent="1", offer="o", seconds=9, by="agent"
    )
    values = counted(queued(item="consult", call="k"), connected(call="k"), talk)

    assert known.TALKS_ENDED not in values.numbers


def test_a_name_that_the_site_does_not_have_is_no_label():
    values = counted(
        queued(queue="13800138000"),
        LookedUp(at=0, step="s", source="x; drop", way="row", seconds=0.2),
    )

    assert values.numbers[known.JOINED] == {("other", "call"): 1}
    assert values.numbers[known.LOOKUPS] == {("other", "row"): 1}


def test_a_name_of_an_older_version_stays_one():
    now = [SITE]
    counting = Counting(lambda: now[0])
    counting.note(queued(queue="service"))
    now[0] = Names(queues=frozenset({"sales"}))
    counting.note(queued(queue="sales"))
    counting.note(connected(queue="service"))

    assert set(counting.copied().spreads[known.WAIT_SECONDS]) == {("service",)}


def test_facts_that_were_lost_are_counted_one_by_one():
    assert counted(FactsLost(at=0, count=17)).numbers[known.FACTS_LOST] == {(): 17}


def test_a_promise_says_whether_it_was_kept():
    ended = WorkEnded(
        at=0, queue="sales", message="m", mailbox="8", how="done", in_time=False
    )
    assert counted(ended).numbers[known.WORK_ENDED] == {("sales", "done", "no"): 1}


def test_an_alarm_about_an_agent_names_no_agent():
    raised = AlarmRaised(
        at=0, alarm="long_pause", queue="", agent="1001", value=1, limit=1
    )
    assert counted(raised).numbers[known.ALARMS_RAISED] == {("long_pause", ""): 1}


def test_what_has_no_labels_is_there_as_0_before_it_happens():
    values = counted()

    assert values.numbers[known.FACTS_LOST] == {(): 0}
    assert values.spreads[known.CALL_SECONDS][()].sum == 0


def test_a_call_that_ends_is_timed():
    ended = CallEnded(
        at=0, call="c", by="caller", cause=16, flow="main", step="s", seconds=42
    )
    values = counted(ended)

    ends = values.numbers[known.CALLS_ENDED]
    assert ends["caller",] == 1
    assert ends["fault",] == 0  # there before the first one, for increase() to see it
    assert values.spreads[known.CALL_SECONDS][()].sum == 42


def test_every_fact_is_counted_also_one_that_nobody_looks_at():
    step = StepEntered(at=0, flow="main", step="s", verb="say", place="m:1", number=1)
    values = counted(step, FactsLost(at=0, count=1))

    assert values.numbers[known.FACTS] == {(): 2}
    assert values.numbers[known.STEPS] == {("say",): 1}


def test_how_a_call_sounded_is_told_by_leg_and_way_as_far_as_it_is_known():
    heard = CallQuality(
        at=0,
        call="c",
        channel="c",
        reports=9,
        lost_in=0.015,
        jitter_in=12.0,
        round_trip=80.0,
    )
    agent = CallQuality(at=0, call="c", channel="a", reports=9, lost_out=0.0)
    values = counted(heard, agent).spreads

    assert set(values[known.SOUND_LOST]) == {("caller", "in"), ("other", "out")}
    assert values[known.SOUND_LOST]["caller", "in"].sum == 0.015
    assert values[known.SOUND_JITTER]["caller", "in"].sum == 0.012
    assert values[known.ROUND_TRIP]["caller",].sum == 0.08
