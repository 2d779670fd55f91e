"""Messages that callers leave, and what goes out."""

from __future__ import annotations

from dataclasses import dataclass

from ivrflow.facts.base import Fact


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageRecorded(Fact):
    """The recording of a message has ended; the caller may still throw it away."""

    mailbox: str
    seconds: float
    ended_by: str
    """A key, silence, longest or hang-up."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageLeft(Fact):
    mailbox: str
    message: str
    seconds: float
    urgent: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Notified(Fact):
    """A notice about a message was put into the outbox."""

    mailbox: str
    message: str
    channel: str
    to: str
    attach: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class LetterPosted(Fact):
    """A `send` step put something into the outbox: email, sms or webhook."""

    step: str
    channel: str
    to: str
