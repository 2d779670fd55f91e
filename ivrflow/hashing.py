"""Hashes of what a person knows: PINs that are compared, cards that are recognised.

A PIN of six digits has a million values: whoever holds the hashes alone can try them
all in a day, however slow the hash is. So a PIN goes through HMAC with a *pepper*
first, a key that is not in the database: a stolen database is then worth nothing
without the pepper's file. After that argon2id makes each guess cost time and memory.

A card that is only recognised (wrong tries counted against it) needs no slow hash: the
HMAC alone, whose key nobody has, and which is the same each time.

Hashing takes tens of milliseconds of a processor, so the event loop uses
`ArgonVerifier`, which does it in a few threads and lets only so many wait.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import logging
import os
import secrets
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from argon2 import (
    DEFAULT_HASH_LENGTH,
    DEFAULT_RANDOM_SALT_LENGTH,
    PasswordHasher,
    Type,
    extract_parameters,
)
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from ivrflow.flow.world import Trouble
from ivrflow.secret import Secret

T = TypeVar("T")

log = logging.getLogger(__name__)

PEPPER_BYTES = 32
"""What a new pepper has: as much as SHA-256 can use."""

MEMORY_KIB = 19 * 1024
PASSES = 2
LANES = 1
"""argon2id with the least that OWASP advises: 19 MiB, two passes, one lane."""

MOST_MEMORY_KIB = 256 * 1024
MOST_PASSES = 16
"""A hash that asks for more is refused: it would be a way to stop the service."""

WORKERS = 2
WAITING = 64
LONGEST_WAIT = 5.0


class BadPepper(Exception):
    """The pepper can't be used. Says which file, why, and what to do."""


def read_pepper(path: Path) -> Secret:
    """Return the pepper kept in the file *path*; raise `BadPepper`."""
    try:
        mode = path.stat().st_mode
        text = path.read_text("ascii").strip()
    except FileNotFoundError:
        raise BadPepper(
            f"there is no pepper in {path}; make it once with `ivrflow secret pepper` "
            f"(hashes of PINs that were made with another pepper stop working)"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadPepper(
            f"cannot read the pepper in {path}: {_reason(error)}; the service's user "
            f"must be able to read it"
        ) from None
    if mode & stat.S_IRWXO:
        # Told, not refused: a container's secrets are often readable by all inside.
        log.warning("%s can be read by every user here; chmod 600 it", path)
    return checked_pepper(text, str(path))


def checked_pepper(text: str, where: str) -> Secret:
    """Return *text*, which came from *where*, as a pepper; raise `BadPepper`."""
    try:
        enough = len(bytes.fromhex(text)) >= PEPPER_BYTES
    except ValueError:
        enough = False
    if not enough:
        raise BadPepper(
            f"what {where} holds is no pepper: {PEPPER_BYTES * 2} hexadecimal digits "
            f"at least; put the right one back, or make one: `ivrflow secret pepper`"
        )
    return Secret(text)


def make_pepper(path: Path) -> bool:
    """Make a new pepper in the file *path*, for its owner's eyes only.

    True if it was made, False if there is one already, which is left alone. Raises
    `BadPepper`.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    except OSError as error:
        raise BadPepper(
            f"cannot make the pepper in {path}: {_reason(error)}; "
            f"make the folder, or name another file"
        ) from None
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(PEPPER_BYTES) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return True


class Hasher:
    """Makes and compares hashes with one pepper. Blocks: tens of milliseconds a PIN."""

    def __init__(self, pepper: Secret) -> None:
        self._key = bytes.fromhex(pepper.reveal())
        self._argon = PasswordHasher(
            time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES, type=Type.ID
        )
        self._nobody = _nobodys_hash()

    def hash(self, pin: Secret) -> str:
        """Return the hash of *pin*, to be stored: different each time."""
        return self._argon.hash(self._peppered("pin", pin))

    def matches(self, entered: Secret, hashed: str | None) -> bool:
        """True if *hashed* was made from *entered*.

        With None, that is for an unknown card or a person without a PIN, it takes the
        same time and is False. Raises `Trouble` if *hashed* is no hash of ours.
        """
        if hashed is not None:
            _refuse_what_is_no_hash(hashed)
        peppered = self._peppered("pin", entered)
        try:
            self._argon.verify(self._nobody if hashed is None else hashed, peppered)
        except VerifyMismatchError:
            return False
        except (VerificationError, InvalidHashError):
            raise Trouble(_NO_HASH) from None
        return hashed is not None

    def known_as(self, purpose: str, secret: Secret) -> str:
        """Return the name under which *secret* is known for *purpose*: always the same.

        Without the pepper nobody can find out what it stands for.
        """
        return self._peppered(purpose, secret).hex()

    def _peppered(self, purpose: str, secret: Secret) -> bytes:
        # The purpose is part of what is signed, its end marked: what is known of a card
        # says nothing about a PIN with the same digits.
        text = f"{purpose}\0{secret.reveal()}"
        return hmac.digest(self._key, text.encode(), hashlib.sha256)


def _nobodys_hash() -> str:
    """A hash of no secret, that costs what others do: made up, since callers wait."""
    salt, digest = (
        base64.b64encode(secrets.token_bytes(length)).rstrip(b"=").decode()
        for length in (DEFAULT_RANDOM_SALT_LENGTH, DEFAULT_HASH_LENGTH)
    )
    return f"$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${digest}"


class ArgonVerifier:
    """A flow's `Verifier`: compares in a few threads of its own.

    At most *waiting* comparisons wait for a thread, each *longest* seconds at most;
    whoever comes on top of them gets `Trouble` at once. So a flood of calls makes PINs
    slow, then impossible for a while, and nothing else. `close` ends the threads.
    """

    def __init__(
        self,
        hasher: Hasher,
        *,
        workers: int = WORKERS,
        waiting: int = WAITING,
        longest: float = LONGEST_WAIT,
    ) -> None:
        self._hasher = hasher
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="pin")
        self._free = asyncio.Semaphore(workers)
        self._room = self.most = waiting
        """So many comparisons may wait for a thread."""
        self.refused = 0
        """Comparisons for which there was no room, or no thread in time."""
        self._longest = longest

    async def matches(self, entered: Secret, hashed: str | None) -> bool:
        """True if they belong together; see `Hasher.matches`. Raises `Trouble`."""
        return await self._in_thread(lambda: self._hasher.matches(entered, hashed))

    async def hash(self, pin: Secret) -> str:
        """Return the hash of *pin*. Raises `Trouble` if too many wait."""
        return await self._in_thread(lambda: self._hasher.hash(pin))

    @property
    def waiting(self) -> int:
        """Comparisons that wait for a thread now."""
        return self.most - self._room

    async def _in_thread(self, work: Callable[[], T]) -> T:
        if self._room <= 0:
            self.refused += 1
            raise Trouble(_TOO_MANY)
        self._room -= 1
        try:
            async with asyncio.timeout(self._longest):
                await self._free.acquire()
        except TimeoutError:
            self.refused += 1
            raise Trouble(_TOO_MANY) from None
        finally:
            self._room += 1
        loop = asyncio.get_running_loop()
        running = loop.run_in_executor(self._threads, work)
        # Freed by the thread's end, not by ours: whoever hangs up while his PIN is
        # compared leaves the thread busy, and it must not be counted as free.
        running.add_done_callback(self._done)
        return await asyncio.shield(running)

    def _done(self, running: asyncio.Future[Any]) -> None:
        self._free.release()
        if not running.cancelled():
            running.exception()  # seen, also when nobody waits for it any more

    def close(self) -> None:
        """End the threads; what they do now comes to its end."""
        self._threads.shutdown(wait=False, cancel_futures=True)


_NO_HASH = (
    "a stored PIN is no argon2id hash that can be used; "
    "make it with `ivrflow secret hash`, with this service's pepper"
)
_TOO_MANY = (
    "too many PINs wait to be compared; if this goes on, someone may be guessing: "
    "look at the calling numbers, or give the service more processors"
)


def _refuse_what_is_no_hash(hashed: str) -> None:
    try:
        asked = extract_parameters(hashed)
    except InvalidHashError:
        raise Trouble(_NO_HASH) from None
    if (
        asked.type is not Type.ID
        or asked.memory_cost > MOST_MEMORY_KIB
        or asked.time_cost > MOST_PASSES
    ):
        raise Trouble(_NO_HASH)


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or type(error).__name__
