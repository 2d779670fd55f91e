"""Facts become sums: what counts, what does not, and what counts once."""

import pytest

from ivrflow.facts import (
    CallbackAsked,
    CallbackEnded,
    CallerMoved,
    CallerTransferBegan,
    CallerTransferEnded,
    CallRecorded,
    Disposed,
    EstimateSaid,
    Held,
    Logged,
    Resumed,
    ServiceBegan,
    TransferEnded,
    WorkBegan,
    WorkEnded,
)
from ivrflow.figures.fold import Fold
from ivrflow.figures.metrics import QueueFigures
from tests.unit.figures.day import NINE, Day


def folded(day):
    fold = Fold()
    for fact in day.facts:
        fold.note(fact)
    return fold


def figures(day, queue=None, **limits):
    return QueueFigures(folded(day).total(queue), **limits)


def records(day):
    found = {}
    fold = Fold(on_record=lambda record: found.update({record.call: record}))
    for fact in day.facts:
        fold.note(fact)
    return found


def adds_up(total):
    return total.offered == (
        total.answered + total.abandoned + total.flowed_out + total.waiting
    )


def test_a_call_that_is_served_counts_once_with_all_its_times():
    day = Day().agent(0, "1001").served(10, "c1", "1001", "o1", wait=7.5, talk=60)
    total = folded(day).total("sales")

    assert (total.offered, total.answered, total.handled) == (1, 1, 1)
    assert (total.wait, total.talk, total.wrap_up) == (7.5, 60, 10)
    assert total.waits == {8: 1}
    assert total.offers == {"answered": 1}
    assert QueueFigures(total).aht == 70


def test_what_becomes_of_a_call_counts_when_it_came():
    day = Day().agent(0, "1001")
    day.served(890, "c1", "1001", "o1", wait=20, talk=3000)
    fold = folded(day)

    (key,) = [key for key, sums in fold.ledger.queues.items() if sums.offered]
    assert key.span.start == NINE
    assert fold.ledger.queues[key].talk == 3000
    assert len(fold.ledger.queues) == 1


def test_a_call_that_is_offered_twice_is_offered_once():
    day = Day().starts(0, "c1").queued(0, "c1")
    day.rings(1, "c1", "1001", "o1").in_vain(21, "c1", "1001", "o1")
    day.rings(22, "c1", "1002", "o2").talks(25, "c1", "1002", "o2")
    day.done(85, "c1", "1002", "o2", 60).ends(85, "c1")
    total = folded(day).total()

    assert (total.offered, total.answered, total.handled) == (1, 1, 1)
    assert total.offers == {"no answer": 1, "answered": 1}
    assert QueueFigures(total).rona_rate == 0.5


def test_an_agent_who_is_lost_before_the_talk_makes_no_second_call():
    day = Day().starts(0, "c1").queued(0, "c1", joined=NINE)
    day.rings(1, "c1", "1001", "o1").talks(5, "c1", "1001", "o1")
    day.done(6, "c1", "1001", "o1", 1, by="agent")
    day.queued(6, "c1", joined=NINE)
    day.rings(7, "c1", "1002", "o2").talks(10, "c1", "1002", "o2")
    day.done(70, "c1", "1002", "o2", 60).ends(70, "c1")
    total = folded(day).total()

    assert (total.offered, total.answered) == (1, 1)
    assert (total.wait, total.waits) == (10, {10: 1})
    assert records(day)["c1"].waited == 10


def test_a_key_that_leads_back_to_the_line_makes_no_second_visit():
    """Known of a real day: 3 callers who pressed 0 and 0 again were 17 offered."""
    day = Day()
    for call, first, ends in (("c1", 0, "talk"), ("c2", 1, "abandoned"), ("c3", 2, "")):
        place = {"joined": NINE + first}
        day.starts(first, call).queued(first, call, **place)
        for at in (10, 13, 16, 19):
            day.leaves(at, call, "key", waited=at - first)
            day.queued(at + 2, call, **place)
        if ends == "talk":
            day.rings(25, call, "1001", "o1").talks(30, call, "1001", "o1", waited=30)
            day.done(90, call, "1001", "o1", 60).ends(90, call)
        elif ends:
            day.leaves(41, call, waited=40).ends(41, call)
    day.facts.sort(key=lambda fact: fact.at)
    total = folded(day).total("sales")

    assert (total.offered, total.answered, total.abandoned) == (3, 1, 1)
    assert (total.flowed, total.waiting) == ({}, 1)
    assert (total.waits, total.lost_waits) == ({30: 1}, {40: 1})
    assert total.repeated == 2  # the same number, and no call repeats itself
    told = records(day)
    assert [told[c].queues for c in ("c1", "c2")] == [("sales",)] * 2
    assert [told[c].waited for c in ("c1", "c2")] == [30, 40]


def test_a_wait_that_a_key_has_left_for_good_has_flowed_out():
    day = Day().starts(0, "c1").queued(0, "c1", joined=NINE)
    day.leaves(10, "c1", "key", waited=10)
    # In another queue he is another offer, and so he is when he comes back from there.
    day.queued(10, "c1", "service", joined=NINE + 10)
    day.leaves(20, "c1", "key", queue="service", waited=10)
    day.queued(20, "c1", joined=NINE).leaves(30, "c1", "key", waited=30)
    day.ends(31, "c1")
    fold = folded(day)

    for queue, offered in (("sales", 2), ("service", 1)):
        total = fold.total(queue)
        assert (total.offered, total.flowed) == (offered, {"key": offered}), queue


@pytest.mark.parametrize("how", ["full", "callback"])
def test_who_was_not_let_in_or_got_a_callback_and_comes_again_is_another_offer(how):
    day = Day().starts(0, "c1")
    if how == "callback":
        day.queued(0, "c1", joined=NINE)
    day.leaves(10, "c1", how, waited=10)
    day.queued(10, "c1", joined=NINE + 10 * (how == "full")).ends(20, "c1")

    assert folded(day).total().offered == 2


def test_who_comes_into_the_same_queue_again_after_a_talk_is_another_offer():
    day = Day().starts(0, "c1").queued(0, "c1", joined=NINE)
    day.talks(5, "c1", "1001", "o1").done(65, "c1", "1001", "o1", 60)
    day.queued(70, "c1", joined=NINE + 70).leaves(80, "c1").ends(80, "c1")
    total = folded(day).total()

    assert (total.offered, total.answered, total.abandoned) == (2, 1, 1)


def test_who_is_given_to_the_same_queue_is_another_offer_whatever_place_he_keeps():
    day = Day().starts(0, "c1").queued(0, "c1", joined=NINE)
    day.talks(5, "c1", "1001", "o1").done(65, "c1", "1001", "o1", 60, by="transfer")
    day.queued(65, "c1", joined=NINE).talks(70, "c1", "1002", "o2")
    total = folded(day).total()

    assert (total.offered, total.answered, total.wait) == (2, 2, 10)


def test_a_call_that_is_transferred_is_answered_once_by_each_queue():
    day = Day().starts(0, "c1").queued(0, "c1")
    day.rings(1, "c1", "1001", "o1").talks(5, "c1", "1001", "o1")
    about = {"queue": "sales", "agent": "1001", "offer": "o1", "to": "queue service"}
    day.add(CallerTransferBegan, 30, "c1", mode="blind", **about)
    day.done(31, "c1", "1001", "o1", 26, by="transfer")
    day.add(CallerTransferEnded, 31, "c1", how="done", **about)
    day.queued(31, "c1", "service")
    day.talks(40, "c1", "2001", "o2", "service")
    day.done(100, "c1", "2001", "o2", 60, queue="service").ends(100, "c1")

    for queue in ("sales", "service"):
        total = folded(day).total(queue)
        assert (total.offered, total.answered, total.handled) == (1, 1, 1), queue
    assert folded(day).total("sales").transfers == {"blind done": 1}
    record = records(day)["c1"]
    assert record.queues == ("sales", "service")
    assert record.agents == ("1001", "2001")
    assert record.transfers == ("blind to queue service: done",)
    assert (record.talk, record.outcome, record.hung_up) == (86, "answered", "caller")


def test_facts_that_are_told_again_count_once():
    day = Day().starts(0, "c1").queued(0, "c1").rings(1, "c1", "1001", "o1")
    day.talks(5, "c1", "1001", "o1").done(65, "c1", "1001", "o1", 60)
    day.starts(2, "c2", "").queued(2, "c2").leaves(9, "c2", waited=7)
    once = folded(day).total()
    day.facts = [fact for fact in day.facts for _ in range(2)]

    assert folded(day).total() == once


def test_a_full_or_closed_queue_is_offered_and_flows_out_at_once():
    day = Day().starts(0, "c1").leaves(0, "c1", "full").ends(1, "c1")
    day.starts(2, "c2").leaves(2, "c2", "closed", waited=40).ends(3, "c2")
    total = folded(day).total()

    assert (total.offered, total.waiting) == (2, 0)
    assert total.flowed == {"full": 1, "closed": 1}
    assert total.longest == 0


def test_a_taken_callback_is_no_abandon_and_its_work_is_no_call():
    day = Day().starts(0, "c1").queued(0, "c1")
    day.add(CallbackAsked, 20, "c1", queue="sales", number="138")
    day.leaves(20, "c1", "callback", waited=20).ends(21, "c1")
    day.queued(21, "c1-callback1-sales", item="callback", origin="c1", joined=NINE)
    day.talks(60, "c1-callback1-sales", "1001", "o1")
    day.add(
        CallbackEnded, 61, "c1", queue="sales", number="138", how="kept", in_time=True
    )
    fold = folded(day)
    total = fold.total()

    assert (total.offered, total.abandoned, total.flowed) == (1, 0, {"callback": 1})
    assert fold.total(item="callback").answered == 1
    assert (total.asked, QueueFigures(total).promise_kept) == (1, 1.0)


def test_messages_have_promises_of_their_own():
    day = Day()
    for n, (how, in_time) in enumerate(
        [("done", True), ("done", False), ("withdrawn", False)]
    ):
        more = {"queue": "sales", "message": f"m{n}", "mailbox": "box"}
        day.add(WorkBegan, n, f"c{n}", promised=600.0, **more)
        day.add(WorkEnded, n + 9, f"c{n}", how=how, in_time=in_time, **more)
    fold = folded(day)
    total = fold.total(item="voicemail")

    assert (total.asked, total.promises, total.kept) == (3, 2, 1)
    assert total.taken_back == 1
    assert QueueFigures(total).promise_kept == 0.5
    assert fold.total().asked == 0


def test_a_promise_that_is_taken_back_is_neither_kept_nor_broken():
    day = Day()
    for at, how, in_time in [
        (1, "kept", True),
        (2, "given up", False),
        (3, "taken back", 0),
    ]:
        more = {"queue": "sales", "number": "138", "how": how, "in_time": bool(in_time)}
        day.add(CallbackEnded, at, "c1", **more)
    total = folded(day).total()

    assert (total.promises, total.kept, total.taken_back) == (2, 1, 1)


def test_a_consult_is_no_caller_in_any_figure_of_a_queue():
    day = Day().agent(0, "1001").agent(0, "2001").starts(0, "c1").queued(0, "c1")
    day.talks(5, "c1", "1001", "o1")
    day.queued(20, "x1", "service", item="consult", origin="c1")
    day.rings(21, "x1", "2001", "o2", "service").talks(
        24, "x1", "2001", "o2", "service"
    )
    day.done(54, "x1", "2001", "o2", 30, queue="service")
    day.done(54, "c1", "1001", "o1", 49).ends(54, "c1").agent(54, "1001")
    fold = folded(day)

    assert fold.total("service").offered == 0
    assert fold.total().offered == 1
    assert records(day)["c1"].agents == ("1001", "2001")
    assert records(day)["c1"].talk == 49
    sums = [s for key, s in fold.ledger.agents.items() if key.agent == "2001"]
    assert sum(s.talk for s in sums) == 30


def test_an_attended_transfer_goes_on_with_the_agent_who_was_asked():
    day = Day().agent(0, "1001").agent(0, "2001").starts(0, "c1").queued(0, "c1")
    day.rings(1, "c1", "1001", "o1").talks(5, "c1", "1001", "o1")
    about = {"queue": "sales", "agent": "1001", "offer": "o1", "to": "agent 2001"}
    day.add(Held, 20, "c1", queue="sales", agent="1001", offer="o1")
    day.add(CallerTransferBegan, 20, "c1", mode="attended", **about)
    day.queued(20, "x1", "service", item="consult", origin="c1")
    day.rings(21, "x1", "2001", "o2", "service").talks(
        24, "x1", "2001", "o2", "service"
    )
    day.add(CallerTransferEnded, 40, "c1", how="done", **about)
    day.done(40, "c1", "1001", "o1", 35, by="transfer", held=20)
    day.agent(40, "1001", work="wrap-up").agent(50, "1001")
    day.done(100, "x1", "2001", "o2", 76, queue="service").ends(100, "c1")
    day.agent(100, "2001", work="wrap-up").agent(110, "2001")
    record = records(day)["c1"]
    fold = folded(day)

    assert (record.talk, record.hold, record.wrap_up) == (15 + 60, 20, 20)
    assert record.agents == ("1001", "2001")
    assert record.transfers == ("attended to agent 2001: done",)
    assert record.hung_up == "caller"
    assert (fold.total().offered, fold.total().answered) == (1, 1)
    total = fold.total()
    assert (total.handled, total.ended_by) == (1, {"transfer": 1, "caller": 1})
    assert (total.talk, total.hold, total.wrap_up) == (15 + 60, 20, 20)
    assert QueueFigures(total).aht == 115
    assert fold.total("service").talk == 0
    talked = {k.agent: s.talk for k, s in fold.ledger.agents.items()}
    assert talked == {"1001": 15, "2001": 76}


def test_whoever_has_the_caller_after_each_transfer_talks_for_his_queue():
    """1 -> 2 -> 1: no talk of it is lost, and both transfers are counted."""
    day = Day().agent(0, "1").agent(0, "2").starts(0, "c1").queued(0, "c1")
    day.rings(0, "c1", "1", "o1").talks(1, "c1", "1", "o1")
    for n, (agent, at, other) in enumerate((("1", 5, "2"), ("2", 20, "1")), 1):
        about = {"queue": "sales", "agent": agent, "offer": f"o{n}"}
        over = {"to": f"agent {other}", **about}
        day.add(Held, at, "c1", **about)
        day.add(CallerTransferBegan, at, "c1", mode="attended", **over)
        day.queued(at, f"x{n}", item="consult", origin="c1")
        day.rings(at, f"x{n}", other, f"o{n + 1}")
        day.talks(at + 1, f"x{n}", other, f"o{n + 1}")
        day.add(CallerTransferEnded, at + 5, "c1", how="done", **over)
        call = "c1" if n == 1 else f"x{n - 1}"
        began = 1 if n == 1 else 6
        day.done(
            at + 5, call, agent, f"o{n}", at + 5 - began, by="transfer", held=5
        ).agent(at + 5, agent, work="wrap-up").agent(at + 7, agent)
    day.done(51, "x2", "1", "o3", 30).ends(51, "c1")
    day.agent(51, "1", work="wrap-up").agent(53, "1")
    total, record = folded(day).total("sales"), records(day)["c1"]

    assert (total.offered, total.answered, total.handled) == (1, 1, 1)
    # 1 to 5, 10 to 20, 25 to 51; music from 5 to 10 and from 20 to 25.
    assert (total.talk, total.hold, total.wrap_up) == (4 + 10 + 26, 5 + 5, 2 + 2 + 2)
    assert (record.talk, record.hold, record.wrap_up) == (40, 10, 6)
    assert total.transfers == {"attended done": 2}
    assert total.ended_by == {"transfer": 2, "caller": 1}


def test_who_was_only_asked_has_talked_for_no_queue():
    day = Day().agent(0, "1").agent(0, "2").starts(0, "c1").queued(0, "c1")
    day.talks(1, "c1", "1", "o1")
    about = {"queue": "sales", "agent": "1", "offer": "o1", "to": "agent 2"}
    day.add(CallerTransferBegan, 5, "c1", mode="attended", **about)
    day.queued(5, "x1", item="consult", origin="c1").talks(6, "x1", "2", "o2")
    day.add(CallerTransferEnded, 10, "c1", how="taken back", **about)
    day.done(10, "x1", "2", "o2", 4).done(41, "c1", "1", "o1", 40).ends(41, "c1")
    total = folded(day).total()

    assert (total.handled, total.talk, total.ended_by) == (1, 40, {"caller": 1})
    assert total.transfers == {"attended taken back": 1}


def test_a_caller_who_is_moved_leaves_one_queue_and_comes_into_the_other():
    day = Day().starts(0, "c1").queued(0, "c1")
    moved = {"queue": "sales", "to": "service", "priority": 0.0, "by": "2001"}
    day.add(CallerMoved, 30, "c1", **moved)
    day.talks(50, "c1", "2001", "o1", "service")
    total = folded(day).total("sales")

    assert (total.offered, total.flowed, total.waiting) == (1, {"moved": 1}, 0)
    assert figures(day, "service").asa == 20


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (1, 2, 0), (2, 0, 1)])
def test_a_move_that_is_told_in_three_facts_counts_once(order):
    told = Day()
    told.leaves(30, "c1", "moved", waited=30, to="service")
    moved = {"queue": "sales", "to": "service", "priority": 0.0, "by": "2001"}
    told.add(CallerMoved, 30, "c1", **moved).queued(30, "c1", "service")
    day = Day().starts(0, "c1").queued(0, "c1")
    day.facts += [told.facts[n] for n in order]

    for queue, flowed in [("sales", {"moved": 1}), ("service", {})]:
        total = folded(day).total(queue)
        assert (total.offered, total.flowed) == (1, flowed), queue


def test_the_same_number_within_a_day_is_a_repeated_call_of_that_queue():
    day = Day()
    for n, (at, caller, queue) in enumerate(
        [
            (0, "138", "sales"),
            (60, "138", "service"),
            (90, "139", "sales"),
            (100, "", "sales"),
            (110, "", "sales"),
            (86_400, "138", "sales"),
            (172_801, "138", "sales"),
        ]
    ):
        call = f"c{n}"
        day.starts(at, call, caller).queued(at, call, queue)
        day.leaves(at + 9, call, queue=queue).ends(at + 9, call)

    assert folded(day).total("sales").repeated == 1
    assert folded(day).total("service").repeated == 0
    repeated = [call for call, record in records(day).items() if record.repeated]
    assert repeated == ["c5"]


def test_a_call_that_comes_into_its_queue_twice_does_not_repeat_itself():
    day = Day().starts(0, "c1").queued(0, "c1").leaves(10, "c1", "key")
    day.queued(20, "c1").leaves(30, "c1").ends(30, "c1")

    assert folded(day).total().repeated == 0


def test_hold_is_no_talk():
    day = Day().agent(0, "1001").starts(0, "c1").queued(0, "c1")
    about = {"queue": "sales", "agent": "1001", "offer": "o1"}
    day.rings(1, "c1", "1001", "o1").talks(5, "c1", "1001", "o1")
    day.add(Held, 25, "c1", **about)
    day.add(Resumed, 40, "c1", seconds=15, **about)
    day.done(65, "c1", "1001", "o1", 60).agent(65, "1001", work="wrap-up")
    day.ends(65, "c1").agent(75, "1001")
    fold = folded(day)
    total = fold.total()

    assert (total.talk, total.hold) == (45, 15)
    assert (QueueFigures(total).mean_talk, QueueFigures(total).aht) == (60, 70)
    (his,) = fold.ledger.agents.values()
    assert (his.ring, his.talk, his.hold, his.wrap_up) == (4, 45, 15, 10)


def test_estimates_are_compared_with_what_came():
    day = Day().starts(0, "c1").queued(0, "c1")
    day.add(EstimateSaid, 0, "c1", queue="sales", low=60, high=120)
    day.add(EstimateSaid, 60, "c1", queue="sales", low=20, high=60)
    day.talks(100, "c1", "1001", "o1")
    day.starts(0, "c2").queued(0, "c2")
    day.add(EstimateSaid, 0, "c2", queue="sales", low=60, high=120)
    day.leaves(300, "c2")
    told = figures(day)

    assert told.of.estimates == 2
    assert told.estimate_bias == -5
    assert told.estimate_mae == 5
    assert told.estimate_rmse == pytest.approx(50**0.5 / 70)
    assert (told.estimate_near, told.estimate_covered) == (1, 1)


def test_an_estimate_that_was_wrong_is_neither_near_nor_in_its_range():
    day = Day()
    for call, low, high in (("c1", 90, 100), ("c2", 10, 60), ("c3", 10, 180)):
        day.starts(0, call).queued(0, call)
        day.add(EstimateSaid, 0, call, queue="sales", low=low, high=high)
        day.talks(100, call, "1001", f"of {call}")
    told = figures(day)

    # 95 is near 100 and the range has it; 35 is neither; 95 again, in a wide range.
    assert told.estimate_near == pytest.approx(2 / 3)
    assert told.estimate_covered == pytest.approx(2 / 3)
    assert told.estimate_bias == pytest.approx((-5 - 65 - 5) / 3)


def test_idle_while_waiting_is_what_each_offer_says_of_it():
    day = Day().starts(0, "c1").queued(0, "c1")
    day.rings(1, "c1", "1001", "o1", idle=0.25).in_vain(21, "c1", "1001", "o1")
    day.rings(22, "c1", "1002", "o2", idle=0.5).talks(25, "c1", "1002", "o2")

    assert figures(day).idle_while_waiting == 0.75


def test_idle_while_waiting_is_counted_once_of_phones_that_ring_together():
    day = Day().starts(0, "c1").queued(0, "c1")
    for at, agent, idle in ((9, "1001", 2.0), (9, "1002", 3.0), (9.5, "1003", 1.5)):
        day.rings(at, "c1", agent, f"of {agent}", idle=idle)
    for agent in ("1001", "1002", "1003"):
        day.in_vain(29, "c1", agent, f"of {agent}")
    for agent in ("1001", "1002"):  # the next round
        day.rings(30, "c1", agent, f"again {agent}", idle=0.5)

    # From 6 to 9.5, and from 29.5 to 30.
    assert figures(day).idle_while_waiting == pytest.approx(3.5 + 0.5)


def test_idle_while_waiting_of_two_callers_is_that_of_both():
    day = Day()
    for call in ("c1", "c2"):
        day.starts(0, call).queued(0, call)
        day.rings(5, call, f"of {call}", f"offer {call}", idle=2.0)

    assert figures(day).idle_while_waiting == 4


def test_a_service_that_died_leaves_nobody_waiting_or_talking():
    day = Day().agent(0, "1001").starts(0, "c1").queued(0, "c1")
    day.rings(1, "c1", "1001", "o1").talks(5, "c1", "1001", "o1")
    day.starts(6, "c2").queued(6, "c2").starts(8, "c3")
    day.add(ServiceBegan, 100, version="v1")
    fold = folded(day)
    total = fold.total()

    assert (total.offered, total.answered, total.waiting) == (2, 1, 0)
    assert total.flowed == {"lost": 1}
    assert (total.handled, total.talk, total.ended_by) == (1, 3, {"lost": 1})
    assert {r.ended_by for r in records(day).values()} == {"lost"}
    assert {r.ended for r in records(day).values()} == {NINE + 8}
    (his,) = fold.ledger.agents.values()
    assert his.talk == 3


def test_what_lacks_its_beginning_is_made_up_and_counted_as_a_hole():
    day = Day().talks(30, "c1", "1001", "o1", waited=30)
    day.leaves(40, "c2", waited=15)
    fold = folded(day)

    assert fold.holes == 2
    assert fold.total().waits == {30: 1}
    assert fold.total().lost_waits == {15: 1}
    assert adds_up(fold.total())


def test_a_record_waits_for_the_wrap_up_and_takes_a_late_disposition():
    day = Day().agent(0, "1001").served(0, "c1", "1001", "o1", talk=60, wrap_up=30)
    told = []
    fold = Fold(on_record=told.append)
    for fact in day.facts[:-1]:
        fold.note(fact)
    assert told == []

    fold.note(day.facts[-1])
    assert [(r.call, r.wrap_up, r.disposition) for r in told] == [("c1", 30, "")]

    late = Day().add(CallRecorded, 200, "c1", recording="c1.wav", seconds=60)
    about = {"queue": "sales", "agent": "1001", "offer": "o1", "by": "1001"}
    late.add(Disposed, 300, "c1", disposition="sold", **about)
    for fact in late.facts:
        fold.note(fact)
    assert told[-1].disposition == "sold"
    assert told[-1].recordings == ("c1.wav",)


def test_a_record_has_the_transfers_of_the_flow_too():
    day = Day().starts(0, "c1")
    day.add(TransferEnded, 40, "c1", step="gate", to="1005", how="talked", seconds=30)

    assert records(day.ends(41, "c1"))["c1"].transfers == (
        "by the flow to 1005: talked",
    )


def test_an_agent_of_the_next_call_has_wrapped_up_the_last_one():
    day = Day().agent(0, "1001").served(0, "c1", "1001", "o1", talk=60, wrap_up=99)
    del day.facts[-1]  # nobody tells that the wrap-up was over
    day.queued(70, "c2").rings(85, "c2", "1001", "o2")
    fold = folded(day)

    assert fold.total().wrap_up == 20


def test_a_threshold_may_be_chosen_afterwards():
    day = Day()
    for n, wait in enumerate([0, 10, 20, 20.4, 90]):
        day.queued(0, f"a{n}").talks(wait, f"a{n}", "1001", f"o{n}")
    for n, wait in enumerate([3, 15, 25]):
        day.queued(0, f"b{n}").leaves(wait, f"b{n}")

    assert figures(day, within=20).answered_within == 3
    assert figures(day, within=21).answered_within == 4
    assert figures(day, within=20).abandoned_within == 2
    assert figures(day, short=5).abandonment == pytest.approx(2 / 7)


def test_facts_of_a_kind_that_nothing_counts_change_nothing():
    fold = Fold()
    for fact in Day().add(Logged, 0, "c1", step="note", data={}).facts:
        fold.note(fact)

    assert fold.ledger.queues == {}
    assert fold.ledger.agents == {}
