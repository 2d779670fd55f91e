"""What a flow on its way is, the step that is on in it, and how it is left."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ivrflow.telephony.keys import Stretch

if TYPE_CHECKING:
    from collections.abc import Mapping

    import msgspec

    from ivrflow.acd.model import Waiting
    from ivrflow.flow.model import Flow


CALLS = "call"
"""The verb in which a flow stands while another one runs for it."""


@dataclass(eq=False)
class Doing:
    """A step that is on, or a talk of our own, as it goes through a restart."""

    number: int = 0
    """Counts the steps of the call from 1; the same again after a restart."""
    marks: Mapping[str, object] = field(default_factory=dict)
    """What it has noted, plain JSON values."""
    entered: dict[str, Stretch] = field(default_factory=dict)
    """Question -> the keys that answered it, of those whose answers hold for the rest
    of the step: a process that has them need not ask again."""
    ids: dict[str, str] = field(default_factory=dict)
    """What it makes -> the id that this has."""

    def forget(self, name: str) -> None:
        """Take a mark away; who next writes down where the call is tells that too."""
        self.marks = {n: value for n, value in self.marks.items() if n != name}


@dataclass(eq=False)
class Frame:
    """One flow on its way: the top one, or one that a `call` step entered.

    Two frames are never equal: a flow may call itself, and variables may be secret.
    """

    flow: Flow
    variables: dict[str, object] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    """The steps that asked something, in the order in which the caller met them."""
    browsing: dict[str, tuple[object, int]] = field(default_factory=dict)
    """Step -> the list that it went through, and the place where it was left."""
    failed_once: bool = False
    """Something unexpected happened here already; the next time ends the call."""
    step: str = ""
    """The step that is on in it; "" before the first one."""
    needs: str = ""
    """The step that goes on when the caller has proved again who he is."""
    was: str = ""
    """What tells whom he has proved to be before; see `flow.asked_again`."""
    inside: list[Frame] = field(default_factory=list)
    """The flows inside the step `needs`, which go on with it."""
    doing: Doing = field(default_factory=Doing)
    """What that step has noted. A step keeps its own while it runs an inner flow."""
    kept: msgspec.Raw | None = None
    """As a bookmark has it, while an inner flow runs and nothing changes here: with the
    next step it is no longer true."""
    encoded: dict[str, tuple[object, int, msgspec.Raw]] = field(default_factory=dict)
    """Variable -> its list or record, how much was hidden from it, and that as a
    bookmark has it."""


@dataclass(frozen=True)
class Stood:
    """What a caller in line asked for, and what the agent's screen would get."""

    waiting: Waiting
    shown: Mapping[str, str]


class Leaving(Exception):
    """A step ends by this, which is no fault: the call goes on elsewhere or is over."""


class HandedOver(Leaving):
    """The call goes on where channels can be joined: here nothing is left to do."""


class LeaveTo(Leaving):
    """What a calling flow must settle, an always-key or an error: *frame* goes on.

    At *target*, or, if that is None, where the step that called leads for *outcome*.
    """

    def __init__(
        self, frame: Frame, outcome: str, target: str | None, why: str
    ) -> None:
        super().__init__(target or outcome)
        self.frame = frame
        self.outcome = outcome
        self.target = target
        self.why = why
