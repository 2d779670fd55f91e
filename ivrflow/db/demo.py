"""Makes the demo's own tables: a small CRM for the sample hotline, on SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from ivrflow.db.engine import BadDatabase, database_url, shown
from ivrflow.hashing import Hasher
from ivrflow.secret import Secret


def fill_demo(
    url: str, script: Path, hasher: Hasher, pins: Mapping[str, str] | None = None
) -> None:
    """Run *script* on the database *url*, making it, and give cards their *pins*.

    Blocks: a PIN takes tens of milliseconds. Running it again changes nothing but the
    PINs. Raises `BadDatabase`, also for a card that *script* has not made.
    """
    where = database_url(url)
    if where.get_backend_name() != "sqlite" or not where.database:
        raise BadDatabase(
            f"the demo's tables are made on SQLite only, not on {shown(where)}"
        )
    hashes = {card: hasher.hash(Secret(pin)) for card, pin in (pins or {}).items()}
    try:
        with closing(sqlite3.connect(where.database)) as db:
            db.executescript(script.read_text("utf-8"))
            for number, (card, hashed) in enumerate(hashes.items(), 1):
                done = db.execute(
                    "update retailer set pin_hash = ? where card = ?", (hashed, card)
                )
                if done.rowcount != 1:
                    raise BadDatabase(
                        f"{script} makes no retailer with the card of PIN {number}"
                    )
            db.commit()
    except (sqlite3.Error, OSError) as error:
        raise BadDatabase(f"cannot make the demo's tables: {error}") from error
