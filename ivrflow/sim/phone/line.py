"""One UDP socket that speaks SIP with one server: RFC 3261's transactions.

A request is sent again until it is answered, and a request that comes again gets the
same answer. There are no tasks here, only timers and futures: whoever waits is the one
who asked.
"""

from __future__ import annotations

import asyncio
import socket
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Protocol

from ivrflow.sim.phone import message
from ivrflow.sim.phone.rtp import Address

FIRST = 0.5
"""Seconds until a request is sent again; each pause is twice as long (T1)."""
LONGEST = 4.0
"""The longest of these pauses, in seconds (T2)."""
GIVE_UP = 32.0
"""Seconds after which a request has failed (64 x T1)."""

REMEMBERED = 2000
"""How many requests and answers are kept, for those that come again."""


class Side(Protocol):
    """Our side of a dialog."""

    def take(self, request: Any) -> None:
        """Take a request of the far end's."""

    def stop(self) -> None:
        """Send nothing more by itself."""


class Ask:
    """A request of ours, which is sent again until the far end answers."""

    def __init__(self, line: Line, request: Any, final: asyncio.Future[Any]) -> None:
        self.request = request
        self.final = final
        """The final response; a 408 of our own if there is none."""
        self.early = 0
        """The status of the last provisional response, or 0."""
        self.ack: Any = None
        """The ACK, sent again whenever the final response comes again."""
        self.unwanted: Callable[[Any], None] | None = None
        """Called with the final response if `final` was cancelled."""
        self._line = line
        self._loop = final.get_loop()
        self._pause = FIRST
        self._until = self._loop.time() + GIVE_UP
        self._timer: asyncio.TimerHandle | None = None

    def send(self) -> None:
        self._line.send(self.request)
        self._timer = self._loop.call_later(self._pause, self._again)

    def stop(self) -> None:
        """Don't send it again."""
        if self._timer is not None:
            self._timer.cancel()

    def take(self, response: Any) -> None:
        """Take a response to it."""
        invite = self.request.method == "INVITE"
        if response.status_code < 200:
            self.early = response.status_code
            if invite:
                self.stop()  # it rings, for as long as the far end likes
            return
        self.stop()
        if invite and self.ack is None and response.status_code >= 300:
            self.ack = message.ack(self.request, response)
        if self.ack is not None:
            self._line.send(self.ack)
        if not self.final.done():
            self.final.set_result(response)
        elif self.unwanted is not None:
            unwanted, self.unwanted = self.unwanted, None
            unwanted(response)

    def _again(self) -> None:
        if self._loop.time() < self._until:
            self._pause = min(self._pause * 2, LONGEST)
            self.send()
        elif not self.final.done():
            self.final.set_result(message.no_answer())


class Line(asyncio.DatagramProtocol):
    """A socket, what it has asked and answered, and who takes what comes in."""

    def __init__(self, server: Address) -> None:
        self.server = server
        self.near: Address = ("", 0)
        self.sides: dict[str, Side] = {}
        """Who takes the requests of a dialog, by its Call-ID."""
        self.rings: dict[str, Callable[[Any], None]] = {}
        """Who takes an INVITE, by the user part of the contact that it asks for."""
        self.texts: list[tuple[str, str]] = []
        """The text messages that came: for whom (as in `rings`), and the words."""
        self._loop = asyncio.get_running_loop()
        self._asks: OrderedDict[tuple[str, str], Ask] = OrderedDict()
        self._answers: OrderedDict[tuple[str, str], Any] = OrderedDict()
        self._transport: asyncio.DatagramTransport | None = None

    async def open(self, host: str) -> None:
        """Listen on *host*. Raises `OSError` if the server's name has no address."""
        found = await self._loop.getaddrinfo(*self.server, family=socket.AF_INET)
        self.server = str(found[0][4][0]), self.server[1]
        self._transport, _ = await self._loop.create_datagram_endpoint(
            lambda: self, local_addr=(host, 0)
        )
        self.near = self._transport.get_extra_info("sockname")[:2]

    def close(self) -> None:
        for ask in self._asks.values():
            ask.stop()
        for side in self.sides.values():
            side.stop()
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    async def settle(self, within: float) -> None:
        """Wait until all that we asked is answered, *within* seconds at most."""
        waiting = [ask.final for ask in self._asks.values() if not ask.final.done()]
        if waiting:
            await asyncio.wait(waiting, timeout=within)

    def send(self, message: Any) -> None:
        if self._transport is not None:
            self._transport.sendto(message.encode(), self.server)

    def ask(self, request: Any) -> Ask:
        """Send *request*; the `final` of the result is done when it's answered."""
        ask = Ask(self, request, self._loop.create_future())
        while len(self._asks) > REMEMBERED:
            self._asks.popitem(last=False)[1].stop()
        self._asks[message.key(request)] = ask
        ask.send()
        return ask

    def answer(self, request: Any, status: int, **more: Any) -> Any:
        """Answer *request*, now and when it comes again; return the response.

        *more* is what `message.response` takes.
        """
        response = message.response(request, status, **more)
        self._answers[message.key(request)] = response
        while len(self._answers) > REMEMBERED:
            self._answers.popitem(last=False)
        self.send(response)
        return response

    # asyncio's side

    def error_received(self, exc: Exception) -> None:
        """Nobody listens there, yet: what matters is sent again anyway."""

    def datagram_received(self, data: bytes, addr: Any) -> None:
        received = message.parse(data) if addr[:2] == self.server else None
        if received is None:
            return
        key = message.key(received)
        if message.is_response(received):
            if (ask := self._asks.get(key)) is not None:
                ask.take(received)
        elif (answered := self._answers.get(key)) is not None:
            self.send(answered)
        else:
            self._take(received)

    def _take(self, request: Any) -> None:
        method = request.method
        if (side := self.sides.get(request.call_id)) is not None:
            side.take(request)
        elif method == "INVITE":
            ring = self.rings.get(message.asked_for(request))
            if ring is None:
                self.answer(request, 404)
            else:
                ring(request)
        elif method == "MESSAGE":
            self.texts.append((message.asked_for(request), message.text(request)))
            self.answer(request, 200)
        elif method in ("OPTIONS", "NOTIFY"):
            self.answer(request, 200)
        elif method in ("BYE", "CANCEL", "INFO", "UPDATE"):
            self.answer(request, 481)
        elif method != "ACK":
            self.answer(request, 501)
