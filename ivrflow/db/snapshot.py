"""A copy of the database as it is at one moment, taken while the service writes to it.

SQLite's own backup makes it, in one step: who reads a file with a write-ahead log sees
one moment and holds up nobody who writes. (In several steps it would begin anew
whenever another process writes, which the service does all the time.) The copy is one
file without a log beside it, and is looked through before anybody relies on it.

It blocks. A PostgreSQL has tools of its own for that, and is refused with their names.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from ivrflow.db.engine import BadDatabase, DatabaseAway, database_url, reason, shown

BUSY = 30.0
"""Seconds to wait for somebody who keeps the file locked."""


def file_of(url: str) -> Path:
    """The file of the database at *url*; raises `BadDatabase` where it is none."""
    where = database_url(url)
    if where.get_backend_name() != "sqlite":
        raise BadDatabase(
            f"the database {shown(where)} is no file: take it with `pg_dump "
            "--format=custom`, and bring it back with `pg_restore`"
        )
    return Path(str(where.database))


def copy_database(url: str, target: Path) -> None:
    """Copy the database at *url* into the new file *target*, for its owner alone.

    Raises `BadDatabase`, or `DatabaseAway` where it can't be had now; then there is no
    *target*. `FileExistsError` where there is one already.
    """
    path = file_of(url)
    if not path.is_file():
        raise BadDatabase(f"{path}: there is no database; check `database` of settings")
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        _copied(path, target)
    except (sqlite3.Error, OSError) as error:
        _remove(target)
        raise DatabaseAway(f"{path} could not be copied: {reason(error)}") from None
    except BaseException:
        _remove(target)
        raise
    if faults := faults_of(target):
        _remove(target)
        raise BadDatabase(
            f"{path} is damaged: {faults[0]}; `ivrflow db check` tells all; keep the "
            "last backup"
        )


def faults_of(path: Path) -> list[str]:
    """What is wrong inside the SQLite file *path*; [] if nothing is. Raises nothing."""
    url = f"{path.absolute().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(url, uri=True)) as file:
            told = [str(row[0]) for row in file.execute("PRAGMA quick_check(10)")]
    except sqlite3.Error as error:
        return [reason(error)]
    return [line for line in told if line != "ok"]


def _copied(path: Path, target: Path) -> None:
    with (
        # Not opened as read-only: a log that nobody has open now must be read, too.
        closing(sqlite3.connect(path, timeout=BUSY)) as source,
        closing(sqlite3.connect(target)) as copy,
    ):
        source.execute("PRAGMA query_only = ON")
        source.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
    with target.open("rb") as file:
        os.fsync(file.fileno())


def _remove(target: Path) -> None:
    for path in (target, Path(f"{target}-journal"), Path(f"{target}-wal")):
        with suppress(OSError):
            path.unlink()
