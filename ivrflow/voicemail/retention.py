"""How many messages a mailbox keeps, for how long, and what is never thrown away.

Whoever begins a message, and whoever clears away, asks here, with what the rows say at
that moment; both do it and the change in one transaction. Three rules stand above the
others: a message on hold never goes, nor does one that somebody still needs (an agent
who is to deal with it, a letter that has not left, an ear that is reading it), nor one
that is being recorded.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

RECORDING, NEW, OLD, DELETED = "recording", "new", "old", "deleted"
"""States of a message that has a sound, or gets one; "dropped" and "gone" have none."""

TAKES_ROOM = (RECORDING, NEW, OLD)
"""What counts for `most`. What is deleted does not: who deletes wants room."""


@dataclass(frozen=True, kw_only=True)
class Keep:
    """For how many seconds messages are kept; None: for ever.

    *new* ones from when they were left, *heard* ones from when they were first heard,
    *deleted* ones from when they were deleted; what somebody has restored or made new
    again, from then on.
    """

    new: float | None = None
    heard: float | None = None
    deleted: float | None = None


@dataclass(frozen=True)
class Hold:
    """Nothing of *mailbox* goes, or if *message* is named, that one does not."""

    mailbox: str
    message: str = ""


class Kept(Protocol):
    """What of a message decides whether it may go; see `order` for where it lies."""

    @property
    def message(self) -> str: ...

    @property
    def mailbox(self) -> str: ...

    @property
    def state(self) -> str:
        """new (nobody has heard it), old, deleted; with another it is in no folder."""

    @property
    def at(self) -> datetime:
        """When it was left."""

    @property
    def heard(self) -> datetime | None:
        """When it was heard first; None: never."""

    @property
    def deleted(self) -> datetime | None:
        """When it was deleted; None: it is not."""

    @property
    def anew(self) -> datetime | None:
        """When it was last restored, or made new again; None: never."""


SomeKept = TypeVar("SomeKept", bound=Kept)


def room(taken: int, most: int) -> int:
    """How many messages may be begun in a mailbox in which *taken* count.

    Those of `TAKES_ROOM`. *most*: how many it keeps, 0 for a mailbox that only greets.
    Those that are being recorded count: of fifty callers at once, no one is told
    afterwards that it is full.
    """
    return max(0, most - taken)


def held(one: Kept, holds: Collection[Hold]) -> bool:
    """Whether *one* is on hold, by itself or with all of its mailbox."""
    return Hold(one.mailbox) in holds or Hold(one.mailbox, one.message) in holds


def due(one: Kept, keep: Keep, *, since: datetime) -> datetime | None:
    """When the time of *one* is over; None: never.

    Nothing goes before *since*: when this site began to throw messages away, and a day
    for who did not mean it. Else an upgrade, or a first `keep`, would be the end of
    years of messages within a minute.
    """
    lasts, begun = {
        NEW: (keep.new, one.at),
        # Rows of before it was noted when they were heard or deleted.
        OLD: (keep.heard, one.heard or one.at),
        DELETED: (keep.deleted, one.deleted or one.heard or one.at),
    }.get(one.state, (None, one.at))
    # Who has just brought it back is not to find it gone within the hour.
    begun = max(begun, one.anew or begun)
    return None if lasts is None else max(since, begun + timedelta(seconds=lasts))


def may_go(
    messages: Iterable[SomeKept],
    keep: Keep,
    now: datetime,
    *,
    since: datetime,
    holds: Collection[Hold] = (),
    needed: Collection[str] = (),
) -> list[SomeKept]:
    """The messages whose time is over at *now*, the ones that were due first in front.

    *needed* are those that somebody still needs; *since* as for `due`. What is new or
    old goes at once, without being deleted before: nobody was to undo it.
    """
    over = [
        (at, one)
        for one in messages
        if (at := due(one, keep, since=since)) is not None
        and at <= now
        and one.message not in needed
        and not held(one, holds)
    ]
    over.sort(key=lambda found: (found[0], found[1].message))
    return [one for _, one in over]
