"""Calls that the service makes to itself, to see that they come in."""

from __future__ import annotations

from dataclasses import dataclass

from ivrflow.facts.base import Fact


@dataclass(frozen=True, kw_only=True, slots=True)
class SyntheticCalled(Fact):
    """A synthetic call was tried. *call* is what came in of it; "" if nothing did."""

    to: str
    """What was dialled."""
    good: bool
    why: str = ""
    """What was wrong."""
    answered: float = 0.0
    """Seconds until it was answered; 0 if it was not."""
    seconds: float = 0.0
    """For which the whole trial lasted."""
