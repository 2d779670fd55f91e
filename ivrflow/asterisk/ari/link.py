"""Whether Asterisk is there: the one place that knows it, says it and waits for it.

A connection for events alone proves little. Asterisk connects while it still starts,
and answers 404 to everything for a moment then, which would look as if each channel
had been hung up. So the link is `ready` only when Asterisk has also answered who it
is and taken our filter; and whoever has to look around after a return does so before.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

from ivrflow.asterisk.ari.errors import AriAway, AriError, Gone
from ivrflow.asterisk.ari.wire.models import AsteriskInfo

log = logging.getLogger(__name__)

PATIENCE = 2.0
"""Seconds without Asterisk before we say so."""

PAUSE = 0.1
"""Seconds before the next try while Asterisk starts."""

USELESS = 1.0
"""Seconds for which Asterisk may answer requests while a connection is good for nothing
else; it takes a fraction of one to start."""

PAUSE_REFUSED = 2.0
"""Seconds before the next try when Asterisk refuses us: somebody has to look first."""


class Greeter(Protocol):
    """The requests that make a connection ready."""

    async def set_filter(self) -> None:
        """Tell Asterisk which events we don't want."""

    async def info(self) -> AsteriskInfo: ...

    def drop(self, why: str) -> None:
        """Close this connection, so that another one is made."""


class Link:
    """The state of the connection. `run` keeps it; the source of events reports to it.

    *where* goes into messages, and *cure*: why there is no connection, as far as is
    known, and what to look at.
    """

    def __init__(
        self, greeter: Greeter, *, where: str, cure: Callable[[], str]
    ) -> None:
        self._greeter = greeter
        self._where = where
        self._cure = cure
        self._ready = asyncio.Event()
        self._connected = asyncio.Event()
        self._news = asyncio.Event()
        self._epoch = 0
        self._startup_time = ""
        self._version = "?"
        self._said_away = False
        self._since = 0.0
        self._answers = False
        self._answered: float | None = None
        """Since when Asterisk answers requests, while it is not ready otherwise."""
        self._returns: list[Callable[[], Awaitable[None]]] = []
        self._losses: list[Callable[[], None]] = []

    @property
    def ready(self) -> bool:
        """Whether requests make sense now."""
        return self._ready.is_set()

    @property
    def answers(self) -> bool:
        """Whether Asterisk has started, so that its answers tell something.

        It is so a little before the link is ready: for those who look around.
        """
        return self._answers

    @property
    def connection(self) -> int | None:
        """Which connection it is, counted from 1; None while the link is not ready."""
        return self._epoch if self._ready.is_set() else None

    @property
    def startup_time(self) -> str:
        """When Asterisk was started, as it says it itself; "" until it has.

        Another one than before means that all its calls of before are over.
        """
        return self._startup_time

    async def until_ready(self, within: float) -> bool:
        """Wait until it is, *within* seconds at most; return whether it is."""
        try:
            async with asyncio.timeout(within):
                await self._ready.wait()
        except TimeoutError:
            return False
        return True

    def on_return(self, callback: Callable[[], Awaitable[None]]) -> None:
        """Await *callback* after each connection, before the link counts as ready.

        It may send requests. If it raises `AriAway`, all is tried again.
        """
        self._returns.append(callback)

    def on_loss(self, callback: Callable[[], None]) -> None:
        """Call *callback* when a connection is over: nothing more comes on it."""
        self._losses.append(callback)

    def refilter(self) -> None:
        """The wanted events have changed: tell Asterisk soon."""
        self._news.set()

    def connected(self) -> None:
        """Events come from now on."""
        self._lost()
        self._epoch += 1
        self._answered = None
        self._answers = False
        self._ready.clear()
        self._connected.set()
        self._news.set()

    def disconnected(self, why: str) -> None:
        """Events come no more, for now."""
        was_ready = self._ready.is_set()
        self._answers = False
        self._ready.clear()
        self._connected.clear()
        self._news.set()
        self._since = asyncio.get_running_loop().time()
        self._lost()
        if was_ready:
            self._said_away = True
            log.warning("Asterisk is away (%s); waiting for it at %s", why, self._where)

    def _lost(self) -> None:
        for callback in self._losses:
            callback()

    async def run(self) -> None:
        """Make each connection ready, and keep the filter true, until cancelled."""
        self._since = asyncio.get_running_loop().time()
        try:
            while True:
                await self._until_connected()
                self._news.clear()  # before we act: what comes meanwhile is not lost
                epoch = self._epoch
                if not await self._greet():
                    continue
                if epoch != self._epoch or not self._connected.is_set():
                    continue
                self._say_ready()
                self._ready.set()
                await self._news.wait()
        finally:
            self._ready.clear()
            self._connected.clear()

    async def _until_connected(self) -> None:
        if not self._connected.is_set() and not self._said_away:
            try:
                async with asyncio.timeout(PATIENCE):
                    await self._connected.wait()
            except TimeoutError:
                self._said_away = True
                log.warning(
                    "no connection with Asterisk at %s yet; calls wait until there is "
                    "one: %s",
                    self._where,
                    self._cure(),
                )
        await self._connected.wait()

    async def _greet(self) -> bool:
        """Do what a new connection needs. Return False if it has to be tried again."""
        try:
            try:
                info = await self._greeter.info()
            except (AriAway, Gone):
                self._answered = None
                raise
            if self._answered is None:
                self._answered = asyncio.get_running_loop().time()
            await self._greeter.set_filter()
            self._answers = True
            started = info.status.startup_time if info.status else ""
            if self._startup_time not in ("", started):
                log.warning(
                    "Asterisk was started anew at %s; the calls of before are over",
                    started,
                )
            self._startup_time = started
            for callback in self._returns:
                await callback()
        except (AriAway, Gone):
            # While it starts it answers 404, then 503.
            self._drop_if_useless()
            await asyncio.sleep(PAUSE)
            return False
        except AriError as error:
            if not self._said_away:
                log.error("%s", error)
            self._said_away = True
            await asyncio.sleep(PAUSE_REFUSED)
            return False
        self._version = info.system.version if info.system else "?"
        return True

    def _drop_if_useless(self) -> None:
        """Drop a connection that is open, and on which nothing comes.

        Asterisk answers requests, so it is there; but it does not know our application,
        or whoever looks around has waited in vain for an event.
        """
        now = asyncio.get_running_loop().time()
        if self._answered is not None and now - self._answered > USELESS:
            self._answered = None
            self._greeter.drop("it is open, and Asterisk brings nothing on it")

    def _say_ready(self) -> None:
        if self._ready.is_set():
            return
        away = asyncio.get_running_loop().time() - self._since
        log.info(
            "Asterisk %s is %s (%.1f s), up since %s",
            self._version,
            "back" if self._said_away else "there",
            away,
            self._startup_time,
        )
        self._said_away = False
