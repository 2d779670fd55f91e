"""What a flow may use besides the caller's channel: protocols, no I/O.

The service fills a `World` with the real parts, a test with scripted ones. A part that
fails because of the world outside (database away, server slow) raises `Trouble`: the
step then takes its way out for errors, and the call goes on.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from ivrflow.facts import Note, ignore
from ivrflow.flow.conversation.live import Talks
from ivrflow.secret import Secret

if TYPE_CHECKING:
    from ivrflow.acd.desk import Desk
    from ivrflow.acd.doors import Doors
    from ivrflow.flow.changes import Place
    from ivrflow.flow.outbound import Line
    from ivrflow.flow.site import Site
    from ivrflow.flow.site.data import DataSource
    from ivrflow.flow.wish import Kept, Wish
    from ivrflow.telephony.channel import Switch

Row = Mapping[str, Any]
"""A row that was looked up: column -> text, int, Decimal, date, bool or None."""


class Trouble(Exception):
    """Something outside is away, slow or answers nonsense. Says what and where."""


class Lookups(Protocol):
    """Looks things up and stores them as `data.yaml` says; raises `Trouble`."""

    async def find(self, source: DataSource, values: Mapping[str, Any]) -> Row | None:
        """Return the one row or answer, typed as `gives` says; None if there is none.

        For a source with `verify` the row still has its verify column; `authenticate`
        takes it out before anything else sees the row.
        """

    async def find_all(
        self, source: DataSource, values: Mapping[str, Any]
    ) -> Sequence[Row]:
        """Return the rows of a source with `many`, at most so many; () for none."""

    async def store(self, source: DataSource, values: Mapping[str, Any]) -> None: ...


class Verifier(Protocol):
    """Compares secrets with hashes, off the event loop and in a bounded pool."""

    async def matches(self, entered: Secret, hashed: str | None) -> bool:
        """True if they belong together; with None False, after the same time."""


class Judge(Protocol):
    """A core system that judges PINs for a source with `verify: {pin: {post: ...}}`."""

    async def right(self, source: DataSource, card: Secret, pin: Secret) -> bool:
        """True if it says that they belong together. Raises `Trouble`."""


@dataclass(frozen=True)
class Against:
    """What one attempt is counted against, and when that is locked.

    *source* is an entry of data.yaml, or what kind of limit it is in brackets: a
    calling number, a trunk, everyone. *within* and *lasting* are seconds.
    """

    source: str
    who: Secret
    after: int
    within: float
    lasting: float


@dataclass(frozen=True)
class Limit:
    """*after* wrong PINs within *within* seconds lock for *lasting* seconds."""

    after: int
    within: float
    lasting: float


@dataclass(frozen=True, kw_only=True)
class PinLimits:
    """How many wrong PINs may come, whatever cards they are for; None: any number."""

    caller: Limit | None = None
    """From one calling number; calls that withhold theirs count as one caller."""
    dialled: Limit | None = None
    """To one dialled number, which is what a trunk is to a flow."""
    all: Limit | None = None


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
    ) -> bool:
        """Count an attempt before it is checked; lock the card from *after* of them on.

        True if this attempt may be checked, False while the card is locked: that and
        the counting are one act, so that many calls at once get no more attempts than
        one after the other. *within* and *lasting* are seconds.
        """

    async def count_all(self, against: Sequence[Against], now: datetime) -> bool:
        """Count one attempt against several things, in one act.

        False, and nothing is counted, while any of them is locked.
        """

    async def take_back(self, against: Sequence[Against], now: datetime) -> None:
        """The attempt that was counted at *now* was none: right, or never judged."""

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


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One message to someone outside, whole: what `send` puts into the outbox."""

    key: str
    """Random, chosen once: whoever gets the letter twice knows it by this."""
    channel: str
    """email, sms or webhook."""
    to: str
    """An address, a number or a URL."""
    subject: str = ""
    text: str | Secret = ""
    """A secret text (a one-time code) is handed over at once and never kept."""
    data: Mapping[str, Any] = field(default_factory=dict)
    """What a webhook gets: plain JSON."""
    call: str = ""


class Outbox(Protocol):
    """Letters that are sent for sure, if not at once; raises `Trouble`."""

    async def put(self, letters: Sequence[Letter]) -> None:
        """Keep *letters*, all or none; one that is there already changes nothing."""


class Courier(Protocol):
    """Hands letters of one kind over; raises `Trouble`."""

    async def deliver(self, letter: Letter) -> None:
        """Return when whoever carries it on from here has taken it."""


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

    async def keep(self, wish: Wish, *, most: int, own: bool) -> Kept:
        """Keep *wish*; a call has one for each queue, and changes it by a new one.

        So has a number: *own* says that it is the caller's, and the wishes of other
        calls for it end in the same act; else one that waits is not touched. Who
        changes his wish keeps the place. False, and nothing has changed, where *most*
        others wait already: in the queue, or for the same time if the wish is for one;
        and where somebody else asked for this number.
        """

    async def booked(
        self, queue: str, first: datetime, last: datetime
    ) -> Mapping[float, int]:
        """How many wait to be called at each time from *first* to *last*.

        By seconds since 1970; times that nobody chose are left out.
        """

    async def take_back(self, queue: str, number: str, now: float) -> Wish | None:
        """Who wants to be called at *number* calls himself: return the wish he had.

        None where there is none, or only one for a time that is still to come.
        """


class KeptPlaces(Protocol):
    """Places in lines of callers who were cut off; raises `Trouble`."""

    async def keep(self, queue: str, who: str, *, joined: float, until: float) -> None:
        """Whoever calls as *who* until then gets the place of *joined* again.

        One place for one caller: what was kept for *who* in the queue is gone.
        """

    async def take(self, queue: str, who: str, now: float) -> float | None:
        """Return the place that is kept, as the time of joining, and give it away."""


class Switches(Protocol):
    """Which switches of `switches.yaml` are thrown."""

    def thrown(self, name: str, now: datetime) -> bool:
        """Whether it is thrown at *now*. Read from memory: never waits."""

    async def throw(
        self, name: str, *, by: str, now: datetime, until: datetime | None
    ) -> None:
        """Throw it, also again with another end, and audit that; raises `Trouble`."""

    async def put_back(self, name: str, *, by: str, now: datetime) -> None:
        """Put it back, thrown or not, and audit that; raises `Trouble`."""


@dataclass(frozen=True, kw_only=True)
class Announcement:
    """What somebody spoke, to be played instead of a recording of the site.

    *recording* is its name for the switch; times are seconds since 1970, *until* None:
    until it is taken off.
    """

    recording: str
    seconds: float
    by: str
    at: float
    until: float | None


class Announcements(Protocol):
    """What was spoken by phone for prompts of `wording.yaml`."""

    def on(self, clip: str, now: float) -> Announcement | None:
        """What is played instead of *clip* at *now*. From memory: never waits."""

    async def put_on(self, clip: str, new: Announcement, *, now: datetime) -> None:
        """Play *new* instead of *clip* from now on, audited; raises `Trouble`."""

    async def take_off(self, clip: str, *, by: str, now: datetime) -> None:
        """Play *clip* itself again, and audit that; raises `Trouble`."""


class SiteChanges(Protocol):
    """Changes of the site's own files, for the calls to come.

    Every change is checked and its talks are run: that takes seconds. Raises
    `NotReloaded` with all that is wrong, `CannotChange`, `Unknown`, `Trouble`; nothing
    has changed then.
    """

    async def set_hours(
        self,
        name: str,
        dates: str,
        hours: str | None,
        *,
        by: str,
        until: datetime | None = None,
    ) -> object:
        """Give a timetable these hours on *dates*; None: those of other days."""

    async def undo(self, place: Place, *, by: str) -> object:
        """Bring back what was there before the live change; `Unknown` for none."""


@dataclass(frozen=True, kw_only=True)
class AgentNow:
    """An agent at this moment, as far as the talks of our own ask."""

    signed_in: bool = False
    serving: bool = False
    """Whether the agent is rung, or talks."""
    wrap_up: bool = False
    owes: bool = False
    """Whether the wrap-up lasts until it is said how the call has ended."""


class Agents(Protocol):
    """What a phone may do for an agent. The coroutines raise `Trouble`."""

    async def pin_hash(self, agent: str) -> str | None:
        """The hash of the agent's PIN; None if there is no such agent or no PIN."""

    def at(self, phone: str) -> str:
        """Who is signed in at *phone*; "" for nobody. From memory: never waits."""

    def now(self, agent: str) -> AgentNow:
        """How it stands with the agent. From memory: never waits."""

    def used_up(self, agent: str, reason: str) -> bool:
        """Whether today's time for this pause is over. From memory: never waits."""

    async def set_ready(self, agent: str, ready: bool, *, reason: str) -> None:
        """Make the agent ready, which ends a wrap-up, or not ready for *reason*."""

    async def sign_in(self, agent: str, *, endpoint: str) -> None:
        """Sign in, not ready yet. *endpoint* "" keeps the agent's own phone."""

    async def sign_out(self, agent: str) -> None: ...

    async def end_wrap_up(self, agent: str) -> bool:
        """End the agent's wrap-up; False if there is none any more."""

    async def longer_wrap_up(self, agent: str, seconds: float) -> bool:
        """Add *seconds* to the agent's wrap-up; False if there is none any more."""

    async def dispose(self, agent: str, disposition: str) -> bool:
        """Say how the agent's talk, or the last one, ended; False if there was none."""


class Outbound(Protocol):
    """The guard between flows and the telephone network: what they may dial."""

    @property
    def dials(self) -> bool:
        """Whether any number may be dialled at all."""

    def allows(self, number: str) -> None:
        """Raise `outbound.Refused` for a number that may never be dialled."""

    def placing(
        self, number: str, site: Site, *, hand_over: bool = False
    ) -> AbstractContextManager[Line]:
        """Count a call to *number* for as long as the block runs; say what to dial.

        Raises `outbound.Refused`. *hand_over*: the call is let go, so that it is
        counted while it is placed only. Never waits.
        """


class Audit(Protocol):
    """Who did what, for ever."""

    async def note(
        self, who: str, what: str, before: str | None = None, after: str | None = None
    ) -> None:
        """Note that *who* did *what*. Raises `Trouble`."""


Clock = Callable[[], datetime]
"""The wall clock: an aware datetime in the site's zone."""


def random_digits(count: int) -> str:
    """Return *count* digits that nobody can guess."""
    return f"{secrets.randbelow(10**count):0{count}}"


@dataclass(frozen=True, kw_only=True)
class World:
    """Everything a flow may use besides its channel."""

    clock: Clock
    """What time it is for the flow: timetables and `now` go by it. A rehearsed call may
    be given a time of its own."""
    seconds: Callable[[], float]
    """The real time in seconds since 1970: facts and queues go by it."""
    lookups: Lookups
    verifier: Verifier
    lock_outs: LockOuts
    messages: Messages
    callbacks: Callbacks
    switches: Switches
    outbox: Outbox | None = None
    """None where nothing is sent."""
    couriers: Mapping[str, Courier] = field(default_factory=dict)
    """email, sms, webhook: for what can't wait in an outbox, as one-time codes."""
    secret_is: Callable[[str, Secret], bool] | None = None
    """Whether an entry is the secret that the settings have under a name; raises
    `Trouble` for a name that they don't have. None where there are no settings."""
    judge: Judge | None = None
    """None where no core system judges PINs."""
    pin_limits: PinLimits = field(default_factory=PinLimits)
    places: KeptPlaces | None = None
    """None where nobody gets an old place again."""
    outbound: Outbound | None = None
    """None where no number can be dialled."""
    changes: SiteChanges | None = None
    """None where the site's files are not changed by phone."""
    announcements: Announcements | None = None
    """None where nothing is spoken by phone."""
    agents: Agents | None = None
    site_now: Callable[[], Site] | None = None
    """The live version, for rights that may end while a call is up; None where there
    is only the call's own."""
    desk: Desk | None = None
    """None where there is no ACD, as under bare FastAGI."""
    doors: Doors | None = None
    """Queues that were closed or diverted from outside; None: none ever is."""
    switch: Switch | None = None
    talks: Talks = field(default_factory=Talks)
    """The talks of agents with callers that are on now."""
    audit: Audit | None = None
    """For acts by phone that change no table of their own; None where none is kept."""
    note: Note = ignore
    recorded: Callable[[str], float | None] = field(default=lambda clip: None)
    spoken: Callable[[str, str, bool], str | None] | None = None
    """What speaks words that nobody recorded; see `prompts.sentence.Spoken`."""
    """The length in seconds of a recording; None where there is none."""
    new_id: Callable[[], str] = field(default=lambda: "")
    """Makes random names for recordings and offers: hard to guess, safe in a path."""
    new_code: Callable[[int], str] = field(default=random_digits)
    """Makes one-time codes of so many digits."""
