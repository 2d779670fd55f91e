"""The way of a request to Asterisk: two lanes of a small pool of connections.

Some requests wait inside Asterisk until the sound that a channel plays has ended
(adding to a bridge, setting a variable; 30 s have been seen). They have a lane of
their own, so that they can never hold up those that stop a sound or hang up.
"""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import Mapping
from typing import Protocol
from urllib.parse import urlsplit

from ivrflow.asterisk.ari.errors import AriAway
from ivrflow.asterisk.ari.http import BadResponse, ClosedEarly, Connection, Response
from ivrflow.asterisk.ari.settings import AriSettings

IDLE = 10.0
"""Seconds after which a connection is not used again: Asterisk closes them at 15."""

MOST_WAITING = 10_000
"""Requests that wait for a connection, in each lane: some for each of a thousand calls
that end at once. What comes on top of them is told that Asterisk is away."""

SAFE_TO_REPEAT = frozenset({"GET", "PUT", "DELETE"})

MAY_BLOCK = frozenset(
    {
        "addChannel",
        "continue",
        "move",
        "redirect",
        "removeChannel",
        "subscription",
        "variable",
        "variables",
    }
)
"""How the paths end of those changes that queue behind a running sound."""


class Transport(Protocol):
    """Carries requests to Asterisk. HTTP today; a WebSocket of its own could too."""

    async def request(
        self, method: str, path: str, query: str, body: bytes
    ) -> Response:
        """Send a request; *path* is below `/ari` and, like *query*, quoted already.

        *body* is JSON or empty. Raises `AriAway` where there is no answer. A caller
        that is cancelled does not take back what was sent.
        """

    async def close(self) -> None:
        """Close all connections."""


def may_block(method: str, path: str) -> bool:
    """Whether Asterisk may hold this request back while the channel plays something."""
    return method != "GET" and path.rpartition("/")[2] in MAY_BLOCK


class HttpTransport:
    """The two lanes."""

    def __init__(
        self,
        settings: AriSettings,
        *,
        quick: int = 16,
        blocking: int = 64,
        within: float = 5.0,
        blocking_within: float = 40.0,
    ) -> None:
        """*quick* and *blocking* are connections at most, the others seconds.

        Asterisk's `sessionlimit` in http.conf must be above the sum of connections.
        """
        self._quick = Pool(settings, connections=quick, within=within)
        self._blocking = Pool(settings, connections=blocking, within=blocking_within)

    @property
    def lanes(self) -> Mapping[str, Pool]:
        """The lanes by name, for whoever measures them."""
        return {"quick": self._quick, "blocking": self._blocking}

    async def request(
        self, method: str, path: str, query: str, body: bytes
    ) -> Response:
        lane = self._blocking if may_block(method, path) else self._quick
        return await lane.request(method, path, query, body)

    async def close(self) -> None:
        self._quick.close()
        self._blocking.close()


class Pool:
    """Keep-alive connections to one address, each with one request at a time.

    Those that ask while all are busy wait in line, `MOST_WAITING` of them, and everyone
    in it gives up after *within* seconds.
    """

    def __init__(
        self, settings: AriSettings, *, connections: int, within: float
    ) -> None:
        parts = urlsplit(settings.url)
        assert parts.hostname
        self._host = parts.hostname
        secure = parts.scheme == "https"
        self._port = parts.port or (443 if secure else 80)
        self._ssl = ssl.create_default_context() if secure else None
        self._where = settings.url
        self._root = parts.path.rstrip("/")
        self._within = within
        user = f"{settings.user}:{settings.password.reveal()}".encode()
        self._head = (
            f"Host: {parts.netloc}\r\n"
            f"Authorization: Basic {base64.b64encode(user).decode()}\r\n"
        )
        self.connections = connections
        """At most."""
        self.waiting = 0
        """Requests that wait for a connection now."""
        self.late = 0
        """Requests that have given up waiting for one, so far."""
        self._places = asyncio.Semaphore(connections)
        self._free: list[Connection] = []
        self._all: set[Connection] = set()

    async def request(
        self, method: str, path: str, query: str, body: bytes
    ) -> Response:
        """As `Transport.request`."""
        target = f"{self._root}{path}?{query}" if query else f"{self._root}{path}"
        kind = "Content-Type: application/json\r\n" if body else ""
        data = (
            f"{method} {target} HTTP/1.1\r\n{self._head}{kind}"
            f"Content-Length: {len(body)}\r\n\r\n"
        ).encode() + body
        what = f"{method} {path}"
        while True:
            connection = await self._take(what)
            reused = connection.used > 0
            try:
                # Shielded: an answer that nobody waits for any more is read all the
                # same, and the connection lives on.
                answer = connection.ask(data, self._within)
                answer.add_done_callback(_seen)
                return await asyncio.shield(answer)
            except ClosedEarly:
                # Asterisk closes what is idle, now and then just when we use it. A
                # new connection that is closed without an answer is another matter.
                if reused and method in SAFE_TO_REPEAT:
                    continue
                raise AriAway(
                    f"Asterisk at {self._where} closed the connection without "
                    f"answering {what}; is it stopping, or is sessionlimit in "
                    "http.conf too low (100 if unset)?"
                ) from None
            except TimeoutError:
                raise AriAway(
                    f"Asterisk at {self._where} did not answer {what} within "
                    f"{self._within:g} s"
                ) from None
            except BadResponse as error:
                raise AriAway(
                    f"{self._where} answered {what} with {error}; is that Asterisk?"
                ) from None

    def close(self) -> None:
        """Close all connections; requests on their way fail."""
        for connection in list(self._all):
            connection.abort()

    async def _take(self, what: str) -> Connection:
        """Return a connection that is free, a new one if need be."""
        if self.waiting >= MOST_WAITING:
            self.late += 1
            raise AriAway(
                f"{self.waiting} requests wait for a connection to Asterisk at "
                f"{self._where} already: no room for {what}"
            )
        self.waiting += 1
        try:
            async with asyncio.timeout(self._within):
                await self._places.acquire()
        except TimeoutError:
            self.late += 1
            raise AriAway(
                f"no connection to Asterisk at {self._where} got free for {what} "
                f"within {self._within:g} s; it answers too slowly"
            ) from None
        finally:
            self.waiting -= 1
        oldest = asyncio.get_running_loop().time() - IDLE
        while self._free:
            connection = self._free.pop()
            if connection.idle_since > oldest:
                return connection
            self._all.discard(connection)
            connection.abort()
        try:
            return await self._connect()
        except BaseException:
            self._places.release()
            raise

    async def _connect(self) -> Connection:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._within):
                _, connection = await loop.create_connection(
                    lambda: Connection(self._freed, self._lost),
                    self._host,
                    self._port,
                    ssl=self._ssl,
                )
        except (OSError, TimeoutError) as error:
            raise AriAway(
                f"cannot reach Asterisk at {self._where}: "
                f"{error or 'no answer'}; is it running, and is that the address of "
                "http.conf?"
            ) from None
        self._all.add(connection)
        return connection

    def _freed(self, connection: Connection) -> None:
        self._free.append(connection)
        self._places.release()

    def _lost(self, connection: Connection) -> None:
        if connection not in self._all:
            return
        self._all.discard(connection)
        if connection in self._free:
            self._free.remove(connection)
        else:
            self._places.release()


def _seen(answer: asyncio.Future[Response]) -> None:
    """An answer that nobody waits for any more may fail without a word."""
    if not answer.cancelled():
        answer.exception()
