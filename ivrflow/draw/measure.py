"""How wide a text will be, and where to break it, without the font at hand.

The picture is laid out before anybody knows which font will show it. The widths are
those of Helvetica (1000ths of the size), with a little room for wider ones; what is
Chinese, Japanese or Korean is as wide as it is high.
"""

from __future__ import annotations

import unicodedata

ROOM = 1.09
"""Fonts of today are wider than Helvetica by up to this much; DejaVu is not one."""

_WIDTHS = {
    **dict.fromkeys("ijl'|", 222),
    **dict.fromkeys(" .,:;!/\\[]ft`I()", 300),
    **dict.fromkeys('r-"*{}', 370),
    **dict.fromkeys("abcdeghknopqsuvxyz0123456789_?$=+<>~^Lz#", 560),
    **dict.fromkeys("ABEFJKPSTVXYZ&", 675),
    **dict.fromkeys("CDGHNOQRUw", 750),
    **dict.fromkeys("mM%", 870),
    **dict.fromkeys("W@", 980),
}
ELLIPSIS = "\u2026"


def width(text: str, size: float, *, bold: bool = False) -> float:
    """The width of *text* in pixels, in letters of *size* pixels."""
    total = sum(_of(char) for char in text)
    return total * size / 1000 * ROOM * (1.07 if bold else 1.0)


def _of(char: str) -> int:
    if char in _WIDTHS:
        return _WIDTHS[char]
    if unicodedata.east_asian_width(char) in "WF":
        return 1000
    if unicodedata.combining(char):
        return 0
    return 620 if ord(char) < 0x2E80 else 1000


def wrap(text: str, room: float, size: float, *, lines: int) -> tuple[str, ...]:
    """Break *text* into *lines* lines at most that fit into *room* pixels.

    What is too long ends in an ellipsis. "" gives no line.
    """
    found: list[str] = []
    rest = plain(text)
    while rest and len(found) < lines:
        end = _fits(rest, room, size)
        if end < len(rest):
            if len(found) + 1 == lines:
                found.append(_cut(rest, room, size))
                break
            end = _break_before(rest, end)
        found.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    return tuple(found)


def plain(text: str) -> str:
    """*text* on one line, without what can't be shown."""
    shown = (c if c.isprintable() else " " for c in text)
    return " ".join("".join(shown).split())


def _fits(text: str, room: float, size: float) -> int:
    """How many characters of *text* fit; one at least."""
    total = 0.0
    for number, char in enumerate(text):
        total += width(char, size)
        if total > room:
            return max(number, 1)
    return len(text)


def _break_before(text: str, end: int) -> int:
    """Where to break a line that must end at *end* at the latest."""
    for at in range(end, end // 4, -1):
        if text[at] == " " or text[at - 1] == " ":
            return at
        # Between Chinese characters there is a break everywhere, but not before a
        # full stop or a comma.
        if ord(text[at - 1]) >= 0x2E80 and text[at].isalnum():
            return at
    return end


def _cut(text: str, room: float, size: float) -> str:
    end = _fits(text, room - width(ELLIPSIS, size), size)
    return text[:end].rstrip() + ELLIPSIS
