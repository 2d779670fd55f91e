"""The record of one call: what became of it, in one row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

LONGEST_LIST = 50
"""Queues, agents, transfers or recordings that one row names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """A call that is over. Times are seconds since 1970, what lasts is in seconds."""

    call: str
    started: float
    ended: float
    caller: str
    """"" where it was withheld."""
    dialled: str
    flow: str
    """Where it began."""
    queues: tuple[str, ...]
    """Into which it came, in order; one that it came into again is there again, but
    not one where a key led it back to the same place in the line."""
    waited: float
    """In all of them."""
    outcome: str
    """How the last one ended: answered, abandoned, or as `LeftQueue.how`; "lost" with a
    service that died; "" where it came into none."""
    agents: tuple[str, ...]
    """Who talked with the caller, or about him, in order."""
    offers: int
    """Phones that rang, or should have."""
    talk: float
    """With agents, without hold."""
    hold: float
    wrap_up: float
    transfers: tuple[str, ...]
    """`blind to agent 1002: done`."""
    disposition: str
    """The last one; "" for none."""
    ended_by: str
    """caller, flow, limit, shutdown, fault; "lost" with a service that died."""
    hung_up: str
    """Who ended the last talk, as in `TalkEnded.by`; "" where there was none."""
    cause: int
    recordings: tuple[str, ...]
    repeated: bool
    """The number had come into the same queue by another call, 24 h before at most."""


@dataclass(slots=True, kw_only=True)
class CallSoFar:
    """A call that is up, or waits for the end of a wrap-up."""

    call: str
    started: float
    caller: str = ""
    dialled: str = ""
    flow: str = ""
    queues: list[str] = field(default_factory=list)
    waited: float = 0.0
    outcome: str = ""
    agents: list[str] = field(default_factory=list)
    offers: int = 0
    talk: float = 0.0
    hold: float = 0.0
    wrap_up: float = 0.0
    transfers: list[str] = field(default_factory=list)
    disposition: str = ""
    hung_up: str = ""
    recordings: list[str] = field(default_factory=list)
    repeated: bool = False
    ended: float | None = None
    ended_by: str = ""
    cause: int = 0
    wrapping: int = 0
    """Agents who talked with this caller and have not finished."""

    def record(self) -> CallRecord:
        """The row; only of a call that has ended."""
        return CallRecord(
            call=self.call,
            started=self.started,
            ended=self.started if self.ended is None else self.ended,
            caller=self.caller,
            dialled=self.dialled,
            flow=self.flow,
            queues=tuple(self.queues),
            waited=self.waited,
            outcome=self.outcome,
            agents=tuple(self.agents),
            offers=self.offers,
            talk=self.talk,
            hold=self.hold,
            wrap_up=self.wrap_up,
            transfers=tuple(self.transfers),
            disposition=self.disposition,
            ended_by=self.ended_by,
            hung_up=self.hung_up,
            cause=self.cause,
            recordings=tuple(self.recordings),
            repeated=self.repeated,
        )


TakeRecord = Callable[[CallRecord], None]


def push(into: list[str], word: str) -> None:
    """Append *word*, unless the list is as long as it may be."""
    if len(into) < LONGEST_LIST:
        into.append(word)
