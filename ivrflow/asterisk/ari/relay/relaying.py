"""What the relay does: takes events from Asterisk and gives them to the service.

It ends when nobody needs it: told to, when another program has taken the application,
when neither Asterisk nor a service has been there for a while, or when no service has
come for ten minutes.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
from collections import deque
from typing import Any

from ivrflow.asterisk.ari.inbound import InboundWebSocket
from ivrflow.asterisk.ari.relay.frames import (
    CONNECTED,
    DISCONNECTED,
    DROP,
    EVENT,
    GAP,
    HELLO,
    KEPT,
    KEY,
    NUMBER,
    PLACE,
    SOUNDED,
    TROUBLE,
    Frame,
    peer,
    purpose,
    read_frame,
)
from ivrflow.asterisk.ari.relay.keys import KeyKeeper
from ivrflow.asterisk.ari.relay.sounds import LastSounds
from ivrflow.asterisk.ari.settings import AriSettings

MOST_KEPT = 64 * 1024 * 1024
"""Bytes that wait for a service which is away, or reads too slowly."""

ALONE = 10.0
"""Seconds without Asterisk and without a service, after which it ends."""

UNUSED = 600.0
"""Seconds without a service, after which it ends."""

TAKEN = 3.0
"""Seconds after which it ends when another program has taken the application: the
service has to hear of it first. A connection of our own may say so too, and then says
behind it that we are registered."""

LOOKS_EVERY = 1.0
"""Seconds between two looks at whether it is needed."""


class Relay:
    """Takes events from Asterisk and gives them to the service, now or later."""

    def __init__(self, settings: AriSettings) -> None:
        self._hello = Frame(HELLO, purpose(settings))
        self._app = settings.app
        self._source = InboundWebSocket(settings)
        self._loop = asyncio.get_running_loop()
        self._connected = False
        self._keys = KeyKeeper()
        self._sounds = LastSounds()
        self._kept: deque[Frame] = deque()
        self._bytes = 0
        self._lost = 0
        self._was_connected = False
        """Whether we were connected when the first of the kept frames came."""
        self._service: asyncio.StreamWriter | None = None
        self._alone_since: float | None = self._loop.time()
        self._unserved_since: float | None = self._loop.time()
        self._taken_at: float | None = None
        self.over = asyncio.Event()
        """Set when it is to end."""

    # What Asterisk brings (`source.Sink`)

    def connected(self) -> None:
        self._connected = True
        self._tell(self._place(self._keys.count))
        self._tell(Frame(CONNECTED))

    def received(self, text: str | bytes) -> None:
        content = text.encode() if isinstance(text, str) else text
        if b'"ApplicationRe' in content:
            self._heard(content)
        self._sounds.heard(content)
        if (number := self._keys.heard(content)) is None:
            self._tell(Frame(EVENT, content))
        else:
            self._tell(Frame(KEY, NUMBER.pack(number) + content))

    def _heard(self, content: bytes) -> None:
        """Whose the application is. A caller may have put those words into his name."""
        try:
            event = json.loads(content)
            kind = event["type"] if event["application"] == self._app else ""
        except (ValueError, TypeError, KeyError):
            return
        if kind == "ApplicationReplaced":
            self._taken_at = self._loop.time()
        elif kind == "ApplicationRegistered":
            self._taken_at = None

    def disconnected(self, why: str) -> None:
        self._connected = False
        self._keys.cut()
        self._sounds.forget()
        self._tell(Frame(DISCONNECTED, why.encode()))

    # What the service is told

    def _tell(self, frame: Frame) -> None:
        writer = self._service
        if writer is None:
            self._keep(frame)
            return
        writer.write(bytes(frame))
        if writer.transport.get_write_buffer_size() > MOST_KEPT:
            # It reads too slowly: let it begin anew, and look at what there is.
            writer.transport.abort()
            self._service = None
            self._lost += 1

    def _keep(self, frame: Frame) -> None:
        if not self._kept:
            self._was_connected = frame.kind == DISCONNECTED or (
                self._connected and frame.kind not in (CONNECTED, PLACE)
            )
        self._kept.append(frame)
        self._bytes += len(frame.content)
        if self._bytes > MOST_KEPT:
            self._lost += sum(kept.kind in (EVENT, KEY) for kept in self._kept)
            self._kept.clear()
            self._bytes = 0

    def _frames(self) -> list[Frame]:
        """All that a service has to hear when it comes."""
        frames = [self._hello, self._place(self._before_what_is_kept())]
        frames += (_frame(KEPT, kept) for kept in self._keys.kept())
        frames.append(_frame(SOUNDED, dict(self._sounds.all())))
        if self._was_connected if self._kept else self._connected:
            frames.append(Frame(CONNECTED))
        if self._lost:
            frames.append(Frame(GAP, str(self._lost).encode()))
        frames += self._kept
        if not self._connected:
            frames.append(Frame(TROUBLE, self._source.cure.encode()))
        self._kept.clear()
        self._bytes = self._lost = 0
        return frames

    def _place(self, number: int) -> Frame:
        return _frame(PLACE, self._keys.place(number))

    def _before_what_is_kept(self) -> int:
        """The number of the last key that a service has been told of, or never will."""
        for frame in self._kept:
            if frame.kind == KEY:
                (number,) = NUMBER.unpack_from(frame.content)
                return int(number) - 1
        return self._keys.count

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Serve one service, until it is gone or another one comes."""
        if _uid(writer) != os.getuid():
            writer.transport.abort()
            return
        if self._service is not None:
            self._service.transport.abort()
        for frame in self._frames():
            writer.write(bytes(frame))
        self._service = writer
        try:
            while told := await read_frame(reader):
                if told.kind == DROP:
                    self._source.drop(told.text)
        finally:
            if self._service is writer:
                self._service = None
            writer.transport.abort()

    # Whether it is needed

    async def watch(self) -> None:
        """Set `over` when nobody needs it; tell the service of trouble."""
        told = ""
        while True:
            await asyncio.sleep(LOOKS_EVERY)
            now = self._loop.time()
            served = self._service is not None
            self._unserved_since = None if served else self._unserved_since or now
            alone = not served and not self._connected
            self._alone_since = (self._alone_since or now) if alone else None
            if (
                (self._taken_at is not None and now - self._taken_at > TAKEN)
                or _longer(self._alone_since, ALONE, now)
                or _longer(self._unserved_since, UNUSED, now)
            ):
                self.over.set()
            trouble = "" if self._connected else self._source.cure
            if served and trouble and trouble != told:
                self._tell(Frame(TROUBLE, trouble.encode()))
            told = trouble
            self._keys.tidy()

    async def run(self, listening: socket.socket) -> None:
        """Do all that until it is over; services come to *listening*."""
        server = await asyncio.start_unix_server(self.serve, sock=listening)
        events = self._loop.create_task(self._source.run(self), name="ari events")
        watch = self._loop.create_task(self.watch(), name="watch")
        over = self._loop.create_task(self.over.wait(), name="over")
        await asyncio.wait([events, watch, over], return_when="FIRST_COMPLETED")
        for task in (events, watch, over):
            task.cancel()
        await asyncio.wait([events])  # it says goodbye to Asterisk
        server.close()


def _frame(kind: bytes, said: dict[str, Any]) -> Frame:
    return Frame(kind, json.dumps(said).encode())


def _longer(since: float | None, limit: float, now: float) -> bool:
    return since is not None and now - since > limit


def _uid(writer: asyncio.StreamWriter) -> int:
    """The user whose process is at the other end."""
    return peer(writer)[1]
