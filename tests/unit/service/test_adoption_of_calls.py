"""What is found in Asterisk is taken over once, and what is gone is told to be over."""

import asyncio
from dataclasses import dataclass, field

import msgspec
import pytest

from ivrflow.db.bookmarks import Before, Open, OpenCall
from ivrflow.facts import AdoptionEnded, CallEnded, CallResumed, CallStarted
from ivrflow.flow.bookmark import Seal, read_bookmark
from ivrflow.flow.bookmark.model import SCHEMA, Bookmark
from ivrflow.flow.world import Trouble
from ivrflow.service.adoption.adoption import LONGEST, MOMENT, SOON, Adoption
from ivrflow.service.adoption.needs import Start
from ivrflow.sim import clock
from ivrflow.sim.scripted import ScriptedChannel

SEAL = Seal(b"k" * 32)
NOON = 1_792_400_400.0
ASTERISK = "2026-11-22T09:00:00"


def bookmark(call, channel="", number=3):
    made = Bookmark(
        schema=SCHEMA,
        call=call,
        channel=channel,
        version="v1",
        number=number,
        at=NOON,
        began=NOON - 60,
        started="2026-10-19T09:00:00+00:00",
    )
    content = msgspec.json.encode(made)
    return (SEAL.sign(content) + content).decode()


@dataclass
class Look:
    callers: list = field(default_factory=list)
    there: frozenset = frozenset()
    startup_time: str = ASTERISK


class House:
    """The parts around an adoption, and all that happens to them, with its time."""

    def __init__(self, *open_calls, before=None, resumes_after=0.1):
        self.story = []
        self.facts = []
        self.up = set()
        self.database = Open(
            {c.call: c for c in open_calls},
            {c.call: c.bookmark for c in open_calls if c.bookmark},
        )
        self.away = False
        self.resumes_after = resumes_after
        self.adoption = Adoption(
            Start(
                app="ivrflow",
                seal=SEAL,
                before=before or Before(startup_time=ASTERISK, alive=NOON - 2),
            ),
            self,
            clock=self.clock,
            note=self.note,
        )

    def clock(self):
        return NOON + asyncio.get_running_loop().time()

    def note(self, fact):
        self.facts.append(fact)
        self.adoption.hear(fact)

    def tell(self, *what):
        at = asyncio.get_running_loop().time()
        self.story.append(
            tuple(round(x, 2) if isinstance(x, float) else x for x in (*what, at))
        )

    # The database

    async def open(self):
        if self.away:
            raise Trouble("the disk is gone")
        return self.database

    async def seen(self, app, startup_time, now):
        self.last_seen = (app, startup_time)

    # The others

    def take(self, channel, found):
        self.tell("take", channel.id, bool(found.kept))
        self.away_for = found.away
        self.up.add(channel.id)
        if self.resumes_after is not None:
            asyncio.get_running_loop().call_later(
                self.resumes_after,
                self.goes_on,
                self.call_of(channel, found),
                bool(found.kept),
            )

    def call_of(self, channel, found):
        mark = read_bookmark(found.kept, SEAL) if found.kept else None
        return mark.call if mark else channel.id

    def goes_on(self, call, kept):
        about = {"flow": "main", "at": self.clock(), "call": call}
        if kept:
            self.note(CallResumed(step="menu", number=3, **about))
        else:
            self.note(CallStarted(caller="", dialled="100", version="v1", **about))

    def is_up(self, call):
        return call in self.up

    async def end(self, mark, at, by):
        self.tell("end", mark.call, by, at - NOON)
        self.note(
            CallEnded(
                at=at, call=mark.call, by=by, cause=0, flow="", step="", seconds=1.0
            )
        )

    async def claim(self):
        self.tell("claim")

    async def settle(self, over):
        self.over = over

    async def adopted(self, at):
        self.tell("adopted", at - NOON)

    # The switch

    async def look(self):
        self.tell("look")

    async def reap(self):
        self.tell("reap")
        return 2

    @property
    def told(self):
        return [fact for fact in self.facts if isinstance(fact, AdoptionEnded)]


def played(house, *looks, seconds=5.0):
    """Let *house* take over what these find, one a second, and go on for a while.

    A look is made in the loop: its channels belong there.
    """

    async def whole():
        async with asyncio.TaskGroup() as group:
            task = group.create_task(house.adoption.run(house, house))
            for look in looks:
                house.adoption.found(look())
                await asyncio.sleep(1)
            await asyncio.sleep(seconds)
            task.cancel()

    clock.run(whole())
    return house.story


def open_call(call, text=""):
    return OpenCall(call=call, started=NOON - 60, flow="main", bookmark=text)


def found(*ids, there=(), startup_time=ASTERISK, remembered=""):
    """A look that finds these callers, and *there* beside them."""

    def look():
        callers = [ScriptedChannel(id=id) for id in ids]
        for channel in callers:
            channel.remembered = remembered
        return Look(callers, frozenset({*ids, *there}), startup_time)

    return look


def test_callers_are_handed_over_and_the_rest_waits_until_all_had_their_moment():
    house = House(open_call("17.1", bookmark("17.1")))
    story = played(house, found("17.1", "17.2"), seconds=2)

    assert story == [
        ("take", "17.1", True, 0.0),
        ("take", "17.2", False, 0.0),
        ("claim", 0.1 + MOMENT),
        ("reap", 0.1 + MOMENT),
        ("adopted", 0.1 + MOMENT, 0.1 + MOMENT),
    ]
    (told,) = house.told
    assert (told.adopted, told.resumed, told.begun) == (2, 1, 1)
    assert (told.ended, told.reaped) == (0, 2)
    assert house.away_for == pytest.approx(2)
    assert house.adoption.counts() == {
        "adopted": 2,
        "resumed": 1,
        "begun": 1,
        "ended": 0,
        "reaped": 2,
    }


def test_where_nobody_is_up_it_is_over_at_once():
    house = House()
    story = played(house, found(), seconds=1)

    assert [(what, at) for what, *_, at in story] == [
        ("claim", 0.0),
        ("reap", 0.0),
        ("adopted", 0.0),
    ]
    assert len(house.told) == 1
    assert house.last_seen == ("ivrflow", ASTERISK)


def test_without_a_look_nothing_is_given_up():
    house = House(open_call("17.1", bookmark("17.1")))

    assert played(house, seconds=25) == []
    assert not house.adoption.over.is_set()


def test_calls_that_asterisk_has_no_more_are_over():
    house = House(open_call("17.1", bookmark("17.1")), open_call("17.2"))
    story = played(house, found())
    by_hand = [f for f in house.facts if isinstance(f, CallEnded) and f.call == "17.2"]

    assert ("end", "17.1", "outage", 0.0, 0.0) in story
    assert [(f.by, f.at - NOON, f.seconds) for f in by_hand] == [("outage", 0, 60)]
    assert house.told[0].ended == 2
    assert house.over("17.1")
    assert house.over("17.3")


def test_ends_of_calls_that_are_over_keep_nobody_in_line_waiting():
    house = House(*[open_call(f"17.{n}", bookmark(f"17.{n}")) for n in range(100)])
    end = house.end

    async def slow_end(*about):
        await asyncio.sleep(5)
        await end(*about)

    house.end = slow_end
    story = played(house, found(), seconds=28)

    assert story[:3] == [("claim", 0.0), ("reap", 0.0), ("adopted", 0.0, 0.0)]
    assert len(story) == 103
    assert house.told[0].ended == 100


def test_with_another_asterisk_it_was_its_restart():
    house = House(open_call("17.1", bookmark("17.1")))
    story = played(house, found(startup_time="2026-11-22T11:00:00"))

    assert ("end", "17.1", "pbx restart", 0.0, 0.0) in story


def test_who_ended_in_a_long_outage_ended_soon_after_its_beginning():
    before = Before(startup_time=ASTERISK, alive=NOON - 60 * 3600)
    house = House(
        OpenCall(call="17.1", started=NOON - 61 * 3600, flow="main"),
        OpenCall(call="17.2", started=NOON - 60 * 3600 + 100, flow="main"),
        before=before,
    )
    story = played(house, found())
    ends = {f.call: f.at - before.alive for f in house.facts if f.kind == "CallEnded"}

    assert ends == {"17.1": SOON, "17.2": 100}
    assert house.told[0].over_at == before.alive + SOON
    assert story[-1][:2] == ("adopted", SOON - 60 * 3600)


def test_call_that_we_made_goes_on_by_the_id_of_its_channel():
    house = House(open_call("work 1", bookmark("work 1", channel="leg9")))
    story = played(house, found("leg9"))

    assert [what for what, *_ in story] == ["take", "claim", "reap", "adopted"]
    assert story[0] == ("take", "leg9", True, 0.0)
    assert house.told[0].resumed == 1


def test_call_that_can_not_be_taken_is_not_waited_for(caplog):
    house = House(open_call("work 1", bookmark("work 1", channel="leg9")))

    def fails(*_):
        raise RuntimeError

    house.take = fails
    story = played(house, found("leg9"))

    assert story[0] == ("claim", MOMENT)
    assert "work 1 could not be taken over" in caplog.text
    caplog.clear()


def test_database_that_is_away_keeps_nobody_waiting_and_ends_nobody(caplog):
    house = House(open_call("17.1", bookmark("17.1")))
    house.away = True
    story = played(house, found("17.2"), seconds=3)

    assert story[0] == ("take", "17.2", False, 0.0)
    assert [what for what, *_ in story] == ["take", "claim", "reap", "adopted"]
    assert "the disk is gone" in caplog.text
    assert house.told[0].ended == 0


def test_those_that_are_over_are_found_when_the_database_is_back():
    house = House(open_call("17.1", bookmark("17.1")))
    house.away = True

    def back():
        house.away = False
        return found()()

    story = played(house, found(), back)

    assert [what for what, *_ in story if what == "end"] == ["end"]


def test_call_that_does_not_go_on_holds_up_the_others_for_a_while_only(caplog):
    house = House(resumes_after=None)
    story = played(house, found("17.1"), seconds=LONGEST + 3)

    assert story[1] == ("claim", LONGEST + MOMENT)
    assert "17.1" in caplog.text
    caplog.clear()


def test_caller_with_the_bookmark_of_another_call_holds_up_nobody():
    house = House()
    story = played(house, found("17.1", remembered=bookmark("16.9")))

    assert story[1] == ("claim", 0.1 + MOMENT)
    assert house.adoption.counts()["begun"] == 1


def test_caller_who_hangs_up_meanwhile_is_not_waited_for():
    house = House(resumes_after=None)

    def look():
        made = found("17.1")()
        asyncio.get_running_loop().call_later(0.5, made.callers[0].gone.set_result, 16)
        return made

    story = played(house, look)

    assert story[1] == ("claim", 0.5 + MOMENT)


def test_who_comes_while_others_have_their_moment_is_handed_over_at_once():
    house = House()
    story = played(house, found("17.1"), found("17.2", there=["17.1"]), seconds=4)

    assert ("take", "17.2", False, 1.0) in story
    assert [s for s in story if s[0] == "reap"] == [("reap", 1.1 + MOMENT)]


def test_it_looks_every_30_seconds_and_says_nothing_when_all_is_well():
    house = House()

    async def nothing():
        return 0

    async def look():
        house.tell("look")
        late = asyncio.get_running_loop().time() > 80
        house.adoption.found(found("17.1")() if late else found()())

    house.look, house.reap = look, nothing
    story = played(house, found(), seconds=95)

    assert [at for what, *_, at in story if what == "look"] == [30, 60, 90]
    assert [(t.adopted, t.begun) for t in house.told] == [(0, 0), (1, 1)]


def test_call_that_ended_here_is_not_ended_again_by_a_database_that_is_behind():
    house = House(open_call("17.1", bookmark("17.1")))

    def gone_by_now():
        house.up.clear()
        house.note(
            CallEnded(
                at=NOON, call="17.1", by="caller", cause=16, flow="", step="", seconds=1
            )
        )
        return found()()

    story = played(house, found("17.1"), gone_by_now)

    assert not any(what == "end" for what, *_ in story)


def test_fault_of_one_part_keeps_no_other_from_its_work(caplog):
    house = House(open_call("17.1", bookmark("17.1")))

    async def fails(*_):
        raise ZeroDivisionError

    house.end = house.settle = house.claim = fails
    story = played(house, found())

    assert [what for what, *_ in story] == ["reap", "adopted"]
    assert [f.by for f in house.facts if isinstance(f, CallEnded)] == ["outage"]
    assert "a fault of ours" in caplog.text
    caplog.clear()


def test_call_whose_beginning_is_told_again_goes_on_and_does_not_begin():
    house = House()
    goes_on = house.goes_on

    def goes_on_again(call, kept):
        house.note(
            CallStarted(
                at=NOON - 60, call=call, caller="", dialled="1", flow="m", version="v"
            )
        )
        goes_on(call, True)

    house.goes_on = goes_on_again
    story = played(house, found("17.1", remembered=bookmark("17.1")))

    assert (house.told[0].resumed, house.told[0].begun) == (1, 0)
    assert story[1] == ("claim", 0.1 + MOMENT)
