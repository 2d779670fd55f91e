"""Where one is in hearing messages by phone, and what there is to hear.

The values of `menu`: what it is given, what it remembers, and what it tells to do. A
talk keeps them in its marks, over restarts, so they change for other reasons than the
meaning of a key does.

    place       what was said last, and what keys mean
    BOX         the menu of the mailbox; no message is chosen
    FOLDERS     which folder? its digit
    PLAYING     a message plays
    PAUSED      it stands still; a skip plays on
    MESSAGE     it is over or was stopped: what is to be done with it?
    MORE        the second menu, with a message or without one
    SAVING      into which folder? its digit
    SENDING     mailboxes were chosen: with a comment or as it is?
    SETTINGS    greetings and PIN
    TEMPORARY   the temporary greeting: a new one, or none?
    LEFT        the talk is over
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from ivrflow.voicemail.order import DELETED, FOLDERS, INBOX, Filed, listed


class Place(Enum):
    """Where one is in the talk; see the module."""

    BOX = "box"
    FOLDERS = "folders"
    PLAYING = "playing"
    PAUSED = "paused"
    MESSAGE = "message"
    MORE = "more"
    SAVING = "saving"
    SENDING = "sending"
    SETTINGS = "settings"
    TEMPORARY = "temporary"
    LEFT = "left"


class Do(Enum):
    """What the talk does. With a message but for those that say so."""

    MENU = "menu"  # no message: say what `offered` tells of the new view
    COUNT = "count"  # no message: say how many the folder has
    NO_MORE = "no more"  # no message: say that there are no more messages
    NOT_NOW = "not now"  # no message: say that this is not possible now
    GOODBYE = "goodbye"  # no message: the talk is over
    ANNOUNCE = "announce"  # say which message it is, from whom, when
    PLAY = "play"  # from its beginning; it counts as heard from now on
    GO_ON = "go on"  # play from where it stands
    SKIP_ON = "skip on"  # play from `Keys.skip` seconds further on
    SKIP_BACK = "skip back"
    PAUSE = "pause"  # wait for a key: it has been stopped
    DELETE = "delete"
    RESTORE = "restore"
    MOVE = "move"  # into `Act.folder`
    ADDRESS = "address"  # ask which mailboxes get it, then tell `Menu.addressed`
    SEND = "send"  # to those that were chosen
    COMMENT_AND_SEND = "comment and send"
    REPLY = "reply"
    CALL_BACK = "call back"
    ENVELOPE = "envelope"  # say all that is known about it
    SEND_NEW = "send new"  # no message: ask for mailboxes, record one
    GREET = "greet"  # no message: record the greeting of `Act.greeting`
    TAKE_OFF = "take off"  # no message: the temporary greeting is over
    PIN = "pin"  # no message: ask for a new PIN


@dataclass(frozen=True, kw_only=True)
class Act:
    """One thing to do. What an act does not need is ""."""

    do: Do
    message: str = ""
    folder: str = ""
    greeting: str = ""
    """unavailable, busy, name or temporary."""


@dataclass(frozen=True, kw_only=True)
class View:
    """Where one is: *folder* is INBOX or one of FOLDERS, *message* "" where none is.

    *nth* is the message's place in the folder, from 0: should it be gone when the next
    key comes, the next one is what stands there then. *silences* are in a row.
    """

    place: Place = Place.BOX
    folder: str = INBOX
    message: str = ""
    nth: int = 0
    silences: int = 0

    def kept(self) -> dict[str, str | int]:
        """As plain values, for a mark."""
        return {
            "place": self.place.value,
            "folder": self.folder,
            "message": self.message,
            "nth": self.nth,
        }

    @classmethod
    def of(cls, kept: Mapping[str, object]) -> View | None:
        """The view that was `kept`; None for what is no view."""
        folder, message, nth = (kept.get(k) for k in ("folder", "message", "nth"))
        try:
            place = Place(kept.get("place"))
        except ValueError:
            return None
        if folder != INBOX and folder not in FOLDERS:
            return None
        if not isinstance(message, str) or type(nth) is not int or nth < 0:
            return None
        if place in OF_A_MESSAGE and not message:
            return None
        return cls(place=place, folder=str(folder), message=message, nth=nth)


OF_A_MESSAGE = frozenset(
    {Place.PLAYING, Place.PAUSED, Place.MESSAGE, Place.SAVING, Place.SENDING}
)
"""Places where there is always a message."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """Where one is now, and what is done meanwhile, in this order."""

    view: View
    acts: tuple[Act, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """What is in the folder of the view: ids, in the order in which they are heard.

    *messages* has those that were deleted since this talk began, too: they keep their
    places until it is over. *deleted* are these, and *mine* those of them that this
    talk itself has deleted: only they can be restored. For each key it is made anew, by
    `of`.
    """

    messages: tuple[str, ...] = ()
    deleted: frozenset[str] = frozenset()
    mine: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        rows: Iterable[Filed],
        folder: str,
        *,
        since: datetime,
        undo: Iterable[str] = (),
    ) -> Shelf:
        """What of these *rows* of a mailbox is in *folder* for a talk that began then.

        The rows must have what was deleted *since*. *undo*: what the talk has deleted.
        """
        there = listed(rows, folder, since=since)
        deleted = frozenset(one.message for one in there if one.state == DELETED)
        return cls(
            messages=tuple(one.message for one in there),
            deleted=deleted,
            mine=deleted & frozenset(undo),
        )

    def next(self, view: View, *, wrap: bool) -> str:
        """The next message that is not deleted; "" if there is none."""
        begin = self._place(view)
        if view.message in self.messages:
            begin += 1
        rest = self.messages[begin:] + (self.messages[:begin] if wrap else ())
        left = (m for m in rest if m not in self.deleted and m != view.message)
        return next(left, "")

    def before(self, view: View, *, wrap: bool) -> str:
        """The message before, deleted or not: so it can be restored. "": none."""
        at = self._place(view)
        if at == 0 and not wrap:
            return ""
        found = self.messages[at - 1] if self.messages else ""
        return "" if found == view.message else found

    def _place(self, view: View) -> int:
        if view.message in self.messages:
            return self.messages.index(view.message)
        return min(view.nth, len(self.messages))
