"""Can calls be taken now? And if not: what is lacking, in words.

For whoever decides on it from outside: a load balancer or a second machine that asks
`/readyz`, systemd at the start. It is no verdict on calls that are up: those go on
through most of what is told here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ivrflow.service.ground import Ground
from ivrflow.service.telephone import Telephone


class Waited(Protocol):
    """An event, such as `asyncio.Event`."""

    def is_set(self) -> bool: ...


@dataclass(frozen=True, kw_only=True)
class Readiness:
    """What is asked; each answers at once, from memory."""

    asterisk: Callable[[], bool]
    """Whether its events come, and it answers."""
    replaced: Waited
    """Another program has taken the application."""
    stalls: Callable[[], bool]
    """Whether the database takes nothing."""
    adopted: Waited
    """The calls of before are taken over, or known to be over."""
    taking: Callable[[], bool]
    """Whether the door is open: neither before the start's end, nor at the stop."""

    def lacks(self) -> list[str]:
        """Why new calls are not taken, or not as they should be; [] if they are."""
        found = []
        if not self.taking():
            found.append("the service starts, or stops: no call is begun")
        if self.replaced.is_set():
            found.append("another program has taken the application at Asterisk")
        elif not self.asterisk():
            found.append("Asterisk is away, or its events do not come")
        elif not self.adopted.is_set():
            found.append("the calls of before are not taken over yet")
        if self.stalls():
            found.append("the database takes nothing: nobody is identified or offered")
        return found


def readiness_of(ground: Ground, telephone: Telephone) -> Readiness:
    """That of a service."""
    link, records = telephone.client.link, ground.records
    return Readiness(
        asterisk=lambda: link.ready,
        replaced=telephone.client.replaced,
        stalls=lambda: records.stalls,
        adopted=telephone.adoption.over,
        taking=lambda: telephone.door.taking,
    )
