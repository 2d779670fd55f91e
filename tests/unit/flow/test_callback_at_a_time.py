"""`callback` with `when`: the caller chooses one of the free slots of a timetable."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ivrflow.facts import CallbackAsked, CallbackEnded
from ivrflow.flow.load import BadSite
from ivrflow.flow.slots import next_day, slots
from ivrflow.flow.wish import Wish, WishState
from ivrflow.sim.memory import MemoryCallbacks
from tests.unit.flow.one_call import EPOCH, World_, call, site

FLOW = """
steps:
  book:
    callback: desk
    number: {offer: call.from}
    when: {within: 2d, slots: office, length: 1h, per_slot: 2, ask: slot}
    then: done
    full: full
    failed: none
  done: {hangup: yes}
  full: {hangup: yes}
  none: {hangup: yes}
"""

MORE = {
    "queues": "desk: {title: Desk}\n",
    "agents": 'agents:\n  "1": {name: Li, queues: [desk]}\n',
    "hours": "office:\n  mon-fri: 09:30-12:00\n",
    "prompts__en": 'slot: "On ${slot | date} at ${slot | time}? 1, 2 or 3."\n',
}

MONDAY = EPOCH.replace(hour=0)
"""EPOCH is a Monday, 10:00."""


def at(day, hour, minute=30):
    return MONDAY + timedelta(days=day, hours=hour, minutes=minute)


def book(folder, keys, flow=FLOW, callbacks=None):
    world = World_(callbacks=callbacks or MemoryCallbacks())
    typed = {n + 0.1: one for n, one in enumerate(keys)}
    return call(site(folder, flow, **MORE), keys=typed, world=world)


def due(left):
    return [datetime.fromisoformat(f.due) for f in left.of(CallbackAsked)]


@pytest.mark.parametrize(
    ("keys", "when"),
    [
        ("11", at(0, 10)),
        ("121", at(1, 9)),
        ("131", at(1, 9)),
        ("1221", at(1, 10)),
        (
            "13321",
            at(0, 10),
        ),  # Wednesday's first lies beyond two days; then round again
    ],
)
def test_a_slot_is_chosen_by_keys(tmp_path, keys, when):
    left = book(tmp_path, keys)

    assert due(left) == [when]
    [wish] = left.world.callbacks.asked.values()
    assert wish.due == when.timestamp()
    assert left.steps == ["book", "done"]


class Booked(MemoryCallbacks):
    """Slots that are full from the beginning."""

    def __init__(self, *times):
        super().__init__()
        for number, time in enumerate(times):
            self.fill(f"c{number}", time)

    def fill(self, call, time):
        self.asked[call, "desk"] = Wish(
            call=call,
            queue="desk",
            number="138",
            since=0,
            asked=0,
            promised=0,
            due=time.timestamp(),
        )


def test_a_full_slot_is_not_offered(tmp_path):
    left = book(tmp_path, "11", callbacks=Booked(at(0, 10), at(0, 10)))

    assert due(left) == [at(1, 9)]


def test_a_number_has_one_slot_however_many_calls_ask_for_it(tmp_path):
    callbacks = MemoryCallbacks()
    callbacks.asked["old", "desk"] = old = Wish(
        call="old",
        queue="desk",
        number="13800138000",
        since=0,
        asked=0,
        promised=0,
        due=at(0, 10).timestamp(),
    )

    left = book(tmp_path, "121", callbacks=callbacks)

    [wish] = [w for w in callbacks.asked.values() if w.state is WishState.WAITING]
    assert wish.due == at(1, 9).timestamp()
    [ended] = left.of(CallbackEnded)
    assert (ended.call, ended.how) == (old.call, "taken back")


def test_nobody_books_a_second_slot_for_somebody_else(tmp_path):
    callbacks = Booked(at(0, 10))

    left = book(tmp_path, ["2", "138#", "1", "2", "1"], callbacks=callbacks)

    assert left.of(CallbackAsked) == []
    assert list(callbacks.asked) == [("c0", "desk")]
    assert left.steps == ["book", "done"]


def test_without_a_free_slot_nothing_is_asked(tmp_path):
    every = [at(0, 10), at(1, 9), at(1, 10), at(2, 9)]
    left = book(tmp_path, "11", callbacks=Booked(*every, *every))

    assert left.said == []
    assert left.steps == ["book", "full"]


def test_a_slot_that_was_taken_meanwhile_is_not_booked(tmp_path):
    class Late(Booked):
        """The first slot fills while the caller thinks."""

        async def keep(self, wish, **how):
            if wish.due == at(0, 10).timestamp():
                self.fill("x", at(0, 10))
                self.fill("y", at(0, 10))
            return await super().keep(wish, **how)

    left = book(tmp_path, "111", callbacks=Late())

    assert due(left) == [at(1, 9)]


def test_who_chooses_no_time_is_not_called_back(tmp_path):
    left = book(tmp_path, "1")

    assert left.of(CallbackAsked) == []
    assert left.steps == ["book", "none"]


def test_a_slot_of_no_length_is_refused(tmp_path):
    with pytest.raises(BadSite, match="a slot lasts 60 s at least"):
        site(tmp_path, FLOW.replace("length: 1h", "length: 0s"), **MORE)


def test_slots_are_whole_hours_of_the_timetable_in_its_zone(tmp_path):
    made = site(tmp_path, FLOW, **MORE)
    found = slots(made.hours["office"], EPOCH, within=86400 * 2, length=3600)

    assert found == [at(0, 10), at(1, 9), at(1, 10), at(2, 9)]
    assert {one.tzinfo for one in found} <= {UTC, ZoneInfo("UTC")}
    assert [next_day(found, place) for place in range(4)] == [1, 3, 3, 0]
