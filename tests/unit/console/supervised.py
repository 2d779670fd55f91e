"""A floor with two teams and its API, over a real socket: for tests of supervisors.

1001 and 1002 are of the team north, which 2001 supervises; 1003 is of the team east,
which 2002 does. The database is SQLite, the desk's board is in memory.
"""

import asyncio
import math
import wave
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from aiohttp.test_utils import TestClient, TestServer

from ivrflow.acd.breaks import Breaks
from ivrflow.acd.desk import Desk
from ivrflow.acd.desk.memory import MemoryBoard
from ivrflow.acd.doors import Doors
from ivrflow.acd.model import Waiting
from ivrflow.aio import beside
from ivrflow.console.agents import AgentRoutes
from ivrflow.console.alarms import AlarmRoutes
from ivrflow.console.api import Api
from ivrflow.console.events import EventRoutes, Events
from ivrflow.console.floor import SiteFloor
from ivrflow.console.greetings import GreetingRoutes
from ivrflow.console.hearers import BoxStores
from ivrflow.console.mailboxes import MailboxRoutes
from ivrflow.console.messages import MessageRoutes
from ivrflow.console.queues import Floor, QueueRoutes
from ivrflow.console.supervising import SupervisorRoutes
from ivrflow.console.tokens import TokenRoutes
from ivrflow.console.who import People
from ivrflow.console.work import WorkRoutes
from ivrflow.db.audit import Ledger, SqlAudit
from ivrflow.db.boxes import SqlBoxes
from ivrflow.db.doors import SqlDoors
from ivrflow.db.engine import Database
from ivrflow.db.holds import SqlHolds
from ivrflow.db.messages import SqlMessages
from ivrflow.db.records import Records
from ivrflow.db.sounds import SqlSounds
from ivrflow.db.stream import SqlFacts
from ivrflow.db.tokens import SqlTokens
from ivrflow.db.transcripts import SqlTranscripts
from ivrflow.db.upgrade import upgrade
from ivrflow.db.work import SqlWork
from ivrflow.flow.live import LiveCalls
from ivrflow.flow.load import load_site
from ivrflow.flow.outbound import DialGuard, OutboundRules
from ivrflow.flow.site.roster import agents_of, queue_rules
from ivrflow.flow.working.acts import AtWork
from ivrflow.flow.working.item import NewWork
from ivrflow.flow.world import Trouble
from ivrflow.flow.world.messages import NewMessage
from ivrflow.hashing import Hasher
from ivrflow.secret import Secret
from ivrflow.sim.memory.sounds import MemoryAudio

TOKEN = "a-token-of-more-than-20-signs"
ZONE = ZoneInfo("Asia/Shanghai")
HASHER = Hasher(Secret("ab" * 32))

FILES = {
    "site.yaml": "languages: [en]\ntimezone: Asia/Shanghai\n",
    "prompts/en.yaml": "hello: Hello.\n",
    "flows/top.yaml": "flow: top\nsteps:\n  a: {hangup: hello}\n",
    "flows/asks.yaml": (
        "flow: asks\ntakes: {card: text}\nsteps:\n  a: {hangup: hello}\n"
    ),
    "mailboxes.yaml": """\
north: {number: "801", title: North, heard_by: ["1001", "2001"]}
east:
  number: "802"
  heard_by: [supervisor]
  most: 1
  language: en
  tell: [{email: east@example.com}]
  work: {queue: service, within: 1h, skills: {speaks: language}}
tom: {number: "803", title: Tom}
tied:
  number: "804"
  may: {delete: no, forward: no, greetings: no, pin: no}
""",
    "queues.yaml": """\
sales: {title: {en: Sales, zh-CN: 销售}, wrap_up: 10s}
service: {title: Service}
""",
    "agents.yaml": """\
teams:
  north: {title: North, supervised_by: ["2001"]}
  east: {title: East, supervised_by: ["2002"]}
agents:
  "1001": {name: Li, team: north, queues: [sales], endpoint: PJSIP/1001}
  "1002": {name: Na, team: north, queues: [sales], endpoint: PJSIP/1002, mailbox: tied}
  "1003":
    name: Tom
    team: east
    queues: [service]
    endpoint: PJSIP/1003
    mailbox: tom
    skills: {speaks: {en: 1, zh-CN: 1}}
  "2001": {name: Chen, role: supervisor}
  "2002": {name: Wu, role: supervisor}
""",
}


def tone(seconds=1.0, rate=8_000, channels=1):
    """A WAV that one can hear."""
    samples = (round(8_000 * math.sin(at * 0.3)) for at in range(round(seconds * rate)))
    whole = BytesIO()
    with wave.open(whole, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(
            b"".join(s.to_bytes(2, "little", signed=True) * channels for s in samples)
        )
    return whole.getvalue()


@cache
def the_site():
    """The site of `FILES`, which nobody changes."""
    with TemporaryDirectory() as folder:
        for name, text in FILES.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return load_site(Path(folder))


@cache
def empty_database():
    """The file of a database with all tables: made once, since that takes a while."""
    with TemporaryDirectory() as folder:
        upgrade(f"sqlite:///{folder}/ivrflow.db")
        return Path(folder, "ivrflow.db").read_bytes()


async def nobody_differs():
    return ()


class Promised:
    """Callbacks: none, unless a test puts some."""

    def __init__(self):
        self.wishes = []

    async def open(self, queue=None):
        return self.wishes


class Hashing:
    """PINs as they are: no test waits for argon2."""

    async def hash(self, pin):
        return f"hash of {pin.reveal()}"


class Levels:
    def service_level(self, queue, seconds, now):
        return (8, 10) if queue == "sales" else (0, 0)


class Supervised:
    """What a test uses: `ask` sends a request with somebody's token."""

    def __init__(self, client, **parts):
        self.client = client
        self.tokens_of = {"": "", "installation": TOKEN}
        self.__dict__.update(parts)

    def headers(self, by):
        token = self.tokens_of.get(by, by)
        return {"Authorization": f"Bearer {token}"} if token else {}

    async def ask(self, by, method, path, body=None):
        more = {"json": body} if body is not None else {}
        async with self.client.request(
            method, path, headers=self.headers(by), **more
        ) as answer:
            return answer.status, await answer.json()

    async def give(self, name, role, number=None):
        """A token of a person, who then is called *name* in `ask`."""
        number = name if number is None and role != "admin" else number or ""
        entry, token = await self.tokens.new(name, role, number, by="test", at=1.0)
        self.tokens_of[name] = token.reveal()
        return entry

    async def audited(self):
        """Who did what, the newest first."""
        return await self.audit.newest(50)

    async def leave(self, message, mailbox, *, wav=b"", urgent=False, queue="", **more):
        """A message that was left, its sound in the store; with *queue* it is work."""
        new = NewMessage(
            message=message,
            sound=message,
            mailbox=mailbox,
            call="c1",
            caller="057188880101",
            at=self.kept.clock(),
            **more,
        )
        await self.messages.begin([new], most={})
        promised = new.at.timestamp() + 3600
        work = {message: NewWork(queue=queue, promised=promised)} if queue else {}
        await self.messages.keep(message, seconds=2.0, urgent=urgent, work=work)
        copied = await self.kept.audio.put(message, wav)
        await SqlSounds(self.database).stored(message, copied, 2.0)

    @asynccontextmanager
    async def waiting(self, call, queue="sales", **more):
        """A caller stands in line while the block runs."""
        await self.desk.sign_in("1001" if queue == "sales" else "1003")
        joined = asyncio.get_running_loop().time()
        caller = Waiting(call=call, queue=queue, joined=joined, **more)
        async with self.desk.line(caller) as place:
            yield place


@asynccontextmanager
async def supervised(folder, *, persons=True, transcribes=True):
    site = the_site()
    (folder / "ivrflow.db").write_bytes(await asyncio.to_thread(empty_database))
    clock = asyncio.get_running_loop().time

    def wall():
        return datetime.fromtimestamp(clock(), ZONE)

    async with AsyncExitStack() as stack:
        database = Database(f"sqlite:///{folder}/ivrflow.db")
        stack.push_async_callback(database.close)
        facts, events, records = [], Events(), Records(database)

        def note(fact):
            facts.append(fact)
            records.note(fact)
            events.note(fact)

        ids = (f"offer-{number}" for number in range(1_000))
        desk = Desk(
            MemoryBoard(agents_of(site)),
            queue_rules(site),
            clock=clock,
            note=note,
            new_id=ids.__next__,
        )
        doors = Doors(SqlDoors(database, wall), clock=clock, note=note, away=Trouble)
        tokens = SqlTokens(database, HASHER)
        promised, alarms, work = Promised(), {}, SqlWork(database)
        rules = OutboundRules(
            endpoint="PJSIP/{number}@trunk",
            prefixes=("010",),
            hand_over="",
            at_once=2,
            per_minute=6,
            hours="",
            longest=60.0,
        )
        dials = DialGuard(rules, seconds=clock, is_open=lambda *_: True)
        floor = Floor(
            site=lambda: site,
            desk=desk,
            doors=doors,
            levels=Levels(),
            promises=promised,
            work=work,
            alarms=lambda: alarms,
            dials=dials,
            clock=wall,
        )
        ledger = Ledger(database, clock)
        messages = SqlMessages(database, wall)
        kept = BoxStores(
            boxes=SqlBoxes(database, wall),
            holds=SqlHolds(database, wall),
            audio=MemoryAudio(),
            transcripts=SqlTranscripts(database),
            transcribes=transcribes,
            at_work=AtWork(),
            audit=ledger,
            note=note,
            site=lambda: site,
            clock=wall,
        )
        parts = (
            QueueRoutes(floor),
            SupervisorRoutes(lambda: site, desk, ledger),
            AgentRoutes(
                desk, lambda: site, Breaks(dict, lambda at: 0.0), ledger, nobody_differs
            ),
            AlarmRoutes(lambda: alarms, wall),
            MailboxRoutes(kept, Hashing()),
            MessageRoutes(kept),
            GreetingRoutes(kept),
            WorkRoutes(work, promised, kept.at_work, desk, lambda: site, ledger, wall),
            TokenRoutes(lambda: site, tokens, clock),
            EventRoutes(events, SqlFacts(database)),
        )
        people = People(tokens, SiteFloor(lambda: site, lambda: desk.agents), clock)
        api = Api(LiveCalls(), TOKEN, *parts, people=people)
        client = TestClient(TestServer(api.application()))
        async with beside(desk.run(), doors.run()), client:
            found = Supervised(
                client,
                desk=desk,
                doors=doors,
                tokens=tokens,
                facts=facts,
                events=events,
                records=records,
                audit=SqlAudit(database),
                alarms=alarms,
                promised=promised,
                database=database,
                kept=kept,
                messages=messages,
                work=work,
            )
            if persons:
                await found.give("1001", "agent")
                await found.give("1003", "agent")
                await found.give("2001", "supervisor")
                await found.give("2002", "supervisor")
                await found.give("ann", "admin")
            yield found
