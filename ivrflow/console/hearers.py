"""Who may hear a mailbox by the API, and what the routes of mailboxes work with.

By phone one enters a mailbox's number and PIN. A token has no PIN, so here it is the
owner of the token who counts: an admin, whoever `heard_by` of mailboxes.yaml names, and
the agent whose `mailbox` it is. Nobody else learns so much as that a message exists.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from ivrflow.console.asking import Refused
from ivrflow.console.who import Person
from ivrflow.facts import Note
from ivrflow.flow.site import Site
from ivrflow.flow.site.mailboxes import Mailbox
from ivrflow.flow.working.acts import AtWork
from ivrflow.flow.world import Audit
from ivrflow.flow.world.boxes import Boxes, Holds, Stored
from ivrflow.flow.world.sounds import SOUND, Audio
from ivrflow.flow.world.transcripts import Transcripts
from ivrflow.voicemail.order import DELETED, NEW, OLD

API = "api"
"""By which way it was done, for facts."""

Limited = Literal["delete", "forward", "greetings", "pin"]
"""What `may` of a mailbox can take from who hears it, as far as the API has it."""

THERE = (NEW, OLD, DELETED)
"""States of a message that has a sound to be heard."""


@dataclass(frozen=True, kw_only=True)
class BoxStores:
    """The stores behind the routes of mailboxes."""

    boxes: Boxes
    holds: Holds
    audio: Audio
    transcripts: Transcripts
    transcribes: bool
    """Whether the settings have somebody write words down."""
    at_work: AtWork
    audit: Audit
    note: Note
    site: Callable[[], Site]
    """The live version."""
    clock: Callable[[], datetime]
    """The time in its zone."""


class Hearers:
    """Who may what, as the live version says it."""

    def __init__(self, stores: BoxStores) -> None:
        self._stores = stores

    def box(self, person: Person, name: str) -> Mailbox:
        """The mailbox *name*, for who may hear it; raises `Refused`."""
        if not person.hears(name):
            raise Refused(
                403,
                f"only those of `heard_by`, the agent whose it is, or an admin may "
                f"hear the mailbox {name[:80]!r}",
            )
        box = self._stores.site().mailboxes.get(name)
        if box is None:
            raise Refused(404, f"mailboxes.yaml has no mailbox {name[:80]!r}")
        return box

    def managed(self, person: Person, name: str) -> Mailbox:
        """The same for who may change its greetings and PIN: supervisors, its owner."""
        box = self.box(person, name)
        if not person.leads_others and not self._own(person, name):
            raise Refused(
                403,
                f"only a supervisor of `heard_by`, the agent whose it is, or an admin "
                f"may change the mailbox {name!r}",
            )
        return box

    async def message(
        self, person: Person, message: str, *, as_work: bool = False
    ) -> Stored:
        """A message that can be heard, for who may hear it; raises `Refused`.

        *as_work*: also for the agent who has it as work just now.
        """
        boxes = self._stores.boxes
        found = await boxes.message(message) if SOUND.fullmatch(message) else None
        if found is not None and not person.hears(found.mailbox):
            one = self._stores.at_work.of(message) if as_work else None
            his = one is not None and one.agent == person.number
            found = found if his else None
        if found is not None and found.state in THERE:
            return found
        if person.role == "admin":
            raise Refused(404, "there is no such message")
        # The same for what is not there and for what is not his.
        raise Refused(
            403, "only those who may hear its mailbox get a message, and this is none"
        )

    def allowed(self, person: Person, name: str, what: Limited) -> None:
        """Refuse an agent what `may` of the mailbox *name* takes from who hears it.

        By phone nobody can tell who has the PIN, so it counts for all there; here
        supervisors and admins are known, and may. One that the site has no more takes
        nothing away.
        """
        box = self._stores.site().mailboxes.get(name)
        if box is None or person.leads_others or getattr(box.may, what):
            return
        raise Refused(409, f"`may: {{{what}: no}}` of the mailbox {name!r}")

    def _own(self, person: Person, name: str) -> bool:
        agent = self._stores.site().agents.get(person.number)
        return agent is not None and str(agent.mailbox or "") == name


def at(moment: datetime | None) -> str | None:
    """A time as text."""
    return None if moment is None else moment.isoformat(timespec="seconds")


def shown(stored: Stored, *, held: bool = False) -> dict[str, Any]:
    """A message as the API shows it."""
    return {
        "message": stored.message,
        "mailbox": stored.mailbox,
        "state": stored.state,
        "folder": stored.folder,
        "urgent": stored.urgent,
        "at": at(stored.at),
        "heard": at(stored.heard),
        "deleted": at(stored.deleted),
        "seconds": round(stored.speech.seconds, 1),
        "comment": stored.intro is not None,
        "from": stored.caller,
        "number": stored.number,
        "dialled": stored.dialled,
        "queue": stored.queue,
        "waited": round(stored.waited, 1),
        "language": stored.language,
        "sender": stored.sender,
        "origin": stored.origin,
        "call": stored.call,
        "data": dict(stored.data),
        "held": held,
    }
