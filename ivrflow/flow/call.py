"""A caller's way through a flow: the channel, and what has been learned so far."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ivrflow.facts import ConditionTested, Decided, Fact, Said
from ivrflow.flow.announced import as_spoken, lengths
from ivrflow.flow.expression import Expression, ExpressionFault
from ivrflow.flow.formula.values import Fault, truth
from ivrflow.flow.kinds import Sayable, Text
from ivrflow.flow.names import Names, along
from ivrflow.flow.recording import CallRecording
from ivrflow.flow.site.settings import title_in
from ivrflow.flow.source import place_of
from ivrflow.flow.world import World
from ivrflow.prompts.text import Slot, Titled
from ivrflow.secret import Secret
from ivrflow.telephony.channel import Cause, Channel
from ivrflow.telephony.sound import Utterance, for_others

if TYPE_CHECKING:
    from ivrflow.acd.model import Waiting
    from ivrflow.flow.model import Flow, Node
    from ivrflow.flow.site import Site
    from ivrflow.flow.step import KeyChoice

log = logging.getLogger("ivrflow.call")


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


@dataclass(frozen=True)
class Stood:
    """What a caller in line asked for, and what the agent's screen would get."""

    waiting: Waiting
    shown: Mapping[str, str]


class Leaving(Exception):
    """A step ends by this, which is no fault: the call goes on elsewhere or is over."""


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


class Call:
    """Everything that a step may use. One task runs it, top to bottom."""

    def __init__(self, channel: Channel, site: Site, world: World) -> None:
        self.channel = channel
        self.site = site
        self.world = world
        self.id = channel.id
        self.language: str = str(site.settings.languages[0])
        self.started = world.clock()
        self.began = world.seconds()
        self.frames: list[Frame] = []
        self.node: Node | None = None
        """The step where the call is, or where it ended."""
        self.steps = 0
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
        self.stood: dict[str, Stood] = {}
        """How the caller last stood in each queue: a callback stands so too."""
        self.recording = CallRecording(self)
        """What is recorded of the call."""

    def served(self) -> None:
        """The caller has talked: who comes to a queue again is the last in line."""
        self.joined.clear()
        self.stands.clear()

    # Facts ------------------------------------------------------------------------

    def note(self, kind: type[Fact], **details: Any) -> None:
        """Note a fact of this call, at this moment."""
        self.world.note(kind(at=self.world.seconds(), call=self.id, **details))

    def decided(self, outcome: str, target: str, why: str) -> None:
        """Note that the step where the call is goes on at *target*."""
        self.note(
            Decided,
            step=self.step_name,
            outcome=outcome,
            target=str(target),
            why=why,
            flow=self.frame.flow.name,
            written=written(target),
        )

    # Values -----------------------------------------------------------------------

    @property
    def frame(self) -> Frame:
        return self.frames[-1]

    @property
    def step_name(self) -> str:
        return self.node.name if self.node else ""

    def names(self, /, **more: object) -> Mapping[str, object]:
        """Every name that an expression may use now; *more* wins over all others."""
        return Names(self, more)

    def value(self, expression: Expression, /, **more: object) -> object:
        return expression.evaluate(self.names(**more))

    def holds(self, condition: Expression, /, **more: object) -> bool:
        """Whether *condition* is yes now; what is not set is no.

        It is noted with the values that it reads, but those of *more*: they may be what
        was just entered, and a secret.
        """
        names = self.names(**more)
        held = _is_yes(condition, names)
        self.note(
            ConditionTested,
            step=self.step_name,
            place=f"{condition.at.file}:{condition.at.line}",
            condition=condition.source,
            held=held,
            values={
                ".".join(path): _tested(along(path, names))
                for path in condition.paths
                if path[0] not in more
            },
        )
        return held

    def holds_unnoted(self, condition: Expression, /, **more: object) -> bool:
        """As `holds`, where the condition itself may quote a secret."""
        return _is_yes(condition, self.names(**more))

    def set(self, name: str, value: object, frame: Frame | None = None) -> None:
        """Give a variable of this flow, or of *frame*'s, or the language, a value."""
        if name == "language":
            if value in self.site.settings.languages:
                self.language = str(value)
            else:
                log.warning("call %s: there is no language %r", self.id, value)
            return
        (frame or self.frame).variables[name] = value

    def set_all(self, values: Mapping[Any, Text], frame: Frame | None = None) -> None:
        """Set several values; each may use those set before it."""
        for name, text in values.items():
            self.set(str(name), text.value(Names(self, {}, frame)), frame)

    # Saying -----------------------------------------------------------------------

    def words_of(
        self,
        what: Sayable | str,
        *,
        variant: str = "first",
        attempt: int = 1,
        offered: Sequence[tuple[str, str]] = (),
        given: Mapping[str, object] | None = None,
        **more: object,
    ) -> list[Utterance]:
        """What is said for a prompt or a text, in the caller's language.

        *variant* and *attempt* choose among a prompt's tapered forms; *offered* are the
        keys of a menu with the steps they lead to; *given* and *more* are values for
        this once, *given* those whose names an author chose.
        """
        names = self.names(**more, **(given or {}))
        catalogue = self.site.catalogue

        def value(slot: Slot) -> object:
            return Expression.of(slot).evaluate(names)

        if isinstance(what, Sayable) and (text := what.text) is not None:
            return catalogue.text(
                text.words,
                language=self.language,
                value=value,
                recorded=self.world.recorded,
                spoken=self.world.spoken,
                today=self.world.clock().date(),
            )
        said = catalogue.utterances(
            str(what),
            variant=variant,
            attempt=attempt,
            language=self.language,
            value=value,
            offered=offered,
            recorded=lengths(self.world),
            spoken=self.world.spoken,
            today=self.world.clock().date(),
        )
        return as_spoken(said, self.world)

    async def play(
        self,
        said: Sequence[Utterance],
        *,
        stop_on: str = "",
        to: Channel | None = None,
    ) -> bool:
        """Play to the caller, or *to* another channel. True if it came to its end.

        What is masked is for the caller alone, and no recording of the call has it.
        Raises `RecordingFailed` where the recording can't be stopped for that.
        """
        channel = to or self.channel
        if any(one.masked for one in said):
            if channel is not self.channel:
                said = for_others(said)
            else:
                async with self.recording.off_the_record():
                    return await self._play(said, stop_on, channel)
        return await self._play(said, stop_on, channel)

    async def _play(
        self, said: Sequence[Utterance], stop_on: str, channel: Channel
    ) -> bool:
        waiting = channel.keys.peek()[:1]
        if waiting and waiting in stop_on:
            return False
        for utterance in said:
            self.note(
                Said,
                prompt=utterance.prompt,
                words=utterance.words,
                language=utterance.language,
                to="caller" if channel is self.channel else "agent",
            )
        return await channel.play(said, stop_on=stop_on)

    async def say(
        self, what: Sayable | str, *, to: Channel | None = None, **more: Any
    ) -> None:
        """Say a prompt or a text to its end; a key does not stop it."""
        await self.play(self.words_of(what, **more), to=to)

    # Keys that work everywhere ------------------------------------------------------

    def always(self) -> dict[str, tuple[Frame, KeyChoice]]:
        """The keys of `always:` that hold now; the inner flow's win.

        Each is judged by the variables of the flow in which it stands.
        """
        keys: dict[str, tuple[Frame, KeyChoice]] = {}
        for frame in self.frames:
            for key, choice in frame.flow.always.items():
                if choice.when is None or _is_yes(choice.when, Names(self, {}, frame)):
                    keys[str(key)] = (frame, choice)
        return keys

    def take_always(self, key: str, frame: Frame, choice: KeyChoice) -> str:
        """Follow an always-key: return its target, or leave to the flow it is of."""
        if choice.values:
            self.set_all(choice.values, frame)
        if frame is not self.frame and choice.then not in ("repeat", "back", "hangup"):
            why = f"the caller pressed {key}"
            raise LeaveTo(frame, f"key {key}", choice.then, why)
        return choice.then


def written(target: str | None) -> str:
    """Where *target* stands in its file; "" for a way that nobody wrote."""
    at = place_of(target)
    return str(at) if at.line else ""


def _is_yes(condition: Expression, names: Mapping[str, object]) -> bool:
    value = condition.evaluate(names)
    try:
        return truth(value)
    except Fault as fault:
        raise ExpressionFault(f"{condition.at}: {fault}") from None


def _tested(value: object) -> object:
    """*value* as the note of a condition holds it.

    Of a record or a list not what is in it: a condition asks whether it is there, and
    its columns may hold a card's number that no other fact shows.
    """
    if isinstance(value, Mapping):
        return "a record"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    return shown_value(value)


def shown_value(value: object) -> object:
    """*value* as a fact, a log or a screen may hold it: plain, and never a secret."""
    if isinstance(value, Secret):
        return str(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(k): shown_value(v) for k, v in value.items()}
    return str(value)


def titled(call: Call, kind: str, name: str, title: Mapping[Any, str]) -> Titled:
    """A title of the site in the caller's language, with the recording that says it."""
    return Titled.of(call.language, kind, name, title_in(title, call.language, name))
