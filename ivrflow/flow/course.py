"""The course of a call so far: all that goes through a restart, and what tells of it.

It knows no prompt and no expression: what a step does with a call is `flow.call`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING

from ivrflow.flow.bookmark import FLOW, EndPart
from ivrflow.flow.frame import Doing, Frame, Stood
from ivrflow.secret import Asked, Secret
from ivrflow.telephony.channel import Cause, Channel
from ivrflow.telephony.keys import Stretch

if TYPE_CHECKING:
    from ivrflow.flow.model import Node
    from ivrflow.flow.world import World


class Course:
    """Where a call is, and how it came there."""

    def __init__(self, channel: Channel, world: World, language: str) -> None:
        self.channel = channel
        self.world = world
        self.id = channel.id
        self.language = language
        self.started = world.clock()
        self.began = world.seconds()
        self.frames: list[Frame] = []
        self.node: Node | None = None
        """The step where the call is, or where it ended."""
        self.steps = 0
        """Steps that were entered; the last one has this number."""
        self.resuming = False
        """True until the step that was on when the last process died has ended."""
        self.at_end = ""
        """The step of `on_end` that runs; "" before the end."""
        self.kind = FLOW
        """What a bookmark says that this call is: flow, talk or callback."""
        self.begins_with = ""
        """The name of the flow, or of the talk of our own, that the call began with."""
        self.noted = 0
        """Counts the bookmarks of the call: the newer one has more."""
        self.ended: EndPart | None = None
        """How the call has ended, once its `on_end` runs."""
        self.inner: list[Frame] = []
        """Flows that go on inside those that run: in a call that resumes, or whose
        caller has proved again who he is."""
        self.writing = asyncio.Lock()
        """Held while the channel is told where the call is."""
        self.noted_at = self.began
        """Of a call that resumes: when its bookmark was written."""
        self.asked_since: set[str] = set()
        """Of a call that resumes: the questions that were asked since."""
        self.keys_came_again = False
        """Of a call that resumes: whether all keys are there that were pressed in the
        step that is on, also those that a process before this one had been given."""
        self.parks = False
        """Whether it stops before its next step: the service is about to leave it."""
        self.ended_for_us = False
        """Whether it was hung up because an operator said so, and not by its caller."""
        self._in_the_middle = 0
        self._talk = Doing()
        self.ends_with = Cause.NORMAL_CLEARING
        """What the caller's phone is told when we end the call."""
        self.agent: Mapping[str, object] = {}
        """Who served the caller last: number and name."""
        self.waited = 0.0
        """Seconds spent in queues."""
        self.queue: Mapping[str, object] = {}
        """What prompts and screens may say about the queue the caller stands in."""
        self.joined: dict[str, float] = {}
        """When the caller first joined each queue: who comes back keeps the place, but
        not after a talk."""
        self.stands: dict[str, float] = {}
        """Since when the caller stands in each queue, on the loop's clock: `max_wait`
        counts from then, also for one whom a key leads away and back."""
        self.led_to: list[str] = []
        """Flows to which queues have led the caller. Who comes back from one and finds
        a queue diverted or full is not led there again."""
        self.hidden: list[Secret] = []
        """What was entered that nobody may see."""
        self.stood: dict[str, Stood] = {}
        """How the caller last stood in each queue: a callback stands so too."""

    def served(self) -> None:
        """The caller has talked: who comes to a queue again is the last in line."""
        self.joined.clear()
        self.stands.clear()

    @property
    def doing(self) -> Doing:
        """What is on now: the step of the innermost flow, or a talk of our own."""
        return self.frames[-1].doing if self.frames else self._talk

    @property
    def marks(self) -> Mapping[str, object]:
        """What this step has noted with `mark`; {} when it is entered anew."""
        return MappingProxyType(dict(self.doing.marks))

    def set_marks(self, marks: Mapping[str, object]) -> None:
        """Let the step have noted these too; None takes one away."""
        doing = self.doing
        all_of_them = {**doing.marks, **marks}
        doing.marks = {n: v for n, v in all_of_them.items() if v is not None}

    @property
    def in_the_middle(self) -> bool:
        """Whether something is said, or something secret asked, that should end first:
        a restart would begin with it again."""
        return self._in_the_middle > 0

    @contextmanager
    def unbroken(self) -> Iterator[None]:
        """What runs in the block is better not interrupted by a restart."""
        self._in_the_middle += 1
        try:
            yield
        finally:
            self._in_the_middle -= 1

    def own_id(self, what: str) -> str:
        """An id for *what* this step makes: not to be guessed, and always the same.

        So what is made again after a restart is the same thing.
        """
        if (seal := self.world.seal) is not None:
            return seal.name(self.deed, what)
        ids = self.doing.ids
        if what not in ids:
            ids[what] = self.world.new_id()
        return ids[what]

    @property
    def deed(self) -> str:
        """What names, for ever and to others too, what is done in this step."""
        done = f"end.{self.at_end}" if self.at_end else str(self.doing.number)
        return f"{self.id}.{done}"

    def hide(
        self, kind: type[Secret], text: str, typed: Stretch | None = None
    ) -> Secret:
        """Return what this step asked the caller for as a secret of that *kind*.

        *typed* says which keys it was, key by key. From now on no copy of it goes into
        a bookmark, whatever brings one.
        """
        secret = kind(text, Asked(self.frame.flow.name, self.step_name), typed)
        return self.hidden_from_now(secret, text)

    def hidden_from_now(self, secret: Secret, text: str) -> Secret:
        """Let no copy of *secret*, which is *text*, go into a bookmark."""
        if secret.stands_in(text):  # a short one gives nothing away
            self.hidden.append(secret)
            for frame in self.frames:
                frame.kept = None
        return secret

    @property
    def frame(self) -> Frame:
        return self.frames[-1]

    @property
    def step_name(self) -> str:
        return self.node.name if self.node else ""
