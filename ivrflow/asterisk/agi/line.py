"""One AGI connection: commands out, one at a time, and their answers in.

There are no numbers on commands and answers, so only strict turns keep them together:
whatever comes unasked ends the connection. The one exception is Asterisk's own: a new
command ends a sound that plays, and then the answer for the sound does not come, unless
it was on its way already (`ask` with *stops*).

What the far end does is noted in the very moment: `gone` is set when the line says that
it has hung up, whoever waits for what.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import cast

from ivrflow.aio import finish
from ivrflow.asterisk.agi import commands
from ivrflow.asterisk.agi.wire import BadLine, HungUpLine, Incoming, Reply, Request
from ivrflow.flow.results import REFUSED
from ivrflow.telephony.channel import Cause

log = logging.getLogger(__name__)

REQUEST_WITHIN = 5.0
"""Seconds for a connection to say what it wants."""

ANSWER_WITHIN = 10.0
"""Seconds for the answer to a command that does not wait for anything."""

STOPPING = 2.0
"""Seconds for a sound to stop."""

LINGER = 0.5
"""Seconds for a refusal to be read: who closes while more comes takes it back."""

CLOSING = 2.0
"""Seconds for the last bytes to leave."""

BAD_REQUEST = "bad-request"
"""What a dialplan finds in `IVRFLOW_REFUSED` if its request can't be read: a caller's
name had a line end in it."""

KEEPALIVE = {"TCP_KEEPIDLE": 10, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3}
"""After 25 s in which nothing comes back the far end is no more: a cable was pulled, a
machine has lost its power."""


class LineLost(Exception):
    """The connection has ended, or can't be used any more."""


class AgiLine(asyncio.Protocol):
    """See the module. `server` makes one for each connection."""

    def __init__(
        self,
        on_request: Callable[[AgiLine, Request], None],
        on_end: Callable[[AgiLine], None],
    ) -> None:
        """*on_request* hears what is to be run: it starts a task for it and returns.

        *on_end* hears once that the connection is over.
        """
        self._loop = asyncio.get_running_loop()
        self._on_request = on_request
        self._on_end = on_end
        self._incoming = Incoming()
        self._transport: asyncio.Transport | None = None
        self._turn = asyncio.Lock()
        self._answer: asyncio.Future[Reply] | None = None
        self._stopping = False
        """Whether an answer for a sound that is being stopped may be on its way."""
        self._ending = False
        """Whether nobody asks any more."""
        self._patience: asyncio.TimerHandle | None = None
        self.gone: asyncio.Future[Cause] = self._loop.create_future()
        """Done when the far end has hung up, or the connection is over."""
        self.over: asyncio.Future[None] = self._loop.create_future()
        """Done when the connection is over."""
        self.peer = ""
        """The address of the far end."""
        self.taken = False
        """Whether it has said what it wants."""

    # What the transport tells ---------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        name = transport.get_extra_info("peername")
        self.peer = str(name[0]) if isinstance(name, tuple) and name else ""
        _keep_alive(transport.get_extra_info("socket"))
        self._patience = self._loop.call_later(REQUEST_WITHIN, self._too_slow)

    def data_received(self, data: bytes) -> None:
        if self.over.done():
            return
        try:
            for said in self._incoming.feed(data):
                self._said(said)
                if self.over.done():
                    return
        except BadLine as bad:
            why = f"what came is no AGI: {bad}"
            if self._incoming.begun:
                self._refuse()
                self.break_off(why, after=LINGER)
            else:
                self.break_off(why)

    def connection_lost(self, error: Exception | None) -> None:
        self._calm()
        if not self.gone.done():
            # It did not say that the far end has hung up: it may live on in the
            # dialplan, but it is ours no more.
            self.gone.set_result(Cause.NORMAL_UNSPECIFIED)
        if not self.over.done():
            self.over.set_result(None)
        self._fail()
        self._on_end(self)

    def _said(self, said: Request | Reply | HungUpLine) -> None:
        if isinstance(said, Request):
            self._calm()
            self.taken = True
            self._on_request(self, said)
        elif isinstance(said, HungUpLine):
            if not self.gone.done():
                self.gone.set_result(Cause.NORMAL_CLEARING)
        elif self._ending:
            pass
        elif self._stopping and said.at is not None:
            self._stopping = False  # the sound ended by itself just then
        elif self._answer is None or self._answer.done():
            raise BadLine("an answer that nobody asked for")
        else:
            self._answer.set_result(said)

    def _refuse(self) -> None:
        """Tell the dialplan that trying again won't help, whatever it had to say."""
        if self._transport is not None:
            self._transport.write(commands.set_variable(REFUSED, BAD_REQUEST))

    def _too_slow(self) -> None:
        self.break_off(f"it did not say within {REQUEST_WITHIN:g} s what it wants")

    def _calm(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    # What it is told ------------------------------------------------------------------

    async def ask(
        self,
        command: bytes,
        *,
        within: float | None = ANSWER_WITHIN,
        stops: bool = False,
    ) -> Reply:
        """Send a command, as `commands` makes them, and return the answer.

        Others wait for their turn meanwhile. *within* is seconds; None: as long as the
        far end is there. With *stops* cancelling ends what the command does, and waits
        for that; else the next one waits until this one is answered. Raises `LineLost`.
        """
        async with self._turn:
            answer = self._send(command)
            try:
                return await self._answered(answer, within)
            except asyncio.CancelledError:
                if stops and not answer.done():
                    await finish(self._stop())
                elif not answer.done():
                    await finish(self._outlast(answer))
                raise

    def _send(self, command: bytes) -> asyncio.Future[Reply]:
        if self.over.done() or self._transport is None or self._transport.is_closing():
            raise LineLost("the connection has ended")
        if self._incoming.in_a_line:
            self.break_off("it speaks while it is being spoken to")
            raise LineLost("the connection is out of step")
        self._answer = self._loop.create_future()
        self._transport.write(command)
        return self._answer

    async def _answered(
        self, answer: asyncio.Future[Reply], within: float | None
    ) -> Reply:
        # Not `wait_for`: it would cancel the answer, which still comes.
        done, _ = await asyncio.wait([answer], timeout=within)
        if not done:
            self.break_off("it does not answer")
            raise LineLost("a command was not answered")
        return answer.result()

    async def _stop(self) -> None:
        """End the sound that plays, by a command that does nothing.

        An answer that says where a sound ended was on its way already; then that of the
        command follows.
        """
        try:
            self._stopping = True
            await self._answered(self._send(commands.nothing()), STOPPING)
        except LineLost:
            pass
        finally:
            self._stopping = False

    async def _outlast(self, answer: asyncio.Future[Reply]) -> None:
        """Wait a moment for an answer that nobody wants any more: then it is free.

        One that does not come leaves a line that can't be used.
        """
        with suppress(LineLost):
            await self._answered(answer, STOPPING)

    # The end --------------------------------------------------------------------------

    def end(self, command: bytes) -> None:
        """Send the last command, whatever is on, and close behind it.

        It ends a sound, or waiting for a key; what records ends first.
        """
        self._ending = True
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(command)
        self.close()

    def close(self) -> None:
        """End the connection: the dialplan goes on."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.close()
            self._patience = self._loop.call_later(CLOSING, self._transport.abort)

    def turn_away(self) -> None:
        """End it at once, unread."""
        self._calm()
        if self._transport is not None:
            self._transport.abort()

    def break_off(self, why: str, *, after: float = 0.0) -> None:
        """End it at once, since *why*; whoever waits for an answer gets none.

        *after* so many seconds, in which nothing is heard, what was said is read.
        """
        if self.over.done():
            return
        self.tell(f"AGI from {self.peer or '?'} is broken off: {why}")
        self.over.set_result(None)
        self._fail()
        if self._transport is not None:
            self._transport.abort()

    def tell(self, words: str) -> None:
        """Say this in the log."""
        log.warning("%s", words)

    def _fail(self) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(LineLost("the connection has ended"))
            self._answer.exception()  # who was to hear of it may have left


def _keep_alive(connection: socket.socket | None) -> None:
    """Let the system find out by itself that the far end is no more."""
    if connection is None or connection.family not in (
        socket.AF_INET,
        socket.AF_INET6,
    ):
        return
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in KEEPALIVE.items():
        if (option := getattr(socket, name, None)) is not None:
            connection.setsockopt(socket.IPPROTO_TCP, option, value)
