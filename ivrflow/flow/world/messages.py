"""The mailboxes, as the flow that takes a message sees them.

One recording may be for several mailboxes: it is one sound, and a message in each of
them. What happens to the recording (kept, dropped, urgent) happens to all of them in
one act, so that no mailbox has what another one lacks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from ivrflow.acd.model import ANYONE, Need

if TYPE_CHECKING:
    from ivrflow.flow.working.item import NewWork


@dataclass(frozen=True, kw_only=True)
class NewMessage:
    """A message that a caller is about to leave, before the recording starts."""

    message: str
    """Its id: random, chosen by the step. In the first of several mailboxes it is the
    sound's id."""
    sound: str
    """The id of what is recorded, which names the recording too."""
    mailbox: str
    call: str
    caller: str
    """The calling number; "" if withheld."""
    at: datetime
    data: Mapping[str, str] = field(default_factory=dict)
    """The caller's card: what the flow knows of him, masked where it must be."""
    number: str = ""
    """Where he wants to be called; "": he was not asked."""
    language: str = ""
    queue: str = ""
    """The queue in which he waited before; "": in none."""
    waited: float = 0.0
    """Seconds in that queue."""
    dialled: str = ""
    sender: str = ""
    """The mailbox that answers or sends a new one; "": a caller."""
    wanted: Need = ANYONE
    """What an agent must be able to do if it becomes work, worked out while the call is
    there. It is settled later, perhaps, when no call is."""


@dataclass(frozen=True, kw_only=True)
class LeftSound:
    """A recording that is neither kept nor dropped."""

    sound: str
    call: str
    urgent: bool
    """As `urge` said last."""
    messages: tuple[NewMessage, ...]
    """In all its mailboxes, as they were begun; the first one's id is the sound's."""


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

    async def begin(
        self, messages: Sequence[NewMessage], *, most: Mapping[str, int]
    ) -> frozenset[str]:
        """Make the rows of one recording, before it starts; return which are there.

        *most*: mailbox -> how many messages it keeps, those that are being recorded
        counted; one that is left out keeps as many as come. A full mailbox gets none:
        its message is not among those that are returned. A row that is there stays, and
        is. All in one act: fifty at once get just as many places as there are.
        """

    async def urge(self, sound: str, urgent: bool) -> None:
        """It is urgent or not, should nobody be there any more to say so in the end."""

    async def keep(
        self,
        sound: str,
        *,
        seconds: float,
        urgent: bool | None = None,
        ends: float = 0.0,
        notices: Mapping[str, Sequence[Notice]] | None = None,
        work: Mapping[str, NewWork] | None = None,
        transcribe: str | None = None,
    ) -> Sequence[str]:
        """It is whole, in all mailboxes in which it was begun, in one act.

        *notices* (for the outbox) and *work* are by message. *urgent* None: as `urge`
        said last. *ends*: seconds after which it is only silence; 0: all of it counts.
        *transcribe*: write down its words, spoken in this language ("": whichever);
        None: don't.

        Returns the messages that were not kept before: nobody is told twice, and for a
        sound that was kept or dropped before nothing changes, and () is returned.
        """

    async def drop(self, sound: str, why: str) -> bool:
        """It is no message: *why* in a word or two ("silent", "thrown away").

        One that was kept stays. True: it was being recorded until now.
        """

    async def left(self) -> Sequence[LeftSound]:
        """Those that are neither kept nor dropped, the oldest first."""
