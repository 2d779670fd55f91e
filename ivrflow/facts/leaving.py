"""Where a call goes beside its flow: other phones, rooms, recordings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ivrflow.facts.base import Fact


@dataclass(frozen=True, kw_only=True, slots=True)
class TransferBegan(Fact):
    """A phone or number rings for the caller; *mode* is connect, attended or blind.

    *shown* is what the screen of whoever it rings gets."""

    step: str
    to: str
    mode: str
    shown: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class TransferEnded(Fact):
    """*how* is "talked", "handed over", "not accepted", "refused", an `Unreached`'s
    value or "caller gone"."""

    step: str
    to: str
    how: str
    seconds: float
    """How long they talked; 0 where they did not."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DialRefused(Fact):
    """A flow wanted to dial a number that the settings don't allow."""

    step: str
    number: str
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RoomEntered(Fact):
    room: str
    members: int
    """The caller included."""
    recording: str = ""
    """Of all that is said in the room; "" where this caller is not told of one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RoomLeft(Fact):
    room: str
    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class CallRecordingBegan(Fact):
    recording: str
    """Its name below the folder of recordings."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CallRecordingPaused(Fact):
    recording: str
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CallRecordingResumed(Fact):
    recording: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CallRecorded(Fact):
    """The recording has ended and is stored."""

    recording: str
    seconds: float
