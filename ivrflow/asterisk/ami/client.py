"""Setting a channel's variable at once, whatever the channel is doing.

A variable that is set by ARI waits until the prompt that plays has ended; by AMI it is
set while it plays. So the time limit of a call (`TIMEOUT(absolute)`) is moved by it.

panoramisk speaks the protocol. Alone it would pass on a value that ends its line and
begins another action, keep what it could not send for the next connection, and wait
for an answer without end. So there is a guard: each connection is one run of `run`,
what can't be answered in time fails, and nothing is ever sent twice.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from panoramisk import Manager
from panoramisk.ami_protocol import AMIProtocol

from ivrflow.secret import Secret

log = logging.getLogger(__name__)

of_library = logging.getLogger("panoramisk")
of_library.setLevel(logging.WARNING)  # below that it tells of each greeting

WITHIN = 2.0
"""Seconds for connecting, and for each answer."""

PING_EVERY = 4.0
"""Seconds between two questions whether Asterisk is still there."""

AT_ONCE = 100
"""Actions that are under way together at most; more wait for their turn."""

LARGEST = 1_000_000
"""Bytes that may come without an end of a message: then it is no Asterisk."""

LONGEST = 1024
"""Characters of a value."""

TIME_LIMIT = "TIMEOUT(absolute)"
"""Seconds that a channel has from now on; 0 for ever. The one function that is set."""

PANIC = {"Family": "ivrflow", "Key": "panic"}
"""Where the dialplan's panic switch stands in Asterisk's database. It is only read."""

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_CHANNEL = re.compile(r"[!-~]{1,256}")


class AmiAway(Exception):
    """AMI is not there, or gave no answer in time: it may have been done, or not."""


class AmiRefused(AmiAway):
    """AMI has answered that it won't: nothing was done."""


@dataclass(frozen=True, kw_only=True)
class AmiSettings:
    """Where AMI is; *user* and *password* stand in Asterisk's `manager.conf`."""

    port: int
    user: str
    password: Secret
    host: str = "127.0.0.1"


class Ami:
    """One Asterisk's AMI. `run` holds the connection; supervise it."""

    def __init__(self, settings: AmiSettings, *, ping_every: float = PING_EVERY):
        self._settings = settings
        self._ping_every = ping_every
        self._session: Session | None = None
        self._turns = asyncio.Semaphore(AT_ONCE)

    @property
    def ready(self) -> bool:
        """Whether it can be asked now."""
        return self._session is not None

    async def run(self) -> NoReturn:
        """Connect, and stay until that is over. Raises `AmiAway`; then run it again."""
        session = await signed_in(self._settings)
        log.info("AMI is there")
        try:
            self._session = session
            while True:
                try:
                    async with asyncio.timeout(self._ping_every):
                        await session.lost.wait()
                    raise AmiAway("Asterisk has closed the connection to AMI")
                except TimeoutError:
                    await self._ask({"Action": "Ping"})
        finally:
            self._session = None
            session.close()

    async def set_variable(self, channel: str, variable: str, value: str) -> bool:
        """Set it at once; False if there is no such channel (any more).

        *channel* is a name or an id; *variable* a plain name, or `TIME_LIMIT`.
        Raises `AmiAway` (`AmiRefused` where it is certain that nothing was set), and
        ValueError for what could be more than one value.
        """
        if not _CHANNEL.fullmatch(channel):
            raise ValueError(f"{channel[:80]!r} is no channel")
        if variable != TIME_LIMIT and not _VARIABLE.fullmatch(variable):
            raise ValueError(f"{variable[:80]!r} is no name of a variable")
        if len(value) > LONGEST or not value.isprintable():
            raise ValueError(f"a value of {variable} is one line of {LONGEST} letters")
        answer = await self._ask(
            {
                "Action": "Setvar",
                "Channel": channel,
                "Variable": variable,
                "Value": value,
            }
        )
        if isinstance(answer, list):
            raise AmiAway("AMI answers to Setvar as no Asterisk does")
        if answer.success:
            return True
        if "no such channel" in str(answer.message).lower():
            return False
        raise AmiRefused(f"AMI refuses to set {variable}: {_why(answer)}")

    async def panic(self) -> str:
        """How the dialplan's panic switch stands: "" or off, fallback, overflow.

        What it says was written by anybody's hand. Raises `AmiAway`, or `AmiRefused`.
        """
        answer = await self._ask({"Action": "DBGet", **PANIC})
        if not isinstance(answer, list):
            if "not found" in str(answer.message).lower():
                return ""
            raise AmiRefused(f"AMI refuses to read the panic switch: {_why(answer)}")
        values = (str(one.get("Val", "")) for one in answer)
        value = next(filter(None, values), "")
        return "".join(c for c in value if c.isprintable())[:LONGEST]

    async def _ask(self, action: Mapping[str, str]) -> Any:
        """Return panoramisk's message that answers *action*. Raises `AmiAway`."""
        what = action["Action"]
        async with self._turns:
            session = self._session
            if session is None:
                raise AmiAway(f"AMI is away, so there is no {what}")
            try:
                async with asyncio.timeout(WITHIN):
                    answer = await session.send_action(dict(action))
            except TimeoutError:
                session.lost.set()
                raise AmiAway(f"AMI does not answer to {what}") from None
        if answer is None:
            raise AmiAway(f"AMI went away during {what}")
        return answer


def _why(answer: Any) -> str:
    """Asterisk's words for why it refuses, with the cure where there is one."""
    words = str(answer.message)
    if "permission" in words.lower():
        words += "; its user needs write = call,reporting in manager.conf"
    return words


async def signed_in(
    settings: AmiSettings, heard: Callable[[Any], None] | None = None
) -> Session:
    """A connection to AMI that has let us in; close it. Raises `AmiAway`.

    *heard* is called for each event; None: none are sent to us.
    """
    at = f"{settings.host}:{settings.port}"
    session = Session(settings, heard)
    try:
        async with asyncio.timeout(WITHIN):
            let_in = await session.sign_in()
    except (OSError, TimeoutError) as error:
        session.close()
        raise AmiAway(f"no AMI at {at}: {error or 'no answer'}") from None
    except BaseException:
        session.close()
        raise
    if not let_in:
        session.close()
        raise AmiAway(
            f"AMI at {at} refuses user {settings.user!r}; check ami: of the "
            "settings and manager.conf of Asterisk"
        )
    return session


class Session(Manager):  # type: ignore[misc]  # panoramisk has no types
    """One connection. panoramisk would make the next one itself, behind our back."""

    def __init__(
        self, settings: AmiSettings, heard: Callable[[Any], None] | None
    ) -> None:
        super().__init__(
            loop=asyncio.get_running_loop(),
            host=settings.host,
            port=settings.port,
            username=settings.user,
            secret=settings.password.reveal(),
            events="off" if heard is None else "on",
            log=of_library,
        )
        self.lost = asyncio.Event()
        self._heard = heard

    async def sign_in(self) -> bool:
        """Connect; return whether Asterisk let us in. Raises OSError."""
        made = self.loop.create_future()
        made.set_result(
            await self.loop.create_connection(
                _Bounded, self.config["host"], self.config["port"]
            )
        )
        self.connection_made(made)
        answer = await asyncio.shield(self.authenticated_future)
        if answer is None:
            raise ConnectionError("it was closed at once")
        if isinstance(answer, list):
            raise ConnectionError("it answers as no Asterisk does")
        if self.pinger is not None:
            self.pinger.cancel()  # its pings expect no answer; ours do
        return bool(answer.success)

    def dispatch(self, event: Any) -> None:
        """Take an event; those that come with the answer to the login as well."""
        if self._heard is not None:
            self._heard(event)

    def login(self, future: asyncio.Future[Any]) -> bool:
        """Nothing happens by itself after signing in."""
        answer = future.result()
        return bool(answer and not isinstance(answer, list) and answer.success)

    async def send_awaiting_actions(self, *_: object) -> None:
        """What was not answered has failed, and whoever asked knows."""

    def connection_lost(self, exc: Exception | None) -> None:
        if self.pinger is not None:
            self.pinger.cancel()
        self.lost.set()
        # What panoramisk would send again: whoever waits for an answer gets none.
        for action in self.awaiting_actions:
            if not action.future.done():
                action.future.set_result(None)
        self.awaiting_actions.clear()


class _Bounded(AMIProtocol):  # type: ignore[misc]  # panoramisk has no types
    """The protocol, for a far end that may be anything."""

    def connection_lost(self, exc: Exception | None) -> None:
        if self.factory is None:  # before the session knew that it was made
            self.closed = True
        else:
            super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if sum(map(len, self.queue)) + len(data) > LARGEST:
            log.error("what listens on AMI's port is no Asterisk; it is left")
            self.transport.abort()
            return
        super().data_received(data)
