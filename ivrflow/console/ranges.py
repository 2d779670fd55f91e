"""A part of a sound, as a player asks for it: `Range` of RFC 9110, section 14.

One range of bytes is served. Anything else (several at once, another unit, what is no
range at all) may be taken for no question, says the RFC, and then the answer is the
whole. A range that begins behind the end is told apart: a player has to know the size.

Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_RANGE = re.compile(r"bytes\s*=[\s,]*([0-9]{0,18})-([0-9]{0,18})[\s,]*", re.I | re.A)
"""Empty elements of the list, `bytes=0-9,`, count for nothing."""


class Unsatisfiable(Exception):
    """The range has no byte of what there is: status 416."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes *first* to *last*, both counted in, of *size*."""

    first: int
    last: int
    size: int

    @property
    def length(self) -> int:
        """How many bytes these are."""
        return self.last - self.first + 1

    @property
    def header(self) -> str:
        """As `Content-Range` has it."""
        return f"bytes {self.first}-{self.last}/{self.size}"


def piece_of(header: str | None, size: int) -> Piece | None:
    """The part of *size* bytes that *header* asks for; None: all of them.

    Raises `Unsatisfiable`.
    """
    found = _RANGE.fullmatch((header or "").strip())
    if found is None or found[1] == found[2] == "":
        return None
    if not found[1]:
        wanted = min(int(found[2]), size)  # the last ones, however many there are
        if not wanted:
            raise Unsatisfiable
        return Piece(size - wanted, size - 1, size)
    first = int(found[1])
    last = min(int(found[2]) if found[2] else size - 1, size - 1)
    if found[2] and int(found[2]) < first:
        return None  # no range at all
    if first >= size:
        raise Unsatisfiable
    return Piece(first, last, size)


def matches(header: str | None, tag: str) -> bool:
    """Whether *tag* is among those of `If-None-Match`: the client has this already."""
    if header is None or not tag:
        return False
    given = [one.strip().removeprefix("W/") for one in header.split(",")]
    return "*" in given or tag in given


def still_this(header: str | None, tag: str) -> bool:
    """Whether a range may be served: `If-Range` names this very sound, or nothing.

    A time there is never this: a sound has no time of change.
    """
    return header is None or (bool(tag) and header.strip() == tag)
