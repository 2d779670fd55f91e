"""The service's end of the relay: joins the one that runs, or starts one."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from ivrflow.asterisk.ari.inbound import InboundWebSocket
from ivrflow.asterisk.ari.kept_keys import KeptKeys
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
from ivrflow.asterisk.ari.relay.sounds import LastSounds
from ivrflow.asterisk.ari.settings import AriSettings
from ivrflow.asterisk.ari.source import Sink
from ivrflow.telephony.keys import Place

log = logging.getLogger(__name__)

STARTS_WITHIN = 10.0
"""Seconds in which a relay that was started has to listen; it takes less than one."""

AGAIN = 0.02
"""Seconds between two tries to join one that starts."""

TRIES = 3
"""Relays that are started in vain, one after the other, before we do without one."""

ANSWERS_WITHIN = 4.0
"""Seconds in which a relay says who it is, and drops its connection when it is told to.
One that does not hangs, and is killed; not sooner, as the machine may be busy, and that
its connection breaks off is what Asterisk shall be spared."""

PAUSE = 0.1
"""Seconds from the end of a relay to the next one."""

Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class CannotRelay(Exception):
    """No relay can be had; the text says why."""


class RelayedEvents:
    """Events by the relay whose socket is at *path*; without it, by our own hands."""

    def __init__(self, settings: AriSettings, path: Path) -> None:
        self._settings = settings
        self._path = path
        self._direct = InboundWebSocket(settings)
        self._purpose = purpose(settings)
        self._trouble = ""
        self._writer: asyncio.StreamWriter | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self.where = self._direct.where
        self.kept_keys = KeptKeys()
        """What the relay has of keys that came before us."""
        self.last_sounds = LastSounds()
        """Which sounds have ended, also before our time."""

    @property
    def cure(self) -> str:
        """As `EventSource.cure`."""
        return self._trouble or self._direct.cure

    def drop(self, why: str) -> None:
        """As `EventSource.drop`; the relay connects again. One that hangs is killed."""
        if self._writer is None:
            self._direct.drop(why)
        elif self._deadline is None:
            self._writer.write(bytes(Frame(DROP, why.encode())))
            loop = asyncio.get_running_loop()
            pid, _ = peer(self._writer)
            self._deadline = loop.call_later(ANSWERS_WITHIN, self._give_up, pid)

    async def run(self, sink: Sink) -> None:
        """Bring events to *sink* until cancelled."""
        failed = 0
        while failed < TRIES:
            try:
                async with self._joined() as (reader, writer):
                    failed = 0
                    await self._serve(reader, writer, sink)
            except (CannotRelay, OSError) as why:
                failed += 1
                log.error("the relay for Asterisk's events can't be had: %s", why)
            await asyncio.sleep(PAUSE)
        log.error(
            "events are fetched without a relay now: while this service is away, keys "
            "of callers are lost, and callers who come wait for it in the dialplan"
        )
        await self._direct.run(sink)

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, sink: Sink
    ) -> None:
        """Hand on what comes, until the relay is gone."""
        connected = False
        self._writer = writer
        self.kept_keys.joined()
        why = "the relay for its events has ended"
        try:
            while frame := await read_frame(reader):
                if frame.kind == EVENT:
                    self.last_sounds.heard(frame.content)
                    sink.received(frame.content)
                elif frame.kind == KEY:
                    (number,) = NUMBER.unpack_from(frame.content)
                    with self.kept_keys.coming(number):
                        sink.received(frame.content[NUMBER.size :])
                elif frame.kind in (PLACE, KEPT):
                    self._told_of_keys(frame)
                elif frame.kind == CONNECTED:
                    connected, self._trouble = True, ""
                    sink.connected()
                elif frame.kind == DISCONNECTED:
                    self._has_dropped()
                    connected = False
                    self.last_sounds.forget()
                    sink.disconnected(frame.text)
                elif frame.kind == SOUNDED:
                    self.last_sounds.begin(json.loads(frame.content))
                elif frame.kind == TROUBLE:
                    self._trouble = frame.text
                elif frame.kind == GAP:
                    log.warning(
                        "%s events came while this service was away, or did not read: "
                        "more than are kept. What they were about is looked up",
                        frame.text,
                    )
        except asyncio.CancelledError:
            why = "the service stops"
            raise
        finally:
            self._writer = None
            self.kept_keys.left()
            self.last_sounds.forget()
            self._has_dropped()
            if connected:
                sink.disconnected(why)

    def _told_of_keys(self, frame: Frame) -> None:
        said = json.loads(frame.content)
        if frame.kind == PLACE:
            latest = Place(said["keeper"], said["number"])
            self.kept_keys.begins(latest, said["since"])
        else:
            keys = dict(zip(said["numbers"], said["keys"], strict=True))
            self.kept_keys.has(said["channel"], said["since"], keys)

    def _has_dropped(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self, pid: int) -> None:
        self._deadline = None
        log.warning("the relay for Asterisk's events hangs; another one is started")
        _kill(pid, signal.SIGKILL)
        if self._writer is not None:
            self._writer.transport.abort()

    @asynccontextmanager
    async def _joined(self) -> AsyncIterator[Ends]:
        """A relay that does what we want; the service that has the database has it."""
        ends = await self._connected()
        if ends is None:
            ends = await self._started()
        try:
            yield ends
        finally:
            ends[1].transport.abort()

    async def _connected(self) -> Ends | None:
        """The relay that runs; None if there is none that we could use."""
        try:
            folder = os.open(self._path.parent, os.O_PATH | os.O_DIRECTORY)
        except OSError as error:
            raise CannotRelay(str(error)) from None
        try:
            # The address of a socket is 107 bytes at most, and paths are longer.
            near = f"/proc/self/fd/{folder}/{self._path.name}"
            reader, writer = await asyncio.open_unix_connection(near)
        except (FileNotFoundError, ConnectionRefusedError):
            return None
        finally:
            os.close(folder)
        pid, uid = peer(writer)
        hello = None
        if uid == os.getuid():
            with suppress(TimeoutError):
                async with asyncio.timeout(ANSWERS_WITHIN):
                    hello = await read_frame(reader)
        if hello == Frame(HELLO, self._purpose):
            return reader, writer
        writer.transport.abort()
        if uid != os.getuid():
            raise CannotRelay(f"{self._path} is somebody else's")
        # It hangs; or it is for another Asterisk, or of another ivrflow.
        _kill(pid, signal.SIGKILL if hello is None else signal.SIGTERM)
        return None

    async def _started(self) -> Ends:
        settings = self._settings
        wanted = {
            "socket": str(self._path.absolute()),
            "url": settings.url,
            "user": settings.user,
            "password": settings.password.reveal(),
            "app": settings.app,
        }
        await asyncio.to_thread(_start, json.dumps(wanted), wanted["socket"])
        loop = asyncio.get_running_loop()
        deadline = loop.time() + STARTS_WITHIN
        while loop.time() < deadline:
            if (ends := await self._connected()) is not None:
                return ends
            await asyncio.sleep(AGAIN)
        raise CannotRelay(f"it does not listen after {STARTS_WITHIN:.0f} s")


def _start(wanted: str, name: str) -> None:
    """Start a relay that is nobody's child. Blocks; raises `CannotRelay`.

    *name* is what a list of processes shows of it, to tell it from others.
    """
    module = "ivrflow.asterisk.ari.relay.process"
    try:
        done = subprocess.run(
            [sys.executable, "-m", module, name],
            input=wanted,
            text=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
            timeout=STARTS_WITHIN,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        raise CannotRelay(f"its start took longer than {late.timeout:.0f} s") from None
    if done.returncode:
        raise CannotRelay(done.stderr.strip()[-300:] or f"status {done.returncode}")


def _kill(pid: int, how: signal.Signals) -> None:
    if pid > 1:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, how)
