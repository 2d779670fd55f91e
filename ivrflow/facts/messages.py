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
    """A message was kept. One that is for several mailboxes is told for each."""

    mailbox: str
    message: str
    seconds: float
    urgent: bool
    sound: str = ""
    """What was recorded: the same for all of its mailboxes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageDropped(Fact):
    """A recording is no message: nobody will hear it."""

    mailbox: str
    message: str
    why: str
    """short, silent, busy tone, nothing, no room; or what the caller wanted: again,
    thrown away."""
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Notified(Fact):
    """A notice about a message was put into the outbox."""

    mailbox: str
    message: str
    channel: str
    to: str
    attach: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ToldByCall(Fact):
    """Somebody was called to be told of a message; *call* is its caller's."""

    mailbox: str
    message: str
    to: str
    how: str
    """heard, not heard (whoever answered had no PIN), or why nobody answered: busy, no
    answer, rejected, unreachable."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LetterPosted(Fact):
    """A `send` step put something into the outbox: email, sms or webhook."""

    step: str
    channel: str
    to: str


# Hearing ------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class MailboxEntered(Fact):
    """Somebody has proved that he may hear a mailbox."""

    mailbox: str
    by: str
    """mailbox 800 (by its own PIN), or agent 1001."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MailboxRefused(Fact):
    """Somebody has not. What he entered is not told: it may be a PIN."""

    why: str
    """wrong, locked, or not allowed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageHeard(Fact):
    """A message is heard from its beginning."""

    mailbox: str
    message: str
    by: str
    via: str = "phone"
    """phone or api."""
    seconds: float = 0.0
    """How long the message is."""
    first: bool = False
    """Whether nobody had heard it before: it was new."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageMarked(Fact):
    """A message counts as heard, though nobody has heard it; or as new again."""

    mailbox: str
    message: str
    new: bool
    by: str
    via: str = "api"


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageMoved(Fact):
    mailbox: str
    message: str
    folder: str
    by: str
    via: str = "phone"


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageDeleted(Fact):
    mailbox: str
    message: str
    by: str
    via: str = "phone"


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageRestored(Fact):
    mailbox: str
    message: str
    by: str
    via: str = "phone"


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageGone(Fact):
    """A message was kept for as long as its mailbox says, and went."""

    mailbox: str
    message: str


@dataclass(frozen=True, kw_only=True, slots=True)
class HoldChanged(Fact):
    """Messages were put on legal hold, or no longer are."""

    mailbox: str
    message: str
    """Empty: all of the mailbox."""
    on: bool
    by: str
    via: str = "api"


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageForwarded(Fact):
    """A message went from one mailbox to another, where it is a message of its own."""

    mailbox: str
    message: str
    """What was sent on or answered; "" for a new one."""
    to: str
    """The mailbox that has it now."""
    copy: str
    """The message there."""
    how: str
    """forward, reply or new."""
    by: str
    via: str = "phone"


@dataclass(frozen=True, kw_only=True, slots=True)
class GreetingChanged(Fact):
    mailbox: str
    greeting: str
    """busy, unavailable, temporary or name."""
    on: bool
    """Whether it is heard from now on, or no more."""
    by: str
    via: str = "phone"


@dataclass(frozen=True, kw_only=True, slots=True)
class PinChanged(Fact):
    mailbox: str
    by: str
    via: str = "phone"


@dataclass(frozen=True, kw_only=True, slots=True)
class SenderCalled(Fact):
    """Who left a message was called from the mailbox in which it lies."""

    mailbox: str
    message: str
    number: str
    how: str
    """talked, or why nobody was reached: busy, no answer, rejected, unreachable."""
    seconds: float = 0.0
    """How long they have talked."""
    by: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Transcribed(Fact):
    """The words of a message were written down, or never will be."""

    message: str
    """The first of them, if several mailboxes have it."""
    ok: bool = True
    took: float = 0.0
    """Seconds that the ear took."""
