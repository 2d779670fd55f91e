"""How a call sounded, as the ends of its legs have reported it."""

from __future__ import annotations

from dataclasses import dataclass

from ivrflow.facts.base import Fact


@dataclass(frozen=True, kw_only=True, slots=True)
class CallQuality(Fact):
    """One leg of a call that is over, noted once; none where nobody has reported.

    What is *worst* is that of the worst five seconds or so."""

    channel: str
    """The leg; the caller's own is called as the call."""
    reports: int
    """How many there were, of both ends."""
    lost_in: float | None = None
    """Share of the packets from the phone that did not come, in the mean: 0 to 1. None
    where Asterisk has told nothing."""
    worst_in: float | None = None
    """The same, worst."""
    jitter_in: float | None = None
    """Milliseconds, worst."""
    lost_out: float | None = None
    """What the phone has missed of us; None where it reports nothing."""
    worst_out: float | None = None
    jitter_out: float | None = None
    round_trip: float | None = None
    """Milliseconds to the phone and back, worst."""
