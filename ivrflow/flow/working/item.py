"""A message that somebody must deal with: a piece of work with a promise.

Pure values. Who puts it in line and what an agent does with it stands beside this;
where it is kept is the database's. The rules that all go by stand here, so that a twin
in memory and a table can't disagree about them.

    waiting ──► done        an agent has called back, or says that it is dealt with
        │
        └─────► withdrawn   a supervisor took it off, or its message is gone for good

A message that is deleted leaves the line at once, but its work only waits out of sight:
who undoes the deletion has it in line again, in its old place and with its old promise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from ivrflow.acd.model import ANYONE, Need, Waiting, Widening
from ivrflow.facts import WorkBegan, WorkEnded, WorkTried

ITEM = "voicemail"
"""The kind of work, of `acd.model.ITEMS`."""

NEAR = 0.75
"""The part of the promised time after which it counts for as much as callers do."""


class WorkState(Enum):
    """What has become of a piece of work."""

    WAITING = "waiting"
    DONE = "done"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What `work:` in mailboxes.yaml says of the place in line.

    Below zero, callers come first. What is due soon has a priority of 0, and stands
    among them by age; what is late has *late_priority*.
    """

    priority: float = -10.0
    late_priority: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWork:
    """That a message becomes work, for the act in which it is kept.

    The rest is the message's own: its call, number and language.
    """

    queue: str
    promised: float
    """Until when it must be dealt with; seconds since 1970."""
    need: Need = ANYONE


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkItem:
    """A message as work. Times are seconds since 1970."""

    message: str
    """Its id, and that of the work."""
    mailbox: str
    queue: str
    sound: str
    """What is heard."""
    seconds: float = 0.0
    """How long that is."""
    intro: str = ""
    """The sound of a comment that is heard first; "" if there is none."""
    call: str = ""
    """In which the message was left."""
    number: str = ""
    """Where to call back; "" if nobody knows."""
    caller: str = ""
    """The number that has called, as it came; "" if it was withheld."""
    asked: float
    """When the message was left: the place in the line."""
    promised: float
    urgent: bool = False
    need: Need = ANYONE
    language: str = ""
    data: Mapping[str, str] = field(default_factory=dict)
    """What the flow knew of the caller, for the agent's screen."""
    state: WorkState = WorkState.WAITING
    tries: int = 0
    """How often an agent had it and gave it back."""
    tried: float | None = None
    """When its number was dialled first."""
    dials: int = 0
    """How often its number was dialled."""
    not_before: float = 0.0
    """Nobody gets it sooner: a pause after one who gave it back."""
    offset: float = 0.0
    """Seconds of the message that were heard, of the try that is on."""
    agent: str = ""
    """Who had it last."""
    disposition: str = ""
    by: str = ""
    """Who ended it, if it was not the agent who had it."""
    ended: float | None = None
    told: int = 0
    """What facts tell of it: 0 nothing, 1 that it began, 2 also that it ended."""

    @property
    def to_tell(self) -> int:
        """What `told` is to become."""
        return 1 if self.state is WorkState.WAITING else 2

    @property
    def key(self) -> tuple[str, str]:
        """By which it is known among all that stands in line."""
        return (self.message, self.queue)

    @property
    def name(self) -> str:
        """As a log calls it."""
        return f"message {self.message}"

    @property
    def ready_at(self) -> float:
        """From when on an agent may be looked for."""
        return self.not_before

    @property
    def joined(self) -> float:
        """The place in the line."""
        return self.asked

    def same(self, other: WorkItem) -> bool:
        """Whether one who stands in line for *other* stands for this too."""
        return self.number == other.number and self.sound == other.sound

    def in_time(self, now: float) -> bool:
        """Whether it was called back, or at *now* still could be, as was promised."""
        ended = now if self.ended is None else self.ended
        tried = ended if self.tried is None else min(self.tried, ended)
        return tried <= self.promised

    def item(self) -> str:
        """The id in line of the try that is on, or comes next.

        Each try is an item of its own, and a restart goes on with the same one.
        """
        return f"{self.message[:64]}-w{self.tries + 1}"

    def waiting(self, rules: Rules) -> Waiting:
        """What stands in line for it.

        Callers first, but not for ever: at three quarters of the promise it stands
        among them by age, and a broken promise is mended before they are served.
        """
        within = max(0.0, self.promised - self.asked)
        near = Widening(after=NEAR * within, priority=max(0.0, -rules.priority))
        so_far = rules.priority + near.priority
        late = Widening(after=within, priority=max(0.0, rules.late_priority - so_far))
        return Waiting(
            call=self.item(),
            queue=self.queue,
            item=ITEM,
            origin=self.call,
            joined=self.joined,
            need=self.need,
            priority=rules.priority,
            widening=(near, late),
            who=self.number,
        )

    def shown(self, when: str) -> dict[str, str]:
        """What the agent's screen gets; *when* it was left, as people read it."""
        return {
            **self.data,
            "message": self.message,
            "mailbox": self.mailbox,
            "from": self.number or self.caller,
            "left": when,
            "urgent": "yes" if self.urgent else "no",
        }

    def dialled(self, now: float) -> WorkItem:
        """It, once its number is dialled."""
        tried = now if self.tried is None else self.tried
        return replace(self, tried=tried, dials=self.dials + 1)

    # What is told of it ---------------------------------------------------------------

    def told_began(self) -> WorkBegan:
        """The fact that it waits."""
        return WorkBegan(
            at=self.asked,
            call=self.call,
            queue=self.queue,
            message=self.message,
            mailbox=self.mailbox,
            promised=self.promised,
            urgent=self.urgent,
        )

    def told_tried(self, now: float, *, agent: str, how: str) -> WorkTried:
        """The fact that an agent had it; *how* as there."""
        return WorkTried(
            at=now,
            call=self.call,
            queue=self.queue,
            message=self.message,
            agent=agent,
            how=how,
        )

    def told_ended(self) -> WorkEnded:
        """The fact that it waits no more, of one that has ended."""
        assert self.ended is not None
        ours = self.state is WorkState.DONE and not self.by
        return WorkEnded(
            at=self.ended,
            call=self.call,
            queue=self.queue,
            message=self.message,
            mailbox=self.mailbox,
            how=self.state.value,
            in_time=self.in_time(self.ended),
            agent=self.agent if ours else "",
            disposition=self.disposition,
            by=self.by,
        )
