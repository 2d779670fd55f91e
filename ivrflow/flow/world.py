"""What a flow may use besides the caller's channel: protocols, no I/O.

The service fills a `World` with the real parts, a test with scripted ones. A part that
fails because of the world outside (database away, server slow) raises `Trouble`: the
step then takes its way out for errors, and the call goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from ivrflow.facts import Note, ignore
from ivrflow.secret import Secret

if TYPE_CHECKING:
    from ivrflow.acd.desk import Desk
    from ivrflow.flow.site.data import DataSource
    from ivrflow.telephony.channel import Switch

Row = Mapping[str, Any]
"""A row that was looked up: column -> text, int, Decimal, date, datetime, bool, None."""


class Trouble(Exception):
    """Something outside is away, slow or answers nonsense. Says what and where."""


class Lookups(Protocol):
    """Looks things up and stores them as `data.yaml` says; raises `Trouble`."""

    async def find(self, source: DataSource, values: Mapping[str, Any]) -> Row | None:
        """Return the one row or answer, typed as `gives` says; None if there is none.

        For a source with `verify` the row still has its verify column; `authenticate`
        takes it out before anything else sees the row.
        """

    async def store(self, source: DataSource, values: Mapping[str, Any]) -> None: ...


class Verifier(Protocol):
    """Compares secrets with hashes, off the event loop and in a bounded pool."""

    async def matches(self, entered: Secret, hashed: str | None) -> bool:
        """True if they belong together. With None it takes the same time and is False."""


class LockOuts(Protocol):
    """Wrong entries per card, counted over all calls; raises `Trouble`.

    Cards are kept as keyed hashes: a card number is a secret too.
    """

    async def locked(self, source: str, card: Secret, now: datetime) -> bool: ...

    async def count(
        self,
        source: str,
        card: Secret,
        now: datetime,
        *,
        after: int,
        within: float,
        lasting: float,
    ) -> None:
        """Count an attempt, before it is checked; lock the card from attempt *after* on.

        *within* and *lasting* are seconds.
        """

    async def forget(self, source: str, card: Secret) -> None:
        """The attempt was right: nothing stands against the card any more."""


@dataclass(frozen=True, kw_only=True)
class NewMessage:
    """A message that a caller is about to leave, before the recording starts."""

    message: str
    """Its id, which names its recording too: random, chosen by the step."""
    mailbox: str
    call: str
    caller: str
    at: datetime
    data: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Notice:
    """One message to a person outside, for the outbox."""

    channel: str
    """email, call, sms or webhook."""
    to: str
    mailbox: str
    message: str
    attach: str = ""


class Messages(Protocol):
    """The store of mailboxes; raises `Trouble`."""

    async def begin(self, message: NewMessage) -> None:
        """Make the message's row, before its recording starts."""

    async def keep(
        self, message: str, *, seconds: float, urgent: bool, notices: Sequence[Notice]
    ) -> None:
        """The message is whole; its notices go into the outbox in the same act."""

    async def drop(self, message: str) -> None:
        """Nothing worth keeping was recorded."""


class Callbacks(Protocol):
    """Wishes to be called back; raises `Trouble`."""

    async def ask(
        self, call: str, queue: str, number: str, since: datetime
    ) -> None: ...


class Switches(Protocol):
    """Which switches of `switches.yaml` are thrown. Read from memory: never waits."""

    def thrown(self, name: str, now: datetime) -> bool: ...


class Agents(Protocol):
    """What a phone may do for an agent: sign in and out. Raises `Trouble`."""

    async def pin_hash(self, agent: str) -> str | None:
        """The hash of the agent's PIN; None if there is no such agent or no PIN."""

    async def set_ready(self, agent: str, ready: bool, *, reason: str) -> None: ...

    async def sign_in(self, agent: str, *, endpoint: str) -> None:
        """Sign in, not ready yet. *endpoint* "" keeps the agent's own phone."""

    async def sign_out(self, agent: str) -> None: ...


Clock = Callable[[], datetime]
"""The wall clock: an aware datetime in the site's zone."""


@dataclass(frozen=True, kw_only=True)
class World:
    """Everything a flow may use besides its channel."""

    clock: Clock
    lookups: Lookups
    verifier: Verifier
    lock_outs: LockOuts
    messages: Messages
    callbacks: Callbacks
    switches: Switches
    agents: Agents | None = None
    desk: Desk | None = None
    """None where there is no ACD, as under bare FastAGI."""
    switch: Switch | None = None
    note: Note = ignore
    new_id: Callable[[], str] = field(default=lambda: "")
    """Makes random names for recordings and offers: hard to guess, safe in a path."""
