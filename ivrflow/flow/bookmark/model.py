"""What a bookmark says: where a call is, and all that the next process needs for it.

All times are seconds since 1970, as the loop's clock means nothing to another process.
What is as it mostly is takes no room.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from ivrflow.acd.model import Waiting

SCHEMA = 2
"""Raised when an older service could not read what a newer one writes."""

FLOW, TALK, SCRIPT = "flow", "talk", "script"
"""The kinds of calls: in a flow of the site, in a talk of our own, or in a flow that a
dialplan runs and that goes back to it."""

NONE: Mapping[str, Any] = {}


class FramePart(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One flow on its way; see `flow.call.Frame`."""

    flow: str
    step: str = ""
    number: int = 0
    variables: Mapping[str, Any] = NONE
    """As `values.written` writes them."""
    marks: Mapping[str, Any] = NONE
    entered: Mapping[str, tuple[str, int, int]] = NONE
    """Question -> which keys were its answer; see `telephony.keys.Stretch`."""
    asked: tuple[str, ...] = ()
    browsing: Mapping[str, tuple[tuple[str, ...], int]] = NONE
    """Step -> the way to the list among the variables, and the place in it."""
    failed_once: bool = False
    needs: str = ""
    was: str = ""
    inside: tuple[FramePart, ...] = ()


class StoodPart(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How the caller last stood in a queue; see `flow.call.Stood`."""

    waiting: Waiting
    for_ever: bool = False
    """The preferred agent's time has no end, which JSON has no number for."""
    shown: Mapping[str, str] = NONE


class EndPart(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a call ended whose `on_end` has begun."""

    by: str
    cause: int
    step: str = ""
    """The step of `on_end` that comes next; "" for the first one."""
    back: bool = False
    """Whether the dialplan gets the channel back, instead of a hang-up."""


class Bookmark(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a call is. Read-only: `Call.keep` makes the next one."""

    schema: int
    call: str
    channel: str = ""
    """The channel that it is of, where that is not the call's own id: the leg of a
    customer who was called back."""
    version: str
    """The version of the site that the call runs."""
    kind: str = FLOW
    name: str = ""
    """The flow or the talk with which it began, as `CallStarted` named it."""
    number: int = 0
    """The number of the step that is on."""
    mark: int = 0
    """Counts the bookmarks of the call: of two with one number the greater is newer."""
    at: float
    """When it was written."""
    began: float
    started: str
    """The same by the flow's own clock (ISO 8601, with its offset)."""
    caller: str = ""
    dialled: str = ""
    phone: str = ""
    language: str = ""
    frames: tuple[FramePart, ...] = ()
    """The outermost flow first."""
    marks: Mapping[str, Any] = NONE
    """Of a talk of our own, which has no frames."""
    waited: float = 0.0
    agent: Mapping[str, Any] = NONE
    joined: Mapping[str, float] = NONE
    stands: Mapping[str, float] = NONE
    led_to: tuple[str, ...] = ()
    stood: Mapping[str, StoodPart] = NONE
    recording: Mapping[str, Any] = NONE
    keys: tuple[str, int] = ("", 0)
    """The place up to which keys were taken; see `telephony.keys.Place`."""
    entered: Mapping[str, tuple[str, int, int]] = NONE
    """Of one that is `elsewhere`: that of the step `of_step`, as its marks are."""
    ended: EndPart | None = None
    """Set once the call is over and its `on_end` runs."""
    elsewhere: bool = False
    """It was too long for a channel: this is its number and its marks, the whole stands
    in the database. So it is with what a newer service wrote, which nobody can read."""
    of_step: int = 0
    """Of one that is `elsewhere`: the number of the step that noted the marks, which is
    not the last one where a flow inside it has returned. 0: the innermost."""

    known: int = -1
    """The step up to which the database has the call's facts; -1: it may have none. Not
    written: `newer` finds it out."""

    @property
    def order(self) -> tuple[int, int]:
        """Of two bookmarks of one call the greater one is the newer."""
        return self.number, self.mark

    @property
    def of_channel(self) -> str:
        """The id of the channel that it is of."""
        return self.channel or self.call
