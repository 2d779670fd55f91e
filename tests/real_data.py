"""Scripted phones on a world whose data is real: databases, verifier, outbox, records.

On the real clock: a database's threads know no other. Keys are typed ahead, so that no
prompt is waited for.
"""

import asyncio
import sqlite3
import time
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count

from ivrflow.aio import beside
from ivrflow.db.bookmarks import SqlBookmarks
from ivrflow.db.callbacks import SqlCallbacks
from ivrflow.db.engine import Database
from ivrflow.db.lock_outs import SqlLockOuts
from ivrflow.db.lookups import SqlLookups
from ivrflow.db.messages import SqlMessages
from ivrflow.db.outbox import SqlOutbox
from ivrflow.db.records import Records
from ivrflow.db.upgrade import upgrade
from ivrflow.flow.answer import answer
from ivrflow.flow.bookmark import Seal
from ivrflow.flow.live import LiveCalls
from ivrflow.flow.load import load_site
from ivrflow.flow.lookups import LookupsByWay
from ivrflow.flow.world import Limit, PinLimits, World
from ivrflow.hashing import ArgonVerifier, Hasher
from ivrflow.secret import Secret
from ivrflow.sim.memory import MemorySwitches
from ivrflow.sim.scripted import ScriptedChannel

PEPPER = Secret("5e" * 32)
SEAL = Seal.of(PEPPER)

FILES = {
    "site.yaml": "languages: [en]\ntimezone: UTC\n",
    "numbers.yaml": '"100": {flow: main}\n"200": {flow: masked}\n',
    "data.yaml": """\
people:
  database: crm
  sql: select id, name, hash from person where card = :card
  gives: {id: number, name: text}
  verify: {pin: hash}
  timeout: 5s
cards:
  database: crm
  sql: select id, name from person where card = :card
  gives: {id: number, name: text}
  timeout: 5s
visits: {database: crm, insert: visit, timeout: 5s}
""",
    "prompts/en.yaml": """\
card: Your card, please.
pin: Your PIN, please.
told: "Customer ${who.id} has called."
bye: Goodbye.
right: "Your card is ${mine | digits}. Press one if this is right."
again: "Card ${mine | digits}, ${row.name | text}."
about: "About the card ${mine}."
""",
    "mailboxes.yaml": "box: {greeting: bye, length: 1s..5s}\n",
    "flows/main.yaml": """\
flow: main
on_end: note
steps:
  who:
    authenticate: people
    card: {ask: card, digits: 12}
    pin: {ask: pin, digits: 12}
    tries: 1
    lock: {after: 3, within: 24h, for: 24h}
    save: who
    failed: no
    locked: no
    error: hangup
  copy: {set: {mine: "${who.pin}", all: "${who}"}}
  visit: {store: visits, with: {person: who.id}}
  told: {send: {sms: "13800138000", text: told}, then: bye}
  no: {log: {result: "no"}, then: bye}
  bye: {hangup: yes}
  note: {log: {who: who.id, name: who.name, card: who.card, step: call.step}}
""",
    "flows/masked.yaml": """\
flow: masked
on_end: note
steps:
  enter:
    ask: card
    digits: 12
    masked: yes
    confirm: right
    tries: 2
    save: mine
    failed: bye
  find:
    lookup: cards
    with: {card: mine}
    save: row
    not_found: unknown
    error: hangup
  again: {say: again}
  visit: {store: visits, with: {person: mine}}
  told: {send: {sms: "13800138000", text: about}}
  copy: {set: {other: "${mine}", text: "It is ${mine}."}, then: bye}
  unknown: {say: "No card ${mine | digits}."}
  bye: {hangup: yes}
  note: {log: {card: mine, other: other, text: text, step: call.step}}
""",
}


class Remembering(ScriptedChannel):
    """A channel that still knows all that was ever written on it."""

    def __init__(self, **about):
        super().__init__(**about)
        self.bookmarks = []

    async def remember(self, text):
        self.bookmarks.append(text)
        await super().remember(text)


@dataclass
class House:
    """The world, and what its calls leave behind."""

    site: object
    world: World
    records: Records
    hasher: Hasher
    crm: object
    facts: list = field(default_factory=list)
    channels: list = field(default_factory=list)
    ids: object = field(default_factory=count)

    async def new_person(self, card):
        """Add a person with *card* and the hash of somebody's PIN; return the card."""

        def add():
            with closing(sqlite3.connect(self.crm)) as db:
                db.execute(
                    "insert into person select max(id) + 1, 'N', ?, max(hash) "
                    "from person",
                    (card,),
                )
                db.commit()

        await asyncio.to_thread(add)
        return card

    async def call(self, card, pin, caller="13800138000", dialled="100"):
        """One call that types *card* and *pin*; return how many seconds it took."""
        channel = Remembering(
            id=f"call-{next(self.ids)}", caller_id=caller, dialled=dialled
        )
        self.channels.append(channel)
        for key in card + pin:
            channel.press(key)
        began = time.perf_counter()
        await answer(channel, self.site, self.world, LiveCalls())
        return time.perf_counter() - began


@asynccontextmanager
async def house(folder, people, hasher_of=Hasher, *, keeps=False):
    """A house in *folder* whose CRM knows *people*: card -> PIN.

    With *keeps* it writes down where its calls are; else call `records.flush`.
    """
    for name, text in FILES.items():
        path = folder / "site" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    hasher = hasher_of(PEPPER)
    crm = folder / "crm.db"
    with closing(sqlite3.connect(crm)) as db:
        db.execute("create table person (id, name, card, hash)")
        db.execute("create table visit (person)")
        rows = [
            (n, f"P{n}", card, hasher.hash(Secret(pin)))
            for n, (card, pin) in enumerate(people.items(), 1)
        ]
        db.executemany("insert into person values (?, ?, ?, ?)", rows)
        db.commit()
    url = f"sqlite:///{folder}/ivrflow.db"
    await asyncio.to_thread(upgrade, url)
    database = Database(url)
    records = Records(database)
    verifier = ArgonVerifier(hasher)
    lookups = SqlLookups({"crm": f"sqlite:///{crm}"})
    made = House(load_site(folder / "site"), None, records, hasher, crm)

    def note(fact):
        made.facts.append(fact)
        records.note(fact)

    def now():
        return datetime.now(UTC)

    made.world = World(
        clock=now,
        seconds=lambda: now().timestamp(),
        lookups=LookupsByWay(lookups, lookups),
        verifier=verifier,
        lock_outs=SqlLockOuts(database, hasher),
        messages=SqlMessages(database, now),
        callbacks=SqlCallbacks(database),
        switches=MemorySwitches(),
        outbox=SqlOutbox(database, now),
        pin_limits=PinLimits(all=Limit(100_000, 3600, 60)),
        note=note,
        recorded=lambda clip: 0.0,
        seal=SEAL if keeps else None,
        bookmarks=SqlBookmarks(records, database) if keeps else None,
    )
    try:
        async with beside(*[records.run()] if keeps else ()):
            yield made
    finally:
        await records.flush()
        verifier.close()
        await lookups.close()
        await database.close()
