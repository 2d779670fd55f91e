"""The keys that sounds on disk are sealed with: the first seals, the others still open.

A key is a file with 64 hexadecimal digits, best a credential that systemd hands over
(`ivrflow.credentials`), so that it lies on no disk beside what it seals. A new key is
put before the old one; once `rotation` has sealed everything anew, the old one can go.
"""

from __future__ import annotations

import hashlib
import logging
import re
import secrets
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ivrflow.secret import Secret

log = logging.getLogger(__name__)

KEY_BYTES = 32
KEY_ID_BYTES = 8

LEAST_VARIED = 12
"""Different bytes in a key, at least. Chance has 30 or so; "00...", "0123...", hardly
any: such a key was made up, and whoever makes up keys can be guessed."""

_CURE = "`openssl rand -hex 32` makes one"


class BadKeys(Exception):
    """The keys can't be used. Says where, what, and what to do."""


@dataclass(frozen=True)
class Key:
    """One key, and how files name it."""

    secret: Secret
    """64 hexadecimal digits."""

    def bytes(self) -> bytes:
        """The key itself, for the cipher and nothing else."""
        return bytes.fromhex(self.secret.reveal())

    @property
    def id(self) -> str:
        """Its name in files and rows, 16 hexadecimal digits: not enough to find it."""
        return hashlib.sha256(self.bytes()).digest()[:KEY_ID_BYTES].hex()


class Keyring:
    """The keys of the settings. Without any, sounds are kept plain."""

    def __init__(self, keys: Sequence[Key] = (), *, seals: bool = True) -> None:
        """*seals* False: the keys only open; what is written is plain.

        So a store is led back out of being sealed.
        """
        self._seals = keys[0] if keys and seals else None
        self._keys = {key.id: key for key in keys}

    @property
    def seals(self) -> Key | None:
        """The key that seals what is written; None: it is kept plain."""
        return self._seals

    def opens(self, key_id: str) -> Key | None:
        """The key of that name; None if we don't have it."""
        return self._keys.get(key_id)

    @property
    def ids(self) -> tuple[str, ...]:
        """The names of all keys, the one of the first setting first."""
        return tuple(self._keys)

    def __repr__(self) -> str:
        return f"Keyring({', '.join(self.ids) or 'plain'})"


def read_keyring(files: Sequence[Path], *, seals: bool = True) -> Keyring:
    """Return the keys in *files*, the first of which seals; none: all is plain.

    *seals* as in `Keyring`. Raises `BadKeys` with a line for each file that can't be
    used.
    """
    keys: dict[str, tuple[Key, Path]] = {}
    wrong = []
    for path in files:
        try:
            key = read_key(path)
        except BadKeys as bad:
            wrong.append(str(bad))
            continue
        _, before = keys.setdefault(key.id, (key, path))
        if before is not path:
            wrong.append(
                f"{path}: holds the same key as {before}; leave one of them out, or "
                f"put a new key there: {_CURE}"
            )
    if wrong:
        raise BadKeys("\n".join(wrong))
    return Keyring([key for key, _ in keys.values()], seals=seals)


def read_key(path: Path) -> Key:
    """Return the key in the file *path*; raises `BadKeys`."""
    try:
        mode = path.stat().st_mode
        with path.open("rb") as file:
            text = file.read(1000).decode("ascii").strip()
    except FileNotFoundError:
        raise BadKeys(f"{path}: there is no such key; {_CURE}, chmod 400") from None
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise BadKeys(
            f"{path}: cannot read this key: {why}; it must hold 64 hexadecimal digits, "
            "and the service's user must be able to read it"
        ) from None
    key = _checked(text, path)
    if mode & stat.S_IRWXO:
        # Told, not refused: a container's secrets are often readable by all inside.
        log.warning("%s can be read by every user here; chmod 400 it", path)
    return key


def make_key() -> Secret:
    """Return a new key, as its file has to hold it."""
    return Secret(secrets.token_hex(KEY_BYTES))


def _checked(text: str, path: Path) -> Key:
    if re.fullmatch(rf"[0-9A-Fa-f]{{{2 * KEY_BYTES}}}", text) is None:
        raise BadKeys(
            f"{path}: holds no key: 64 hexadecimal digits are wanted, it has "
            f"{len(text)} characters; put the right one back, or make one: {_CURE}"
        )
    if len(set(bytes.fromhex(text))) < LEAST_VARIED:
        raise BadKeys(f"{path}: this key can be guessed; {_CURE}")
    return Key(Secret(text.lower()))
