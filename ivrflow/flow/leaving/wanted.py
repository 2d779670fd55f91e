"""What a step wants of the talk in which a message is left, and how that ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


@dataclass(frozen=True, kw_only=True)
class Leaving:
    """A message for these *boxes*, which are in mailboxes.yaml: one recording for all.

    The first one's greeting, limits and review are the talk's.
    """

    boxes: tuple[str, ...]
    kind: str = "unavailable"
    """Why the caller is here: busy or unavailable, for the greeting."""
    urgent: bool = False
    """Whether it is urgent from the beginning."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """Keys that lead elsewhere, from the greeting to the review, with what they lead to
    as a prompt may call it."""
    instructions: bool = True
    """Whether to say what to do after a greeting that somebody has recorded."""
    card: Mapping[str, str] = field(default_factory=dict)
    """What goes with the message besides the flow's plain variables."""


class Way(Enum):
    """How the talk has ended."""

    LEFT = "left"
    """There is a message; a key may lead elsewhere all the same."""
    NOTHING = "nothing"
    """Nothing was recorded that is a message."""
    FULL = "full"
    """No mailbox had room for it."""
    KEY = "key"
    """The caller wants to go elsewhere, and left nothing."""
    GREETED = "greeted"
    """The mailbox takes no messages: it greets only."""


@dataclass(frozen=True, kw_only=True)
class Left:
    """The end of the talk."""

    way: Way
    message: str = ""
    """The id of the message in the first mailbox that had room; "": none was left."""
    key: str = ""
    """One of `Leaving.keys` that the caller has pressed; "": none."""
    why: str = ""
    """Of `NOTHING`: what the last recording was."""
