"""Promises to call back, from the wish to the talk: the agent first, in place."""

import asyncio

import pytest

from ivrflow.acd.doors import OPEN, Door
from ivrflow.facts import (
    AgentChanged,
    AgentOffered,
    CallbackEnded,
    CallbackTried,
    CallEnded,
    CallerQueued,
    CallStarted,
    Connected,
    LeftQueue,
    Said,
    StepEntered,
    TalkEnded,
)
from ivrflow.flow.outbound import DialGuard
from ivrflow.flow.wish import WishState
from ivrflow.flow.working.standing import Stand
from ivrflow.sim.scripted import Person
from ivrflow.telephony.channel import Unreached
from tests.unit.flow.callback_rig import QUEUES, Office, at, play
from tests.unit.flow.one_call import EPOCH

CUSTOMER = "13811112222"


def test_the_agent_is_rung_first_hears_why_and_talks_with_the_customer(tmp_path):
    async def scene():
        office = Office(tmp_path)
        office.people[at(CUSTOMER)] = Person(answers_after=4, talks_for=30)
        async with office.open():
            await office.wish(CUSTOMER, shown={"customer": "Li"})
            await asyncio.sleep(120)
        return office

    office = play(scene)
    [rang] = office.rang("PJSIP/1")
    [dialled] = office.rang(at(CUSTOMER))
    assert dialled == rang + 2  # not before the agent has answered
    assert [f.prompt for f in office.of(Said, to="agent")] == ["callback_whisper"]
    assert [f.how for f in office.of(CallbackTried)] == ["talked"]
    assert [(f.how, f.in_time) for f in office.of(CallbackEnded)] == [("kept", True)]
    [talk] = office.of(TalkEnded)
    assert talk.seconds == pytest.approx(34, abs=1)
    [queued] = office.of(CallerQueued)
    assert (queued.item, queued.origin) == ("callback", "old")
    assert office.of(Connected)[0].call == queued.call
    assert [f.caller for f in office.of(CallStarted)] == [CUSTOMER]
    assert len(office.of(CallEnded)) == 1
    assert office.callbacks.asked["old", "desk"].state is WishState.KEPT


async def test_whatever_is_stopped_puts_things_in_order_though_it_is_stopped_again():
    done = []

    async def stands():
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.01)
            done.append("in order")

    stand = Stand(None)
    async with asyncio.TaskGroup() as group:
        stand.task = group.create_task(stands())
        await asyncio.sleep(0)
        stand.stop("moved")
        await asyncio.sleep(0)
        stand.stop("moved")

    assert done == ["in order"]


def test_a_wish_that_is_stopped_before_its_task_has_begun_stands_again_later(tmp_path):
    async def scene():
        office = Office(tmp_path)
        office.people[at(CUSTOMER)] = Person(answers_after=4, talks_for=30)
        wish = await office.wish(CUSTOMER)
        async with asyncio.TaskGroup() as lines:
            office.back._fit(lines, [wish])
            office.back._fit(lines, [])  # ended, before the loop has turned once
        async with office.open():
            await asyncio.sleep(60)
        return office

    assert [f.how for f in play(scene).of(CallbackTried)] == ["talked"]


def test_who_is_not_reached_costs_no_wrap_up_and_is_tried_again_later(tmp_path):
    async def scene():
        office = Office(tmp_path)
        office.people[at(CUSTOMER)] = Person(refuses=Unreached.BUSY)
        async with office.open():
            await office.wish(CUSTOMER)
            await asyncio.sleep(10)
            free = office.desk.state().agents[0]
            office.people[at(CUSTOMER)] = Person(3, 20)
            await asyncio.sleep(400)
        return office, free

    office, free = play(scene)
    assert (free.work, free.free_at) == ("idle", None)
    first, second = office.rang(at(CUSTOMER))
    assert second - first == pytest.approx(302, abs=6)
    assert [f.how for f in office.of(CallbackTried)] == ["busy", "talked"]
    assert [f.how for f in office.of(CallbackEnded)] == ["kept"]


def test_after_the_last_try_it_is_given_up(tmp_path):
    async def scene():
        office = Office(tmp_path)
        office.people[at(CUSTOMER)] = Person(answers_after=None)
        async with office.open():
            await office.wish(CUSTOMER)
            await asyncio.sleep(3000)
        return office

    office = play(scene)
    assert [f.how for f in office.of(CallbackTried)] == ["no answer"] * 3
    assert [f.how for f in office.of(CallbackEnded)] == ["given up"]
    assert office.of(CallbackEnded)[0].in_time
    assert len({f.call for f in office.of(CallerQueued)}) == 3


def test_callbacks_neither_jump_the_queue_nor_come_faster_than_agents_are_free(
    tmp_path,
):
    """A known fault of others: a callback is dialled when its turn seems near."""

    async def scene():
        office = Office(tmp_path, agents=2)
        numbers = [f"1380000000{n}" for n in range(6)]
        for number in numbers:
            office.people[at(number)] = Person(answers_after=3, talks_for=50)
        ringing = []

        def look():
            outside = [a for a in office.switch.ringing if "@trunk" in a]
            inside = [x for x in office.switch.legs.values() if "@" not in x.dialled]
            talks = [x for x in office.switch.legs.values() if "@" in x.dialled]
            ringing.append((len(outside) + len(talks), len(inside)))

        office.switch.on_change = look
        async with office.open():
            for n, number in enumerate(numbers):
                await office.wish(number, call=f"old{n}", since=-100.0 + 20 * n)
                # Between any two who want to be called, one who holds.
                office.calls_in(f"1390000000{n}", id=f"held{n}")
                await asyncio.sleep(10)
            await asyncio.sleep(1500)
        return office, ringing

    office, ringing = play(scene)
    # Never more customers ringing or talking than agents who are there for them.
    assert ringing
    assert all(customers <= agents for customers, agents in ringing)
    queued = {f.call: f for f in office.of(CallerQueued)}
    order = [f.call for f in office.of(Connected)]
    assert len(order) == 12
    claimed = {f.call: f.at for f in office.of(AgentOffered)}
    inversions = [
        (one, other)
        for n, one in enumerate(order)
        for other in order[n + 1 :]
        if queued[other].at < claimed[one]  # who stood there too, and longer
        and _joined(queued[other]) < _joined(queued[one])
    ]
    assert inversions == []


def _joined(fact):
    return fact.joined or fact.at


def test_a_callback_keeps_the_place_that_its_caller_had(tmp_path):
    async def scene():
        office = Office(tmp_path)
        office.people[at(CUSTOMER)] = Person(answers_after=1, talks_for=20)
        async with office.open():
            first = office.calls_in("13900000001", id="first")
            await asyncio.sleep(10)
            caller = office.calls_in(CUSTOMER, id="asks", keys={20: "1", 25: "1"})
            await asyncio.sleep(5)
            office.calls_in("13900000002", id="later")
            await asyncio.sleep(400)
            assert first.gone.done()
            assert caller.gone.done()
        return office

    office = play(scene)
    order = [f.call for f in office.of(Connected)]
    assert order == ["first", "asks-callback1-desk", "later"]


def test_a_callback_stands_in_a_line_that_is_full_for_those_who_call(tmp_path):
    async def scene():
        queues = QUEUES.replace("ring: 20s", "ring: 20s\n  longest_line: 1")
        office = Office(tmp_path, queues=queues)
        office.people[at(CUSTOMER)] = Person(answers_after=1, talks_for=20)
        async with office.open():
            office.calls_in("13900000001", id="first")
            await asyncio.sleep(10)
            office.calls_in("13900000002", id="held")
            await asyncio.sleep(1)
            await office.wish(CUSTOMER, since=-100.0)
            await asyncio.sleep(400)
        return office

    order = [f.call for f in play(scene).of(Connected)]
    assert order == ["first", "old-callback1-desk", "held"]


def test_who_calls_again_takes_the_callback_back_and_gets_its_place(tmp_path):
    async def scene():
        office = Office(tmp_path)
        async with office.open():
            office.calls_in("13900000001", id="talks")
            await asyncio.sleep(10)
            await office.wish(CUSTOMER, since=-300.0)
            office.calls_in("13900000002", id="held")
            await asyncio.sleep(5)
            office.calls_in(CUSTOMER, id="again")
            await asyncio.sleep(400)
        return office

    office = play(scene)
    assert [f.call for f in office.of(Connected)] == ["talks", "again", "held"]
    [ended] = office.of(CallbackEnded)
    assert (ended.call, ended.how, ended.by) == ("old", "taken back", "")
    assert office.rang(at(CUSTOMER)) == []
    assert [f.how for f in office.of(LeftQueue)] == ["moved"]


def test_who_calls_while_his_phone_rings_stops_that(tmp_path):
    async def scene():
        office = Office(tmp_path)
        office.people[at(CUSTOMER)] = Person(answers_after=None)
        async with office.open():
            await office.wish(CUSTOMER)
            await asyncio.sleep(10)
            assert at(CUSTOMER) in office.switch.ringing
            office.calls_in(CUSTOMER, id="again")
            await asyncio.sleep(1)
            assert at(CUSTOMER) not in office.switch.ringing
            await asyncio.sleep(100)
        return office

    office = play(scene)
    assert office.of(Connected)[-1].call == "again"


def test_an_agent_who_hangs_up_leaves_the_customer_to_the_next_one(tmp_path):
    async def scene():
        office = Office(tmp_path, agents=2)
        office.people["PJSIP/1"] = Person(2, 5)
        office.people[at(CUSTOMER)] = Person(answers_after=12, talks_for=20)
        async with office.open():
            await office.wish(CUSTOMER)
            await asyncio.sleep(200)
        return office

    office = play(scene)
    assert [f.how for f in office.of(CallbackTried)] == ["agent gone", "talked"]
    assert [f.agent for f in office.of(CallbackTried)] == ["1", "2"]


def test_an_agent_who_is_gone_when_the_customer_answers_is_followed_by_the_next(
    tmp_path,
):
    queues = QUEUES.replace("tries: 3", "greeting: long, tries: 3")

    async def scene():
        office = Office(
            tmp_path, agents=2, queues=queues, prompts__en=f"long: {'A word. ' * 30}\n"
        )
        office.people["PJSIP/1"] = Person(2, 5)
        office.people[at(CUSTOMER)] = Person(answers_after=1, talks_for=60)
        async with office.open():
            await office.wish(CUSTOMER)
            await asyncio.sleep(200)
        return office

    office = play(scene)
    assert [f.how for f in office.of(CallbackTried)] == ["talked"]
    first, again = office.of(CallerQueued)
    assert (again.call, again.joined) == (first.call, first.joined)
    assert [f.agent for f in office.of(Connected)] == ["1", "2"]
    assert len(office.rang(at(CUSTOMER))) == 1


def test_a_time_that_was_chosen_is_waited_for(tmp_path):
    async def scene():
        office = Office(tmp_path)
        office.people[at(CUSTOMER)] = Person(1, 20)
        async with office.open():
            due = office.world.seconds() + 1800
            await office.wish(CUSTOMER, due=due)
            await asyncio.sleep(2000)
        return office

    office = play(scene)
    [rang] = office.rang("PJSIP/1")
    assert 1800 <= rang <= 1806


def test_a_promise_that_is_over_goes_before_those_who_hold(tmp_path):
    async def scene():
        office = Office(tmp_path)
        office.people[at(CUSTOMER)] = Person(1, 20)
        async with office.open():
            office.calls_in("13900000001", id="talks")
            await asyncio.sleep(5)
            office.calls_in("13900000002", id="held")
            await asyncio.sleep(5)
            now = office.world.seconds()
            await office.wish(CUSTOMER, since=0.0, promised=now + 20)
            await asyncio.sleep(300)
        return office

    office = play(scene)
    order = [f.call for f in office.of(Connected)]
    assert order == ["talks", "old-callback1-desk", "held"]
    assert [f.in_time for f in office.of(CallbackEnded)] == [False]


def test_a_closed_queue_calls_nobody_until_it_opens(tmp_path):
    class Doors:
        door = Door(state="closed", by="2001")

        def of(self, queue):
            return self.door

        async def change(self, queue, seen):
            await asyncio.Event().wait()

    async def scene():
        office, doors = Office(tmp_path), Doors()
        office.people[at(CUSTOMER)] = Person(1, 20)
        async with office.open(doors=doors):
            await office.wish(CUSTOMER)
            await asyncio.sleep(600)
            assert office.switch.log == []
            doors.door = OPEN
            await asyncio.sleep(100)
        return office

    assert [f.how for f in play(scene).of(CallbackEnded)] == ["kept"]


def test_hours_that_end_take_a_callback_out_of_the_line(tmp_path):
    queues = QUEUES + "  hours: office\n"

    async def scene():
        office = Office(
            tmp_path,
            queues=queues,
            flow=FLOW_WITH_CLOSED,
            hours="office: {mon: '09:00-10:05', tue: '09:00-18:00'}\n",
        )
        office.people["PJSIP/1"] = Person(2, 20000)
        office.people[at(CUSTOMER)] = Person(1, 20)
        async with office.open():
            talks = office.calls_in("13900000001", id="talks")
            await asyncio.sleep(10)
            await office.wish(CUSTOMER)
            await asyncio.sleep(3600)
            assert office.desk.state().queues[0].waiting == ()
            talks.drop()
            office.people["PJSIP/1"] = Person(2, 60)
            await asyncio.sleep(24 * 3600)
        return office

    office = play(scene)
    assert [f.how for f in office.of(LeftQueue)] == ["closed"]
    [rang] = office.rang(at(CUSTOMER))
    assert rang == pytest.approx(23 * 3600, abs=10)  # the next opening


FLOW_WITH_CLOSED = """
steps:
  wait: {queue: desk, closed: over}
  over: {hangup: yes}
"""


def test_nobody_signed_in_is_waited_for_in_silence(tmp_path):
    async def scene():
        office = Office(tmp_path)
        office.people[at(CUSTOMER)] = Person(1, 20)
        async with office.open():
            await asyncio.sleep(1)
            await office.desk.sign_out("1")
            await office.wish(CUSTOMER)
            await asyncio.sleep(600)
            assert office.of(LeftQueue) == []
            await office.desk.ready("1")
            await asyncio.sleep(100)
        return office

    assert [f.how for f in play(scene).of(CallbackEnded)] == ["kept"]


def test_without_outbound_people_call_from_the_list(tmp_path):
    async def scene():
        office = Office(tmp_path)
        guard = DialGuard(None, seconds=lambda: 0.0, is_open=lambda *_: True)
        async with office.open(outbound=guard):
            await office.wish(CUSTOMER)
            await asyncio.sleep(600)
        return office

    office = play(scene)
    assert office.of(CallerQueued) == []
    assert len(office.callbacks.asked) == 1


def test_a_number_that_may_not_be_dialled_any_more_rings_no_agent(tmp_path):
    async def scene():
        office = Office(tmp_path)
        async with office.open():
            await office.wish("0900123456")
            await asyncio.sleep(60)
        return office

    office = play(scene)
    assert office.rang("PJSIP/1") == []
    assert [f.how for f in office.of(CallbackEnded)] == ["given up"]


def test_tries_that_never_came_to_an_end_count(tmp_path):
    """Else a service that dies over each of them rings somebody all night."""

    async def scene():
        office = Office(tmp_path)
        async with office.open():
            await office.wish(CUSTOMER, tries=3, tried=office.world.seconds())
            await asyncio.sleep(60)
        return office

    office = play(scene)
    assert office.switch.log == []
    assert [f.how for f in office.of(CallbackEnded)] == ["given up"]


def test_such_a_number_is_promised_nothing(tmp_path):
    async def scene():
        office = Office(tmp_path, flow=BOOK)
        async with office.open():
            office.calls_in("0900123456", keys={1: "1"})
            await asyncio.sleep(30)
        return office

    assert play(scene).callbacks.asked == {}


def test_a_number_is_called_for_one_wish_however_many_calls_ask_for_it(tmp_path):
    async def scene():
        office = Office(tmp_path, flow=BOOK)
        async with office.open():
            await asyncio.sleep(1)
            await office.desk.sign_out("1")
            await office.wish(CUSTOMER, since=-300.0, tries=1, tried=0.0)
            for n in range(3):
                office.calls_in(CUSTOMER, id=f"asks{n}", keys={5 + 30 * n: "1"})
                await asyncio.sleep(30)
        return office

    office = play(scene)
    [wish] = [w for w in office.callbacks.asked.values() if w.state.name == "WAITING"]
    assert wish.call == "asks2"
    assert wish.tries == 1
    assert wish.since == pytest.approx(EPOCH.timestamp() - 299)
    assert [f.how for f in office.of(CallbackEnded)] == ["taken back"] * 3


def test_who_enters_the_number_of_somebody_who_waits_changes_nothing(tmp_path):
    async def scene():
        flow = BOOK.replace("failed: none", "already: has, failed: none")
        office = Office(tmp_path, flow=flow + "  has: {hangup: yes}\n")
        async with office.open():
            await asyncio.sleep(1)
            await office.desk.sign_out("1")
            old = await office.wish(CUSTOMER, shown={"customer": "Li"})
            keys = {1: "2", 2: f"{CUSTOMER}#", 8: "1"}
            office.calls_in("13900139000", id="strange", keys=keys)
            await asyncio.sleep(30)
            assert await office.callbacks.open() == [old]
        return office

    office = play(scene)
    assert [f.step for f in office.of(StepEntered, call="strange")] == ["book", "has"]
    assert office.of(CallbackEnded) == []


BOOK = """
steps:
  book: {callback: desk, number: {offer: call.from}, failed: none}
  done: {hangup: yes}
  none: {hangup: yes}
"""


def test_a_service_that_starts_again_keeps_the_promises_of_the_last_one(tmp_path):
    async def scene():
        office = Office(tmp_path)
        office.people[at(CUSTOMER)] = Person(answers_after=None)
        async with office.open():
            await office.wish(CUSTOMER)
            await asyncio.sleep(8)
            assert at(CUSTOMER) in office.switch.ringing
        # The end of the service stopped it: that try counted.
        assert office.callbacks.asked["old", "desk"].tries == 1
        after = Office(tmp_path, callbacks=office.callbacks)
        after.people[at(CUSTOMER)] = Person(1, 20)
        async with after.open():
            await asyncio.sleep(100)
        return after

    office = play(scene)
    [queued] = office.of(CallerQueued)
    assert queued.call == "old-callback2-desk"
    assert [f.how for f in office.of(CallbackEnded)] == ["kept"]


@pytest.mark.parametrize("tenth", range(0, 150, 7))
def test_shutdown_at_any_moment_leaves_nothing_behind(tmp_path, tenth):
    async def scene():
        office = Office(tmp_path)
        office.people["PJSIP/1"] = Person(1, 6)
        office.people[at(CUSTOMER)] = Person(answers_after=2, talks_for=3)
        async with office.open():  # and its end says that all is clean
            await office.wish(CUSTOMER)
            await asyncio.sleep(tenth / 10)
        return office

    office = play(scene)
    assert {f.work for f in office.of(AgentChanged)} <= {
        "offered",
        "talking",
        "wrap-up",
        "idle",
    }
