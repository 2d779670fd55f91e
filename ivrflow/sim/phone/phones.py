"""Phones outside, which only call, and agents' phones, which are registered."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from types import TracebackType
from typing import Any

from ivrflow.aio import finish
from ivrflow.sim.phone import message
from ivrflow.sim.phone.call import GOODBYE, KEEP, Call
from ivrflow.sim.phone.dialog import Dialog
from ivrflow.sim.phone.line import Line
from ivrflow.sim.phone.message import CallRefused, Login
from ivrflow.sim.phone.rtp import Address, Pace, Stream

ANSWER = 30.0
"""How long a caller lets it ring, in seconds."""


class Phones:
    """Phones that share a SIP port on *host* and call the server at *sip*.

    Leaving the block hangs up all calls and unregisters all agents. *stream* makes the
    sound of each call: load and measurements have other streams than people.
    """

    def __init__(
        self,
        sip: Address,
        *,
        host: str = "127.0.0.1",
        stream: type[Stream] = Stream,
    ) -> None:
        self._server, self._host, self._stream = sip, host, stream
        self._agents: list[Agent] = []

    async def __aenter__(self) -> Phones:
        self._room = _Room(self._server, self._host, self._stream)
        await self._room.line.open(self._host)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await finish(self._leave())

    async def call(
        self,
        number: str,
        *,
        caller: str = "",
        display: str = "",
        within: float = ANSWER,
        keep: float = KEEP,
    ) -> Call:
        """Call *number* from outside, and return the call once it is answered.

        *caller* is the number shown, "" withholds it. Of what is heard the last *keep*
        seconds are kept, 2 at least. Raises `CallRefused` with SIP's status, or
        `TimeoutError` if nobody answers *within* seconds. Then, and when cancelled, it
        gives up as a caller does who hangs up while it rings.
        """
        if caller:
            near = message.address(caller, self._host, display=display)
        else:  # as RFC 3323 wants it
            near = message.address(
                "anonymous", "anonymous.invalid", display="Anonymous"
            )
        dialog = self._room.dialog(message.tagged(near), number)
        if not caller:
            dialog.headers.append(("Privacy", "id"))
        call = self._room.telephone(dialog, caller, number, keep)
        return await call.place(within)

    async def agent(
        self, number: str, *, password: str, expires: int = 3600, keep: float = KEEP
    ) -> Agent:
        """Register a phone as *number* and return it; raise `CallRefused` if refused.

        The registration holds for *expires* seconds and isn't renewed by itself. The
        phone rings without answering until it is told what to do.
        """
        agent = Agent(self._room, Login(user=number, password=password), keep)
        await agent.register(expires)
        self._agents.append(agent)
        return agent

    @property
    def late(self) -> float:
        """The longest that sound had to wait for this process, in seconds.

        Above 0.1 the machine is too busy for what it measures to mean much.
        """
        return self._room.pace.latest

    async def _leave(self) -> None:
        for call in tuple(self._room.calls):
            call.end()
        for agent in self._agents:
            with contextlib.suppress(CallRefused, TimeoutError):
                async with asyncio.timeout(GOODBYE):
                    await agent.unregister()
        await self._room.line.settle(GOODBYE)
        self._room.line.close()


class Agent:
    """A registered phone: calls come for it, and it can call."""

    def __init__(self, room: _Room, login: Login, keep: float) -> None:
        self.number = login.user
        self.rang: list[Call] = []
        """All calls that have come for it, answered or not."""
        self._room, self._login, self._keep = room, login, keep
        self._treat: Callable[[Call], object] = _ignore
        self._rung: asyncio.Queue[Call] = asyncio.Queue()
        self._taken: asyncio.Queue[Call] = asyncio.Queue()
        self._registration = room.registration(login)

    async def register(self, expires: int = 3600) -> None:
        """Register for *expires* seconds, anew or again; raise `CallRefused`."""
        self._room.line.rings[self._registration.user] = self._ring
        await self._registration.register(expires)

    @property
    def texts(self) -> list[str]:
        """The text messages that have come for it."""
        return [
            words
            for user, words in self._room.line.texts
            if user == self._registration.user
        ]

    async def unregister(self) -> None:
        """End the registration: nothing rings here any more."""
        await self._registration.register(0)
        self._room.line.rings.pop(self._registration.user, None)

    # How it treats the calls to come

    def answers(self, after: float = 1.0) -> None:
        """Answer each call when it has rung for *after* seconds."""
        loop = asyncio.get_running_loop()
        self._treat = lambda call: loop.call_later(after, call.answer)

    def rejects(self, status: int = 486) -> None:
        """Refuse each call at once with *status*: 486 busy, 603 declined."""
        self._treat = lambda call: call.reject(status)

    def ignores(self) -> None:
        """Let it ring, as somebody who has gone for lunch."""
        self._treat = _ignore

    # Its calls

    async def rung(self, within: float = 10.0) -> Call:
        """Return the next call that rings here; `TimeoutError` if none does."""
        async with asyncio.timeout(within):
            return await self._rung.get()

    async def next_call(self, within: float = 10.0) -> Call:
        """Return the next call that is answered here; `TimeoutError` if none is."""
        async with asyncio.timeout(within):
            return await self._taken.get()

    async def call(
        self, number: str, *, within: float = ANSWER, keep: float = KEEP
    ) -> Call:
        """Call *number* as this agent; see `Phones.call`."""
        near = message.tagged(message.address(self.number, self._room.host))
        dialog = self._room.dialog(near, number, self._login)
        call = self._room.telephone(dialog, self.number, number, keep)
        return await call.place(within)

    def _ring(self, invite: Any) -> None:
        caller, display = message.caller(invite)
        dialog = Dialog.taken(self._room.line, invite)
        call = self._room.telephone(dialog, caller, self.number, self._keep)
        call.display = display
        call.on_answer = self._taken.put_nowait
        dialog.ring()
        self.rang.append(call)
        self._rung.put_nowait(call)
        self._treat(call)


class _Room:
    """What the phones of one block share: a line, the pace, and who is talking."""

    def __init__(self, server: Address, host: str, stream: type[Stream]) -> None:
        self.line = Line(server)
        self._stream = stream
        self.pace = Pace(asyncio.get_running_loop())
        self.host = host
        self.calls: set[Call] = set()

    def registration(self, login: Login) -> Dialog:
        us = message.address(login.user, self.host)
        server = message.uri("", self.line.server)
        return Dialog(
            self.line, near=message.tagged(us), far=us, target=server, login=login
        )

    def dialog(self, near: str, number: str, login: Login | None = None) -> Dialog:
        target = message.uri(number, self.line.server)
        return Dialog(
            self.line, near=near, far=f"<{target}>", target=target, login=login
        )

    def telephone(self, dialog: Dialog, caller: str, number: str, keep: float) -> Call:
        loop = asyncio.get_running_loop()
        stream = self._stream(self.pace, loop, host=self.host, keep=keep)
        call = Call(dialog, stream, caller=caller, number=number)
        self.calls.add(call)
        call.over.add_done_callback(lambda _: self.calls.discard(call))
        return call


def _ignore(_: Call) -> None:
    pass
