"""The invented people of a site's `demo.sql`, in memory, for a talk at a terminal.

A caller who types a card of the demo is then somebody, and one who mistypes it is not.
No PINs are in it, as their hashes depend on an installation: any PIN is right. What a
source asks over HTTP has nobody here.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from ivrflow.flow.rows import place, typed
from ivrflow.flow.site.data import DataSource
from ivrflow.flow.world import Row, Trouble
from ivrflow.secret import Secret
from ivrflow.sim.rehearsal.answers import ANY_PIN

SCRIPT = "demo.sql"
"""In the site's folder."""


class BadDemo(Exception):
    """A script that SQLite refuses. Says where and what."""


class DemoData:
    """What `sql` and `insert` sources find in the tables of one script.

    In memory and within microseconds: nothing here waits.
    """

    def __init__(self, script: Path) -> None:
        """Run *script*; raise `BadDemo`. It may be used in another thread later."""
        self._db = sqlite3.connect(":memory:", check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        try:
            self._db.executescript(script.read_text("utf-8"))
        except (OSError, ValueError, sqlite3.Error) as error:
            self._db.close()
            raise BadDemo(f"{script}: {error}") from None

    @classmethod
    def of(cls, folder: Path) -> DemoData | None:
        """Those of the site in *folder*; None if it has none. Raises `BadDemo`."""
        script = folder / SCRIPT
        return cls(script) if script.is_file() else None

    def close(self) -> None:
        """Forget them."""
        self._db.close()

    def knows(self, source: DataSource) -> bool:
        """Whether it answers *source*: the table that it asks is there."""
        if source.database is None:
            return False
        if source.insert is not None:
            found = self._db.execute(
                "select 1 from sqlite_master where name = ?", (str(source.insert),)
            )
            return found.fetchone() is not None
        try:
            self._db.execute(f"explain {source.sql}", _Anything())
        except sqlite3.Error:
            return False
        return True

    def rows(self, source: DataSource, values: Mapping[str, Any]) -> Sequence[Row]:
        """The rows of a select. Raises `Trouble`, as a real database would."""
        bound = {name: _bound(value) for name, value in values.items()}
        try:
            found = self._db.execute(str(source.sql), bound).fetchmany(
                int(source.many or 2)
            )
        except sqlite3.Error as error:
            raise Trouble(f"{place(source)}: {SCRIPT}: {error}") from None
        if source.many is None and len(found) > 1:
            raise Trouble(f"{place(source)}: more than one row")
        proofs = dict.fromkeys(source.hash_columns, ANY_PIN)
        return tuple(typed(source, {**dict(row), **proofs}) for row in found)

    def store(self, source: DataSource, values: Mapping[str, Any]) -> None:
        """Insert a row. Raises `Trouble`."""
        # Names, and no values, stand in the statement; they are the flow's own.
        columns = ", ".join(f'"{name}"' for name in values)
        marks = ", ".join("?" * len(values))
        try:
            self._db.execute(
                f'insert into "{source.insert}" ({columns}) values ({marks})',
                [_bound(value) for value in values.values()],
            )
        except sqlite3.Error as error:
            raise Trouble(f"{place(source)}: {SCRIPT}: {error}") from None


class _Anything(dict[str, None]):
    """A value for every name: only to see whether a statement is one."""

    def __missing__(self, name: str) -> None:
        return None


def _bound(value: object) -> object:
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    return str(value) if isinstance(value, str) else value
