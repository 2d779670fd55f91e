"""Read bookmarks, which are hostile until their signature and their shape are checked.

A call without one begins anew, so each refusal stands in the log with its reason, and
never with what was in the text.
"""

from __future__ import annotations

import logging
import zlib
from base64 import b85decode

import msgspec
from msgspec.structs import replace

from ivrflow.flow.bookmark import seal as seals
from ivrflow.flow.bookmark.model import SCHEMA, Bookmark
from ivrflow.flow.bookmark.seal import Seal
from ivrflow.flow.bookmark.writing import PACKED

log = logging.getLogger("ivrflow.call")

LONGEST = 4_000_000
"""Characters of one bookmark: more is none of ours."""

_decode = msgspec.json.Decoder(Bookmark).decode


class _Head(msgspec.Struct, frozen=True, kw_only=True):
    """What every service writes, whatever its schema: so much an older one can read."""

    schema: int
    call: str
    channel: str = ""
    version: str
    number: int = 0
    mark: int = 0
    at: float
    began: float
    started: str


_decode_head = msgspec.json.Decoder(_Head).decode


class _Refused(Exception):
    """It is no bookmark that we can use. Says why."""


def read_bookmark(text: str, seal: Seal) -> Bookmark | None:
    """The bookmark that *text* is; None, and a line in the log, if it is none.

    Of one that a newer service wrote only how far the call was, as if it were
    `elsewhere`: what begins anew must not use its numbers again.
    """
    try:
        return _read(text, seal)
    except _Refused as why:
        log.warning("a bookmark of %d characters is not used: %s", len(text), why)
        return None


def newer(channel: str, remembered: str, kept: str, seal: Seal) -> Bookmark | None:
    """The newer one of a channel's bookmarks, or None: then its call begins.

    *remembered* came from the channel itself, *kept* from the database; "" for none.
    One that is `elsewhere` says only how far its call was, which begins anew.
    """
    ours = []
    known = -1
    for text in (remembered, kept):
        mark = read_bookmark(text, seal) if text else None
        if mark is None:
            continue
        if mark.of_channel != channel:
            log.warning("call %s: a bookmark of another channel is not used", channel)
            continue
        if text is kept:
            known = mark.number
        ours.append(mark)
    whole = max((m for m in ours if not m.elsewhere), key=_order, default=None)
    short = max((m for m in ours if m.elsewhere), key=_order, default=None)
    if whole is not None and short is None:
        return replace(whole, known=known)
    if short is None:
        return None
    if whole is None:
        if short.schema <= SCHEMA:
            log.warning(
                "call %s: its bookmark is not in the database: begins anew", channel
            )
        return short
    return replace(_with_news(whole, short), known=known)


def _order(bookmark: Bookmark) -> tuple[int, int]:
    return bookmark.order


def _with_news(whole: Bookmark, short: Bookmark) -> Bookmark:
    """*whole*, with what *short* says of the same step."""
    if short.number != whole.number or short.mark <= whole.mark:
        return whole
    recording, marks, frames = short.recording, short.marks, whole.frames
    newer = replace(whole, mark=short.mark, recording=recording, keys=short.keys)
    if not frames:
        return replace(newer, marks=marks)
    of_step = short.of_step or frames[-1].number
    numbers = [frame.number for frame in frames]
    if of_step not in numbers:
        return whole
    inner = numbers.index(of_step)
    # The flows inside that step have returned, or it could not have noted anything.
    doing = replace(frames[inner], marks=marks, entered=short.entered)
    return replace(newer, frames=(*frames[:inner], doing))


def _read(text: str, seal: Seal) -> Bookmark:
    if len(text) > LONGEST:
        raise _Refused("it is too long")
    try:
        signed = text.encode()
    except UnicodeEncodeError:
        raise _Refused("it is no text") from None
    signature, content = signed[: seals.LENGTH], signed[seals.LENGTH :]
    if not content or not seal.fits(signature, content):
        raise _Refused("it was not written with this service's pepper")
    # From here on it is ours; but an older service may have to read a newer one's.
    try:
        if content.startswith(PACKED):
            content = zlib.decompress(b85decode(content[len(PACKED) :]))
        head = _decode_head(content)
        if head.schema > SCHEMA:
            log.warning(
                "call %s begins anew: a newer service wrote its bookmark (schema %d, "
                "this one knows %d)",
                head.call,
                head.schema,
                SCHEMA,
            )
            return Bookmark(**msgspec.structs.asdict(head), elsewhere=True)
        return _decode(content)
    except (msgspec.MsgspecError, ValueError, zlib.error, RecursionError) as error:
        raise _Refused(f"its shape is unknown: {error}") from None
