"""The world of a flow as one value: all that it may use besides the channel."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from ivrflow.facts import Note, ignore
from ivrflow.flow.conversation.live import Talks
from ivrflow.flow.working.acts import AtWork
from ivrflow.flow.world.agents import Agents
from ivrflow.flow.world.audit import Audit
from ivrflow.flow.world.bookmarks import Bookmarks
from ivrflow.flow.world.changing import Announcements, SiteChanges, Switches
from ivrflow.flow.world.data import Lookups
from ivrflow.flow.world.identity import Judge, LockOuts, PinLimits, Verifier
from ivrflow.flow.world.letters import Courier, Outbox
from ivrflow.flow.world.messages import Messages
from ivrflow.flow.world.outbound import Outbound
from ivrflow.flow.world.sounds import Audio, NoAudio
from ivrflow.flow.world.waiting import Callbacks, KeptPlaces
from ivrflow.flow.world.work import WorkStore
from ivrflow.secret import Secret

if TYPE_CHECKING:
    from ivrflow.acd.desk import Desk
    from ivrflow.acd.doors import Doors
    from ivrflow.flow.bookmark.seal import Seal
    from ivrflow.flow.site import Site
    from ivrflow.flow.world.boxes import Boxes
    from ivrflow.telephony.channel import Channel, Switch

Clock = Callable[[], datetime]
"""The wall clock: an aware datetime in the site's zone."""

ROOM_ON_CHANNEL = 3_800
"""Bytes that a channel's variable takes; what the driver adds is left room for."""


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
    thrown_away: dict[str, str] = field(default_factory=dict)
    """Sounds of messages that callers have thrown away, and why: those of which that
    could not be noted yet. See `flow.left`."""
    callbacks: Callbacks
    switches: Switches
    boxes: Boxes | None = None
    """The mailboxes for hearing; None where nobody hears them: no greeting is spoken by
    an owner there."""
    hand_over: Callable[[Channel], Awaitable[None]] | None = None
    """Takes a call to where channels can be joined; that process has it then. Raises
    `Trouble`. None: they can be joined where it is, or nowhere."""
    room_on_channel: int = ROOM_ON_CHANNEL
    """Bytes of a bookmark that the channels of these calls bear."""
    bookmarks: Bookmarks | None = None
    """None where no database keeps where calls are."""
    seal: Seal | None = None
    """None where calls end with the process: nothing is written down."""
    audio: Audio = field(default_factory=NoAudio)
    """What callers have spoken: messages, greetings, comments."""
    transcribes: bool = False
    """Whether messages are written down: whoever keeps one asks for its transcript."""
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
    work: WorkStore | None = None
    """Messages as work; None where they are none, as in a rehearsed call."""
    at_work: AtWork = field(default_factory=AtWork)
    """The agents who have a message now."""
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
    """The length in seconds of a recording; None where there is none."""
    spoken: Callable[[str, str, bool], str | None] | None = None
    """What speaks words that nobody recorded; see `prompts.sentence.Spoken`."""
    new_id: Callable[[], str] = field(default=lambda: "")
    """Makes random names for recordings and offers: hard to guess, safe in a path."""
    new_code: Callable[[int], str] = field(default=random_digits)
    """Makes one-time codes of so many digits."""
