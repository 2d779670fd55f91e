"""A place in line: led elsewhere, kept for who was cut off, told only when better."""

import asyncio

import pytest

from ivrflow.acd.doors import OPEN, Door, Way
from ivrflow.acd.model import QueueRules
from ivrflow.facts import (
    CallerQueued,
    Connected,
    Decided,
    EstimateSaid,
    LeftQueue,
    Said,
    StepEntered,
    TransferEnded,
)
from ivrflow.figures.fold import Fold
from ivrflow.flow.load import BadSite
from ivrflow.flow.world import Trouble
from ivrflow.sim.memory import MemoryPlaces
from ivrflow.sim.scripted import Person
from ivrflow.telephony.channel import Unreached
from tests.unit.flow.callback_rig import Office, at, play
from tests.unit.flow.one_call import EPOCH, site

ONE_BUSY = Person(answers_after=1, talks_for=5000)
FRED = "13800138000"
NIGHT = "13700137000"

FLOW = """
steps:
  wait: {queue: desk, then: over, full: full, closed: shut, timeout: over}
  over: {hangup: yes}
  full: {hangup: yes}
  shut: {hangup: yes}
"""


def busy(folder, queues, *, flow=FLOW, **more):
    """An office whose one agent talks all day."""
    office = Office(folder, queues=queues, flow=flow, **more)
    office.people["PJSIP/1"] = ONE_BUSY
    return office


def left(office, call):
    return [(f.how, f.to) for f in office.of(LeftQueue, call=call)]


def steps(office, call):
    return [f.step for f in office.of(StepEntered, call=call)]


# Overflow ---------------------------------------------------------------------------

TWO = """
desk: {title: Desk, overflow: {after: 60s, queue: spare}}
spare: {title: Spare%s}
"""


def test_who_waits_too_long_goes_to_another_queue_with_the_time_that_was_waited(
    tmp_path,
):
    async def scene():
        office = busy(tmp_path, TWO % "")
        async with office.open():
            office.calls_in("1", id="talks")
            await asyncio.sleep(10)
            caller = office.calls_in(FRED, id="fred")
            await asyncio.sleep(70)
            later = office.calls_in("3", id="later")
            await asyncio.sleep(10)
            for channel in (caller, later):
                channel.drop()
            office.switch.hang_up("PJSIP/1")
        return office

    office = play(scene)
    assert left(office, "fred") == [("overflow", "queue spare"), ("abandoned", "")]
    first, second = office.of(CallerQueued, call="fred")
    assert (first.queue, second.queue) == ("desk", "spare")
    assert second.at - first.at == pytest.approx(60, abs=0.1)
    assert second.joined == pytest.approx(first.at, abs=0.1)


def test_two_queues_that_overflow_into_each_other_are_no_circle(tmp_path):
    there = TWO % ", overflow: {after: 60s, queue: desk}"

    async def scene():
        office = busy(tmp_path, there)
        async with office.open():
            office.calls_in("1", id="talks")
            await asyncio.sleep(10)
            caller = office.calls_in(FRED, id="fred")
            await asyncio.sleep(1000)
            assert not caller.gone.done()
            caller.drop()
            office.switch.hang_up("PJSIP/1")
        return office

    office = play(scene)
    assert [f.queue for f in office.of(CallerQueued, call="fred")] == ["desk", "spare"]


def test_the_flow_may_decide_where_the_overflow_leads(tmp_path):
    async def scene():
        flow = FLOW.replace("then: over", "then: over, overflow: full")
        office = busy(tmp_path, TWO % "", flow=flow)
        async with office.open():
            office.calls_in("1", id="talks")
            await asyncio.sleep(10)
            office.calls_in(FRED, id="fred")
            await asyncio.sleep(70)
            office.switch.hang_up("PJSIP/1")
        return office

    office = play(scene)
    assert left(office, "fred") == [("overflow", "")]
    assert steps(office, "fred") == ["wait", "full"]


@pytest.mark.parametrize("when_full", ["yes", "no"])
def test_who_finds_the_line_full_overflows_if_that_is_written(tmp_path, when_full):
    queues = f"""
desk:
  title: Desk
  longest_line: 1
  overflow: {{after: 5m, when_full: {when_full}, queue: spare}}
spare: {{title: Spare}}
"""

    async def scene():
        office = busy(tmp_path, queues)
        async with office.open():
            office.calls_in("1", id="talks")
            await asyncio.sleep(5)
            held = office.calls_in("2", id="held")
            await asyncio.sleep(5)
            fred = office.calls_in(FRED, id="fred")
            await asyncio.sleep(5)
            for channel in (held, fred):
                channel.drop()
            office.switch.hang_up("PJSIP/1")
        return office

    office = play(scene)
    queues = [f.queue for f in office.of(CallerQueued, call="fred")]
    assert queues == (["spare"] if when_full == "yes" else [])
    assert steps(office, "fred") == ["wait"] + ["full"] * (when_full == "no")


def test_an_overflow_may_lead_to_a_flow(tmp_path):
    async def scene():
        office = busy(
            tmp_path,
            "desk: {title: Desk, overflow: {after: 60s, flow: sorry}}\n",
            flows__sorry="flow: sorry\nsteps:\n  words: {hangup: bye}\n",
        )
        async with office.open():
            office.calls_in("1", id="talks")
            await asyncio.sleep(10)
            office.calls_in(FRED, id="fred")
            await asyncio.sleep(100)
            office.switch.hang_up("PJSIP/1")
        return office

    office = play(scene)
    assert left(office, "fred") == [("overflow", "flow sorry")]
    assert steps(office, "fred") == ["wait", "words"]
    assert [f.target for f in office.of(Decided, call="fred")] == ["sorry", "hangup"]


NUMBER = f"desk: {{title: Desk, overflow: {{after: 60s, number: '{NIGHT}'}}}}\n"


def test_an_overflow_may_lead_to_a_number(tmp_path):
    async def scene():
        office = busy(tmp_path, NUMBER)
        office.people[at(NIGHT)] = Person(2, 30)
        async with office.open():
            office.calls_in("1", id="talks")
            await asyncio.sleep(10)
            office.calls_in(FRED, id="fred")
            await asyncio.sleep(200)
            office.switch.hang_up("PJSIP/1")
        return office

    office = play(scene)
    assert left(office, "fred") == [("overflow", NIGHT)]
    assert [f.how for f in office.of(TransferEnded)] == ["talked"]
    assert steps(office, "fred") == ["wait", "over"]


def test_a_number_at_which_nobody_is_leaves_the_caller_the_place(tmp_path):
    async def scene():
        office = busy(tmp_path, NUMBER)
        office.people[at(NIGHT)] = Person(refuses=Unreached.BUSY)
        async with office.open():
            office.calls_in("1", id="talks")
            await asyncio.sleep(10)
            office.calls_in(FRED, id="fred")
            await asyncio.sleep(100)
            office.people["PJSIP/1"] = Person(1, 10)
            office.switch.hang_up("PJSIP/1")
            await asyncio.sleep(100)
        return office

    office = play(scene)
    first, again = office.of(CallerQueued, call="fred")
    assert again.joined == pytest.approx(first.at, abs=0.1)
    assert [f.call for f in office.of(Connected)] == ["talks", "fred"]


@pytest.mark.parametrize(
    ("overflow", "wrong"),
    [
        ("{after: 1m, queue: a, number: '123'}", "one of queue, flow and number"),
        ("{queue: desk}", "say when"),
        ("{after: 1m, number: hello}", "not a telephone number"),
        ("{after: 1m, queue: '${x}'}", "without"),
        ("{after: 1m, queue: gone}", "no queue 'gone'"),
        ("{after: 1m, flow: gone}", "no flow 'gone'"),
    ],
)
def test_what_is_wrong_with_an_overflow_is_told(tmp_path, overflow, wrong):
    queues = f"desk: {{title: Desk, overflow: {overflow}}}\n"
    agents = 'agents:\n  "1": {name: Li, queues: [desk]}\n'
    with pytest.raises(BadSite, match=wrong):
        site(tmp_path, FLOW, queues=queues, agents=agents)


def test_a_phone_that_rings_for_no_time_is_refused(tmp_path):
    queues = "desk: {title: Desk, ring: 0s}\n"
    agents = 'agents:\n  "1": {name: Li, queues: [desk]}\n'
    with pytest.raises(BadSite, match="rings for 1 s at least"):
        site(tmp_path, FLOW, queues=queues, agents=agents)


# Closed and diverted by people --------------------------------------------------------


class Doors:
    """Doors that a test moves."""

    def __init__(self):
        self.doors, self.moved = {}, asyncio.Event()

    def of(self, queue):
        return self.doors.get(queue, OPEN)

    async def change(self, queue, seen):
        while self.of(queue) == seen:
            await self.moved.wait()
            self.moved.clear()
        return self.of(queue)

    def move(self, queue, **how):
        self.doors[queue] = Door(by="2001", **how)
        self.moved.set()


DESK = "desk: {title: Desk}\nspare: {title: Spare}\n"


@pytest.mark.parametrize("waiting_too", [True, False])
def test_a_queue_that_is_closed_closes_for_those_who_wait_if_that_is_meant(
    tmp_path, waiting_too
):
    async def scene():
        office, doors = busy(tmp_path, DESK), Doors()
        async with office.open(doors=doors):
            office.calls_in("1", id="talks")
            await asyncio.sleep(10)
            fred = office.calls_in(FRED, id="fred")
            await asyncio.sleep(10)
            doors.move("desk", state="closed", waiting_too=waiting_too)
            await asyncio.sleep(1)
            office.calls_in("3", id="later")
            await asyncio.sleep(10)
            assert fred.gone.done() == waiting_too
            fred.drop()
            office.switch.hang_up("PJSIP/1")
        return office

    office = play(scene)
    assert steps(office, "later") == ["wait", "shut"]
    if waiting_too:
        assert left(office, "fred") == [("closed", "")]
        assert steps(office, "fred") == ["wait", "shut"]


def test_a_queue_that_is_diverted_moves_who_waits_and_who_comes(tmp_path):
    async def scene():
        office, doors = busy(tmp_path, DESK), Doors()
        async with office.open(doors=doors):
            office.calls_in("1", id="talks")
            await asyncio.sleep(10)
            fred = office.calls_in(FRED, id="fred")
            await asyncio.sleep(10)
            doors.move(
                "desk", state="diverted", to=Way("queue", "spare"), waiting_too=True
            )
            later = office.calls_in("3", id="later")
            await asyncio.sleep(10)
            for channel in (fred, later):
                channel.drop()
            office.switch.hang_up("PJSIP/1")
        return office

    office = play(scene)
    to = ("overflow", "queue spare")
    assert left(office, "fred") == [to, ("abandoned", "")]
    assert left(office, "later") == [to, ("abandoned", "")]
    assert [f.queue for f in office.of(CallerQueued, call="later")] == ["spare"]


@pytest.mark.parametrize("full", [False, True])
def test_a_flow_that_leads_back_to_the_queue_is_no_circle(tmp_path, full):
    more = "longest_line: 0, overflow: {when_full: yes, flow: back}" if full else ""
    back = "flow: back\nsteps:\n  again: {queue: desk, closed: no, full: no}\n"

    async def scene():
        office, doors = (
            busy(
                tmp_path,
                f"desk: {{title: Desk, {more}}}\n",
                flows__back=back + "  no: {hangup: yes}\n",
            ),
            Doors(),
        )
        async with office.open(doors=doors):
            if not full:
                doors.move("desk", state="diverted", to=Way("flow", "back"))
            fred = office.calls_in(FRED, id="fred")
            await asyncio.sleep(10)
            assert fred.gone.done()
        return office

    assert steps(play(scene), "fred") == ["wait", "again", "no"]


def test_who_was_moved_to_another_queue_goes_with_that_one(tmp_path):
    async def scene():
        office, doors = busy(tmp_path, DESK), Doors()
        async with office.open(doors=doors):
            office.calls_in("1", id="talks")
            await asyncio.sleep(10)
            fred = office.calls_in(FRED, id="fred")
            await asyncio.sleep(10)
            await office.desk.change("fred", queue="spare", by="2001")
            await asyncio.sleep(10)
            for queue in ("desk", "spare"):
                doors.move(queue, state="closed", waiting_too=True)
            await asyncio.sleep(10)
            assert fred.gone.done()
            office.switch.hang_up("PJSIP/1")
        return office

    office = play(scene)
    assert [(f.queue, f.how) for f in office.of(LeftQueue)] == [("spare", "closed")]


def test_who_is_moved_to_a_queue_that_came_after_him_is_served_there(tmp_path):
    """A supervisor goes by the live version, the call by the one that it began with."""

    async def scene():
        office, doors = Office(tmp_path, queues=DESK, flow=FLOW), Doors()
        async with office.open(doors=doors):
            office.calls_in("1", id="talks")
            await asyncio.sleep(10)
            fred = office.calls_in(FRED, id="fred")
            await asyncio.sleep(10)
            office.rules["new"] = QueueRules(name="new")
            await office.desk.set_abilities("1", queues=["desk", "new"], by="2001")
            await office.desk.change("fred", queue="new", by="2001")
            await asyncio.sleep(10)
            # Whatever is news to those who wait is looked at with the new queue.
            doors.move("desk", state="closed", waiting_too=True)
            await asyncio.sleep(300)
            assert fred.gone.done()
        return office

    office = play(scene)
    assert [f.queue for f in office.of(Connected, call="fred")] == ["new"]
    assert steps(office, "fred") == ["wait", "over"]


def test_queues_that_lead_to_each_other_end_at_the_closed_door(tmp_path):
    async def scene():
        office, doors = busy(tmp_path, DESK), Doors()
        doors.move("desk", state="diverted", to=Way("queue", "spare"))
        doors.move("spare", state="diverted", to=Way("queue", "desk"))
        async with office.open(doors=doors):
            office.calls_in(FRED, id="fred")
            await asyncio.sleep(10)
        return office

    assert steps(play(scene), "fred") == ["wait", "shut"]


# Redial -----------------------------------------------------------------------------

KEPT = "desk: {title: Desk, wrap_up: 1s, keep_place: 5m}\n"


def redials(folder, *, queues=KEPT, caller=FRED, after=100, places=None):
    """Fred hangs up after half a minute in line, and calls again."""

    async def scene():
        office = busy(folder, queues)
        if places is not None:
            office.places = places
        office.people["PJSIP/1"] = Person(1, 900)
        async with office.open(places=office.places):
            office.calls_in("1", id="talks")
            await asyncio.sleep(10)
            fred = office.calls_in(caller, id="fred")
            await asyncio.sleep(30)
            held = office.calls_in("2", id="held")
            fred.drop()
            await asyncio.sleep(after)
            again = office.calls_in(caller, id="again")
            await asyncio.sleep(10)
            office.people["PJSIP/1"] = Person(1, 20)
            office.switch.hang_up("PJSIP/1")
            await asyncio.sleep(100)
            assert held.gone.done()
            assert again.gone.done()
        return office

    return play(scene)


def served(office):
    return [f.call for f in office.of(Connected)]


def test_who_is_cut_off_and_calls_again_goes_on_waiting(tmp_path):
    office = redials(tmp_path)

    assert served(office) == ["talks", "again", "held"]
    assert office.places.kept == {}


def test_after_its_time_the_place_is_lost(tmp_path):
    assert served(redials(tmp_path, after=301)) == ["talks", "held", "again"]


def test_a_withheld_number_keeps_no_place(tmp_path):
    office = redials(tmp_path, caller="")

    assert served(office) == ["talks", "held", "again"]
    assert office.places.kept == {}


def test_where_nothing_is_kept_who_calls_again_is_last(tmp_path):
    office = redials(tmp_path, queues="desk: {title: Desk, wrap_up: 1s}\n")

    assert served(office) == ["talks", "held", "again"]


def test_a_store_that_is_away_costs_the_place_and_not_the_call(tmp_path):
    class Away(MemoryPlaces):
        async def keep(self, queue, who, *, joined, until):
            raise Trouble("away")

        async def take(self, queue, who, now):
            await asyncio.sleep(60)

    assert served(redials(tmp_path, places=Away())) == ["talks", "held", "again"]


def test_who_leaves_by_a_key_or_has_talked_keeps_no_place_for_the_next_call(tmp_path):
    async def scene():
        flow = FLOW.replace("{queue: desk,", "{queue: desk, keys: {1: over},")
        office = Office(tmp_path, queues=KEPT, flow=flow)
        office.people["PJSIP/1"] = Person(1, 50)
        async with office.open():
            talks = office.calls_in("1", id="talks")
            await asyncio.sleep(10)
            office.calls_in(FRED, id="fred", keys={15: "1"})
            await asyncio.sleep(10)
            talks.drop()
            await asyncio.sleep(100)
        return office

    assert play(scene).places.kept == {}


def test_who_has_talked_and_comes_again_in_the_same_call_is_the_last_in_line(tmp_path):
    flow = FLOW.replace("then: over", "then: more") + "  more: {queue: desk}\n"

    async def scene():
        office = Office(
            tmp_path, queues="desk: {title: Desk, wrap_up: 1s}\n", flow=flow
        )
        office.people["PJSIP/1"] = Person(1, 100)
        async with office.open():
            office.calls_in("1", id="first")
            await asyncio.sleep(50)
            office.people["PJSIP/1"] = Person(1, 20)
            office.calls_in("2", id="held")
            await asyncio.sleep(300)
        return office

    office = play(scene)
    talked = [(f.call, f.waited) for f in office.of(Connected)]
    assert talked[:3] == [("first", 1), ("held", 53), ("first", 24)]
    fold = Fold()
    for fact in office.facts:
        fold.note(fact)
    assert fold.total("desk").offered == fold.total("desk").answered == 4


# What is said of the place ------------------------------------------------------------

SAID = """
desk:
  title: Desk
  wrap_up: 1s
  announce: [{say: place, after: 5s, every: 30s}]
"""
PLACE = 'place: "Number ${queue.position | number}, ${queue.wait | minutes}."\n'


def test_the_position_is_said_again_only_when_it_is_better(tmp_path):
    async def scene():
        office = busy(tmp_path, SAID, prompts__en=PLACE)
        async with office.open():
            office.calls_in("1", id="talks")
            await asyncio.sleep(10)
            ahead = office.calls_in("2", id="ahead")
            await asyncio.sleep(1)
            fred = office.calls_in(FRED, id="fred", keys={200: "5"})
            await asyncio.sleep(110)
            ahead.drop()
            await asyncio.sleep(100)
            fred.drop()
            office.switch.hang_up("PJSIP/1")
        return office

    office = play(scene)
    said = office.of(Said, call="fred", prompt="place")
    assert [f.words.split(",")[0] for f in said] == ["Number two", "Number one"]
    told = office.of(EstimateSaid, call="fred")
    assert [f.at for f in told] == [f.at for f in said]
    assert all(60 <= f.low <= f.high for f in told)


def test_who_asks_for_the_position_hears_it_in_any_case(tmp_path):
    async def scene():
        flow = FLOW.replace("{queue: desk,", "{queue: desk, keys: {5: repeat},")
        office = busy(tmp_path, SAID, flow=flow, prompts__en=PLACE)
        async with office.open():
            office.calls_in("1", id="talks")
            await asyncio.sleep(10)
            fred = office.calls_in(FRED, id="fred", keys={60: "5", 70: "5"})
            await asyncio.sleep(100)
            fred.drop()
            office.switch.hang_up("PJSIP/1")
        return office

    assert len(play(scene).of(Said, call="fred", prompt="place")) == 3


def test_an_announcement_without_the_position_is_said_again_and_again(tmp_path):
    async def scene():
        queues = SAID.replace("say: place", "say: please")
        office = busy(tmp_path, queues, prompts__en="please: Please wait.\n")
        async with office.open():
            office.calls_in("1", id="talks")
            await asyncio.sleep(10)
            fred = office.calls_in(FRED, id="fred")
            await asyncio.sleep(110)
            fred.drop()
            office.switch.hang_up("PJSIP/1")
        return office

    office = play(scene)
    assert len(office.of(Said, call="fred", prompt="please")) == 4
    assert office.of(EstimateSaid) == []


def test_nothing_is_announced_while_an_agent_rings(tmp_path):
    async def scene():
        queues = SAID.replace("say: place", "say: please")
        office = busy(tmp_path, queues, prompts__en="please: Please wait.\n")
        office.people["PJSIP/1"] = Person(answers_after=15, talks_for=5)
        async with office.open():
            office.calls_in("1", id="rings")
            office.calls_in("2", id="waits")
            await asyncio.sleep(60)
        return office

    office = play(scene)
    assert [f.call for f in office.of(Connected)] == ["rings", "waits"]
    assert office.of(Said, call="rings", prompt="please") == []
    assert [f.at - EPOCH.timestamp() for f in office.of(Said, prompt="please")] == [5]
