"""The agents of a simulation, and when they come, pause and go."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from ivrflow.acd.model import Agent, Presence
from ivrflow.sim.queue.values import DAY


@dataclass(frozen=True, slots=True)
class Turn:
    """An agent comes, or goes, at a time of each day."""

    at: float
    agent: str
    presence: Presence


@dataclass(frozen=True, slots=True)
class Staff:
    """Agents as they are at midnight, and the turns of each day."""

    agents: Sequence[Agent]
    turns: Sequence[Turn] = ()

    def days(self) -> Iterator[Turn]:
        """All turns of all days, in their order, without end if there are any."""
        ordered = sorted(self.turns, key=lambda turn: (turn.at, turn.agent))
        day = 0.0
        while ordered:
            for turn in ordered:
                yield Turn(day + turn.at, turn.agent, turn.presence)
            day += DAY


def worker(
    agent: Agent,
    shift: tuple[float, float] | None,
    breaks: Sequence[tuple[float, float]],
) -> tuple[Agent, list[Turn]]:
    """One agent as at midnight, with the turns of a day.

    Breaks outside the shift, or that touch another one, are no turns.
    """
    begin, end = shift or (0.0, DAY)
    turns = []
    if begin > 0.0:
        turns.append(Turn(begin, agent.number, Presence.READY))
    paused = begin
    for off, on in sorted(breaks):
        if off < paused or on >= end:
            continue
        turns.append(Turn(off, agent.number, Presence.NOT_READY))
        turns.append(Turn(on, agent.number, Presence.READY))
        paused = on
    if end < DAY:
        turns.append(Turn(end, agent.number, Presence.LOGGED_OUT))
    presence = Presence.LOGGED_OUT if begin > 0.0 else Presence.READY
    return replace(agent, presence=presence), turns
