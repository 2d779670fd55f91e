"""Write down where a call is.

Done before every step that waits or acts, so it must cost little: flows that wait for
an inner one are written once, and what is as it mostly is is left out.
"""

from __future__ import annotations

import asyncio
import zlib
from base64 import b85encode
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec

from ivrflow.flow.bookmark.model import SCHEMA, Bookmark, FramePart, StoodPart
from ivrflow.flow.bookmark.values import written

if TYPE_CHECKING:
    from ivrflow.flow.bookmark.seal import Seal
    from ivrflow.flow.call import Call, Frame, Stood

WORTH_PACKING = 10
"""So many times the room that there is may become few enough; more than that only takes
time of all calls."""

PACKED = b"z"
"""What stands before a text that was packed; JSON begins with a brace."""

_encode = msgspec.json.Encoder().encode


def write(call: Call, seal: Seal) -> str:
    """The bookmark of *call* at this moment, signed: for a database."""
    return _signed(_content(call), seal)


def write_again(bookmark: Bookmark, seal: Seal) -> str:
    """*bookmark* as it was read, signed: for a database that has not got it."""
    return _signed(_encode(msgspec.structs.replace(bookmark, known=-1)), seal)


def for_channel(text: str, call: Call, seal: Seal) -> str:
    """*text*, which `write` made, as a channel can take it: as it is, packed, or a
    note of what is new in it where it is too long for that."""
    content, room = text.encode(), call.world.room_on_channel
    if len(content) <= room:
        return text
    if len(content) <= WORTH_PACKING * room:
        packed = PACKED + b85encode(zlib.compress(content[_HEAD:], 1))
        if len(packed) + _HEAD <= room:
            return (seal.sign(packed) + packed).decode()
    short = {
        **_head(call),
        "elsewhere": True,
        "of_step": call.doing.number,
        "marks": dict(call.marks),
        "entered": call.doing.entered,
        "recording": dict(call.recording.state()),
    }
    return _signed(_encode(short), seal)


_HEAD = 32
"""Characters of the signature, which stands first."""


def _signed(content: bytes, seal: Seal) -> str:
    return (seal.sign(content) + content).decode()


def _head(call: Call) -> dict[str, Any]:
    head = {
        "schema": SCHEMA,
        "call": call.id,
        "version": call.site.version,
        "number": call.steps,
        "mark": call.noted,
        "at": call.world.seconds(),
        "began": call.began,
        "started": call.started.isoformat(),
    }
    if call.channel.id != call.id:
        head["channel"] = call.channel.id
    if call.channel.keys.taken.keeper:
        head["keys"] = call.channel.keys.taken
    return head


def _content(call: Call) -> bytes:
    content = _head(call)
    channel = call.channel
    more: dict[str, Any] = {
        "kind": call.kind,
        "name": call.begins_with,
        "caller": channel.caller_id,
        "dialled": channel.dialled,
        "phone": channel.phone,
        "language": call.language,
        "marks": {} if call.frames else dict(call.marks),
        "waited": call.waited,
        "agent": written(call.agent),
        "joined": call.joined,
        "led_to": call.led_to,
        "recording": dict(call.recording.state()),
    }
    content |= {name: value for name, value in more.items() if value}
    if call.stands:
        # The loop's clock means nothing to another process.
        ago = call.world.seconds() - asyncio.get_running_loop().time()
        content["stands"] = {name: at + ago for name, at in call.stands.items()}
    if call.stood:
        content["stood"] = {name: _stood(one) for name, one in call.stood.items()}
    if call.ended is not None:
        content["ended"] = call.ended
    content["frames"] = [_outer(call, frame) for frame in call.frames[:-1]]
    if call.frames:
        call.frame.kept = None
        content["frames"].append(_frame(call, call.frame))
    return _encode(content)


def _outer(call: Call, frame: Frame) -> msgspec.Raw:
    """A flow that waits for an inner one does not change, but by `Call.set`."""
    if frame.kept is None:
        frame.kept = msgspec.Raw(_encode(_frame(call, frame)))
    return frame.kept


def _frame(call: Call, frame: Frame) -> FramePart:
    return FramePart(
        flow=frame.flow.name,
        step=frame.step,
        number=frame.doing.number,
        variables=_variables(call, frame),
        marks=frame.doing.marks,
        entered=frame.doing.entered,
        asked=tuple(frame.asked),
        browsing=_browsing(frame),
        failed_once=frame.failed_once,
        needs=frame.needs,
        was=frame.was,
        inside=tuple(_frame(call, inner) for inner in frame.inside),
    )


def _variables(call: Call, frame: Frame) -> Mapping[str, object]:
    """A flow's variables. A list or a record that was in the last bookmark too is not
    gone through again: a look-up may have given a thousand rows."""
    found: dict[str, object] = {}
    for name, value in frame.variables.items():
        if not isinstance(value, tuple | dict):
            found[name] = written(value, call.hidden)
            continue
        known = frame.encoded.get(name)
        if known is None or known[0] is not value or known[1] != len(call.hidden):
            raw = msgspec.Raw(_encode(written(value, call.hidden)))
            known = frame.encoded[name] = (value, len(call.hidden), raw)
        found[name] = known[2]
    return found


def _browsing(frame: Frame) -> Mapping[str, tuple[tuple[str, ...], int]]:
    """The lists that were gone through, by where they stand among the variables."""
    return {
        step: (way, place)
        for step, (items, place) in frame.browsing.items()
        if (way := _way_to(items, frame.variables))
    }


def _way_to(wanted: object, record: Mapping[str, object]) -> tuple[str, ...]:
    """The names that lead to *wanted* in *record*, or in a record in it; () if none."""
    for name, value in record.items():
        if value is wanted:
            return (name,)
        if isinstance(value, Mapping):
            for inner, one in value.items():
                if one is wanted:
                    return (name, inner)
    return ()


def _stood(stood: Stood) -> StoodPart:
    waiting, preferred = stood.waiting, stood.waiting.preferred
    for_ever = preferred is not None and preferred.for_ever
    if preferred is not None and for_ever:
        waiting = replace(waiting, preferred=replace(preferred, until=0.0))
    return StoodPart(waiting=waiting, for_ever=for_ever, shown=stood.shown)
