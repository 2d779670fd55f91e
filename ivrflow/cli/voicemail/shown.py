"""Messages as these commands show them, to people and to programs.

A caller may choose his number's name, so what comes from him is shown as `repr` would
show it: nothing of it reaches the terminal as a command.
"""

from __future__ import annotations

from typing import Any

from ivrflow.flow.world.boxes import Speech, Stored
from ivrflow.voicemail.order import DELETED
from ivrflow.voicemail.order import FOLDERS as PLACES

FOLDERS = ("inbox", *PLACES, DELETED)
"""What `--folder` takes; the inbox is what is new, then what is old."""


def told(one: Stored) -> str:
    """A message in one line."""
    urgent = "  URGENT" if one.urgent else ""
    return (
        f"{one.message}  {one.at.isoformat(' ', 'seconds')}  {one.state:<7}  "
        f"{one.seconds:5.1f} s  {safe(caller_of(one))}{urgent}"
    )


def caller_of(one: Stored) -> str:
    """Who left it, in a word or two."""
    if one.sender:
        return f"mailbox {one.sender}"
    name = one.data.get("name", "")
    return f"{one.caller or 'withheld'}{f' ({name})' if name else ''}"


def state_of(one: Stored) -> dict[str, Any]:
    """A message for programs: times with their offset, None for what never was."""
    return {
        "message": one.message,
        "mailbox": one.mailbox,
        "state": one.state,
        "folder": one.folder,
        "urgent": one.urgent,
        "at": one.at.isoformat(),
        "heard": one.heard.isoformat() if one.heard else None,
        "deleted": one.deleted.isoformat() if one.deleted else None,
        "seconds": one.seconds,
        "from": one.caller,
        "number": one.number,
        "language": one.language,
        "queue": one.queue,
        "waited": one.waited,
        "dialled": one.dialled,
        "sender": one.sender,
        "origin": one.origin,
        "call": one.call,
        "data": dict(one.data),
        "comment": one.intro.seconds if one.intro else None,
    }


def where(speech: Speech) -> str:
    """Where a sound is, in words."""
    return {
        "store": "in the store",
        "switch": "still in Asterisk",
        "going": "about to be removed",
        "gone": "gone",
    }.get(speech.place, speech.place)


def safe(text: str) -> str:
    """*text* for a terminal: signs that don't print are written out."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
