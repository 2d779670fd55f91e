"""Delivers what waits in the outbox: one worker, again and again.

A letter that fails is tried later, with pauses that double, for about two days; one
that is refused for good is given up at once. What was taken belongs to us for a while
only: if we die meanwhile, it is due again. So each letter arrives at least once.

For a channel that nobody carries (no `smtp:` in the settings, say) letters stay where
they are, and the log says so once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import NoReturn, Protocol

from ivrflow.flow.letters import (
    MOST_TRIES,
    Deliveries,
    Parcel,
    Undeliverable,
    pause_after,
)
from ivrflow.flow.world import Trouble

log = logging.getLogger(__name__)

EVERY = 2.0
"""Seconds between two looks at the outbox."""

AT_ONCE = 10
LEASE = 900.0
"""Seconds for which what was taken is ours: more than `AT_ONCE` of them ever need."""

LONGEST = 60.0
"""Seconds for one letter, whatever its courier says."""


class Carrier(Protocol):
    """Hands parcels of one channel over."""

    async def carry(self, parcel: Parcel) -> None:
        """Raises `Trouble`; `Undeliverable` if it is of no use to try again."""


class Delivery:
    """The worker. *clock* is seconds since 1970; *pause* gives seconds by tries."""

    def __init__(
        self,
        outbox: Deliveries,
        carriers: Mapping[str, Carrier],
        clock: Callable[[], float],
        *,
        every: float = EVERY,
        pause: Callable[[int], float] = pause_after,
    ) -> None:
        self._outbox = outbox
        self._carriers = dict(carriers)
        self._clock = clock
        self._every = every
        self._pause = pause
        self._told: set[str] = set()

    async def run(self) -> NoReturn:
        """Deliver for ever. Raises `Trouble` when the outbox itself is away."""
        while True:
            while await self.once() == AT_ONCE:
                pass  # there is more
            await self._tell_of_what_stays()
            await asyncio.sleep(self._every)

    async def once(self) -> int:
        """Deliver what is due now, at most `AT_ONCE`; return how many were tried."""
        taken = await self._outbox.take(
            self._carriers, self._clock(), most=AT_ONCE, lease=LEASE
        )
        for parcel in taken:
            await self._deliver(parcel)
        return len(taken)

    async def _deliver(self, parcel: Parcel) -> None:
        try:
            async with asyncio.timeout(LONGEST):
                await self._carriers[parcel.channel].carry(parcel)
        except Undeliverable as refused:
            log.error("%s is given up: %s", _called(parcel), refused)
            await self._outbox.give_up(parcel.key, self._clock(), str(refused))
        except (Trouble, TimeoutError) as trouble:
            await self._failed(parcel, str(trouble) or f"took over {LONGEST:g} s")
        except Exception as fault:
            # A bug in one courier must not stop the letters behind this one.
            log.exception("%s: a fault of ours", _called(parcel))
            await self._failed(parcel, type(fault).__name__)
        else:
            await self._outbox.sent(parcel.key, self._clock())

    async def _failed(self, parcel: Parcel, why: str) -> None:
        tries = parcel.tries + 1
        if tries >= MOST_TRIES:
            log.error("%s is given up after %d tries: %s", _called(parcel), tries, why)
            await self._outbox.give_up(parcel.key, self._clock(), why)
            return
        pause = self._pause(tries)
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
