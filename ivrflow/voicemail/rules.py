"""The rules of leaving a message: what is kept, what is dropped, who is told.

Pure: no clock, no file, no telephone. The step that talks with the caller asks here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

TRIES = 3
"""Recordings that one caller may make; after the last one nothing is asked any more."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Seconds: a message must last at least *shortest*, and is cut at *longest*.

    *silence* ends a recording and is cut off; 0: silence ends nothing.
    """

    shortest: float
    longest: float
    silence: float = 0.0


class Review(Enum):
    """What a caller may do with a message before it is kept."""

    KEEP = "keep"
    LISTEN = "listen"
    AGAIN = "again"
    URGENT = "urgent"


REVIEW_KEYS = {
    "1": Review.KEEP,
    "2": Review.LISTEN,
    "3": Review.AGAIN,
    "4": Review.URGENT,
}
"""As in app_voicemail: 1 accept, 2 listen, 3 record again; 4 marks it urgent, and
another 4 takes that back."""


class Before(Enum):
    """What becomes of a message whose caller wants to go elsewhere."""

    KEEP = "keep"
    DROP = "drop"


BEFORE_KEYS = {"1": Before.KEEP, "2": Before.DROP}
"""As in app_voicemail, before its operator: 1 saves the message, 2 deletes it. But who
presses neither has left one: what was said is not thrown away unasked."""


@dataclass(frozen=True, kw_only=True)
class Tell:
    """One person or system to be told about a message.

    *channel* is email, call, sms or webhook; *when* is always or urgent; *attach* the
    format of the sound that goes with it, or "".
    """

    channel: str
    to: str
    when: str = "always"
    attach: str = ""
    transcript: bool = False
    """Whether the words of the message go with it."""
    words: str = ""
    """The prompt that is the mail or text; "": the built-in one."""


def long_enough(seconds: float, limits: Limits) -> bool:
    """True if a recording is a message. A shorter one is dropped."""
    return seconds >= limits.shortest


def told(tells: Sequence[Tell], *, urgent: bool) -> list[Tell]:
    """Those who are told about this message."""
    return [tell for tell in tells if tell.when == "always" or urgent]
