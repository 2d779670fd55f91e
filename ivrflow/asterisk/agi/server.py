"""Lets AGI connections in: from those who may, and so many at a time.

FastAGI has no password: whoever answers its port commands the call, and whoever
connects to ours may run the flows that are meant for dialplans. So an address that is
not listed is closed before a byte of it is read, and so is one too many: a flood costs
an accept each, and the calls that are up notice nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import NoReturn

from ivrflow.asterisk.agi.line import AgiLine
from ivrflow.asterisk.agi.wire import Request

log = logging.getLogger(__name__)

BACKLOG = 256
"""Connections that the system may hold for us until we take them."""

TAKEN_AGAIN = 2.0
"""Seconds after which a port that is taken is tried again."""

SAID_EVERY = 1.0
"""Seconds between two lines of the log about what is no AGI; between them they are
counted."""

Network = IPv4Network | IPv6Network

OnScript = Callable[[AgiLine, Request], None]
"""Takes a connection that has said what it wants: starts a task for it, and returns."""


@dataclass(frozen=True, kw_only=True)
class AgiSettings:
    """Where we listen, and for whom."""

    host: str = "127.0.0.1"
    port: int = 4573
    """0 takes a free one."""
    peers: tuple[Network, ...] = (ip_network("127.0.0.1/32"),)
    """Who may connect."""
    connections: int = 200
    """How many at a time, at most."""


class AgiServer:
    """`run` listens for as long as it runs; supervise it."""

    def __init__(self, settings: AgiSettings, on_script: OnScript) -> None:
        self._settings = settings
        self._on_script = on_script
        self._lines: set[AgiLine] = set()
        self._listens = asyncio.Event()
        self._told = 0
        self._said_at = -SAID_EVERY
        self._unsaid = 0
        self.port = settings.port
        """Where it listens, once it does."""
        self.refused = 0
        """Connections that were closed unread so far."""

    @property
    def connections(self) -> int:
        """How many there are now."""
        return len(self._lines)

    async def listens(self) -> None:
        """Wait until it does."""
        await self._listens.wait()

    async def run(self) -> NoReturn:
        """Listen. Connections that are up stay so when it ends."""
        settings, told = self._settings, False
        loop = asyncio.get_running_loop()
        while True:
            try:
                server = await loop.create_server(
                    self._line, settings.host, settings.port, backlog=BACKLOG
                )
                break
            except OSError as error:
                if not told:
                    log.error(
                        "AGI can't listen on %s:%d: %s; see agi: in the settings. It "
                        "is tried again every %.0f s",
                        settings.host,
                        settings.port,
                        error.strerror or error,
                        TAKEN_AGAIN,
                    )
                told = True
                await asyncio.sleep(TAKEN_AGAIN)
        self.port = server.sockets[0].getsockname()[1]
        log.info("AGI listens on %s:%d", settings.host, self.port)
        self._listens.set()
        try:
            await asyncio.Event().wait()
        finally:
            # Not `wait_closed`: it would wait for the calls that are up.
            server.close()
            self._listens.clear()
            for line in [*self._lines]:
                if not line.taken:
                    line.close()
        raise AssertionError("an event that nobody sets")

    def _line(self) -> AgiLine:
        return _Guarded(self)

    def may_come(self, line: AgiLine) -> bool:
        """Whether this connection is let in; else the log says why it is not."""
        why = ""
        if not self._listed(line.peer):
            why = f"{line.peer or 'nobody'} is not among peers: under agi:"
        elif len(self._lines) >= self._settings.connections:
            why = f"{len(self._lines)} are up, and connections: under agi: is as many"
        if not why:
            self._lines.add(line)
            return True
        self.refused += 1
        # At 1, 2, 4, 8 ...: told at once, and not once for each of a flood.
        if self.refused >= 2 * self._told:
            self._told = self.refused
            log.warning("%d AGI connections refused so far: %s", self.refused, why)
        return False

    def broken_off(self, words: str) -> None:
        """One that had not said what it wants was: say so, but not for each of many."""
        self._unsaid += 1
        now = asyncio.get_running_loop().time()
        if now - self._said_at < SAID_EVERY:
            return
        others = f"; {self._unsaid - 1} others before it" if self._unsaid > 1 else ""
        self._said_at, self._unsaid = now, 0
        log.warning("%s%s", words, others)

    def _listed(self, peer: str) -> bool:
        with suppress(ValueError):
            address = ip_address(peer)
            mapped = getattr(address, "ipv4_mapped", None)
            return any((mapped or address) in peers for peers in self._settings.peers)
        return False

    def ended(self, line: AgiLine) -> None:
        """It is over."""
        self._lines.discard(line)

    def wants(self, line: AgiLine, request: Request) -> None:
        """It has said what it wants."""
        try:
            self._on_script(line, request)
        except Exception:
            log.exception("a script from %s could not be taken", line.peer)
            line.close()


class _Guarded(AgiLine):
    """A line that asks the server before it reads."""

    def __init__(self, server: AgiServer) -> None:
        super().__init__(server.wants, server.ended)
        self._server = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if not self._server.may_come(self):
            self.turn_away()

    def tell(self, words: str) -> None:
        if self.taken:
            super().tell(words)
        else:
            self._server.broken_off(words)
