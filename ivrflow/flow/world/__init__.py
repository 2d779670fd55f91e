"""What a flow may use besides the caller's channel: protocols, no I/O.

The service fills a `World` with the real parts, a test with scripted ones. A part that
fails because of the world outside (database away, server slow) raises `Trouble`: the
step then takes its way out for errors, and the call goes on.
"""

from ivrflow.flow.world.agents import AgentNow, Agents
from ivrflow.flow.world.audit import Audit
from ivrflow.flow.world.bookmarks import Bookmarks
from ivrflow.flow.world.boxes import (
    Boxes,
    Greeting,
    LeftOff,
    NewCopy,
    NewSound,
    Pin,
    Stored,
)
from ivrflow.flow.world.changing import (
    Announcement,
    Announcements,
    SiteChanges,
    Switches,
)
from ivrflow.flow.world.data import Lookups, Row
from ivrflow.flow.world.identity import (
    Against,
    Judge,
    Limit,
    LockOuts,
    PinLimits,
    Verifier,
)
from ivrflow.flow.world.letters import Courier, Letter, Outbox
from ivrflow.flow.world.messages import LeftSound, Messages, NewMessage, Notice
from ivrflow.flow.world.outbound import Outbound
from ivrflow.flow.world.sounds import Audio
from ivrflow.flow.world.trouble import Trouble
from ivrflow.flow.world.waiting import Callbacks, KeptPlaces
from ivrflow.flow.world.work import WorkStore
from ivrflow.flow.world.world import Clock, World, random_digits

__all__ = [
    "Against",
    "AgentNow",
    "Agents",
    "Announcement",
    "Announcements",
    "Audio",
    "Audit",
    "Bookmarks",
    "Boxes",
    "Callbacks",
    "Clock",
    "Courier",
    "Greeting",
    "Judge",
    "KeptPlaces",
    "LeftOff",
    "LeftSound",
    "Letter",
    "Limit",
    "LockOuts",
    "Lookups",
    "Messages",
    "NewCopy",
    "NewMessage",
    "NewSound",
    "Notice",
    "Outbound",
    "Outbox",
    "Pin",
    "PinLimits",
    "Row",
    "SiteChanges",
    "Stored",
    "Switches",
    "Trouble",
    "Verifier",
    "WorkStore",
    "World",
    "random_digits",
]
