"""The calls of some numbers log all that happens in them, until a time.

What happens is told by facts, in the words of `telling`; beside them stands in the log
what those calls' code says below the usual level (`logs.more`). Who asked for it, and
for how long, is in the audit; the log says when it begins and ends. It is kept in
memory alone: with the process it is over, so that none is forgotten.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from ivrflow.facts import CallEnded, CallStarted, Fact
from ivrflow.flow.live import LiveCalls
from ivrflow.logs.more import ITS_CALLS, MORE, More
from ivrflow.telling import told

log = logging.getLogger("ivrflow.caller")

LOOK_EVERY = 1.0
"""Seconds between two looks at what is over."""

MOST = 20
"""Numbers at a time."""


class TooMany(Exception):
    """No more numbers are logged at a time."""


@dataclass(frozen=True, kw_only=True)
class LoggedNumber:
    """A number whose calls log more."""

    number: str
    until: float
    """Seconds since 1970."""
    by: str


class CallerLog:
    """The numbers, and an ear for facts (`note`)."""

    def __init__(
        self, live: LiveCalls, *, clock: Callable[[], float], more: More = MORE
    ) -> None:
        """*clock* is seconds since 1970."""
        self._live = live
        self._clock = clock
        self._more = more
        self._numbers: dict[str, LoggedNumber] = {}
        self._calls: dict[str, str] = {}
        """Call that is up -> its number, of those that log more."""

    @property
    def all(self) -> list[LoggedNumber]:
        """All of them, the one that ends first in front."""
        return sorted(self._numbers.values(), key=lambda one: one.until)

    def begin(self, number: str, until: float, *, by: str) -> LoggedNumber:
        """Log more in the calls of *number*, those that are up too; asked for again,
        it has another end. Raises `TooMany`."""
        if number not in self._numbers and len(self._numbers) >= MOST:
            raise TooMany(f"{MOST} numbers are logged already: end one of them")
        made = LoggedNumber(number=number, until=until, by=by)
        self._numbers[number] = made
        self._more.add(number, until)
        for call in self._live.calls():
            if call.channel.caller_id == number:
                self._calls[call.id] = number
        minutes = (until - self._clock()) / 60
        log.info("calls of %s log more for %.0f min, for %s", number, minutes, by)
        return made

    def end(self, number: str) -> bool:
        """Log in them as in all others; whether they were logged otherwise."""
        was = self._numbers.pop(number, None)
        self._calls = {c: n for c, n in self._calls.items() if n != number}
        if was is not None:
            log.info("calls of %s log as all others again", number)
        self._more.end(number)
        return was is not None

    def note(self, fact: Fact) -> None:
        """Hear every fact: a `Note`."""
        if not self._numbers:
            return
        if isinstance(fact, CallStarted) and fact.caller in self._numbers:
            self._calls[fact.call] = fact.caller
        if fact.call in self._calls:
            if words := told(fact):
                log.debug("call %s: %s", fact.call, words, extra={ITS_CALLS: True})
            if isinstance(fact, CallEnded):
                del self._calls[fact.call]

    async def run(self) -> NoReturn:
        """End what is over, for ever."""
        while True:
            now = self._clock()
            for one in self.all:
                if one.until <= now:
                    self.end(one.number)
            await asyncio.sleep(LOOK_EVERY)
