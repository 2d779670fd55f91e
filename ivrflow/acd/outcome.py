"""What the engine answers, each decision with its reasons."""

from __future__ import annotations

import msgspec

from ivrflow.acd.model import Need


class Why(msgspec.Struct, frozen=True):
    """The reasons of a match, as counts. `str` puts them into words."""

    choose: str
    """The queue's strategy."""
    held: bool
    """The call was held for this agent."""
    able: int
    """Free agents who can serve, the chosen one included."""
    unable: int
    """Free agents of the queue who lack a skill."""
    others: tuple[tuple[str, int], ...]
    """What the queue's other agents are doing, and how many do it."""
    waited: float
    behind: int
    """Callers of the queue who wait on."""

    def __str__(self) -> str:
        if self.held:
            parts = ["the call was held for this agent"]
        elif self.choose == "best_skill":
            parts = [f"best skill of {self.able} free who can serve"]
        else:
            parts = [f"longest idle of {self.able} free who can serve"]
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


class Widened(msgspec.Struct, frozen=True):
    """A caller asks for this from now on."""

    call: str
    need: Need
    priority: float
    after: float


class Freed(msgspec.Struct, frozen=True):
    """An agent's wrap-up, or delay, is over."""

    agent: str


Outcome = Match | Widened | Freed
