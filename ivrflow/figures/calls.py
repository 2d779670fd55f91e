"""Calls that are up, and those that are over and may still get something more.

A record is told when the call and the wrap-ups of its agents are over, and again when a
disposition or a recording comes later.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection

from ivrflow.facts import CallEnded, CallRecorded, CallStarted, Disposed, TransferEnded
from ivrflow.figures.lasting import Lasting
from ivrflow.figures.record import CallSoFar, TakeRecord, push

KEPT = 2000
"""Calls that are over and may still get something."""


class Calls(Lasting):
    """What is known of each call."""

    GIVEN = frozenset({"_take"})

    def __init__(self, take: TakeRecord) -> None:
        self._take = take
        self._up: dict[str, CallSoFar] = {}
        self._over: OrderedDict[str, CallSoFar] = OrderedDict()
        self._origins: OrderedDict[str, str] = OrderedDict()
        """A consult's call -> the call that it is about."""

    def started(self, fact: CallStarted) -> CallSoFar | None:
        """A call came. None: it is known already."""
        if fact.call in self._up or fact.call in self._over:
            return None
        call = self._up[fact.call] = CallSoFar(
            call=fact.call,
            started=fact.at,
            caller=fact.caller,
            dialled=fact.dialled,
            flow=fact.flow,
        )
        return call

    def ended(self, fact: CallEnded) -> None:
        """A call is over."""
        call = self._up.get(fact.call)
        if call is not None:
            call.ended_by, call.cause = fact.by, fact.cause
            self._end(call, fact.at)

    def resumed(self, call: str) -> None:
        """A call goes on; if it was over, by a service that was frozen, it is not."""
        known = self._over.pop(call, None)
        if known is not None:
            known.ended, known.ended_by = None, ""
            self._up[call] = known

    def lost(self, at: float, calls: Collection[str] | None = None) -> None:
        """These calls, None: all, ended with the service, at *at*."""
        for call in [*self._up.values()]:
            if calls is None or call.call in calls:
                call.ended_by = "lost"
                self._end(call, max(at, call.started))

    def up(self) -> Collection[str]:
        """The calls that are up."""
        return self._up.keys()

    def _end(self, call: CallSoFar, at: float) -> None:
        call.ended = at
        del self._up[call.call]
        self._over[call.call] = call
        self.tell(call)
        while len(self._over) > KEPT:
            self._over.popitem(last=False)

    def is_up(self, call: str) -> bool:
        return call in self._up

    def consulted(self, consult: str, origin: str) -> None:
        """*consult* is about the call *origin*: what it has belongs to that one."""
        self._origins[consult] = origin
        while len(self._origins) > KEPT:
            self._origins.popitem(last=False)

    def is_about(self, consult: str, call: str) -> bool:
        """Whether *consult* is one about *call*."""
        return self._origins.get(consult) == call

    def known(self, call: str) -> CallSoFar | None:
        """The call, up or over; of a consult the one that it is about."""
        call = self._origins.get(call, call)
        return self._up.get(call) or self._over.get(call)

    def tell(self, call: CallSoFar | None) -> None:
        """A call has got something: if it is over, tell its record."""
        if call is not None and call.ended is not None and not call.wrapping:
            self._take(call.record())

    def recorded(self, fact: CallRecorded) -> None:
        call = self.known(fact.call)
        if call is not None and fact.recording not in call.recordings:
            push(call.recordings, fact.recording)
            self.tell(call)

    def transferred(self, fact: TransferEnded) -> None:
        """The flow itself gave the call to a phone or number."""
        call = self.known(fact.call)
        if call is not None:
            push(call.transfers, f"by the flow to {fact.to}: {fact.how}")
            self.tell(call)

    def disposed(self, fact: Disposed) -> None:
        call = self.known(fact.call)
        if call is not None and call.disposition != fact.disposition:
            call.disposition = fact.disposition
            self.tell(call)
