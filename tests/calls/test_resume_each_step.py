"""The service dies at every moment of a call that runs a step of each kind.

As tests/calls/test_resume_sweep.py, which has a caller's whole talks; here the caller
meets every verb that can be met alone, and what each one does outside is counted.
"""

import asyncio
import random

import pytest

from ivrflow.facts import CallEnded, Logged
from ivrflow.flow.step import VERBS
from ivrflow.sim import clock
from ivrflow.sim.rehearsal.answers import ANY_PIN, Answer
from ivrflow.sim.rehearsal.scene import opening
from tests.calls.lives import Outside
from tests.unit.flow.one_call import site as site_of

CARD, PIN = "622200000002", "4711"
LI = {"id": 7, "name": "Li", "pin_hash": ANY_PIN}
ORDERS = tuple({"number": str(n)} for n in range(1, 4))

FILES = {
    "prompts__en": """\
one: One.
two: Two.
card: Your card.
pin: Your PIN.
code: A code.
number: A number.
confirm: "Is ${amount} right?"
which: Which?
item: "${item.number}."
greeting: Leave a message.
""",
    "data": """\
people:
  database: crm
  sql: select id, name, pin_hash from person where card = :card
  gives: {id: number, name: text}
  verify: {pin: pin_hash}
  timeout: 2s
orders: {database: crm, sql: "select number from o", many: 10, timeout: 2s,
  gives: {number: text}}
marks: {database: crm, insert: marks, once: step, timeout: 2s}
""",
    "hours": "office:\n  mon-sun: 00:00-24:00\n",
    "agents": 'agents:\n  "1001": {name: Ann, endpoint: PJSIP/1001, queues: [desk]}\n',
    "queues": "desk: {title: Desk}\n",
    "mailboxes": "box: {title: Box, greeting: greeting}\n",
    "flows__inner": """flow: inner
takes: {n: number}
gives: {twice: number}
steps:
  say: {say: two}
  give: {set: {twice: "${n * 2}"}}
""",
}

FLOW = """\
on_end: last
steps:
  begin: {set: {n: 4}}
  open: {open: office, yes: lot, no: lot}
  lot: {choose: {share: {parts: 50, same: 50}}}
  same: {choose: [{else: parts}]}
  parts: {say: [one, two, one]}
  rec: {record: all}
  wait: {wait: 5s}
  which: {menu: which, keys: {1: amount}, failed: hangup}
  amount: {ask: number, digits: 4, save: amount, confirm: confirm, failed: hangup}
  code: {ask: code, digits: 4, secret: yes, save: code, failed: hangup}
  prove:
    authenticate: people
    card: {ask: card, digits: 12}
    pin: {ask: pin, digits: 4}
    save: who
    failed: desk
  find: {lookup: orders, save: orders, not_found: hangup, error: hangup}
  list: {browse: orders, say: item, keys: {1: next}, end: store, failed: hangup}
  store: {store: marks, with: {n: n, amount: amount, call: call.id}, error: hangup}
  send: {send: {email: a@example.com, subject: one, text: two}, error: hangup}
  inner: {call: inner, with: {n: n}, save: got}
  phone: {transfer: PJSIP/1001, busy: hangup, no_answer: hangup, failed: hangup}
  rest: {record: "off"}
  message: {voicemail: box, failed: hangup}
  note: {log: {amount: amount, twice: got.twice, name: who.name}}
  bye: {hangup: two}
  desk: {queue: desk, timeout: bye, then: hangup}
  last: {send: {email: b@example.com, subject: one, text: two}}
  kept: {log: {ended: call.step}}
"""
ELSEWHERE = {"answer", "callback", "conference", "listen", "reject"}
"""Verbs that other tests have: in lines and rooms, before the call is answered, and
while mailboxes are heard."""


async def caller(outside):
    """Enters what each step asks for, and speaks where it records."""
    phone = outside.channel
    keys = {"which": "1", "list": "1", "code": "2468", "message": "1"}
    while not phone.gone.done():
        await outside.until(lambda: phone.listening or phone.gone.done())
        if phone.gone.done():
            return
        asked, step = phone.heard[-1][1].prompt, outside.step
        wanted = keys.get(step, "")
        if step == "amount":
            wanted = "1" if asked.startswith("confirm") else "1234"
        elif step == "prove":
            wanted = CARD if asked.startswith("card") else PIN
        elif phone.recording:
            phone.speak(4)
            await asyncio.sleep(4)
            wanted = "#" if phone.recording else ""
        for key in wanted:
            phone.press(key)
            await asyncio.sleep(0.1)
        await asyncio.sleep(1)


async def colleague(outside):
    """Answers the phone, talks for a while, and hangs up."""
    phones = outside.phones
    await outside.until(lambda: phones.ringing)
    await asyncio.sleep(2)
    phones.answer("PJSIP/1001")
    await outside.until(lambda: phones.leg_at("PJSIP/1001") and phones.bridges)
    await asyncio.sleep(3)
    phones.hang_up("PJSIP/1001")


async def both(outside):
    async with asyncio.TaskGroup() as group:
        group.create_task(caller(outside))
        group.create_task(colleague(outside))


@pytest.fixture(scope="module")
def staged(tmp_path_factory):
    site = site_of(tmp_path_factory.mktemp("site"), FLOW, **FILES)
    answers = {
        "people": Answer("row", LI),
        "orders": Answer("row", rows=ORDERS),
        "marks": Answer("row", {}),
    }
    return site, opening(site, "top", answers=answers)


def run(staged, *deaths):
    site, scene = staged

    async def main():
        outside = Outside(site, scene, both)
        return await outside.through(*deaths)

    return clock.run(main())


def done(outside):
    """What was done outside, each thing with how often."""
    stage, phones = outside.stage, outside.phones
    return {
        "stored": [row["amount"] for row in stage.lookups.stored["marks"]],
        "letters": sorted(letter.to for letter in stage.outbox.letters.values()),
        "messages": [message.state for message in stage.messages.all.values()],
        "rung": [what for _, what in phones.log if what.startswith("rings")],
        "recordings": len(phones.recorders),
        "logged": [dict(fact.data) for fact in outside.of(Logged)],
    }


def must_be_as_undisturbed(outside, undisturbed):
    where = [life.moments[-1] for life in outside.lives[:-1]]
    assert list(outside.steps().items()) == list(undisturbed.steps().items()), where
    assert outside.decisions() == undisturbed.decisions(), where
    assert done(outside) == done(undisturbed), where
    assert [fact.by for fact in outside.of(CallEnded)] == ["flow"], where
    assert (outside.phones.bridges, outside.phones.legs) == (0, {}), where
    assert outside.database.bookmarks == {}, where
    for secret in (CARD, PIN, "2468"):
        assert secret not in repr(outside.facts), where
        assert secret not in outside.channel.remembered, where


def test_the_call_meets_every_verb(staged):
    met = {
        node.verb for flow in staged[0].flows.values() for node in flow.nodes.values()
    }

    assert met | ELSEWHERE == set(VERBS)


def test_a_process_that_dies_at_any_moment_of_any_step_changes_nothing(staged, caplog):
    undisturbed = run(staged)
    moments = len(undisturbed.lives[0].moments)
    for moment in range(1, moments + 1):
        must_be_as_undisturbed(run(staged, moment), undisturbed)
    assert moments > 100
    assert not [r for r in caplog.records if r.levelname == "ERROR"]


def test_processes_that_die_again_and_again_change_nothing(staged):
    undisturbed = run(staged)
    moments = len(undisturbed.lives[0].moments)
    for seed in range(6):
        chance = random.Random(seed)
        deaths = [chance.randint(1, 1 + moments // 4) for _ in range(10)]
        must_be_as_undisturbed(run(staged, *deaths), undisturbed)
