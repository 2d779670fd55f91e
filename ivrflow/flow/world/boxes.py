"""Mailboxes, as who hears them sees them: by phone, by the API, by the command line.

Each act and its entry in the audit log are one transaction, and each act can be done
again: whoever dies between an act and his note of it does it once more, and nothing
changes. *by* is who does it, as the audit log names people: "mailbox 800", "agent
1001", "api ann", "cli root".
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from ivrflow.voicemail.order import Counts, Filed

if TYPE_CHECKING:
    from ivrflow.flow.working.item import NewWork
    from ivrflow.flow.world.messages import Notice
    from ivrflow.flow.world.sounds import Copied

GREETINGS = ("busy", "unavailable", "temporary", "name")
"""What an owner may speak for who calls: kinds of greetings."""

COMMENT, GREETING, NAME = "comment", "greeting", "name"
"""Kinds of sounds that are recorded besides messages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """Something that was spoken, and where it is to be heard now."""

    sound: str
    """Its id, for `Audio`."""
    seconds: float
    place: str = "switch"
    """As `SoundRows` says: "store": `Audio.played` gives it; "switch": it is still in
    the switch's spool; "going" and "gone": it can't be heard any more."""
    recorded: str = ""
    """Its name in the switch's spool; "": it is not there (any more)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """What of a message its place in a mailbox depends on; a `Filed`.

    Times are in the site's zone.
    """

    message: str
    mailbox: str
    state: str
    """recording, new, old, deleted, gone (its sound too), dropped (it never was one).
    """
    folder: str
    urgent: bool
    at: datetime
    """When it was left, or sent on."""
    heard: datetime | None = None
    deleted: datetime | None = None
    anew: datetime | None = None
    """When it was last restored, or made new again; None: never."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored(Placed):
    """A message as it is kept: where it stands, and all that is known of it."""

    seconds: float
    """How long it is; 0: it is being recorded."""
    speech: Speech
    intro: Speech | None
    """The comment that is heard before it; None: there is none."""
    call: str
    caller: str
    """The calling number as the network told it, "" if withheld."""
    number: str
    """Where the caller wants to be called; "": he did not say."""
    language: str
    queue: str
    """The queue in which the caller waited before; "": in none."""
    waited: float
    """Seconds in that queue."""
    dialled: str
    sender: str
    """The mailbox that sent it, or sent it on; "": a caller left it."""
    origin: str
    """The message that was sent on; "": none was."""
    data: Mapping[str, str]
    """The caller's card: what the flow knew of him."""
    transcript: str = ""
    """Its words; "": nobody has written them down (yet)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """How a mailbox is opened."""

    hashed: str
    must_change: bool = False
    """Whoever enters it has to choose another one first."""
    fixed: bool = False
    """It can't be changed by phone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOff:
    """Where somebody was who was cut off while hearing a message."""

    message: str
    offset: float
    """Seconds from its beginning."""
    at: datetime
    """When that was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeting:
    """What the owner has spoken for who calls."""

    speech: Speech
    at: datetime
    by: str
    until: datetime | None = None
    """None: until it is taken off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSound:
    """A comment or a greeting that is about to be spoken, or is there already."""

    sound: str
    """Its id: `call.own_id`, so that it is the same after a restart."""
    kind: str
    """comment, greeting or name."""
    recorded: str
    """What the switch calls its recording; "": it is none of the switch's."""
    at: datetime
    copied: Copied | None = None
    """Not None: its bytes are in the store already, so it is at place "store"."""
    seconds: float = 0.0
    """How long it is, where it is in the store already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCopy:
    """A message that is sent on to another mailbox."""

    message: str
    """The copy's id, made by who sends it: doing it again makes no second one."""
    mailbox: str
    """Where it goes."""
    notices: Sequence[Notice] = ()
    """Whom that mailbox tells; their `message` is the copy's."""
    work: NewWork | None = None
    """None: it is no work for a queue there."""


class Boxes(Protocol):
    """The mailboxes for hearing. Raises `Trouble`: then nothing has changed.

    A mailbox is called by its name in mailboxes.yaml. What no mailbox or message has is
    no error: None, nothing, or False.
    """

    async def names(self) -> Sequence[str]:
        """Those that have ever been known here, also of an older site."""

    async def pin(self, box: str) -> Pin | None:
        """How it is opened; None: it has no PIN."""

    async def set_pin(
        self,
        box: str,
        hashed: str | None,
        *,
        by: str,
        must_change: bool = False,
        fixed: bool | None = None,
    ) -> None:
        """Open it by another PIN from now on; None: by none. *fixed* None: as it was.

        Audited without a word of the PIN.
        """

    async def counts(self, box: str) -> Counts:
        """How many messages its inbox has."""

    async def all_counts(self, boxes: Collection[str]) -> Mapping[str, Counts]:
        """The same of many mailboxes at once, for the lamps."""

    async def filed(
        self, box: str, folder: str, *, since: datetime | None = None
    ) -> Sequence[Filed]:
        """All that is in *folder* of `order` (or was, *since* then), in its order.

        For `view.Shelf.of`: light rows, since each key asks for them. *since*: those
        that were deleted since then are among them.
        """

    async def messages(
        self, box: str, folder: str, *, after: str = "", most: int = 50
    ) -> Sequence[Stored]:
        """A page of *folder* in the order in which it is heard.

        *folder* is one of `order`, or DELETED: those that can be restored. *after* is
        the `order.mark` of the last message of the page before, made when that page
        was given. Raises `ValueError` for what is none.
        """

    async def message(self, message: str) -> Stored | None:
        """One message, whatever its state; None: there is none."""

    async def heard(self, message: str, *, by: str) -> bool | None:
        """It is about to be heard from its beginning: audited, and old from now on.

        Called *before* the first sound is given: who can't be noted hears nothing.
        True: it was new. Each time it is heard is one entry. None: it is not there (any
        more), and nothing is noted, so nobody may hear it.
        """

    async def make_new(self, message: str, *, by: str) -> bool:
        """As if nobody had heard it: new again, in its folder. False: it is so, or is
        deleted."""

    async def urge(self, message: str, urgent: bool, *, by: str) -> bool:
        """It is urgent from now on, or not any more. False: it was so before."""

    async def move(self, message: str, folder: str, *, by: str) -> bool:
        """Put it into *folder* of `order.FOLDERS`. False: it is there, or deleted."""

    async def delete(self, message: str, *, by: str) -> bool:
        """It is in no folder any more; `restore` brings it back. False: it was so.

        Also of one on hold: it can't be heard any more, and is kept all the same. Its
        work waits out of sight.
        """

    async def restore(self, message: str, *, by: str) -> bool:
        """Undo `delete`: it is where it was, and so is its work."""

    async def begin_sound(self, new: NewSound) -> None:
        """Make the row of what is about to be spoken; one with its id stays.

        But for one that the switch has no recording of: it gets what was `copied`. So
        what others put into the store has its row before its file, and no file is left
        without one, whoever dies between.

        Nothing refers to it until `forward` or `greet`; what nobody refers to for an
        hour goes.
        """

    async def forward(
        self,
        message: str,
        copies: Sequence[NewCopy],
        *,
        by: str,
        sender: str,
        intro: str = "",
        seconds: float = 0.0,
        most: Mapping[str, int] | None = None,
    ) -> frozenset[str]:
        """Send it on from mailbox *sender*; return the copies that are there now.

        Those that are there already stay. *intro*: the sound of a comment of *seconds*,
        "": none. *most*: mailbox -> how many messages it keeps (left out: as many as
        come); a full one gets none. Notices and work are in the same act.
        """

    async def leave_off(self, box: str, who: str, place: LeftOff | None) -> None:
        """Remember where *who* (as *by*) is in hearing; None: nowhere any more."""

    async def left_off(self, box: str, who: str) -> LeftOff | None:
        """Where *who* was, if that message can still be heard."""

    async def greetings(self, box: str) -> Mapping[tuple[str, str], Greeting]:
        """(kind, language) -> what was spoken; a temporary one that is over, too."""

    async def greet(
        self,
        box: str,
        kind: str,
        language: str,
        sound: str | None,
        *,
        by: str,
        seconds: float = 0.0,
        until: datetime | None = None,
    ) -> bool:
        """Greet with *sound* (of `begin_sound`) from now on; None: not any more.

        False: there was none to be taken off, or it is this one already.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalHold:
    """Somebody wants that nothing of a mailbox, or one message, goes."""

    hold: str
    mailbox: str
    message: str
    """ "": all of the mailbox, also what comes."""
    at: datetime
    by: str
    why: str
    lifted: datetime | None = None
    lifted_by: str = ""


class Holds(Protocol):
    """Legal holds; raises `Trouble`. Nothing of them is ever removed."""

    async def hold(self, box: str, message: str = "", *, by: str, why: str) -> str:
        """Put it on hold; return the hold's id, that of the one that is there already.

        Raises `LookupError` for a message that the mailbox does not have.
        """

    async def release(self, box: str, message: str = "", *, by: str) -> bool:
        """Lift the hold on exactly this. False: there was none."""

    async def holds(self, box: str | None = None) -> Sequence[LegalHold]:
        """Those that hold now, the oldest first; *box* None: of all mailboxes."""
