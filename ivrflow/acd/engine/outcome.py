"""What the engine answers, each decision with its reasons."""

from __future__ import annotations

import msgspec

from ivrflow.acd.engine.seat import DOING, FREE
from ivrflow.acd.model import Need

FIGURES = {
    "best_skill": "levels {:.0f} in all",
    "fewest_calls": "{:.0f} calls today",
    "least_busy": "busy for {:.0f} s today",
}
"""What a strategy's figure means, where it tells a person anything new."""


class Why(msgspec.Struct, frozen=True):
    """The reasons of a match: mostly counts. `str` puts them into words."""

    choose: str
    """The queue's strategy; "" where there was no choice: the agent got free, and of
    all callers whom he can serve this one was first."""
    held: bool
    """The call was held for this agent."""
    able: int
    """Free agents who can serve, the chosen one included."""
    unable: int
    """Free agents of the queue who can't serve, or may not."""
    doing: tuple[int, ...]
    """How many of the queue's agents do what (in the order of `DOING`), before."""
    waited: float
    behind: int
    """Callers of the queue who wait on."""
    figure: float = 0.0
    """That of the chosen agent, by which the strategy chose."""
    reserve: bool = False
    """No regular agent was free who could serve, so one of the reserve is rung."""
    on_demand: bool = False
    """The queue calls for its on-demand agents."""
    spared: int = 0
    """Free agents of the reserve who could serve too."""
    beside: int = 0
    """Agents who ring for this caller already."""

    @property
    def others(self) -> tuple[tuple[str, int], ...]:
        """What the queue's agents who are not free are doing, and how many do it."""
        counted = zip(DOING, self.doing, strict=True)
        return tuple(sorted((w, n) for w, n in counted if n and w != DOING[FREE]))

    def __str__(self) -> str:
        if self.held:
            parts = ["the call was held for this agent"]
        elif not self.choose:
            parts = ["the agent got free, and this caller was first"]
        else:
            figure = FIGURES.get(self.choose)
            told = f": {figure.format(self.figure)}" if figure else ""
            chosen = self.choose.replace("_", " ")
            parts = [f"{chosen} of {self.able} free who can serve{told}"]
        if self.reserve:
            parts.append("of the reserve: no regular one is free")
        if self.on_demand:
            parts.append("the queue calls for agents on demand")
        if self.spared:
            parts.append(f"{self.spared} of the reserve spared")
        if self.beside:
            parts.append(f"{self.beside} rung already")
        if self.unable:
            parts.append(f"{self.unable} free can't")
        parts += [f"{count} {state}" for state, count in self.others]
        parts.append(f"waited {self.waited:.0f} s")
        if self.behind:
            parts.append(f"{self.behind} wait on")
        return "; ".join(parts)


class Match(msgspec.Struct, frozen=True):
    """Offer this caller to this agent."""

    call: str
    agent: str
    why: Why
    round: int = 0
    """0: only this one rings for the caller. Else several may ring at once, one after
    the other joining in, and the first who answers wins: the number of this round of
    the caller's, from 1."""


class Withdrawn(msgspec.Struct, frozen=True):
    """Another one has answered first: hang up this agent's leg, then say `ended`."""

    call: str
    agent: str


class Widened(msgspec.Struct, frozen=True):
    """A caller asks for this from now on."""

    call: str
    need: Need
    priority: float
    after: float
    queues: tuple[str, ...] = ()
    """Queues whose agents may take it too from now on."""


class Freed(msgspec.Struct, frozen=True):
    """An agent's wrap-up, or delay, is over."""

    agent: str


Outcome = Match | Withdrawn | Widened | Freed
