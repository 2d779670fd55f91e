"""Queues that supervisors close and divert, with callers in them, on virtual time."""

import asyncio
from contextlib import asynccontextmanager
from itertools import count

from ivrflow.acd.doors import Door, Doors, Way
from ivrflow.acd.watch import Limits, Moment, Watch
from ivrflow.aio import beside
from ivrflow.facts import (
    AlarmCleared,
    AlarmRaised,
    LeftQueue,
    QueueChanged,
    StepEntered,
)
from ivrflow.flow.world import Trouble
from ivrflow.sim.scripted import Person
from tests.unit.flow.callback_rig import Office, play

QUEUES = "desk: {title: Desk}\nspare: {title: Spare}\n"
FLOW = """
steps:
  wait: {queue: desk, then: over, closed: shut, timeout: over}
  over: {hangup: yes}
  shut: {hangup: yes}
"""


KEYS = """
steps:
  wait: {queue: desk, keys: {1: out}, then: out, no_agents: out}
  out: {hangup: yes}
"""


class Kept:
    """A store in memory."""

    def __init__(self):
        self.rows = {}

    async def all(self):
        return dict(self.rows)

    async def put(self, queues, door, *, by, at):
        for queue in queues:
            self.rows.pop(queue, None)
            if door.state != "open":
                self.rows[queue] = door


@asynccontextmanager
async def floor(folder):
    """An office whose one agent talks all day, its doors, and one caller who waits."""
    office = Office(folder, queues=QUEUES, flow=FLOW)
    office.people["PJSIP/1"] = Person(answers_after=1, talks_for=5000)
    doors = Doors(
        Kept(), clock=office.world.seconds, note=office.world.note, away=Trouble
    )
    async with office.open(doors=doors), beside(doors.run()):
        office.calls_in("1", id="talks")
        await asyncio.sleep(10)
        office.calls_in("2", id="waits")
        await asyncio.sleep(10)
        yield office, doors
        for call in list(office.live.state()):
            office.live.of(call.id).channel.drop()
        office.switch.hang_up("PJSIP/1")


def left(office, call):
    return [(f.how, f.to) for f in office.of(LeftQueue, call=call)]


def steps(office, call):
    return [f.step for f in office.of(StepEntered, call=call)]


def test_queue_that_is_closed_for_an_hour_takes_callers_again_after_it(tmp_path):
    async def scene():
        async with floor(tmp_path) as (office, doors):
            now = office.world.seconds()
            await doors.set(
                ["desk"], Door(state="closed", by="2001", at=now, until=now + 3600)
            )
            office.calls_in("3", id="refused")
            await asyncio.sleep(3605)
            office.calls_in("4", id="taken")
            await asyncio.sleep(10)
        return office

    office = play(scene)
    assert steps(office, "refused") == ["wait", "shut"]
    assert steps(office, "waits") == ["wait"]
    assert left(office, "taken") == [("abandoned", "")]
    assert [(f.state, f.by) for f in office.of(QueueChanged)] == [
        ("closed", "2001"),
        ("open", "end of 2001"),
    ]


def test_emergency_moves_all_who_wait_and_who_come_until_it_is_over(tmp_path):
    async def scene():
        async with floor(tmp_path) as (office, doors):
            await doors.set(
                ["desk"],
                Door(
                    state="diverted",
                    to=Way("queue", "spare"),
                    by="ann",
                    at=office.world.seconds(),
                    waiting_too=True,
                ),
            )
            await asyncio.sleep(1)
            office.calls_in("3", id="comes")
            await asyncio.sleep(10)
            await doors.open(["desk"], by="ann")
            office.calls_in("4", id="later")
            await asyncio.sleep(10)
        return office

    office = play(scene)
    gone = ("overflow", "queue spare")
    assert left(office, "waits")[0] == gone
    assert left(office, "comes")[0] == gone
    assert left(office, "later") == [("abandoned", "")]


def test_caller_who_waits_too_long_raises_an_alarm_which_ends_when_he_leaves(tmp_path):
    async def scene():
        told, watch, limits = [], Watch(), {"desk": Limits(longest_wait=60)}
        async with floor(tmp_path) as (office, _):
            for number in range(40):
                moment = Moment(
                    now=office.world.seconds(),
                    agents=office.desk.agents.values(),
                    first_joined=office.desk.first_joined(),
                    open=frozenset({"desk"}),
                )
                told += watch.look(moment, limits)
                if number == 20:
                    office.live.of("waits").channel.drop()
                await asyncio.sleep(5)
        return told

    raised, cleared = play(scene)
    assert isinstance(raised, AlarmRaised)
    assert 60 < raised.value <= 65
    assert isinstance(cleared, AlarmCleared)
    assert cleared.seconds > 30


def test_key_that_was_typed_before_the_line_leads_nobody_out_of_it(tmp_path):
    async def scene():
        office = Office(
            tmp_path,
            queues="desk: {title: Desk}\n",
            flow=KEYS,
        )
        office.people["PJSIP/1"] = Person(answers_after=60, talks_for=5)
        ticks = count()
        now = office.world.seconds

        def moves():  # as a real clock does, with each look at it
            return now() + next(ticks) * 1e-6

        async with office.open(seconds=moves):
            channel = office.calls_in("2", id="waits")
            channel.press("1")
            await asyncio.sleep(10)
            waits = steps(office, "waits")
            channel.press("1")
            await asyncio.sleep(1)
        return waits, steps(office, "waits")

    assert play(scene) == (["wait"], ["wait", "out"])
