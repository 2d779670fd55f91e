"""Ringing phones: legs that are made, joined where they ring already, and taken away.

A leg bears the id that its order gives it. So the same order, given once more by a
process that took over, finds the phone ringing or answered, and rings no second time.
"""

from __future__ import annotations

import asyncio
import logging
import math
import re
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from ivrflow.aio import finish
from ivrflow.asterisk.ari.caller_id import number
from ivrflow.asterisk.ari.channel import AriChannel
from ivrflow.asterisk.ari.errors import AlreadyThere, AriError, Gone
from ivrflow.asterisk.ari.orphans import Orphans
from ivrflow.asterisk.ari.ours import LEG, Ours
from ivrflow.asterisk.ari.patience import AWAY
from ivrflow.asterisk.ari.ringing import Ringing
from ivrflow.telephony.channel import Cause, Channel, DialOrder, NotReached, Unreached

log = logging.getLogger(__name__)

ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9]{1,20}/[A-Za-z0-9_.+:;@/*#-]{1,120}")
"""A technology and what it calls: no "&", "," or blank that Asterisk would split at."""

ENTERING = 2.0
"""Seconds for a channel that was made to come to us."""

LEAVING = 1.0
"""Seconds for a channel that was hung up to be gone, and its id free."""

RINGS_ALREADY = 600.0
"""Seconds at most for a phone that rings already: Asterisk was given a limit for it."""


class Dialling:
    """See `Switch.dial` and `Switch.leg`."""

    def __init__(self, ours: Ours, orphans: Orphans) -> None:
        self._client = ours.client
        self._ours = ours
        self._orphans = orphans
        self._ringing: dict[str, Ringing] = {}

    async def dial(self, order: DialOrder) -> Channel:
        """As `Switch.dial`. `order.show` is not sent: no phone takes it in one way."""
        if not ADDRESS.fullmatch(order.address):
            log.error("%r is no address of a phone; write PJSIP/1001", order.address)
            raise NotReached(order.address, Unreached.UNREACHABLE)
        # An agent is not out of reach because the line is cut for a moment.
        await self._client.link.until_ready(AWAY)
        before = self._orphans.claim_leg(order.leg)
        before = before or self._ours.channels.get(order.leg)
        if before is not None:
            before.dialled = order.address
            # One that this process rings just now tells by its events how that goes.
            begin = _wait if order.leg in self._ringing else self._join
            try:
                return await self._reach(before, order, begin)
            except _NeverRung:
                pass
        if order.ring_for <= 0:
            raise NotReached(order.address, Unreached.NO_ANSWER)
        with self._ours.making(order.leg):
            leg = self._ours.channel(order.leg, dialled=order.address)
            return await self._reach(leg, order, self._ring)

    async def leg(self, id: str) -> Channel | None:
        """As `Switch.leg`."""
        left = self._orphans.legs.get(id)
        if left is None or not left.channel.up or left.channel.gone.done():
            return None
        return self._orphans.claim_leg(id)

    def seen(self, id: str, state: str) -> None:
        """Asterisk has that channel, in that state: an event may have been lost."""
        if (ringing := self._ringing.get(id)) is not None:
            ringing.found(state)

    async def _reach(self, leg: AriChannel, order: DialOrder, begin: _Begin) -> Channel:
        """Begin, wait until it is answered, and leave nothing if it is not."""
        ringing = self._ringing[order.leg] = Ringing(self._client.hub, order.leg)
        limit = order.ring_for if order.ring_for > 0 else RINGS_ALREADY
        reached = False
        why = Cause.ANSWERED_ELSEWHERE
        try:
            # To its end even if we are cancelled: what was made can then be hung up.
            await finish(begin(order, ringing))
            try:
                async with asyncio.timeout(limit):
                    await ringing.over()
            except TimeoutError:
                why = Cause.NO_ANSWER
                raise NotReached(order.address, ringing.unanswered()) from None
            if ringing.unreached is not None:
                raise NotReached(order.address, ringing.unreached)
            reached = True
            return leg
        finally:
            ringing.close()
            if self._ringing.get(order.leg) is ringing:
                del self._ringing[order.leg]
            if not reached:
                leg.drop(why)
                await finish(self._clear(leg, ringing, why))

    async def _ring(self, order: DialOrder, ringing: Ringing) -> None:
        """Make the leg, and let it ring."""
        variables = {}
        if order.caller_id:
            # What the phone shows is the line that it is connected to.
            variables["CONNECTEDLINE(num,i)"] = number(order.caller_id)
        try:
            await self._client.channels.create(
                order.address,
                self._client.app,
                app_args=LEG,
                channel_id=order.leg,
                variables=variables or None,
            )
            await ringing.entered(within=ENTERING)
            # Asterisk's own limit is a little later than ours: it counts if we die.
            await self._client.channels.dial(
                order.leg, timeout=math.ceil(order.ring_for) + 1
            )
        except Gone:
            ringing.fail()  # its end was told already, or will be
        except AlreadyThere:
            await self._join(order, ringing)
        except AriError as error:
            # "Allocation failed" is all that Asterisk says of an unknown phone.
            log.warning("cannot ring %s: %s", order.address, error)
            raise NotReached(order.address, Unreached.UNREACHABLE) from None

    async def _join(self, order: DialOrder, ringing: Ringing) -> None:
        """The leg is there already: it rings, or was answered."""
        try:
            state = (await self._client.channels.get(order.leg)).state
        except Gone:
            ringing.found("Ringing")  # it did, while nobody was there
            ringing.fail()
            return
        except AriError as error:
            log.warning("cannot ring %s: %s", order.address, error)
            raise NotReached(order.address, Unreached.UNREACHABLE) from None
        if state != "Down":
            ringing.found(state)
            return
        # It was made, and perhaps not even rung: Asterisk does not tell. To ring what
        # rings already would end it, so it is made anew.
        await self._ours.hang_up(order.leg, Cause.ANSWERED_ELSEWHERE)
        with suppress(TimeoutError):
            async with asyncio.timeout(LEAVING):
                await ringing.over()
        raise _NeverRung

    async def _clear(self, leg: AriChannel, ringing: Ringing, why: Cause) -> None:
        """Leave nothing of a phone that was not reached."""
        if ringing.ended or not await self._ours.hang_up(leg.id, why):
            self._ours.forget(leg.id)
        # Else it is ours until Asterisk tells that it has ended.


async def _wait(order: DialOrder, ringing: Ringing) -> None:
    """Nothing is to be done: it has been ordered."""


class _NeverRung(Exception):
    """A leg was there that no phone had answered or rung for."""


_Begin = Callable[[DialOrder, Ringing], Coroutine[Any, Any, None]]
