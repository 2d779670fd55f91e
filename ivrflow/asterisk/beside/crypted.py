"""The hash of a password as crypt(3) makes it: SHA-256, Drepper's `$5$`.

Asterisk compares ARI's passwords with it (`password_format = crypt`). Python has no
crypt any more, and not every machine has a program that knows rounds. The passwords
that are hashed here are 192 random bits: what makes a guess slow would only make each
request slow, so the fewest rounds that crypt(3) knows are enough.
"""

from __future__ import annotations

import hashlib
import secrets

ROUNDS = 1000
"""The fewest that crypt(3) takes."""

_LETTERS = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

_ORDER = (
    (0, 10, 20),
    (21, 1, 11),
    (12, 22, 2),
    (3, 13, 23),
    (24, 4, 14),
    (15, 25, 5),
    (6, 16, 26),
    (27, 7, 17),
    (18, 28, 8),
    (9, 19, 29),
)
"""The bytes of the digest, three for each four letters; the last two stand alone."""


def crypted(password: str, salt: str = "", rounds: int = ROUNDS) -> str:
    """The `$5$` hash of *password*.

    *salt* are up to 16 letters, digits, `.` and `/`; random ones where none is given.
    """
    salt = (salt or secrets.token_hex(8))[:16]
    key, seed = password.encode(), salt.encode()
    inner = _sha(key + seed + key)
    first = key + seed + _repeated(inner, len(key))
    bits = len(key)
    while bits:
        first += inner if bits & 1 else key
        bits >>= 1
    digest = _sha(first)
    p = _repeated(_sha(key * len(key)), len(key))
    s = _repeated(_sha(seed * (16 + digest[0])), len(seed))
    for turn in range(rounds):
        text = p if turn % 2 else digest
        text += s if turn % 3 else b""
        text += p if turn % 7 else b""
        text += digest if turn % 2 else p
        digest = _sha(text)
    letters = "".join(
        _four(digest[a] << 16 | digest[b] << 8 | digest[c], 4) for a, b, c in _ORDER
    )
    letters += _four(digest[31] << 8 | digest[30], 3)
    return f"$5$rounds={rounds}${salt}${letters}"


def _sha(text: bytes) -> bytes:
    return hashlib.sha256(text).digest()


def _repeated(digest: bytes, length: int) -> bytes:
    return (digest * (length // len(digest) + 1))[:length]


def _four(number: int, letters: int) -> str:
    return "".join(_LETTERS[number >> 6 * n & 0x3F] for n in range(letters))
