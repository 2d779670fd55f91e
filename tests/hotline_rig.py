"""The whole service on a private Asterisk, with the sample hotline."""

import asyncio
import sqlite3
from collections import defaultdict
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

from ivrflow.asterisk.home.fetch import fetched_folder
from ivrflow.asterisk.home.find import find
from ivrflow.asterisk.home.run import private_asterisk
from ivrflow.db.agents import SqlAgents
from ivrflow.db.engine import Database
from ivrflow.demo.setup import build
from ivrflow.facts import CallStarted, Said
from ivrflow.flow.load import load_site
from ivrflow.service.run import serving

ROOT = Path(__file__).parents[1]
SITE = ROOT / "flows" / "hotline"


class Heard:
    """What each caller has heard so far, by prompt; robots wait for it."""

    def __init__(self):
        self.facts = []
        self.words = defaultdict(list)
        self._callers = {}
        self._news = defaultdict(asyncio.Event)

    def note(self, fact):
        self.facts.append(fact)
        if isinstance(fact, CallStarted):
            self._callers[fact.call] = fact.caller
        elif isinstance(fact, Said):
            key = (self._callers.get(fact.call), fact.prompt.partition(".")[0])
            self.words[key].append(fact.words)
            self._news[key].set()

    def call_of(self, caller):
        """The id of the caller's call."""
        return next(c for c, who in self._callers.items() if who == caller)

    async def said(self, caller, prompt, within=60):
        """The words of *prompt*, as soon as *caller* hears it."""
        async with asyncio.timeout(within):
            await self._news[caller, prompt].wait()
        return self.words[caller, prompt][-1]


@dataclass
class Rig:
    pbx: object
    kept: object
    running: object
    heard: Heard

    async def left_over(self):
        """Names of what is still up in Asterisk."""
        channels = await self.running.client.channels.list()
        bridges = await self.running.client.bridges.list()
        return [c.name for c in channels] + [b.id for b in bridges]

    def rows(self, query, *values):
        """Rows of the service's own database."""
        with closing(sqlite3.connect(self.kept.database)) as db:
            return db.execute(query, values).fetchall()


@asynccontextmanager
async def hotline(folder, *, change=lambda kept: None, site=SITE):
    """Run it in *folder*. *change* may alter the databases before it starts."""
    heard = Heard()
    async with private_asterisk(find(fetched_folder()), folder / "asterisk") as pbx:
        kept = build(folder, site, ROOT / "sounds", pbx)
        change(kept)
        loaded = load_site(site)
        async with serving(kept.settings, loaded, listener=heard.note) as running:
            database = Database(f"sqlite:///{kept.database}")
            for number in loaded.agents:
                await SqlAgents(database).set_pin(str(number), kept.agent_pin_hash)
            await database.close()
            assert await running.client.link.until_ready(20)
            yield Rig(pbx, kept, running, heard)
