"""What a caller meets when the service dies in his call, step by step."""

import asyncio
import random
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest

from ivrflow.facts import (
    CallEnded,
    CallResumed,
    CallStarted,
    Decided,
    DigitsCollected,
    IdentityJudged,
    LetterPosted,
    Logged,
    RanAtEnd,
    StepEntered,
)
from ivrflow.flow.answer import answer
from ivrflow.flow.bookmark import newer, read_bookmark
from ivrflow.flow.ending import end_call
from ivrflow.flow.live import LiveCalls
from ivrflow.flow.load import load_site
from ivrflow.sim import clock
from ivrflow.sim.rehearsal.answers import ANY_PIN, Answer
from ivrflow.sim.rehearsal.scene import opening
from ivrflow.telephony.channel import Cause
from tests.calls.lives import AWAY, SEAL, Outside
from tests.unit.flow.one_call import site as site_of

PROMPTS = """\
one: One, one, one, one, one, one, one, one, one, one.
two: Two, two, two, two, two, two, two, two, two, two.
three: Three, three, three, three, three, three, three, three.
card: Your card.
pin: Your PIN.
number: A number.
confirm: "Is ${amount} right? Press one."
which: {first: Which?, silent: Say which., wrong: Not that one.}
item: "Number ${item.number}."
your_card: "It is ${who.card}."
"""
DATA = """\
people:
  database: crm
  sql: select id, name, pin_hash from person where card = :card
  gives: {id: number, name: text, level: number}
  verify: {pin: pin_hash}
  timeout: 2s
cards: {database: crm, sql: "select amount from a where card = :card", timeout: 2s,
  gives: {amount: money}}
accounts: {database: crm, sql: "select * from c where card = :card", timeout: 2s,
  gives: {card: number, account: text, name: text}}
orders: {database: crm, sql: "select number from o", many: 10, timeout: 2s,
  gives: {number: text}}
"""
LI = {"id": 7, "name": "Li", "level": 2, "pin_hash": ANY_PIN}
CARD = "622200000002"
PROVE = """
    authenticate: people
    card: {ask: card, digits: 12}
    pin: {ask: pin, digits: 4}
"""


def scene_of(folder, flow, *, more=None, **answers):
    site = site_of(folder, flow, prompts__en=PROMPTS, data=DATA, **(more or {}))
    found = {
        name: answer_ if isinstance(answer_, Answer) else Answer("row", answer_)
        for name, answer_ in {"people": LI, **answers}.items()
    }
    return site, opening(site, "top", answers=found)


def lives(folder, flow, *deaths, robot=None, more=None, away=AWAY, **answers):
    """The call of *flow*, whose processes die at these seconds of its time."""
    site, scene = scene_of(folder, flow, more=more, **answers)

    async def main():
        outside = Outside(site, scene, robot)
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as group:
            people = group.create_task(robot(outside)) if robot else None
            for death in deaths:
                await outside.live(dies_after=death - loop.time())
                assert not outside.over
                await asyncio.sleep(away)
            await outside.live()
            if people is not None:
                people.cancel()
        assert outside.over
        return outside

    return clock.run(main())


def typing(*typed):
    """A caller who types at these times: (seconds, keys)."""

    async def robot(outside):
        loop = asyncio.get_running_loop()
        for at, keys in typed:
            await asyncio.sleep(at - loop.time())
            for key in keys:
                outside.channel.press(key)
        await asyncio.Event().wait()

    return robot


def heard(outside):
    return [said.prompt for _, said in outside.channel.heard]


def logged(outside):
    return [dict(fact.data) for fact in outside.of(Logged)]


# Steps, one by one --------------------------------------------------------------------


def test_of_several_parts_the_one_that_was_on_is_said_again(tmp_path):
    flow = "steps:\n  s: {say: [one, two, three], then: hangup}\n"
    undisturbed = lives(tmp_path, flow)
    (_, second) = [at for at, said in undisturbed.channel.heard][:2]

    outside = lives(tmp_path, flow, second + 0.5)

    assert heard(outside).count("one") == 1
    assert heard(outside)[-1] == "three"
    assert heard(outside).count("three") == 1


def test_what_was_heard_to_its_end_meanwhile_is_not_said_again(tmp_path):
    flow = "steps:\n  s: {say: [one, two, three], then: hangup}\n"

    outside = lives(tmp_path, flow, 0.5, away=20)

    assert heard(outside) == ["one", "two", "three"]


def test_a_wait_waits_for_the_rest_of_its_time(tmp_path):
    flow = "steps:\n  w: {wait: 60s, then: hangup}\n"

    outside = lives(tmp_path, flow, 10, 25)

    (ended,) = outside.of(CallEnded)
    assert ended.seconds == pytest.approx(60, abs=0.01)


def test_a_menu_has_only_the_tries_that_are_left(tmp_path):
    flow = """steps:
  which: {menu: which, keys: {1: which}, tries: 3, wait: 5s, failed: hangup}
"""
    undisturbed = lives(tmp_path, flow)
    third = [at for at, said in undisturbed.channel.heard if "silent" in said.prompt][1]

    outside = lives(tmp_path, flow, third + 0.1)

    silent = [f for f in outside.of(DigitsCollected) if f.result == "silent"]
    assert len(silent) == 3
    assert outside.steps() == {1: "which"}
    assert heard(outside)[-1] == "which.silent"


def test_a_key_that_is_pressed_while_nobody_is_there_counts_in_a_menu(tmp_path):
    flow = """steps:
  which: {menu: which, keys: {1: tell}, failed: hangup}
  tell: {say: one, then: hangup}
"""
    outside = lives(tmp_path, flow, 4, robot=typing((4.2, "1")))

    assert outside.decisions()[0] == ("which", "tell")
    assert outside.of(DigitsCollected)[0].digits == "1"


def test_the_rest_of_an_entry_is_not_taken_for_the_whole(tmp_path):
    flow = """steps:
  amount: {ask: number, digits: 4, save: amount, failed: hangup}
  note: {log: {amount: amount}, then: hangup}
"""
    typed = ((2, "12"), (2.7, "34"), (5, "5678"))
    outside = lives(tmp_path, flow, 2.5, robot=typing(*typed))

    assert logged(outside) == [{"amount": "5678"}]


def test_an_entry_that_is_typed_whole_while_nobody_is_there_counts(tmp_path):
    flow = """steps:
  amount: {ask: number, digits: 4, save: amount, failed: hangup}
  note: {log: {amount: amount}, then: hangup}
"""
    outside = lives(tmp_path, flow, 2.5, robot=typing((2.6, "1234")))

    assert logged(outside) == [{"amount": "1234"}]
    assert len(outside.of(DigitsCollected)) == 1


def test_an_entry_that_waits_to_be_confirmed_is_asked_again(tmp_path):
    flow = """steps:
  amount: {ask: number, digits: 4, save: amount, confirm: confirm, failed: hangup}
  note: {log: {amount: amount}, then: hangup}
"""
    typed = ((1.5, "1234"), (6, "5678"), (9, "1"))
    outside = lives(tmp_path, flow, 3, robot=typing(*typed))

    assert logged(outside) == [{"amount": "5678"}]


def test_who_guesses_pins_gets_no_more_tries_by_a_restart(tmp_path):
    flow = f"steps:\n  prove:{PROVE}    tries: 3\n    failed: hangup\n"
    wrong = {**LI, "pin_hash": "0000"}

    async def robot(outside):
        while True:
            await outside.until(lambda: outside.channel.listening)
            asked = outside.channel.heard[-1][1].prompt
            for key in CARD if asked.startswith("card") else "4711":
                outside.channel.press(key)
            await asyncio.sleep(1)

    async def main():
        site, scene = scene_of(tmp_path, flow, people=wrong)
        outside = Outside(site, scene)
        async with asyncio.TaskGroup() as group:
            guesses = group.create_task(robot(outside))
            for pairs in (1, 2):
                life = group.create_task(outside.live())
                await outside.until(lambda n=pairs: len(judged(outside)) == n)
                outside.lives[-1].die()
                await life
                await asyncio.sleep(AWAY)
            await outside.live()
            guesses.cancel()
        return outside

    def judged(outside):
        return outside.of(IdentityJudged)

    outside = clock.run(main())

    assert [fact.verdict for fact in judged(outside)] == ["wrong"] * 3
    assert [fact.outcome for fact in outside.of(Decided)] == ["failed"]
    assert heard(outside).count("card") == 3  # anew from the card after each restart


def test_a_list_goes_on_at_the_item_that_was_on(tmp_path):
    flow = """steps:
  find: {lookup: orders, save: orders, not_found: hangup, error: hangup}
  list:
    browse: orders
    say: item
    keys: {1: next, 2: more}
    end: hangup
    failed: hangup
  more: {say: one, then: back}
"""
    rows = Answer("row", rows=tuple({"number": str(n)} for n in range(1, 5)))
    typed = ((3, "1"), (6, "1"), (12, "2"))
    outside = lives(tmp_path, flow, 8, robot=typing(*typed), orders=rows)

    said = [said.words for _, said in outside.channel.heard if said.prompt == "item"]
    assert said[:3] == ["Number one.", "Number two.", "Number three."]
    assert "Number one." not in said[3:]  # neither after the restart nor after `back`
    assert set(said[3:]) == {"Number three."}


# Flows in flows -----------------------------------------------------------------------

IN_EACH_OTHER = {
    "flows__second": "flow: second\ntakes: {n: number}\ngives: {word: text}\nsteps:\n"
    "  deeper: {call: third, with: {n: n}, save: got}\n"
    '  give: {set: {word: "${got.word}!"}}\n',
    "flows__third": "flow: third\ntakes: {n: number}\ngives: {word: text}\nsteps:\n"
    "  pause: {wait: 20s}\n"
    '  give: {set: {word: "number ${n}"}}\n',
}


def test_flows_that_stand_in_each_other_go_on_from_the_innermost(tmp_path):
    flow = """steps:
  begin: {set: {n: "${1 + 1}"}}
  outer: {call: second, with: {n: n}, save: got}
  note: {log: {word: got.word, n: n}, then: hangup}
"""
    outside = lives(tmp_path, flow, 5, 10, more=IN_EACH_OTHER)

    assert logged(outside) == [{"word": "number 2!", "n": 2}]
    assert list(outside.steps().values()) == [
        *("begin", "outer", "deeper", "pause"),
        *("give", "give", "note"),
    ]
    assert [(f.flow, f.step, f.number) for f in outside.of(CallResumed)] == [
        ("third", "pause", 4)
    ] * 2
    assert len(outside.of(CallStarted)) == 1
    (ended,) = outside.of(CallEnded)
    assert ended.seconds == pytest.approx(20, abs=0.01)


# Secrets ------------------------------------------------------------------------------


async def honest(outside):
    """Enters card and PIN whenever they are asked for."""
    while True:
        await outside.until(lambda: outside.channel.listening)
        asked = outside.channel.heard[-1][1].prompt
        for key in CARD if asked.startswith("card") else "4711":
            outside.channel.press(key)
        await asyncio.sleep(1)


def dies_in(folder, flow, step, robot, **more):
    """The call of *flow*, whose first process dies 1 s after it has entered *step*."""
    site, scene = scene_of(folder, flow, **more)

    async def main():
        outside = Outside(site, scene)
        async with asyncio.TaskGroup() as group:
            people = group.create_task(robot(outside))
            life = group.create_task(outside.live())
            await outside.until(lambda: outside.step == step)
            await asyncio.sleep(1)
            outside.lives[-1].die()
            await life
            await asyncio.sleep(AWAY)
            await outside.live()
            people.cancel()
        return outside

    return clock.run(main())


def test_a_card_that_is_needed_after_a_restart_is_asked_for_again(tmp_path):
    flow = f"""steps:
  prove:{PROVE}    save: who
    failed: hangup
  pause: {{wait: 5s}}
  note: {{log: {{card: who.card, name: who.name}}}}
  find: {{lookup: cards, with: {{card: who.card}}, save: found, error: hangup}}
  then: {{log: {{amount: found.amount}}, then: hangup}}
"""
    outside = dies_in(tmp_path, flow, "pause", honest, cards={"amount": Decimal(5)})

    # What only shows it goes on without it.
    assert logged(outside)[0] == {"card": "******0002", "name": "Li"}
    assert ("find", "prove") in outside.decisions()
    (again,) = [fact for fact in outside.of(Decided) if fact.outcome == "asked again"]
    assert "restart" in again.why
    assert logged(outside)[-1] == {"amount": "5"}
    assert outside.of(CallEnded)[0].by == "flow"
    everything = repr(outside.database.facts) + outside.channel.remembered
    assert CARD not in everything
    assert "4711" not in everything


def test_a_card_that_a_flow_outside_asked_for_is_asked_for_there(tmp_path):
    flow = f"""steps:
  prove:{PROVE}    save: who
    failed: hangup
  inner: {{call: inner, with: {{who: who}}, save: got, error: hangup}}
  then: {{log: {{amount: got.amount}}, then: hangup}}
"""
    inner = """flow: inner
takes: {who: people}
gives: {amount: number}
steps:
  pause: {wait: 5s}
  find: {lookup: cards, with: {card: who.card}, save: found, error: return}
  give: {set: {amount: "${found.amount}"}}
"""
    outside = dies_in(
        tmp_path,
        flow,
        "pause",
        honest,
        more={"flows__inner": inner},
        cards={"amount": Decimal(5)},
    )

    steps = list(outside.steps().values())
    assert steps.count("prove") == 2
    assert steps.count("inner") == 2
    assert logged(outside) == [{"amount": "5"}]


def test_no_copy_of_what_is_masked_goes_through_a_restart_or_into_a_bookmark(tmp_path):
    flow = """steps:
  card: {ask: number, digits: 12, masked: yes, save: card, failed: hangup}
  find: {lookup: accounts, with: {card: card}, save: a, not_found: hangup}
  pause: {wait: 5s}
  note: {log: {card: a.card, account: a.account, name: a.name}, then: hangup}
"""
    row = {"card": int(CARD), "account": f"00{CARD}7", "name": "Li"}

    async def robot(outside):
        await outside.until(lambda: outside.channel.listening)
        for key in CARD:
            outside.channel.press(key)

    outside = dies_in(tmp_path, flow, "pause", robot, accounts=row)

    assert CARD not in outside.channel.remembered
    assert logged(outside) == [
        {"card": "******0002", "account": "******0002", "name": "Li"}
    ]


# Time and versions --------------------------------------------------------------------


def test_the_longest_call_counts_from_its_real_beginning(tmp_path):
    flow = "steps:\n  w: {wait: 600s, then: hangup}\n"
    outside = lives(tmp_path, flow, 30, more={"site": "longest_call: 60s\n"})

    (ended,) = outside.of(CallEnded)
    assert ended.by == "limit"
    assert ended.seconds == pytest.approx(60, abs=0.1)


def in_another_version(folder, flow, new, *, die=5):
    site, scene = scene_of(folder, flow)

    async def main():
        outside = Outside(site, scene)
        await outside.live(dies_after=die)
        for name, text in new.items():
            (folder / name).write_text(text)
        outside.site = load_site(folder)
        outside.stage.scene = replace(scene, flow=outside.site.flows["top"])
        await outside.live()
        return outside

    return clock.run(main())


def test_a_flow_whose_step_is_gone_begins_at_its_start_with_its_variables(tmp_path):
    flow = "steps:\n  s: {set: {n: 1}}\n  w: {wait: 20s, then: hangup}\n"
    new = """flow: top
steps:
  other: {choose: [{if: n != none, then: note}, {else: later}]}
  note: {log: {n: n}, then: hangup}
  later: {set: {n: 2}, then: hangup}
"""

    outside = in_another_version(tmp_path, flow, {"flows/top.yaml": new})

    assert logged(outside) == [{"n": "1"}]
    assert list(outside.steps()) == [1, 2, 3, 4]  # no number is used twice


# Where it is kept ---------------------------------------------------------------------


def test_a_call_goes_on_by_its_channel_alone_and_by_the_database_alone(tmp_path):
    flow = """steps:
  a: {wait: 20s}
  b: {wait: 20s, then: hangup}
"""
    for forget in ("channel", "database"):
        site, scene = scene_of(tmp_path, flow)

        async def main(site=site, scene=scene, forget=forget):
            outside = Outside(site, scene)
            await outside.live(dies_after=25)
            if forget == "channel":
                outside.channel.remembered = "something else"
            else:
                outside.database.bookmarks.clear()
            await outside.live()
            return outside

        outside = clock.run(main())
        assert [fact.step for fact in outside.of(Decided)] == ["a", "b"]
        assert [fact.number for fact in outside.of(CallResumed)] == [2]


def test_what_a_database_that_was_away_never_got_is_noted_again(tmp_path):
    flow = """steps:
  a: {wait: 20s}
  b: {wait: 20s, then: hangup}
"""
    site, scene = scene_of(tmp_path, flow)

    async def main():
        outside = Outside(site, scene)
        await outside.live(dies_after=25)
        outside.database.bookmarks.clear()
        outside.database.facts.clear()
        await outside.live()
        return outside

    outside = clock.run(main())
    (began,) = outside.of(CallStarted)
    (resumed,) = outside.of(CallResumed)
    (ended,) = outside.of(CallEnded)
    assert began.at == ended.at - ended.seconds
    assert outside.steps() == {2: "b"}
    assert outside.of(StepEntered)[0].at == began.at + 20
    assert resumed.number == 2


@pytest.mark.parametrize("known_by", ["the channel", "the database"])
def test_what_was_noted_again_is_not_noted_again_by_the_process_after(
    tmp_path, known_by
):
    flow = "steps:\n  c: {call: inner, then: hangup, error: hangup}\n"
    inner = "flow: inner\nsteps:\n  a: {wait: 20s}\n  b: {wait: 20s, then: return}\n"
    site, scene = scene_of(tmp_path, flow, more={"flows__inner": inner})

    async def main():
        outside = Outside(site, scene)
        await outside.live(dies_after=25)
        outside.database.bookmarks.clear()
        outside.database.facts.clear()
        await outside.live(dies_after=3)
        if known_by == "the database":
            outside.channel.remembered = ""
        await outside.live(dies_after=3)
        await outside.live()
        return outside

    outside = clock.run(main())
    assert len(outside.of(CallStarted)) == 1
    assert outside.steps() == {3: "b"}
    assert len(outside.of(CallResumed)) == 3
    assert outside.decisions() == [("b", "return"), ("c", "hangup")]


def test_what_is_too_long_for_a_channel_comes_from_the_database(tmp_path):
    flow = """steps:
  find: {lookup: orders, save: orders, not_found: hangup, error: hangup}
  which: {menu: which, keys: {1: note}, tries: 9, wait: 5s, failed: hangup}
  note: {log: {there: orders != none}, then: hangup}
"""
    chance = random.Random(1)
    rows = Answer(
        "row", rows=tuple({"number": str(chance.getrandbits(9000))} for _ in range(4))
    )
    outside = lives(tmp_path, flow, 16, robot=typing((22, "1")), orders=rows)

    mark = read_bookmark(outside.channel.remembered, SEAL)
    assert len(outside.channel.remembered) < 4_000
    assert mark is not None
    assert logged(outside) == [{"there": True}]
    assert list(outside.steps().values()) == ["find", "which", "note"]


def test_a_call_whose_process_keeps_nothing_writes_nothing(tmp_path):
    site, scene = scene_of(tmp_path, "steps:\n  s: {say: one, then: hangup}\n")

    async def main():
        outside = Outside(site, scene)
        async with outside.stage.open():
            await outside.until(lambda: outside.stage.over)
        return outside.channel.remembered

    assert clock.run(main()) == ""


# The end ------------------------------------------------------------------------------

ENDS = """on_end: last
steps:
  s: {set: {n: 5}}
  w: {wait: 60s, then: hangup}
  last: {log: {n: n, at: call.step}}
  tell: {send: {email: a@example.com, subject: one, text: two}}
"""


def test_on_end_runs_for_a_caller_who_hung_up_while_nobody_was_there(tmp_path):
    site, scene = scene_of(tmp_path, ENDS)

    async def main():
        outside = Outside(site, scene)
        await outside.live(dies_after=5)
        outside.channel.drop()
        mark = read_bookmark(outside.database.bookmarks[outside.channel.id], SEAL)
        stage, at = outside.stage, outside.seconds() - 0.2
        for _ in range(2):  # the first one died before its facts were written
            await end_call(mark, site, stage.world, at=at, by="outage")
        return stage, at

    stage, at = clock.run(main())
    ends = [fact for fact in stage.facts if isinstance(fact, CallEnded)]
    assert [(f.by, f.at, f.step) for f in ends] == [("outage", at, "w")] * 2
    assert stage.facts[0].data == {"n": "5", "at": "w"}
    assert [type(f) for f in stage.facts[1:4]] == [RanAtEnd, LetterPosted, RanAtEnd]
    assert len(stage.outbox.letters) == 1  # by its key


# Talks of our own ---------------------------------------------------------------------


def test_a_talk_of_our_own_begins_anew(tmp_path):
    site, scene = scene_of(tmp_path, "steps:\n  s: {say: one, then: hangup}\n")

    async def main():
        outside = Outside(site, scene)
        outside.channel.dialled = "999"  # a wrong number
        stage, live = outside.stage, LiveCalls()
        world = replace(stage.world, seal=SEAL)
        first = asyncio.get_running_loop().create_task(
            answer(outside.channel, site, replace(world, note=facts.append), live)
        )
        await asyncio.sleep(0.5)
        text = outside.channel.remembered
        mark = newer(outside.channel.id, text, text, SEAL)
        first.cancel()
        with suppress(asyncio.CancelledError):
            await first
        other = type(outside.channel)(id=outside.channel.id, dialled="999")
        await answer(
            other, site, replace(world, note=again.append), live, bookmark=mark, away=2
        )
        return other.heard

    facts, again = [], []
    words = clock.run(main())
    assert [said.prompt for _, said in words] == ["wrong_number"]
    assert [fact.kind for fact in again] == ["CallResumed", "Said", "CallEnded"]
    assert again[0].away == 2
    assert again[-1].flow == "wrong number"


def test_a_talk_of_our_own_that_was_only_to_be_hung_up_is_hung_up(tmp_path):
    site, scene = scene_of(tmp_path, "steps:\n  s: {say: one, then: hangup}\n")

    async def main():
        outside = Outside(site, scene)
        phone, kept, facts = outside.channel, [], []
        phone.dialled = "999"  # a wrong number

        class Kept:
            async def keep(self, call, number, text, mark=0):
                kept.append(text)

        world = replace(
            outside.stage.world, seal=SEAL, bookmarks=Kept(), note=facts.append
        )
        await answer(phone, site, world, LiveCalls())
        mark = read_bookmark(kept[-1], SEAL)  # and then we died
        other = type(phone)(id=phone.id, dialled="999")
        await answer(other, site, world, LiveCalls(), bookmark=mark)
        assert other.gone.done()
        return other.heard

    assert clock.run(main()) == []


# Drain --------------------------------------------------------------------------------


def test_a_call_stops_before_its_next_step_when_the_service_leaves(tmp_path):
    flow = """steps:
  s: {say: [one, two]}
  t: {say: three, then: hangup}
"""
    site, scene = scene_of(tmp_path, flow)

    async def main():
        outside = Outside(site, scene)
        live = LiveCalls()
        async with asyncio.TaskGroup() as group:
            life = group.create_task(outside.live())
            await asyncio.sleep(0.5)
            with live.holding(outside.call):
                assert live.in_the_middle() == 1
                live.drain()
                await outside.until(lambda: not live.in_the_middle())
                await asyncio.sleep(30)
                assert heard(outside) == ["one"]
                outside.lives[-1].die()
                await life
        await outside.live()
        return outside

    outside = clock.run(main())
    assert heard(outside) == ["one", "two", "three"]
    assert [fact.step for fact in outside.of(StepEntered)] == ["s", "t"]


def test_what_was_not_begun_when_the_service_left_is_said_however_long_it_was_away(
    tmp_path,
):
    flow = "steps:\n  w: {wait: 1s}\n  s: {say: one, then: hangup}\n"
    site, scene = scene_of(tmp_path, flow)

    async def main():
        outside = Outside(site, scene)
        async with asyncio.TaskGroup() as group:
            life = group.create_task(outside.live())
            await asyncio.sleep(0.5)
            outside.call.parks = True
            await asyncio.sleep(30)
            outside.lives[-1].die()
            await life
        await outside.live()
        return outside

    assert heard(clock.run(main())) == ["one"]


def test_a_time_of_its_own_clock_goes_along(tmp_path):
    flow = """steps:
  w: {wait: 10s}
  note: {log: {began: call.started}, then: hangup}
"""
    outside = lives(tmp_path, flow, 5)

    began = outside.of(CallStarted)[0].local
    (found,) = logged(outside)
    assert datetime.fromisoformat(found["began"]) == datetime.fromisoformat(began)


def test_a_phone_that_was_only_to_be_hung_up_is_hung_up(tmp_path):
    flow = """answer: no
steps:
  r: {reject: busy}
"""
    site, scene = scene_of(tmp_path, flow)

    async def main():
        outside = Outside(site, scene)
        life = await outside.live(dies_at=3)
        assert life.moments[-1] == "before channel.hang_up"
        assert not outside.channel.gone.done()
        await outside.live()
        return outside

    outside = clock.run(main())
    assert outside.channel.gone.result() is Cause.USER_BUSY
    assert outside.decisions() == [("r", "hangup")]
    (ended,) = outside.of(CallEnded)
    assert (ended.by, ended.cause) == ("flow", Cause.USER_BUSY)
