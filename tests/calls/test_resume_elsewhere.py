"""What a caller meets after a restart where the sweeps of a whole call don't lead.

Each flow is short, and has a step or a way of its own: refused and unanswered calls,
callbacks, rooms, flows that call themselves, keys that lead out of them, proofs that
must be given again.
"""

import asyncio
import random
from dataclasses import replace
from decimal import Decimal

import pytest

from ivrflow.facts import (
    CallbackAsked,
    CallEnded,
    CallRecorded,
    DigitsCollected,
    LetterPosted,
    Logged,
    RanAtEnd,
    RoomEntered,
    RoomLeft,
    StepEntered,
    Stored,
    TransferBegan,
)
from ivrflow.flow.bookmark import read_bookmark
from ivrflow.flow.ending import end_call
from ivrflow.sim import clock
from ivrflow.sim.rehearsal.answers import ANY_PIN, Answer
from ivrflow.sim.rehearsal.scene import opening
from tests.calls.lives import AWAY, SEAL, Outside
from tests.unit.flow.one_call import site as site_of

CARD = "622200000002"
NOWHERE = Answer("not found")
LI = {"id": 7, "name": "Li", "pin_hash": ANY_PIN}
FILES = {
    "prompts__en": """\
one: One, one, one.
two: Two, two, two.
which: Which?
card: Your card.
pin: Your PIN.
number: A number.
slot: "At ${slot}."
item: "Number ${item.number}."
""",
    "data": """\
people:
  database: crm
  sql: select id, name, pin_hash from person where card = :card
  gives: {id: number, name: text}
  verify: {pin: pin_hash}
  timeout: 2s
known: {database: crm, sql: "select card from c where number = :number", timeout: 2s}
cards: {database: crm, sql: "select amount from a where card = :card", timeout: 2s,
  gives: {amount: money}}
orders: {database: crm, sql: "select number from o", many: 10, timeout: 2s,
  gives: {number: text}}
marks: {database: crm, insert: marks, once: step, timeout: 2s}
plain: {database: crm, insert: plain, timeout: 2s}
""",
    "hours": "office:\n  mon-sun: 00:00-24:00\n",
    "agents": 'agents:\n  "1001": {name: Ann, endpoint: PJSIP/1001, queues: [desk]}\n',
    "queues": "desk: {title: Desk}\n",
    "flows__inner": """flow: inner
takes: {n: number}
gives: {depth: number}
always: {9: out}
steps:
  put: {store: marks, with: {n: n}, error: return}
  ask: {menu: which, keys: {1: more, 2: repeat}, failed: return}
  more: {choose: [{if: n < 3, then: self}, {else: out}]}
  self: {call: inner, with: {n: "n + 1"}, save: got}
  out: {set: {depth: "${n}"}}
""",
    "flows__lost": """flow: lost
steps:
  put: {store: marks}
  find: {lookup: cards, with: {card: call.from}}
""",
    "flows__other": "flow: other\nsteps:\n  hi: {say: one}\n  put: {store: marks}\n",
}
PROVE = """
    authenticate: people
    card: {ask: card, digits: 12}
    pin: {ask: pin, digits: 4}
"""

# Every moment -------------------------------------------------------------------------

WHEN = "when: {within: 1d, slots: office, ask: slot}"
CALLED_BACK = """steps:
  c:
    callback: desk
    number: {%s}
    %s
    then: bye
    failed: hangup
    full: hangup
  bye: {hangup: two}
"""
IN_ITSELF = """always: {8: eight}
steps:
  i: {call: inner, with: {n: 1}, save: got, error: hangup}
  e: {log: {depth: got.depth}, then: hangup}
  eight: {store: marks, with: {n: 8}, then: hangup, error: hangup}
"""
FLOWS = {
    "refused": ("answer: no\nsteps:\n  a: {say: one}\n  r: {reject: busy}\n", {}),
    "answered late": (
        "answer: no\nsteps:\n  a: {say: one}\n  b: {answer: yes}\n"
        "  d: {menu: which, keys: {1: hangup}, failed: hangup}\n",
        {"d": "1"},
    ),
    "called back": (CALLED_BACK % ("offer: call.from", ""), {"c": "1"}),
    "called back at a time": (
        CALLED_BACK % ("offer: call.from", WHEN),
        {"c": "1"},
    ),
    "given to a flow": (
        "steps:\n  a: {say: one}\n  t: {transfer: {flow: other}}\n",
        {},
    ),
    "in a flow in itself": (IN_ITSELF, {"ask": "1"}),
    "out of a flow in itself": (IN_ITSELF, {"ask": "8"}),
    "in one flow after the other": (
        "steps:\n  a: {call: other}\n  b: {call: other, then: hangup}\n",
        {},
    ),
    "with nowhere to go": ("steps:\n  a: {say: one}\n  l: {call: lost}\n", {}),
    "in a room": (
        "steps:\n  c: {conference: incident, announce: tones, then: bye,"
        " full: hangup, failed: hangup}\n  bye: {hangup: two}\n",
        {"c": "#"},
    ),
    "with much to do at its end": (
        "on_end: first\nsteps:\n  a: {say: one, then: hangup}\n"
        "  first: {log: {n: 1}}\n  second: {store: marks, with: {n: 2}}\n"
        "  third: {send: {email: a@example.com, subject: one, text: two}}\n",
        {},
    ),
    "recorded to its end": (
        "on_end: last\nsteps:\n  r: {record: all}\n  a: {say: one, then: hangup}\n"
        "  last: {store: marks, with: {n: 1}}\n",
        {},
    ),
}


def pressing(keys):
    """Presses what a step wants, again and again until it is left."""

    async def robot(outside):
        phone = outside.channel
        while not phone.gone.done():
            await outside.until(
                lambda: phone.listening or phone.gone.done() or outside.step == "c"
            )
            for key in keys.get(outside.step, ""):
                if not phone.gone.done():
                    phone.press(key)
            await asyncio.sleep(3)

    return robot


def staged(folder, flow, more=None, **answers):
    found = {"people": LI, "marks": {}, "plain": {}, "cards": NOWHERE, **answers}
    answers = {
        name: one if isinstance(one, Answer) else Answer("row", one)
        for name, one in found.items()
    }
    site = site_of(folder, flow, **{**FILES, **(more or {})})
    return site, opening(site, "top", answers=answers)


def through(stage, keys, *deaths):
    async def main():
        outside = Outside(*stage, pressing(keys))
        return await outside.through(*deaths)

    return clock.run(main())


def done(outside):
    stage = outside.stage
    return {
        "steps": list(outside.steps().items()),
        "decisions": outside.decisions(),
        "stored": stage.lookups.stored,
        "wishes": [(w.queue, w.number, w.due) for w in stage.callbacks.asked.values()],
        "told": [
            len(outside.of(kind))
            for kind in (
                CallbackAsked,
                CallRecorded,
                LetterPosted,
                Logged,
                RanAtEnd,
                RoomEntered,
                RoomLeft,
            )
        ],
        "ended": [(f.by, f.cause) for f in outside.of(CallEnded)],
        "gone": outside.channel.gone.result(),
        "bookmarks": outside.database.bookmarks,
    }


@pytest.mark.parametrize("name", FLOWS)
def test_a_process_that_dies_at_any_moment_changes_nothing_here(tmp_path, name, caplog):
    flow, keys = FLOWS[name]
    stage = staged(tmp_path, flow)
    undisturbed = through(stage, keys)

    moments = undisturbed.lives[0].moments
    for moment, where in enumerate(moments, 1):
        assert done(through(stage, keys, moment)) == done(undisturbed), where
    assert len(moments) > 8
    assert not [r for r in caplog.records if r.levelname == "ERROR"]


WRITTEN_AT_ONCE = (
    "called back",
    "in a room",
    "recorded to its end",
    "with much to do at its end",
)


@pytest.mark.parametrize("name", WRITTEN_AT_ONCE)
def test_what_is_written_at_once_is_not_told_again(tmp_path, name, monkeypatch):
    monkeypatch.setattr("tests.calls.lives.TICK", 0)
    flow, keys = FLOWS[name]
    stage = staged(tmp_path, flow)
    undisturbed = through(stage, keys)

    for moment, where in enumerate(undisturbed.lives[0].moments, 1):
        outside = through(stage, keys, moment)
        assert done(outside)["told"] == done(undisturbed)["told"], where


def test_a_recording_that_ended_while_nobody_was_there_is_told_once(tmp_path):
    flow = "steps:\n  r: {record: all}\n  w: {wait: 20s, then: hangup}\n"

    async def main():
        outside = Outside(*staged(tmp_path, flow))
        await outside.live(dies_after=5)
        await outside.phones.recorders[0].stop()
        await outside.live(dies_after=3)
        await outside.live()
        return outside

    outside = clock.run(main())
    first, second = outside.phones.recorders  # it goes on when the step has ended
    told = [fact.recording for fact in outside.of(CallRecorded)]
    assert told == [first.name, second.name]
    assert outside.decisions() == [("r", "w"), ("w", "hangup")]


def test_the_recording_of_a_call_that_ended_meanwhile_is_told_once(tmp_path):
    flow = """on_end: last
steps:
  r: {record: all}
  w: {wait: 60s, then: hangup}
  last: {store: marks, with: {n: 1}}
"""

    async def main():
        outside = Outside(*staged(tmp_path, flow))
        await outside.live(dies_after=5)
        outside.channel.drop()
        stage, kept, call = (
            outside.stage,
            outside.database.bookmarks,
            outside.channel.id,
        )

        class Kept:
            async def keep(self, call, number, text, mark=0):
                kept[call] = text

        world = replace(stage.world, seal=SEAL, bookmarks=Kept())
        for _ in range(3):  # it dies before the end is noted
            mark = read_bookmark(kept[call], SEAL)
            await end_call(mark, outside.site, world, at=outside.seconds())
        return [fact for fact in stage.facts if isinstance(fact, CallRecorded)]

    assert len(clock.run(main())) == 1


# A proof that must be given again -----------------------------------------------------

NEEDED_AGAIN = f"""steps:
  prove:{PROVE}    save: who
    failed: hangup
  put: {{store: marks, with: {{n: who.id}}, error: hangup}}
  pause: {{wait: 5s}}
  find: {{lookup: cards, with: {{card: who.card}}, save: found, error: hangup}}
  then: {{log: {{amount: found.amount}}, then: hangup}}
"""


NEEDED_INSIDE = f"""steps:
  prove:{PROVE}    save: who
    failed: hangup
  a: {{call: middle, with: {{who: who}}, save: got, error: hangup}}
  then: {{log: {{amount: got.amount}}, then: hangup}}
"""
INSIDE = {
    "flows__middle": """flow: middle
takes: {who: people}
gives: {amount: number}
steps:
  before: {store: marks, with: {n: who.id}, error: return}
  b: {call: inmost, with: {who: who}, save: got, error: return}
  give: {set: {amount: "${got.amount}"}}
""",
    "flows__inmost": """flow: inmost
takes: {who: people}
gives: {amount: number}
steps:
  put: {store: marks, with: {n: 1}, error: return}
  pause: {wait: 5s}
  find: {lookup: cards, with: {card: who.card}, save: found, error: return}
  give: {set: {amount: "${found.amount}"}}
""",
}


def asked_again(folder, people, flow=NEEDED_AGAIN, more=None):
    """The first process dies in the pause, the second one when a card is asked for."""

    async def main():
        cards = {"amount": Decimal(5)}
        stage = staged(folder, flow, more, people=people, cards=cards)
        outside = Outside(*stage)
        phone = outside.channel

        async def robot():
            while True:
                await outside.until(lambda: phone.listening)
                asked = phone.heard[-1][1].prompt
                for key in CARD if asked.startswith("card") else "4711":
                    phone.press(key)
                await asyncio.sleep(1)

        async with asyncio.TaskGroup() as group:
            typing = group.create_task(robot())
            for step in ("pause", "prove"):
                life = group.create_task(outside.live())
                await outside.until(lambda s=step: outside.step == s)
                await asyncio.sleep(0.3)
                outside.lives[-1].die()
                await life
                await asyncio.sleep(AWAY)
            await outside.live()
            typing.cancel()
        return outside

    return clock.run(main())


def test_who_proves_again_who_he_is_does_nothing_twice(tmp_path):
    outside = asked_again(tmp_path, LI)

    assert outside.stage.lookups.stored["marks"] == [{"n": 7}]
    assert outside.decisions()[-4:] == [
        ("find", "prove"),
        ("prove", "find"),
        ("find", "then"),
        ("then", "hangup"),
    ]


def test_flows_inside_the_one_that_asks_again_go_on_where_they_were(tmp_path):
    outside = asked_again(tmp_path, LI, NEEDED_INSIDE, INSIDE)

    assert outside.stage.lookups.stored["marks"] == [{"n": 7}, {"n": 1}]
    assert [step for step, _ in outside.decisions()] == [
        *("prove", "before", "put", "pause", "a"),
        *("prove", "find", "give", "b", "give", "a", "then"),
    ]
    assert outside.of(Logged)[-1].data == {"amount": "5"}


def test_somebody_else_begins_the_flows_inside_anew(tmp_path):
    people = Answer("row", LI, next=Answer("row", {**LI, "id": 8}))
    outside = asked_again(tmp_path, people, NEEDED_INSIDE, INSIDE)

    stored = [row["n"] for row in outside.stage.lookups.stored["marks"]]
    assert stored == [7, 1, 8, 1]


def test_who_proves_to_be_somebody_else_goes_the_whole_way(tmp_path):
    people = Answer("row", LI, next=Answer("row", {**LI, "id": 8}))
    outside = asked_again(tmp_path, people)

    assert [row["n"] for row in outside.stage.lookups.stored["marks"]] == [7, 8]


def test_the_rest_of_a_pin_is_no_answer_to_another_question(tmp_path):
    flow = """steps:
  prove:
    authenticate: people
    card: {ask: card, digits: 12, known: call.from, by: known, offer: which}
    pin: {ask: pin, digits: 4}
    failed: hangup
    then: hangup
"""

    async def main():
        outside = Outside(*staged(tmp_path, flow, known={"card": CARD}))
        phone = outside.channel
        async with asyncio.TaskGroup() as group:
            life = group.create_task(outside.live())
            await outside.until(lambda: phone.listening)
            phone.press("1")
            await outside.until(lambda: phone.heard[-1][1].prompt == "pin")
            await outside.until(lambda: phone.listening)
            phone.press("4")
            await asyncio.sleep(0.2)
            outside.lives[-1].die()
            await life
            for key in "711":
                phone.press(key)
            await asyncio.sleep(AWAY)
            await outside.live()
        return outside.of(DigitsCollected)

    assert {fact.digits for fact in clock.run(main())} == {"1", ""}


# Tries, and the end -------------------------------------------------------------------


def test_the_tries_of_one_item_are_not_taken_from_the_next_one(tmp_path):
    flow = """steps:
  find: {lookup: orders, save: orders, not_found: hangup, error: hangup}
  list: {browse: orders, say: item, keys: {1: next}, end: hangup, failed: hangup}
"""
    rows = Answer("row", rows=tuple({"number": str(n)} for n in (1, 2)))

    async def main():
        outside = Outside(*staged(tmp_path, flow, orders=rows))

        async def robot():
            await outside.until(lambda: len(outside.of(DigitsCollected)) == 2)
            outside.channel.press("1")

        async with asyncio.TaskGroup() as group:
            group.create_task(robot())
            life = group.create_task(outside.live())
            await outside.until(lambda: len(outside.of(DigitsCollected)) == 3)
            outside.lives[-1].die()
            await life
            await outside.live()
        return [fact.result for fact in outside.of(DigitsCollected)]

    assert clock.run(main()) == ["silent"] * 2 + ["accepted"] + ["silent"] * 3


def test_what_on_end_stores_is_doubtful_only_if_it_had_begun(tmp_path):
    flow = """on_end: last
steps:
  w: {wait: 60s, then: hangup}
  last: {store: plain, with: {n: 1}}
"""

    async def main():
        outside = Outside(*staged(tmp_path, flow))
        await outside.live(dies_after=5)
        stage, kept = outside.stage, {}

        class Kept:
            async def keep(self, call, number, text, mark=0):
                kept[call] = text

        world = stage.world.__class__(
            **{**vars(stage.world), "seal": SEAL, "bookmarks": Kept()}
        )
        text = outside.database.bookmarks[outside.channel.id]
        for _ in range(2):  # the first process died in `on_end`
            mark = read_bookmark(text, SEAL)
            await end_call(mark, outside.site, world, at=outside.seconds())
            text = kept[outside.channel.id]
        return [fact.doubtful for fact in stage.facts if isinstance(fact, Stored)]

    assert clock.run(main()) == [False, True]


def test_a_long_call_that_begins_anew_is_newer_than_all_that_was_kept_of_it(tmp_path):
    flow = """steps:
  find: {lookup: orders, save: orders, not_found: hangup, error: hangup}
  first: {wait: 20s}
  empty: {set: {orders: none}}
  second: {wait: 20s, then: hangup}
"""
    chance = random.Random(1)
    rows = tuple({"number": str(chance.getrandbits(9000))} for _ in range(4))

    async def main():
        orders = Answer("row", rows=rows)
        outside = Outside(*staged(tmp_path, flow, orders=orders))
        kept = outside.database.bookmarks
        await outside.live(dies_after=5)
        away = dict(kept)
        kept.clear()
        await outside.live(dies_after=25)  # in the second wait
        assert read_bookmark(outside.channel.remembered, SEAL).number == 6
        kept |= away
        await outside.live()
        return [(f.number, f.step) for f in outside.of(StepEntered)]

    assert clock.run(main()) == [
        *[(1, "find"), (2, "first")],
        *[(3, "find"), (4, "first"), (5, "empty"), (6, "second")],
        (6, "second"),  # the database did not know it
    ]


def test_what_a_queue_told_of_itself_goes_along_when_it_is_left(tmp_path, caplog):
    flow = """steps:
  q:
    queue: desk
    keys: {1: {then: w, set: {told: "${queue}"}}}
    no_agents: hangup
    timeout: hangup
  w: {wait: 5s}
  n: {log: {position: told.position, title: told.title}, then: hangup}
"""
    queues = "desk: {title: Desk, announce: [{after: 1s, say: place}]}\n"
    words = FILES["prompts__en"] + 'place: "You are number ${queue.position}."\n'

    async def main():
        more = {"queues": queues, "prompts__en": words}
        outside = Outside(*staged(tmp_path, flow, more))
        async with asyncio.TaskGroup() as group:
            life = group.create_task(outside.live())
            await asyncio.sleep(4)
            outside.channel.press("1")
            await asyncio.sleep(1)
            outside.lives[-1].die()
            await life
            await outside.live()
        return outside

    outside = clock.run(main())
    (fact,) = outside.of(Logged)
    assert fact.data == {"position": 1, "title": "Desk"}
    assert "can't be written" not in caplog.text


def test_a_transfer_that_began_is_told_once(tmp_path):
    flow = """steps:
  t: {transfer: PJSIP/1001, ring: 5s, busy: hangup, no_answer: hangup, failed: hangup}
"""
    stage = staged(tmp_path, flow)
    moments = len(through(stage, {}).lives[0].moments)

    for moment in range(3, moments + 1):
        outside = through(stage, {}, moment)
        assert len(outside.of(TransferBegan)) == 1, outside.lives[0].moments[-1]
