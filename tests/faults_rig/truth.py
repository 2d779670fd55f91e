"""What is true, read beside the service: its database, and Asterisk itself."""

import json
import re
import sqlite3
from collections import namedtuple
from contextlib import closing
from pathlib import Path

import aiohttp

Row = namedtuple("Row", "id at call kind data")


class Truth:
    """The service's SQLite file, read-only; also while the service is dead."""

    def __init__(self, database: Path):
        self.database = database

    def open(self):
        return sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=10)

    def rows(self, query, *values):
        """Rows of a query; none as long as there is no database or no such table."""
        try:
            with closing(self.open()) as db:
                return db.execute(query, values).fetchall()
        except sqlite3.OperationalError as error:
            if "unable to open" in str(error) or "no such table" in str(error):
                return []
            raise

    def tail(self, kinds, page=2000):
        """An endless iterator over what has come since it was asked last: lists of
        facts of *kinds*, in order, *page* at a time.

        Its connection stays open: it is asked twenty times a second, and opening one
        is most of what a look costs. What came is found by its id, hence the `+`: by
        the index of kinds SQLite would sort all that there ever was, at each look.
        """
        db, after = None, 0
        marks = ",".join("?" * len(kinds))
        query = f"""select id, at, "call", kind, data from facts
                    where id > ? and +kind in ({marks}) order by id limit {page}"""
        try:
            while True:
                rows = []
                try:
                    db = db or self.open()
                    rows = db.execute(query, (after, *kinds)).fetchall()
                except sqlite3.Error:
                    # Not there yet; or gone, and another one in its place.
                    if db is not None:
                        db.close()
                    db = None
                if rows:
                    after = rows[-1][0]
                yield [Row(*row[:4], json.loads(row[4])) for row in rows]
        finally:
            if db is not None:
                db.close()

    def one(self, query, *values):
        """The only value of a query."""
        [[value]] = self.rows(query, *values)
        return value

    def facts(self, *kinds, call=None, after=0):
        """Facts in order, of these kinds or of all: id, at, call, kind, data."""
        where, values = ["id > ?"], [after]
        if kinds:
            where.append(f"kind in ({','.join('?' * len(kinds))})")
            values += kinds
        if call is not None:
            where.append('"call" = ?')
            values.append(call)
        query = f"""select id, at, "call", kind, data from facts
                    where {" and ".join(where)} order by id"""
        return [Row(*r[:4], json.loads(r[4])) for r in self.rows(query, *values)]

    def call_of(self, caller):
        """The id of the only call of *caller*; None before it is in the records."""
        found = self.rows("select id from calls where caller = ?", caller)
        assert len(found) <= 1, f"{caller} has {len(found)} calls"
        return found[0][0] if found else None

    def story(self, caller):
        """What the records say of the caller's call, a line a fact; for a report."""
        calls = self.rows("select id from calls where caller = ?", caller)
        lines = []
        for (call,) in calls:
            for fact in self.facts(call=call):
                lines.append(f"{fact.at:.3f} {call} {fact.kind} {fact.data}")
        return "\n".join(lines)

    def integrity(self):
        """What SQLite says about its file: "ok"."""
        with closing(sqlite3.connect(self.database)) as db:
            return db.execute("pragma integrity_check").fetchone()[0]


class Pbx:
    """Asterisk as it is, asked over connections of our own."""

    def __init__(self, running):
        self.running = running
        pair = aiohttp.encode_basic_auth(running.ari_user, running.ari_password)
        self._headers = {"Authorization": pair}

    async def ask(self, path, method="GET", **more):
        async with (
            aiohttp.ClientSession(headers=self._headers) as http,
            http.request(method, f"{self.running.ari_url}/{path}", **more) as answer,
        ):
            return await answer.json() if answer.status == 200 else None

    async def channels(self):
        return await self.ask("channels")

    async def bridges(self):
        return await self.ask("bridges")

    async def up(self):
        """Names of all channels and bridges."""
        channels, bridges = await self.channels(), await self.bridges()
        return [c["name"] for c in channels] + [b["id"] for b in bridges]

    async def backlogs(self, *, anew=False):
        """The most that waited in each taskprocessor, by name; *anew*: forget it."""
        said = await self.running.rx("core show taskprocessors")
        found = re.findall(r"^(\S+)\s+\d+\s+\d+\s+(\d+)\s+\d+\s+\d+", said, re.M)
        if anew:
            await self.running.rx("core reset taskprocessors")
        return {name: int(most) for name, most in found}
