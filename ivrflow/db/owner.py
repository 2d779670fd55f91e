"""One service for each database: the second one finds out before it does harm.

Two services on one database would both offer its waiting callers to its agents, and
both end what the other one has begun. So the service owns its database for as long as
it runs, by a lock on a file beside it. The operating system frees that at the moment at
which the process dies, however it dies: nothing has to be cleaned up, nothing expires.

The lock is not on the database's own file: SQLite has locks there, and closing a second
handle of it would open them all. Commands such as `ivrflow agent` don't need to own it:
what they write, the service is made to take. A PostgreSQL is not guarded yet.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

from ivrflow.db.engine import BadDatabase, DatabaseAway, database_url, shown

log = logging.getLogger(__name__)

BESIDE = ".owner"
"""The file of the lock is called as the database, with this behind it."""

AGAIN = 0.02
"""Seconds between two tries of one who waits: callers wait for him then."""


class Owned(BadDatabase):
    """Another service has the database. Says which."""


def can_be_owned(url: str) -> bool:
    """Whether `owned` keeps others away from the database at *url*."""
    return database_url(url).get_backend_name() == "sqlite"


@asynccontextmanager
async def owned(url: str, *, wait: bool = False) -> AsyncIterator[None]:
    """Own the database at *url* while the block runs.

    Raises `Owned` if another service has it; with *wait* it is waited for instead.
    Raises `BadDatabase`, or `DatabaseAway`, where the file of the lock can't be made.
    """
    where = database_url(url)
    if not can_be_owned(url):
        yield
        return
    path = _beside(str(where.database))
    told = False
    while True:
        with _opened(path) as file:
            while not _locked(file, path):
                said = f"the database {shown(where)} belongs to {_signed(file)}"
                if not wait:
                    raise Owned(
                        f"{said}, which serves calls with it; stop that one, give this "
                        "one a database of its own, or let it wait with --wait"
                    )
                if not told:
                    log.warning("%s; waiting until it ends", said)
                    told = True
                await asyncio.sleep(AGAIN)
            # Whose file was deleted keeps out nobody who comes later: then another one
            # is there, and perhaps somebody who has that.
            if _is_at(path, file):
                _sign(file)
                yield
                return
        await asyncio.sleep(AGAIN)


def _beside(database: str) -> Path:
    # One file has one owner, by whatever path each of two services knows it.
    return Path(f"{Path(database).resolve()}{BESIDE}")


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        # A folder that is missing or not ours is a mistake; a disk may come back.
        mistake = isinstance(error, FileNotFoundError | PermissionError)
        raise (BadDatabase if mistake else DatabaseAway)(
            f"{path}: {error.strerror}; the service must be able to write in the "
            "folder of its database"
        ) from None
    try:
        yield file
    finally:
        os.close(file)


def _locked(file: int, path: Path) -> bool:
    """Take the lock, if nobody has it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise BadDatabase(
            f"{path}: {error.strerror}: no lock can be had there, as on some network "
            "file systems; keep the database on a disk of this machine"
        ) from None
    return True


def _is_at(path: Path, file: int) -> bool:
    with suppress(OSError):
        return os.path.samestat(os.fstat(file), path.stat())
    return False


def _signed(file: int) -> str:
    """Who has it."""
    return os.pread(file, 200, 0).decode("utf-8", "replace").strip() or "another one"


def _sign(file: int) -> None:
    """Write into the file who has it."""
    us = f"process {os.getpid()} on {socket.gethostname()}"
    with suppress(OSError):  # a disk that is full: then the next one names nobody
        os.ftruncate(file, 0)
        os.pwrite(file, f"{us}\n".encode(), 0)
