"""Who calls, as a request tells it: all of it came from outside, or a dialplan."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ivrflow.asterisk.agi.wire import Request
from ivrflow.asterisk.ari.caller_id import number, phone, printable

_ID = re.compile(r"[A-Za-z0-9_.:-]{1,150}")

_HIDDEN, _SHOWN = 0x20, 0x60
"""The bits of a calling number's presentation: restricted, and where they stand."""


class NoCall(Exception):
    """The request tells of no call that could be taken."""


@dataclass(frozen=True, kw_only=True)
class Caller:
    """The channel on which a script runs."""

    id: str
    """What Asterisk calls it everywhere, ARI too."""
    number: str
    """The calling number; "" if it is withheld."""
    dialled: str
    phone: str
    """As `Channel.phone`."""
    context: str
    extension: str
    priority: int
    """Where the dialplan stands."""


def caller_of(request: Request) -> Caller:
    """Raises `NoCall`."""
    id = request["uniqueid"]
    if not _ID.fullmatch(id):
        raise NoCall(f"{id[:80]!r} is no channel's id")
    return Caller(
        id=id,
        number="" if _restricted(request) else number(request["callerid"]),
        dialled=printable(request["dnid"] or request["extension"]),
        phone=phone(request["channel"]),
        context=request["context"],
        extension=request["extension"],
        priority=_whole(request["priority"]),
    )


def _restricted(request: Request) -> bool:
    return _whole(request["callingpres"]) & _SHOWN == _HIDDEN


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
