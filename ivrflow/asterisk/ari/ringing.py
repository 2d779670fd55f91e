"""How a phone that we dial reacts: rings, answers, refuses, or is not there.

Asterisk ends an unanswered call and one to a phone that is off with the same cause, 19;
what tells them apart is whether the phone ever said that it rings.
"""

from __future__ import annotations

import asyncio
from typing import Any

from ivrflow.asterisk.ari.hub import Hub
from ivrflow.asterisk.ari.wire import event_models as events
from ivrflow.telephony.channel import Cause, Unreached

BY_CAUSE = {
    Cause.USER_BUSY: Unreached.BUSY,
    Cause.CALL_REJECTED: Unreached.REJECTED,
    Cause.NO_USER_RESPONSE: Unreached.UNREACHABLE,
    Cause.UNALLOCATED: Unreached.UNREACHABLE,
    Cause.OUT_OF_ORDER: Unreached.UNREACHABLE,
    Cause.CONGESTION: Unreached.UNREACHABLE,
    Cause.TEMPORARY_FAILURE: Unreached.UNREACHABLE,
    Cause.RECOVERY_ON_TIMER_EXPIRE: Unreached.UNREACHABLE,
    Cause.INTERWORKING: Unreached.UNREACHABLE,
}

BY_STATUS = {
    "BUSY": Unreached.BUSY,
    "CHANUNAVAIL": Unreached.UNREACHABLE,
    "CONGESTION": Unreached.UNREACHABLE,
}
"""What the Dial event says, where no cause comes after it."""

RINGS = frozenset({"RINGING", "PROGRESS"})


class Ringing:
    """Listens to one leg until it is answered or has ended."""

    def __init__(self, hub: Hub, leg: str) -> None:
        self._leg = leg
        self._over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._entered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._watch = hub.watch("channel", leg, self._heard)
        self._rang = False
        self._status = ""
        self.ended = False
        """Whether Asterisk has told that there is no such channel any more."""
        self.unreached: Unreached | None = None
        """Why it was not reached; None if it was, or may still be."""

    async def entered(self, within: float) -> None:
        """Wait until the channel is ours, or has ended already, or time is up.

        Asterisk answers that it has made it a moment before it can be dialled.
        """
        await asyncio.wait(
            [self._entered, self._over],
            timeout=within,
            return_when=asyncio.FIRST_COMPLETED,
        )

    async def over(self) -> None:
        """Wait until it is answered or has ended."""
        await asyncio.wait([self._over])

    def unanswered(self) -> Unreached:
        """What it means that the time to ring is over."""
        return Unreached.NO_ANSWER if self._rang else Unreached.UNREACHABLE

    def found(self, state: str) -> None:
        """The channel is there already, in that state of Asterisk's."""
        self._rang = self._rang or state == "Ringing"
        if state == "Up":
            self._answered()

    def fail(self) -> None:
        """It is known to be gone, without a cause."""
        self._end(Cause.UNKNOWN)

    def close(self) -> None:
        """Listen no more."""
        self._watch.close()

    def _heard(self, event: Any) -> None:
        match event:
            case events.Dial() if event.peer.id == self._leg:
                self._rang = self._rang or event.dialstatus in RINGS
                self._status = event.dialstatus
                if event.dialstatus == "ANSWER":
                    self._answered()
            case events.StasisStart():
                if not self._entered.done():
                    self._entered.set_result(None)
            case events.ChannelStateChange():
                self.found(event.channel.state)
            case events.ChannelDestroyed():
                self.ended = True
                self._end(Cause(event.cause))

    def _answered(self) -> None:
        if not self._over.done():
            self._over.set_result(None)

    def _end(self, cause: Cause) -> None:
        if self._over.done():
            return
        # The cause first: it tells a refusal from a busy line, the status does not.
        self.unreached = (
            BY_CAUSE.get(cause) or BY_STATUS.get(self._status) or self.unanswered()
        )
        self._over.set_result(None)
