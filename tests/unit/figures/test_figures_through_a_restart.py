"""A service that dies and comes again changes no figure of a call that goes on."""

import pytest

from ivrflow.facts import (
    AdoptionEnded,
    CallResumed,
    PhoneChanged,
    ServiceBegan,
    ServiceLeft,
)
from ivrflow.figures.fold import Fold
from ivrflow.figures.queue_log import QueueLog
from tests.unit.figures.day import NINE, Day


def restart(day, at, *going_on, over_at=None):
    """It is there again *at*; these calls go on, and a second later that is known."""
    day.add(ServiceBegan, at, version="v1", adopts=True)
    for call in going_on:
        day.add(CallResumed, at + 0.1, call, flow="main", step="wait", number=2)
    over = day.begin + (at if over_at is None else over_at)
    return day.add(AdoptionEnded, at + 1, over_at=over)


def folded(day):
    records = {}
    fold = Fold(on_record=lambda record: records.update({record.call: record}))
    for fact in day.facts:
        fold.note(fact)
    return fold, records


def busy():
    """One talks, one waits, one is in a menu, a phone rings for another."""
    day = Day().agent(0, "1001").agent(0, "1002").starts(0, "talks").queued(0, "talks")
    day.rings(1, "talks", "1001", "o1").talks(5, "talks", "1001", "o1", waited=5)
    day.agent(5, "1001", work="talking")
    day.starts(6, "rings").queued(6, "rings").rings(7, "rings", "1002", "o2")
    day.starts(7, "waits").queued(7, "waits").starts(8, "menu")
    return day


def the_rest(day):
    day.talks(50, "rings", "1002", "o2", waited=44).agent(50, "1002", work="talking")
    day.done(65, "talks", "1001", "o1", 60).agent(65, "1001", work="wrap-up")
    day.ends(65, "talks").agent(75, "1001")
    day.leaves(80, "waits", waited=73).ends(80, "waits").ends(81, "menu")
    day.done(90, "rings", "1002", "o2", 40).agent(90, "1002", work="wrap-up")
    return day.ends(90, "rings").agent(95, "1002").agent(100, "1001", "logged out")


CALLS = ("talks", "rings", "waits", "menu")


@pytest.mark.parametrize("times", [1, 3])
def test_day_with_restarts_is_the_day_without(times):
    without, with_restarts = the_rest(busy()), busy()
    for n in range(times):
        restart(with_restarts, 20 + 5 * n, *CALLS)
    the_rest(with_restarts)
    (one, records), (other, others) = folded(without), folded(with_restarts)

    assert one.ledger.queues == other.ledger.queues
    assert one.ledger.agents == other.ledger.agents
    assert records == others
    assert other.holes == 0


def test_lines_of_a_queue_log_are_those_of_a_day_without_a_restart():
    def lines(day):
        log = QueueLog()
        return [line for fact in day.facts for line in log.lines(fact)]

    with_restart = lines(the_rest(restart(busy(), 20, *CALLS)))

    assert [x for x in with_restart if "QUEUESTART" not in x] == lines(the_rest(busy()))


def test_what_does_not_go_on_ended_when_the_service_was_last_alive():
    day = restart(busy(), 1000, "waits", over_at=60).agent(1002, "1001")
    fold, records = folded(day)
    total = fold.total()

    assert (total.offered, total.answered, total.waiting) == (3, 1, 1)
    assert total.flowed == {"lost": 1}
    assert (total.talk, total.ended_by) == (55, {"lost": 1})
    assert {r.call: r.ended - NINE for r in records.values()} == {
        "talks": 60,
        "rings": 60,
        "menu": 60,
    }


def test_seconds_of_a_talk_in_doubt_are_not_counted_yet():
    day = busy().add(ServiceBegan, 20, version="v1", adopts=True)
    fold, _ = folded(day)
    fold.settle(NINE + 500)
    assert [s.talk for k, s in fold.ledger.agents.items() if k.agent == "1001"] == [0]

    fold.note(CallResumed(at=NINE + 501, call="talks", flow="m", step="w", number=2))
    fold.settle(NINE + 505)
    (his,) = [s for k, s in fold.ledger.agents.items() if k.agent == "1001"]
    assert (his.talk, his.ring) == (500, 4)


def test_ends_that_are_told_later_count_as_of_when_they_happened():
    day = busy().add(ServiceBegan, 900, version="v1", adopts=True)
    day.done(60, "talks", "1001", "o1", 55, by="outage").agent(900, "1001")
    day.leaves(60, "waits", "outage", waited=53)
    day.ends(60, "talks", "outage").ends(60, "waits", "outage")
    day.add(AdoptionEnded, 901, over_at=NINE + 60)
    fold, records = folded(day)
    total = fold.total()

    assert (total.talk, total.flowed) == (55, {"outage": 1, "lost": 1})
    assert records["waits"].waited == 53
    assert records["talks"].ended == NINE + 60


def test_call_that_was_over_and_comes_back_has_one_record_of_both():
    day = Day().starts(0, "c1").ends(10, "c1")
    day.add(CallResumed, 12, "c1", flow="main", step="wait", number=2)
    day.ends(30, "c1", "flow")
    _, records = folded(day)

    assert (records["c1"].ended, records["c1"].ended_by) == (NINE + 30, "flow")


def test_call_that_begins_anew_since_it_had_no_place_yet_is_not_lost():
    day = Day().starts(0, "c1").add(ServiceBegan, 20, version="v1", adopts=True)
    day.starts(21, "c1").queued(21, "c1")
    day.add(AdoptionEnded, 22, over_at=NINE + 20)
    day.leaves(30, "c1", "abandoned", waited=9).ends(40, "c1", "flow")
    fold, records = folded(day)

    assert (records["c1"].ended, records["c1"].ended_by) == (NINE + 40, "flow")
    assert (records["c1"].outcome, fold.total().flowed) == ("abandoned", {})


def test_agent_in_a_call_of_others_is_in_one_call_of_others():
    day = (
        Day()
        .agent(0, "1001")
        .add(PhoneChanged, 5, agent="1001", busy=True, state="INUSE")
    )
    day.add(ServiceBegan, 20, version="v1", adopts=True)
    day.add(PhoneChanged, 20, agent="1001", busy=True, state="INUSE")
    restart(day, 40)
    day.agent(60, "1001", "logged out")
    fold, _ = folded(day)
    (his,) = fold.ledger.agents.values()

    assert (his.other_calls, his.other) == (1, 35)


def test_no_seconds_are_counted_from_a_stop_until_somebody_is_there_again():
    day = Day().agent(0, "1001").add(ServiceLeft, 100, calls=1)
    fold, _ = folded(day)
    fold.settle(NINE + 500)
    (his,) = fold.ledger.agents.values()
    assert his.ready == 100

    fold.note(ServiceBegan(at=NINE + 110, version="v1", adopts=True))
    fold.settle(NINE + 500)
    assert his.ready == 500
