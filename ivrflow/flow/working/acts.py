"""The agents who have a message now, and the box by which each may be told what to do.

What an agent does by a key he may do by the API too, at the same moment: `Acts` is the
one list of both.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

from ivrflow.flow.conversation.inbox import Inbox


class Act(Enum):
    """What an agent may do with a message; the values are the words of the API."""

    PLAY = "play"
    PAUSE = "pause"
    AGAIN = "again"
    FORWARD = "forward"
    BACK = "back"
    CALL_BACK = "call-back"
    DONE = "done"
    RELEASE = "release"


@dataclass(eq=False)
class OnIt:
    """One agent with one message."""

    message: str
    queue: str
    agent: str
    inbox: Inbox = field(default_factory=Inbox)
    """Requests; their acts are the values of `Act`. A key *disposition* that is given
    with "done" is how it has ended."""
    doing: str = "hearing"
    """hearing, choosing, paused or calling."""
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when somebody else has ended the work: there is nothing left to be done."""


class AtWork:
    """All of them, of this service."""

    def __init__(self) -> None:
        self._by_message: dict[str, OnIt] = {}

    def add(self, one: OnIt) -> None:
        """An agent has answered for a message."""
        self._by_message[one.message] = one

    def remove(self, one: OnIt) -> None:
        """He has it no more; a newer one who has it stays."""
        if self._by_message.get(one.message) is one:
            del self._by_message[one.message]
        one.inbox.close()

    def of(self, message: str) -> OnIt | None:
        """Who has this message; None: nobody."""
        return self._by_message.get(message)

    def all(self) -> Sequence[OnIt]:
        """All who have one."""
        return list(self._by_message.values())
