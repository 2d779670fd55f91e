"""In which order messages are heard, and what is in which folder.

A folder is a word in a message's row; new and old ones of the inbox differ by whether
somebody has heard them. `INBOX` is what one hears first: urgent ones, then new ones,
then old ones, each from the oldest on: who has waited longest is heard first.

A message that is heard becomes old, and one that is deleted is in no folder any more.
Whoever is hearing them must not have them change places under his fingers: the next one
would be anywhere, and nothing could be undone. So a talk asks how things stood when it
began, and after a restart it finds the same order again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from ivrflow.voicemail.retention import DELETED, NEW, OLD, Kept

__all__ = [
    "DELETED",
    "FOLDERS",
    "INBOX",
    "MARK",
    "NEW",
    "OLD",
    "Counts",
    "Filed",
    "behind",
    "counted",
    "folder_of",
    "listed",
    "mark",
    "put_into",
]

INBOX = ""

FOLDERS = (
    NEW,
    OLD,
    "work",
    "family",
    "friends",
    "custom1",
    "custom2",
    "custom3",
    "custom4",
    "custom5",
)
"""The folders of app_voicemail: each one's place is its digit."""


MARK = re.compile(
    r"([01])([01])-([0-9]{1,12}(?:\.[0-9]{1,9})?)-([\w.:-]{1,80})", re.ASCII
)
"""What `mark` makes, for who gets one from outside."""


class Filed(Kept, Protocol):
    """What of a message its place depends on."""

    @property
    def folder(self) -> str:
        """INBOX, or one of FOLDERS after the first two."""

    @property
    def urgent(self) -> bool: ...


SomeFiled = TypeVar("SomeFiled", bound=Filed)


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Messages of an inbox. *urgent* ones are among the *new* ones."""

    urgent: int = 0
    new: int = 0
    old: int = 0


def folder_of(key: str) -> str | None:
    """The folder of a digit; None for a key that is no folder's."""
    return FOLDERS[int(key)] if len(key) == 1 and key in "0123456789" else None


def listed(
    messages: Iterable[SomeFiled], folder: str, *, since: datetime | None = None
) -> list[SomeFiled]:
    """Those that are in *folder*, in the order in which they are heard.

    INBOX has those of NEW and OLD. A message that was moved into a folder of its own
    is in neither, heard or not. *since*: as it was then, for what was heard or deleted
    after it; None: as it is now.
    """
    found = [(_state(one, since), one) for one in messages]
    return [
        one
        for state, one in sorted(found, key=lambda pair: _rank(*pair))
        if _is_in(one, state, folder)
    ]


def behind(messages: Iterable[SomeFiled], folder: str, after: str) -> list[SomeFiled]:
    """Those that come in *folder* after a `mark`; "": all of them.

    *folder* may be DELETED: who was deleted first is in front. Raises `ValueError` for
    what is no mark.
    """
    if folder == DELETED:
        there = sorted((one for one in messages if one.state == DELETED), key=_place)
    else:
        there = listed(messages, folder)
    if not after:
        return there
    found = MARK.fullmatch(after)
    if found is None:
        raise ValueError(f"{after[:80]!r} is no place in a folder")
    old, calm, at, message = found.groups()
    begin = old == "1", calm == "1", float(at), message
    return [one for one in there if _place(one) > begin]


def mark(one: Filed) -> str:
    """Where *one* stands in its folder now, as a word for `behind`.

    All of its rank is in it: the next page begins there also when *one* is heard,
    moved or deleted before it is asked for, and none of the others is left out.
    """
    old, calm, at, message = _place(one)
    return f"{old:d}{calm:d}-{at}-{message}"


def counted(messages: Iterable[Filed]) -> Counts:
    """How many messages the inbox has."""
    inbox = listed(messages, INBOX)
    new = [one for one in inbox if one.state == NEW]
    return Counts(
        urgent=sum(one.urgent for one in new),
        new=len(new),
        old=len(inbox) - len(new),
    )


def put_into(folder: str, *, state: str) -> tuple[str, str]:
    """State and folder of a message of this *state* that is put into *folder*.

    Into NEW it becomes new again, as if nobody had heard it; into OLD it counts as
    heard. Elsewhere it stays what it is. Raises `ValueError` for no folder of FOLDERS.
    """
    if folder not in FOLDERS:
        raise ValueError(f"there is no folder {folder!r}; there are {_names()}")
    return (folder, INBOX) if folder in (NEW, OLD) else (state, folder)


def _state(one: Filed, since: datetime | None) -> str:
    """The state of *one* but for what has happened *since*."""
    state = one.state
    if since is None:
        return state
    if state == DELETED and one.deleted is not None and one.deleted >= since:
        state = NEW if one.heard is None else OLD
    if state == OLD and one.heard is not None and one.heard >= since:
        state = NEW
    return state


def _is_in(one: Filed, state: str, folder: str) -> bool:
    if state not in (NEW, OLD):
        return False
    if folder in (NEW, OLD):
        return one.folder == INBOX and state == folder
    return one.folder == folder


def _rank(state: str, one: Filed) -> tuple[bool, bool, datetime, str]:
    new = state == NEW
    # An old message's urgency is over: somebody has heard it.
    return not new, not (new and one.urgent), one.at, one.message


def _place(one: Filed) -> tuple[bool, bool, float, str]:
    """Its rank as it is now; among deleted ones, when that was done."""
    old, calm, at, message = _rank(one.state, one)
    when = one.deleted if one.state == DELETED and one.deleted is not None else at
    return old, calm, when.timestamp(), message


def _names() -> str:
    return ", ".join(FOLDERS[:-1]) + f" and {FOLDERS[-1]}"
