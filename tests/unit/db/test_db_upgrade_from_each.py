"""A database in which each earlier version has left something becomes today's.

Each version fills the tables that are new with it, so each migration meets rows of all
that were there before. What a row says is made up; the migrations whose words matter
have tests of their own.
"""

import sqlite3
from contextlib import closing

from alembic import command

from ivrflow.db.upgrade import _config, _open, damage, newest, state, upgrade

EARLIER = [f"{number:04}" for number in range(1, int(newest()))]

SAMPLES = {
    "INTEGER": 1,
    "FLOAT": 1_764_000_000.0,
    "BOOLEAN": 0,
    "JSON": "{}",
    "BLOB": b"",
}
"""Type of a column -> a value; all others hold texts."""

NOT_OURS = {"alembic_version", "sqlite_sequence"}

MAY_GO = frozenset({"figure_snapshots"})
"""What is made again: a snapshot of figures that an older version wrote."""


def counted(db):
    """Table -> its rows."""
    tables = db.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table'"
    ).fetchall()
    return {
        name: db.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]
        for (name,) in tables
        if name not in NOT_OURS
    }


def fill(db):
    """Put one row into each table that has none."""
    for name, count in counted(db).items():
        if not count:
            columns = db.execute(f'PRAGMA table_info("{name}")').fetchall()
            values = [SAMPLES.get(column[2].upper(), "x") for column in columns]
            marks = ", ".join("?" for _ in values)
            db.execute(f'INSERT INTO "{name}" VALUES ({marks})', values)
    db.commit()


def test_what_each_version_has_left_comes_through_all_that_follow(tmp_path):
    path = tmp_path / "ivrflow.db"
    url = f"sqlite:///{path}"
    for revision in EARLIER:
        with _open(url, writing=True) as connection:
            command.upgrade(_config(connection), revision)
        with closing(sqlite3.connect(path)) as db:
            fill(db)
            before = counted(db)

    upgrade(url)

    with closing(sqlite3.connect(path)) as db:
        after = counted(db)
    lost = {name for name in before if after.get(name, before[name]) < before[name]}
    assert state(url).up_to_date
    assert damage(url) == []
    assert all(before.values())
    assert lost <= MAY_GO
