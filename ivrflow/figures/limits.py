"""What a queue is measured against."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """In seconds, as queues.yaml says."""

    within: float = 20.0
    """The threshold of the service level: `answer_within`."""
    short: float = 5.0
    """Who hangs up before that is not lost: `short_abandon`."""


USUAL = Limits()
