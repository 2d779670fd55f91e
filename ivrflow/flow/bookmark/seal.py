"""The seal of a bookmark: what comes back from a switch is ours, or it is nothing.

A channel variable may be written by a dialplan, by whoever may use the manager
interface, by another program that shares the Asterisk. A bookmark that was not written
with this service's key is no bookmark, however well it reads.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from typing import Self

from ivrflow.secret import Secret

BYTES = 24
"""Of the signature's 32: 192 bits can't be guessed, and make 32 characters."""

LENGTH = 32
"""Characters of a signature."""


class Seal:
    """Signs bookmarks, and makes names that nobody can guess."""

    def __init__(self, key: bytes) -> None:
        self._text = hmac.digest(key, b"ivrflow bookmark 1", hashlib.sha256)
        self._name = hmac.digest(key, b"ivrflow name 1", hashlib.sha256)
        self._keys = hmac.digest(key, b"ivrflow keys 1", hashlib.sha256)

    @classmethod
    def of(cls, pepper: Secret) -> Self:
        """The seal of the service with this pepper, as `hashing.read_pepper` has it."""
        return cls(bytes.fromhex(pepper.reveal()))

    def sign(self, content: bytes) -> bytes:
        """Return the signature of *content*, `LENGTH` characters."""
        signature = hmac.digest(self._text, content, hashlib.sha256)
        return urlsafe_b64encode(signature[:BYTES])

    def fits(self, signature: bytes, content: bytes) -> bool:
        """Whether *content* was signed by us; takes as long for each wrong one."""
        return hmac.compare_digest(signature, self.sign(content))

    def name(self, *what: str) -> str:
        """Return a name for *what*: always the same, and not to be guessed.

        Safe in a path and as the id of a channel.
        """
        return hmac.digest(self._name, "\0".join(what).encode(), hashlib.sha256).hex()[
            :32
        ]

    def key_for(self, purpose: str) -> bytes:
        """Return a key for *purpose*: 32 bytes, always the same, others for each."""
        return hmac.digest(self._keys, purpose.encode(), hashlib.sha256)
