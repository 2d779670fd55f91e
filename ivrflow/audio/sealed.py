"""One sealed file: AES-256-GCM in pieces, each of which can be opened by itself.

    head    "IVM1" . id of the key (8 bytes) . salt (16 bytes)
    pieces  of 65,536 bytes, the last one of what is left, each with its tag (16 bytes)

The key of a file is HKDF-SHA256 of the operator's key, with the file's random salt, for
"ivrflow voicemail " and the sound's id. A piece's nonce is its number (11 bytes) and
whether it is the last one (1 byte); the head is authenticated with each of them. So

- no nonce comes twice under one key, however often a sound is sealed;
- a piece that was changed, moved, left out or added, a file that was cut short, and one
  that was put in another's place do not open: `Damaged`;
- a range of a long sound costs the pieces that it touches, and the last one, by which
  alone it is known how long the sound is.

Pure but for the file that is read, and blocking: 64 kB take some 30 us.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ivrflow.audio.keyring import KEY_BYTES, KEY_ID_BYTES, Key

MAGIC = b"IVM1"
SALT_BYTES = 16
HEAD_BYTES = len(MAGIC) + KEY_ID_BYTES + SALT_BYTES
PIECE = 65_536
TAG = 16
SEALED_PIECE = PIECE + TAG


class Damaged(Exception):
    """This is no sealed file, or not the one it should be. Says why."""


def seal(
    plain: bytes | memoryview, key: Key, sound: str, *, salt: bytes | None = None
) -> Iterator[bytes]:
    """Yield the parts of the sealed file of *plain*, whose id is *sound*.

    *salt* is for tests alone: the same salt twice for one sound would be the end of
    what is secret in both.
    """
    salt = os.urandom(SALT_BYTES) if salt is None else salt
    head = MAGIC + bytes.fromhex(key.id) + salt
    cipher = _cipher(key, salt, sound)
    yield head
    whole = memoryview(plain)
    last = _pieces(len(whole)) - 1
    for number in range(last + 1):
        piece = whole[number * PIECE : (number + 1) * PIECE]
        yield cipher.encrypt(_nonce(number, last=number == last), piece, head)


def key_id_in(file: BinaryIO) -> str:
    """The name of the key that a file is sealed with; raises `Damaged`."""
    file.seek(0)
    head = file.read(HEAD_BYTES)
    if len(head) < HEAD_BYTES or not head.startswith(MAGIC):
        raise Damaged("it does not begin as a sealed file does")
    return head[len(MAGIC) :][:KEY_ID_BYTES].hex()


class Opened:
    """A sealed file that is read. *file* stays the caller's, who closes it."""

    def __init__(self, file: BinaryIO, key: Key, sound: str) -> None:
        """Raises `Damaged` if *file* is not that of *sound*, or lacks its end."""
        self._file = file
        file.seek(0)
        self._head = file.read(HEAD_BYTES)
        self._cipher = _cipher(key, self._head[-SALT_BYTES:], sound)
        length = file.seek(0, os.SEEK_END) - HEAD_BYTES
        count = -(-length // SEALED_PIECE)
        self.size = length - count * TAG
        """Bytes of what was sealed."""
        if count < 1 or self.size < 0 or _pieces(self.size) != count:
            raise Damaged("it was cut short")
        self._last = count - 1
        self._end = self._open(self._last)  # proves the length, too

    def read(self, first: int = 0, last: int | None = None) -> bytes:
        """Return the bytes from *first* to *last*, both counted in, as HTTP does.

        What lies outside of the sound is left out; *last* None: up to its end. Raises
        `Damaged`.
        """
        end = self.size if last is None else min(last + 1, self.size)
        first = max(0, first)
        if first >= end:
            return b""
        begin = first // PIECE
        whole = b"".join(
            self._piece(number) for number in range(begin, (end - 1) // PIECE + 1)
        )
        return whole[first - begin * PIECE : end - begin * PIECE]

    def _piece(self, number: int) -> bytes:
        return self._end if number == self._last else self._open(number)

    def _open(self, number: int) -> bytes:
        self._file.seek(HEAD_BYTES + number * SEALED_PIECE)
        piece = self._file.read(SEALED_PIECE)
        try:
            nonce = _nonce(number, last=number == self._last)
            return self._cipher.decrypt(nonce, piece, self._head)
        except InvalidTag:
            raise Damaged(
                f"piece {number + 1} of {self._last + 1} is not what was sealed"
            ) from None


def _cipher(key: Key, salt: bytes, sound: str) -> AESGCM:
    info = f"ivrflow voicemail {sound}".encode()
    return AESGCM(HKDF(hashes.SHA256(), KEY_BYTES, salt, info).derive(key.bytes()))


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def _pieces(size: int) -> int:
    """How many pieces *size* bytes have; nothing has one, and it is empty."""
    return max(1, -(-size // PIECE))
