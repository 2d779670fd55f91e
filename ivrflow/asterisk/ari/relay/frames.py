"""What the relay and the service say to each other: a letter, a length, some bytes.

And who it is that says it: the operating system knows.
"""

from __future__ import annotations

import asyncio
import hashlib
import socket
import struct
from dataclasses import dataclass

from ivrflow.asterisk.ari.settings import AriSettings
from ivrflow.asterisk.ari.source import LONGEST_EVENT

HELLO = b"H"
"""To the service, first: for which Asterisk the relay is (`purpose`)."""
CONNECTED = b"C"
"""To the service: events come from now on."""
DISCONNECTED = b"D"
"""To the service: they come no more, and why."""
EVENT = b"E"
"""To the service: one event, as Asterisk's JSON."""
KEY = b"K"
"""To the service: an event that brings a key: its number (`NUMBER`), then as above."""
PLACE = b"P"
"""To the service: how the keys are counted that come now (`Place`)."""
KEPT = b"S"
"""To the service: what is still known of one channel's keys (`Kept`)."""
SOUNDED = b"L"
"""To the service: the last sound that ended, of each channel (`LastSounds`)."""
TROUBLE = b"T"
"""To the service: why there is no connection, and what to look at."""
GAP = b"G"
"""To the service: how many events were let go of, as there were too many."""
DROP = b"X"
"""To the relay: this connection is dead; make another one."""

VERSION = 2
"""Of these frames: a relay that an older ivrflow has left is replaced."""

NUMBER = struct.Struct("!Q")
"""The number of a key."""

_HEAD = struct.Struct("!cI")

_CREDENTIALS = struct.Struct("3i")
"""SO_PEERCRED on Linux: pid, uid, gid."""

LONGEST = LONGEST_EVENT + 1024
"""Bytes of a frame's content; a longer one is none of ours."""


@dataclass(frozen=True)
class Frame:
    kind: bytes
    content: bytes = b""

    @property
    def text(self) -> str:
        return self.content.decode("utf-8", "replace")

    def __bytes__(self) -> bytes:
        return _HEAD.pack(self.kind, len(self.content)) + self.content


async def read_frame(reader: asyncio.StreamReader) -> Frame | None:
    """The next frame; None where there is no more, or what comes is no frame."""
    try:
        kind, length = _HEAD.unpack(await reader.readexactly(_HEAD.size))
        if length > LONGEST:
            return None
        return Frame(kind, await reader.readexactly(length))
    except (asyncio.IncompleteReadError, OSError):
        return None


def purpose(settings: AriSettings) -> bytes:
    """Tells for which Asterisk, user and application a relay is, without saying it.

    One that was started with other settings, or by an older ivrflow, is of no use.
    """
    parts = (settings.url, settings.app, settings.user, settings.password.reveal())
    text = "\0".join((f"frames {VERSION}", *parts))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest().encode()


def peer(writer: asyncio.StreamWriter) -> tuple[int, int]:
    """Process and user at the other end; (0, -1) where it is gone already."""
    sock: socket.socket = writer.get_extra_info("socket")
    try:
        found = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    except OSError:
        return 0, -1
    pid, uid, _ = _CREDENTIALS.unpack(found)
    return pid, uid
