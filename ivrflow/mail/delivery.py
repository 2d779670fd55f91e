"""Delivers what waits in the outbox: one worker, again and again.

A letter that fails is tried later, with pauses that double, for about two days; one
that is refused for good is given up at once. What was taken belongs to us for a while
only: if we die meanwhile, it is due again. So each letter arrives at least once. One
that has to wait for something (the words of a message, a phone that is busy with
another one) is put off, which is no try.

For a channel that nobody carries (no `smtp:` in the settings, say) letters stay where
they are, and the log says so once.

What takes minutes, as a phone call does, has workers of its own: no mail waits for it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import NoReturn, Protocol

from ivrflow.aio import beside
from ivrflow.flow.letters import (
    MOST_TRIES,
    Deliveries,
    NotYet,
    Parcel,
    Undeliverable,
    pause_after,
)
from ivrflow.flow.world import Trouble

log = logging.getLogger(__name__)

LOST = 4
"""After so many times that one was not renewed, whoever had it is taken for dead."""


class Carrier(Protocol):
    """Hands parcels of one channel over."""

    async def carry(self, parcel: Parcel) -> None:
        """Raises `Trouble`; `NotYet` if it has to wait for something, `Undeliverable`
        if it is of no use to try again."""


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How often a worker looks, and how long it may take. Times are seconds."""

    every: float = 2.0
    """Between two looks at the outbox."""
    at_once: int = 10
    """Letters that are taken in one look."""
    longest: float = 60.0
    """For one letter, whatever its courier says."""
    pause: Callable[[int], float] = pause_after
    """Until the next try, by how often it has failed."""
    tries: int = MOST_TRIES
    """Then it is given up."""

    renewed: float = 0.0
    """Between two times that we say that we still have one; 0: what was taken is ours
    for longer than all of it ever needs. For what takes long, and is taken one by one:
    after our death it need not wait for as long."""

    @property
    def lease(self) -> float:
        """For how long what was taken is ours, unless it is renewed."""
        return LOST * self.renewed or 1.5 * self.at_once * self.longest


MAIL = Pace()


class Delivery:
    """The worker. *clock* is seconds since 1970.

    *others* are channels that other workers carry: their letters may wait.
    """

    def __init__(
        self,
        outbox: Deliveries,
        carriers: Mapping[str, Carrier],
        clock: Callable[[], float],
        *,
        pace: Pace = MAIL,
        others: Collection[str] = (),
    ) -> None:
        self._outbox = outbox
        self._carriers = dict(carriers)
        self._clock = clock
        self._pace = pace
        self._told = set(others)

    async def run(self) -> NoReturn:
        """Deliver for ever. Raises `Trouble` when the outbox itself is away."""
        while True:
            while await self.once() == self._pace.at_once:
                pass  # there is more
            await self._tell_of_what_stays()
            await asyncio.sleep(self._pace.every)

    async def once(self) -> int:
        """Deliver what is due now, as much as is taken at once; return how many were
        tried."""
        taken = await self._outbox.take(
            self._carriers,
            self._clock(),
            most=self._pace.at_once,
            lease=self._pace.lease,
        )
        for parcel in taken:
            await self._deliver(parcel)
        return len(taken)

    async def _deliver(self, parcel: Parcel) -> None:
        longest = self._pace.longest
        try:
            async with asyncio.timeout(longest), beside(self._keeps(parcel)):
                await self._carriers[parcel.channel].carry(parcel)
        except NotYet as early:
            log.debug("%s: %s", _called(parcel), early)
            due = self._clock() + early.seconds
            await self._outbox.put_off(parcel.key, due, str(early))
        except Undeliverable as refused:
            log.error("%s is given up: %s", _called(parcel), refused)
            await self._outbox.give_up(parcel.key, self._clock(), str(refused))
        except (Trouble, TimeoutError) as trouble:
            await self._failed(parcel, str(trouble) or f"took over {longest:g} s")
        except Exception as fault:
            # A bug in one courier must not stop the letters behind this one.
            log.exception("%s: a fault of ours", _called(parcel))
            await self._failed(parcel, type(fault).__name__)
        else:
            await self._outbox.sent(parcel.key, self._clock())

    async def _keeps(self, parcel: Parcel) -> None:
        """Let nobody else take it, for as long as it is carried."""
        while self._pace.renewed:
            await asyncio.sleep(self._pace.renewed)
            with suppress(Trouble):  # it may be back the next time
                await self._outbox.renew(parcel.key, self._clock() + self._pace.lease)

    async def _failed(self, parcel: Parcel, why: str) -> None:
        tries = parcel.tries + 1
        if tries >= self._pace.tries:
            log.error("%s is given up after %d tries: %s", _called(parcel), tries, why)
            await self._outbox.give_up(parcel.key, self._clock(), why)
            return
        pause = self._pace.pause(tries)
        log.warning("%s: %s; again in %.0f s", _called(parcel), why, pause)
        await self._outbox.later(parcel.key, self._clock() + pause, why)

    async def _tell_of_what_stays(self) -> None:
        for channel, count in (await self._outbox.waiting()).items():
            if channel not in self._carriers and channel not in self._told:
                self._told.add(channel)
                log.warning(
                    "%d letters wait in the outbox for %s, which nobody carries: %s",
                    count,
                    channel,
                    CURES.get(channel, "this version can't do it"),
                )


CURES = {
    "email": "give the settings smtp:",
    "sms": "give the settings sms:",
}


def _called(parcel: Parcel) -> str:
    """The letter for the log: not to whom, not what."""
    whose = f" of call {parcel.call}" if parcel.call else ""
    return f"{parcel.channel} {parcel.key}{whose}"
