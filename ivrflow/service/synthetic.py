"""A call that the service makes to itself, through the real trunk and back again.

All may look well here while nobody can reach us: a provider that routes the number
elsewhere, a firewall that lets no sound through. So a leg is dialled as the settings
say, and four things are looked for, in this order:

    it is answered                      what goes out goes out
    a call of its number comes in       what comes in comes to us, to a flow
    the flow speaks                     where keys are to be pressed
    the keys come in                    sound comes through, out and in

What came in is seen by its facts, as of any caller: nothing else is told of it here. It
counts in figures as a call, and costs what a call costs. Once may be chance, so a call
that fails is tried again after a minute; then the alarm `synthetic` rings, until one
is good.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NoReturn, Protocol

from ivrflow.acd.watch import Alarm
from ivrflow.aio import finish
from ivrflow.asterisk.ari.errors import AriError, Gone
from ivrflow.config import Settings
from ivrflow.facts import (
    AlarmCleared,
    AlarmRaised,
    CallStarted,
    DigitsCollected,
    Fact,
    Note,
    Said,
    SyntheticCalled,
)
from ivrflow.telephony.channel import Channel, DialOrder, HungUp, NotReached

log = logging.getLogger(__name__)

ALARM = "synthetic"

FIRST = 60.0
"""Seconds from the start of the service to the first call."""

AGAIN = 60.0
"""Seconds until a call that failed is tried again."""

BEFORE_KEYS = 1.0
"""Seconds for which the flow has spoken before keys are pressed."""

LAST_DIGITS = 7
"""Digits at the end of a number that make it the same: networks add prefixes."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the settings say. Seconds."""

    dial: str
    caller: str
    every: float
    within: float
    keys: str = ""


def wanted_of(settings: Settings) -> Wanted | None:
    """What *settings* say; None: no synthetic call."""
    said = settings.synthetic
    if said is None:
        return None
    return Wanted(
        dial=str(said.dial),
        caller=str(said.caller),
        every=float(said.every),
        within=float(said.within),
        keys=str(said.keys or ""),
    )


def same_number(one: str, other: str) -> bool:
    """Whether two networks may write the same number so."""
    ends = [re.sub(r"\D", "", number)[-LAST_DIGITS:] for number in (one, other)]
    return ends[0] == ends[1] != ""


class Phone(Protocol):
    """What a synthetic call is made with."""

    async def dial(self, order: DialOrder) -> Channel:
        """As `Switch.dial`."""

    async def press(self, leg: str, keys: str) -> None:
        """Press *keys* towards whoever has answered *leg*."""


@dataclass(frozen=True, kw_only=True)
class Around:
    """What it needs of the service. *clock* is seconds since 1970."""

    phone: Phone
    ready: Callable[[], bool]
    """Whether Asterisk is there: else a call that fails says nothing of the trunk."""
    standing: Callable[[], Mapping[Alarm, float]]
    clock: Callable[[], float]
    new_id: Callable[[], str]
    note: Note


class _Failed(Exception):
    """What was looked for did not come. Says what."""


class _Trial:
    """What is known of one call."""

    def __init__(self, caller: str) -> None:
        self._caller = caller
        self.call = ""
        """The id of what came in."""
        self.answered = 0.0
        self.entered = ""
        self.came_in = asyncio.Event()
        self.spoke = asyncio.Event()
        self.typed = asyncio.Event()

    def hear(self, fact: Fact) -> None:
        if isinstance(fact, CallStarted) and same_number(fact.caller, self._caller):
            self.call = self.call or fact.call
            self.came_in.set()
        elif not self.call or fact.call != self.call:
            return
        elif isinstance(fact, Said):
            self.spoke.set()
        elif isinstance(fact, DigitsCollected) and (fact.digits or fact.key):
            self.entered += fact.digits + fact.key
            self.typed.set()


class SyntheticCalls:
    """Makes them as long as `run` runs. It `hear`s every fact."""

    def __init__(self, wanted: Wanted, around: Around) -> None:
        self._wanted = wanted
        self._around = around
        self._trial: _Trial | None = None
        self._alarm = Alarm(ALARM, what=wanted.dial)

    def hear(self, fact: Fact) -> None:
        """Hear every fact: a `Note`."""
        if self._trial is not None:
            self._trial.hear(fact)

    async def run(self) -> NoReturn:
        """Call for ever, at the pace of the settings."""
        await asyncio.sleep(FIRST)
        while True:
            await self.round()
            await asyncio.sleep(self._wanted.every)

    async def round(self) -> None:
        """Try, twice if need be, and ring the bell or end it."""
        if not self._around.ready():
            return
        good = await self.once()
        if not good:
            await asyncio.sleep(AGAIN)
            if not self._around.ready():
                return
            good = await self.once()
        since, now = self._around.standing().get(self._alarm), self._around.clock()
        name, what = self._alarm.name, self._alarm.what
        if not good and since is None:
            self._around.note(
                AlarmRaised(
                    at=now,
                    alarm=name,
                    queue="",
                    agent="",
                    value=2.0,
                    limit=1.0,
                    what=what,
                )
            )
        elif good and since is not None:
            self._around.note(
                AlarmCleared(
                    at=now,
                    alarm=name,
                    queue="",
                    agent="",
                    seconds=now - since,
                    what=what,
                )
            )

    async def once(self) -> bool:
        """Call once, and note how it went; return whether it was good."""
        began, why = self._around.clock(), ""
        trial = self._trial = _Trial(self._wanted.caller)
        try:
            await self._tried(trial, began)
        except _Failed as failed:
            why = str(failed)
            log.warning("the synthetic call to %s: %s", self._wanted.dial, why)
        finally:
            self._trial = None
        self._around.note(
            SyntheticCalled(
                at=self._around.clock(),
                call=trial.call,
                to=self._wanted.dial,
                good=not why,
                why=why,
                answered=round(trial.answered, 3),
                seconds=round(self._around.clock() - began, 3),
            )
        )
        return not why

    async def _tried(self, trial: _Trial, began: float) -> None:
        """Look for all that must come; raises `_Failed` for the first that does not."""
        wanted, phone = self._wanted, self._around.phone
        order = DialOrder(
            address=wanted.dial,
            leg=self._around.new_id(),
            ring_for=wanted.within,
            caller_id=wanted.caller,
        )
        try:
            leg = await phone.dial(order)
        except NotReached as no:
            raise _Failed(f"not answered: {no.why.value}") from None
        try:
            trial.answered = self._around.clock() - began
            came_in = f"answered, but no call from {wanted.caller} came in here"
            await self._until(trial.came_in, came_in)
            if wanted.keys:
                await self._until(trial.spoke, "the flow said nothing")
                await asyncio.sleep(BEFORE_KEYS)
                await phone.press(leg.id, wanted.keys)
                await self._until(trial.typed, f"keys {wanted.keys} did not come in")
        except (HungUp, Gone, AriError) as gone:
            raise _Failed(f"it was cut off: {gone}") from None
        finally:
            await finish(leg.hang_up())

    async def _until(self, event: asyncio.Event, lacks: str) -> None:
        try:
            async with asyncio.timeout(self._wanted.within):
                await event.wait()
        except TimeoutError:
            raise _Failed(f"{lacks} within {self._wanted.within:g} s") from None
