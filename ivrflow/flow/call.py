"""A caller's way through a flow: the channel, and what has been learned so far."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ivrflow.facts import Fact, Said
from ivrflow.flow.expression import Expression, ExpressionFault
from ivrflow.flow.formula.values import Fault, truth
from ivrflow.flow.kinds import Sayable, Text
from ivrflow.flow.recording import CallRecording
from ivrflow.flow.site.settings import title_in
from ivrflow.flow.world import World
from ivrflow.prompts.text import Slot, Titled
from ivrflow.secret import Secret
from ivrflow.telephony.channel import Cause, Channel
from ivrflow.telephony.sound import Utterance

if TYPE_CHECKING:
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


class LeaveTo(Exception):
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
        self.language = str(site.settings.languages[0])
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
        """When the caller first joined each queue: who comes back keeps the place."""
        self.recording = CallRecording(self)
        """What is recorded of the call."""

    # Facts ------------------------------------------------------------------------

    def note(self, kind: type[Fact], **details: Any) -> None:
        """Note a fact of this call, at this moment."""
        self.world.note(kind(at=self.world.seconds(), call=self.id, **details))

    # Values -----------------------------------------------------------------------

    @property
    def frame(self) -> Frame:
        return self.frames[-1]

    @property
    def step_name(self) -> str:
        return self.node.name if self.node else ""

    def names(self, /, **more: object) -> Mapping[str, object]:
        """Every name that an expression may use now; *more* wins over all others."""
        return _Names(self, more)

    def value(self, expression: Expression, /, **more: object) -> object:
        return expression.evaluate(self.names(**more))

    def holds(self, condition: Expression, /, **more: object) -> bool:
        """Whether *condition* is yes now; what is not set is no."""
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
            self.set(str(name), text.value(_Names(self, {}, frame)), frame)

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
                today=self.world.clock().date(),
            )
        return catalogue.utterances(
            str(what),
            variant=variant,
            attempt=attempt,
            language=self.language,
            value=value,
            offered=offered,
            recorded=self.world.recorded,
            today=self.world.clock().date(),
        )

    async def play(
        self,
        said: Sequence[Utterance],
        *,
        stop_on: str = "",
        to: Channel | None = None,
    ) -> bool:
        """Play to the caller, or *to* another channel. True if it came to its end."""
        channel = to or self.channel
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
                if choice.when is None or _is_yes(choice.when, _Names(self, {}, frame)):
                    keys[str(key)] = (frame, choice)
        return keys

    def take_always(self, key: str, frame: Frame, choice: KeyChoice) -> str:
        """Follow an always-key: return its target, or leave to the flow it is of."""
        if choice.values:
            self.set_all(choice.values, frame)
        if frame is not self.frame and choice.then not in ("repeat", "back", "hangup"):
            why = f"the caller pressed {key}"
            raise LeaveTo(frame, f"key {key}", str(choice.then), why)
        return str(choice.then)


class _Names(Mapping[str, object]):
    """The names of expressions: variables first, then what is built in.

    A name that is not set is None: the language calls it `none`.
    """

    def __init__(
        self, call: Call, more: Mapping[str, object], frame: Frame | None = None
    ) -> None:
        """Of *frame*, or of the flow that runs now."""
        self._call = call
        self._more = more
        if frame is None and call.frames:
            frame = call.frame
        self._variables = frame.variables if frame else {}

    def __getitem__(self, name: str) -> object:
        call = self._call
        if name in self._more:
            return self._more[name]
        if name in self._variables:
            return self._variables[name]
        built_in = _BUILT_IN.get(name)
        return built_in(call) if built_in else None

    def __iter__(self) -> Iterator[str]:
        return iter({**_BUILT_IN, **self._variables, **self._more})

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _is_yes(condition: Expression, names: Mapping[str, object]) -> bool:
    value = condition.evaluate(names)
    try:
        return truth(value)
    except Fault as fault:
        raise ExpressionFault(f"{condition.at}: {fault}") from None


def _call_record(call: Call) -> Mapping[str, object]:
    return {
        "id": call.id,
        "from": call.channel.caller_id or None,
        "to": call.channel.dialled,
        "started": call.started,
        "step": call.step_name,
        "agent": call.agent.get("number"),
        "waited": call.waited,
    }


def _now_record(call: Call) -> Mapping[str, object]:
    now: datetime = call.world.clock()
    weekday = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[now.weekday()]
    return {"hour": now.hour, "date": now.date(), "weekday": weekday}


class _Hours(Mapping[str, object]):
    """`hours.NAME.open .opens .closes`, worked out when it is asked for."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def __getitem__(self, name: str) -> object:
        state = timetable_state(self._call, name)
        return {"open": state.open, "opens": state.opens, "closes": state.closes}

    def __iter__(self) -> Iterator[str]:
        return iter(self._call.site.hours)

    def __len__(self) -> int:
        return len(self._call.site.hours)


def timetable_state(call: Call, name: str) -> Any:
    """Whether the timetable *name* is open now, and why."""
    timetable = call.site.hours[name]
    now = call.world.clock()
    closed_by = timetable.closed_by
    thrown = bool(closed_by) and call.world.switches.thrown(str(closed_by), now)
    return timetable.at(now, thrown=thrown)


def _switch_record(call: Call) -> Mapping[str, object]:
    now = call.world.clock()
    return {n: call.world.switches.thrown(str(n), now) for n in call.site.switches}


_BUILT_IN: dict[str, Callable[[Call], object]] = {
    "call": _call_record,
    "now": _now_record,
    "hours": _Hours,
    "switch": _switch_record,
    "queue": lambda call: call.queue or None,
    "agent": lambda call: call.agent or None,
    "language": lambda call: call.language,
}


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
