"""A recorded day: how it is read, what its figures are, and what they would be."""

import math
from datetime import datetime
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest

from ivrflow.figures.record import CallRecord
from ivrflow.figures.report import call_columns
from ivrflow.figures.sheet import comma_separated
from ivrflow.sim.queue.patience import Survival
from ivrflow.sim.queue.recorded import by_class, read_day
from ivrflow.sim.queue.replay import as_it_was, as_it_would_be, coming
from ivrflow.sim.queue.scenario import read_what_if

FILE = Path(__file__).parents[3] / "data" / "anonymous_bank_one_day.csv"
HEAD = "type,vru_exit,q_start,q_exit,outcome,ser_time,server\n"
ROW = "PS,9:00:00,9:00:00,9:01:00,AGENT,90,ANN\n"


@pytest.fixture(scope="module")
def bank():
    day, problems = read_day(FILE.read_bytes(), "day.csv")
    assert problems == []
    return day


def day_of(rows, head=HEAD):
    return read_day((head + rows).encode(), "d.csv")


def what_if(day, text):
    found, problems = read_what_if(text, "w.yaml", by_class(day))
    assert problems == []
    return found


def test_the_real_day_has_exactly_the_figures_that_are_known(bank):
    was = as_it_was(bank)

    assert was.rows == 2375
    assert (was.offered, was.answered, was.abandoned) == (2239, 1511, 728)
    assert was.abandoned_within_10 == 74
    assert round(was.mean_wait_served, 1) == 134.8
    assert (was.median_wait_served, was.p90_wait_served) == (96, 323)
    assert round(was.sl20, 3) == 0.180
    assert round(was.mean_service, 1) == 193.8


def test_more_agents_leave_fewer_callers_alone(bank):
    days = [
        as_it_would_be(bank, what_if(bank, f"agents: [{{count: {n}}}]"), seed=1)
        for n in (6, 9, 14)
    ]

    assert [day.offered for day in days] == [2239] * 3
    assert days[0].abandoned > days[1].abandoned > days[2].abandoned
    assert days[0].mean_wait_served > days[1].mean_wait_served
    # All of the day's own talks are in it: with many agents hardly one is made up.
    assert days[2].mean_service == pytest.approx(as_it_was(bank).mean_service, rel=0.03)


def test_the_same_seed_gives_the_same_day(bank):
    twelve = what_if(bank, "agents: [{count: 12}]\nchoose: random\n")

    assert as_it_would_be(bank, twelve, seed=4) == as_it_would_be(bank, twelve, seed=4)


def test_callers_who_hung_up_wait_as_long_as_they_did_and_others_longer(bank):
    for call, again in zip(bank.calls, coming(bank, 1), strict=True):
        if call.talked is None:
            assert again.patience == call.waited
        else:
            assert again.handle == call.talked
            assert again.patience > call.waited


def test_classes_of_the_day_may_have_agents_of_their_own(bank):
    text = (
        "needs: {in: {internet: 1}}\nagents: [{count: 12}, {skills: {internet: 5}}]\n"
    )
    shared = as_it_would_be(bank, what_if(bank, text), seed=1)

    assert shared.offered == 2239
    _, problems = read_what_if("needs: {xx: {a: 1}}", "w.yaml", by_class(bank))
    assert "w.yaml:1:9: R001 `needs` names 'xx', and no such calls come" in str(
        problems[0]
    )


def test_survival_is_the_product_of_the_shares_that_stayed():
    # Of four one leaves at 1; one is answered at 2; of the two left one leaves at 3.
    survival = Survival([(1, True), (2, False), (3, True), (4, False)])

    assert [survival.beyond(t) for t in (0.5, 1, 2.5, 3, 9)] == [
        1,
        0.75,
        0.75,
        0.375,
        0.375,
    ]
    assert survival.median() == 3


def test_patience_that_is_drawn_is_what_was_seen_of_it():
    survival = Survival([(1, True), (2, False), (3, True), (4, False)])
    random = Random(1)
    drawn = [survival.draw(0, random) for _ in range(4000)]

    assert set(drawn) == {1, 3, math.inf}
    assert drawn.count(1) / 4000 == pytest.approx(0.25, abs=0.03)
    assert drawn.count(math.inf) / 4000 == pytest.approx(0.375, abs=0.03)
    assert {survival.draw(2, random) for _ in range(100)} == {3, math.inf}


def test_columns_may_come_in_any_order_with_any_of_three_delimiters():
    head, row = HEAD.strip().split(",")[::-1], ROW.strip().split(",")[::-1]
    for delimiter in ",;\t":
        text = "\n".join((delimiter.join(head), delimiter.join(row), ""))
        day, problems = read_day(text.encode("utf-8-sig"), "d.csv")
        assert problems == []
        (call,) = day.calls
        assert (call.klass, call.at, call.waited, call.talked, call.agent) == (
            "ps",
            9 * 3600,
            60,
            90,
            "ANN",
        )


def test_who_never_was_in_the_queue_is_offered_only_if_answered():
    day, _ = day_of(
        "PS,9:00:00,0:00:00,0:00:00,AGENT,90,ANN\n"
        "PS,9:00:00,0:00:00,0:00:00,HANG,0,NO_SERVER\n"
        "PS,9:00:00,9:00:00,9:00:00,HANG,0,NO_SERVER\n"
        "PS,9:00:00,9:00:00,9:05:00,PHANTOM,0,NO_SERVER\n"
    )

    assert day.rows == 4
    assert [(c.line, c.at, c.waited, c.talked) for c in day.calls] == [
        (2, 32400, 0, 90),
        (4, 32400, 0, None),
    ]


def test_a_wait_over_midnight_is_no_negative_one():
    day, _ = day_of("PS,23:59:50,23:59:50,0:00:20,AGENT,5,ANN\n")

    assert day.calls[0].waited == 30


@pytest.mark.parametrize(
    ("rows", "head", "problem"),
    [
        (
            ROW,
            "a,b\n",
            "d.csv:1:1: R003 the first line must name the columns; there is",
        ),
        ("PS,9:00,9:00:00,9:00:00,AGENT,1,A\n", HEAD, ""),
        (
            "PS,9:00:00,9 o'clock,9:00:00,AGENT,1,A\n",
            HEAD,
            'd.csv:2:1: R003 q_start: "9 o\'clock" is not a time; write 9:05:00',
        ),
        (ROW + "PS,9:00:00\n", HEAD, "d.csv:3:1: R003 q_start: the row is too short"),
        (ROW.replace("90", "-1"), HEAD, "R003 ser_time: '-1' is not a number of sec"),
        (ROW.replace("AGENT", "?"), HEAD, "R003 no call of this day was offered"),
        ('PS,"9:00\n', HEAD, "not CSV"),
        ("", HEAD, "no call of this day"),
    ],
)
def test_a_bad_row_is_told_with_its_line(rows, head, problem):
    day, problems = day_of(rows, head)
    if problem:
        assert day is None
        assert problem in str(problems[0])
    else:  # a column that does not matter for this call may hold anything
        assert day is not None


def record(started, outcome, waited, talk=0.0, queues=("sales",)):
    """A call as `ivrflow report calls --csv` has it."""
    return CallRecord(
        call=str(started),
        started=started,
        ended=started + waited + talk,
        caller="=1+1",
        dialled="1",
        flow="main",
        queues=queues,
        waited=waited,
        outcome=outcome,
        agents=("1001",) if outcome == "answered" else (),
        offers=1,
        talk=talk - 5 if talk else 0.0,
        hold=5.0 if talk else 0.0,
        wrap_up=10.0,
        transfers=(),
        disposition="",
        ended_by="caller",
        hung_up="caller",
        cause=16,
        recordings=(),
        repeated=False,
    )


def test_a_day_of_our_own_reports_is_read():
    zone = ZoneInfo("Asia/Shanghai")
    ten = datetime(2026, 3, 2, 10, tzinfo=zone).timestamp()
    records = [
        record(ten, "answered", 12.5, 60.0),
        record(ten + 60, "abandoned", 30.0, queues=("sales", "service")),
        record(ten + 90, "key", 40.0),
        record(ten + 95, "", 0.0, queues=()),
    ]
    text = comma_separated(call_columns(zone), records)

    day, problems = read_day(text.encode(), "d.csv")

    assert problems == []
    assert day.rows == 4
    assert [(c.klass, c.at, c.waited, c.talked, c.left) for c in day.calls] == [
        ("sales", 36000, 12.5, 60, ""),
        ("sales", 36060, 30, None, "abandoned"),
        ("sales", 36090, 40, None, "key"),
    ]
    was = as_it_was(day)
    assert (was.offered, was.answered, was.abandoned, was.flowed) == (3, 1, 1, 1)
    assert [call.patience for call in coming(day, 1)][1] == 30
    assert [call.patience for call in coming(day, 1)][2] > 40


def test_what_is_no_text_is_no_day():
    day, (problem,) = read_day(HEAD.encode() + b"\xff\xfe", "d.csv")

    assert day is None
    assert "d.csv:2:1: R003 not UTF-8" in str(problem)
