"""HTTP/1.1 from the client's side, as far as Asterisk needs it.

The cost of a command to Asterisk is the HTTP client, not the wire: a general client
takes five times as long as this one, for abilities that ARI has no use for (cookies,
proxies, redirects, streams). `ResponseReader` knows bytes only; `Connection` is the
thin shell around it that talks to a socket.

A connection carries one request at a time. Its rules:
- a request that nobody waits for any more is still read to its end, so that the
  connection can be used again;
- an answer that is late, broken or too long ends the connection: what would come
  next on it belongs to no one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import NamedTuple

LONGEST_HEAD = 32 * 1024
LONGEST_BODY = 64 * 1024 * 1024
"""Bytes. Recordings are fetched this way; an hour of telephone sound is 58 MB."""


class Response(NamedTuple):
    """An answer to a request."""

    status: int
    body: bytes


class BadResponse(Exception):
    """What came is no HTTP, or more of it than we take."""


class ClosedEarly(Exception):
    """The connection was closed before an answer was there."""


class ResponseReader:
    """Bytes in, one response out; `feed` again after it for the next one."""

    def __init__(self, longest_body: int = LONGEST_BODY) -> None:
        self._longest = longest_body
        self._buffer = bytearray()
        self._body = bytearray()
        self._status = 0
        self._length: int | None = 0
        self._chunked = False
        self.stays_open = True
        """False once the other side has said that it will close the connection."""

    def feed(self, data: bytes) -> Response | None:
        """Take what came; return the response when it is whole. Raise `BadResponse`."""
        self._buffer += data
        if not self._status and not self._read_head():
            return None
        if self._chunked:
            return self._done() if self._read_chunks() else None
        if self._length is None:
            self._limit(len(self._buffer))
            return None
        if len(self._buffer) < self._length:
            return None
        self._body += self._buffer[: self._length]
        del self._buffer[: self._length]
        return self._done()

    def closed(self) -> Response | None:
        """The other side has closed: return the response that this ended, if it did."""
        if not self._status or self._length is not None or self._chunked:
            return None
        self._body += self._buffer
        self._buffer.clear()
        return self._done()

    def _done(self) -> Response:
        response = Response(self._status, bytes(self._body))
        self._status = 0
        self._body.clear()
        if self._buffer:
            self.stays_open = False  # more than we asked for: what follows is not ours
        return response

    def _read_head(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > LONGEST_HEAD:
                raise BadResponse(f"a head of more than {LONGEST_HEAD} bytes")
            return False
        first, *lines = bytes(self._buffer[:end]).split(b"\r\n")
        del self._buffer[: end + 4]
        parts = first.split(b" ", 2)
        if len(parts) < 2 or not parts[0].startswith(b"HTTP/1."):
            raise BadResponse(f"an answer that begins with {first[:60]!r}")
        status = self._number(parts[1], 10)
        headers = {}
        for line in lines:
            name, _, value = line.partition(b":")
            headers[name.strip().lower()] = value.strip()
        self._chunked = headers.get(b"transfer-encoding", b"").lower() == b"chunked"
        length = headers.get(b"content-length")
        if status < 200:
            raise BadResponse(f"{status}, which nobody asked for")
        if status in (204, 304):
            self._length = 0
            self._chunked = False
        elif length is not None:
            self._length = self._limit(self._number(length, 10))
        else:
            # Without a length the body goes on until the connection ends.
            self._length = None
        connection = headers.get(b"connection", b"").lower()
        self.stays_open = connection != b"close" and parts[0] == b"HTTP/1.1"
        self._status = status
        return True

    def _read_chunks(self) -> bool:
        while True:
            end = self._buffer.find(b"\r\n")
            if end < 0:
                return False
            size = self._number(bytes(self._buffer[:end]).partition(b";")[0], 16)
            self._limit(len(self._body) + size)
            if size == 0:
                # Trailers, if there are any, end with an empty line like the body.
                tail = self._buffer.find(b"\r\n\r\n", end)
                if tail < 0:
                    return False
                del self._buffer[: tail + 4]
                return True
            if len(self._buffer) < end + 2 + size + 2:
                return False
            self._body += self._buffer[end + 2 : end + 2 + size]
            del self._buffer[: end + 2 + size + 2]

    def _limit(self, size: int) -> int:
        if size > self._longest:
            raise BadResponse(f"a body of more than {self._longest} bytes")
        return size

    @staticmethod
    def _number(text: bytes, base: int) -> int:
        # int() also takes signs, blanks and underscores; a length has none of them.
        if not text.strip().isalnum():
            raise BadResponse(f"{text[:20]!r} where a number belongs")
        try:
            return int(text, base)
        except ValueError:
            raise BadResponse(f"{text[:20]!r} where a number belongs") from None


class Connection(asyncio.Protocol):
    """One keep-alive connection. `freed` is called when it can take a request again,
    `lost` when it is no more; exactly one of them follows each request."""

    def __init__(
        self, freed: Callable[[Connection], None], lost: Callable[[Connection], None]
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._freed = freed
        self._lost = lost
        self._reader = ResponseReader()
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[Response] | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self.idle_since = self._loop.time()
        self.used = 0
        """Requests sent so far."""

    @property
    def busy(self) -> bool:
        """Whether a request is on its way."""
        return self._answer is not None

    def ask(self, request: bytes, within: float) -> asyncio.Future[Response]:
        """Send *request* and return its answer to come.

        It fails with `ClosedEarly`, `BadResponse`, or `TimeoutError` after *within*
        seconds.
        """
        if self._transport is None or self._answer is not None:
            raise AssertionError("asked a connection that is busy or closed")
        self.used += 1
        self._answer = self._loop.create_future()
        self._deadline = self._loop.call_later(within, self._fail, TimeoutError())
        self._transport.write(request)
        return self._answer

    def abort(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if self._answer is None:
            self.abort()  # nobody asked
            return
        try:
            response = self._reader.feed(data)
        except BadResponse as error:
            self._fail(error)
            return
        if response is None:
            return
        if self._reader.stays_open:
            self.idle_since = self._loop.time()
            self._settle(response)
            self._freed(self)
        else:
            # Our place in the pool is given back when the connection is lost.
            self._settle(response)
            self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._answer is not None:
            response = self._reader.closed()
            if response is not None:
                self._settle(response)
            else:
                self._fail(ClosedEarly())
        self._lost(self)

    def _settle(self, response: Response) -> None:
        answer = self._take_answer()
        if answer is not None and not answer.done():
            answer.set_result(response)

    def _fail(self, error: Exception) -> None:
        answer = self._take_answer()
        if answer is not None and not answer.done():
            answer.set_exception(error)
        self.abort()

    def _take_answer(self) -> asyncio.Future[Response] | None:
        answer, self._answer = self._answer, None
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        return answer
