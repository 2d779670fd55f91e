"""What a step does with a call: note, reckon, speak, listen for keys."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ivrflow.facts import ConditionTested, Decided, Fact, Said
from ivrflow.flow.announced import as_spoken, lengths
from ivrflow.flow.bookmark.keeping import keep, remember
from ivrflow.flow.course import Course
from ivrflow.flow.expression import Expression, ExpressionFault
from ivrflow.flow.formula.values import Fault, truth
from ivrflow.flow.frame import Frame, HandedOver, LeaveTo, Leaving, Stood
from ivrflow.flow.kinds import Sayable, Text
from ivrflow.flow.names import Names, along, fixed
from ivrflow.flow.recording import CallRecording
from ivrflow.flow.shown import shown_value, tested
from ivrflow.flow.site.settings import title_in
from ivrflow.flow.source import place_of
from ivrflow.flow.world import World
from ivrflow.prompts.text import Slot, Titled
from ivrflow.telephony.channel import Channel
from ivrflow.telephony.sound import Utterance, for_others

if TYPE_CHECKING:
    from ivrflow.flow.site import Site
    from ivrflow.flow.step import KeyChoice

__all__ = [
    "HANDED",
    "PARKED",
    "Call",
    "Frame",
    "HandedOver",
    "LeaveTo",
    "Leaving",
    "Stood",
    "log",
    "shown_value",
    "titled",
    "written",
]

log = logging.getLogger("ivrflow.call")

PARKED = "parked"
"""The mark: the last process stopped before it did what comes next."""

HANDED = "handed"
"""The mark: it is on its way to where channels can be joined, and no service died."""


class Call(Course):
    """Everything that a step may use. One task runs it, top to bottom."""

    def __init__(self, channel: Channel, site: Site, world: World) -> None:
        super().__init__(channel, world, str(site.settings.languages[0]))
        self.site = site
        self.recording = CallRecording(self)
        """What is recorded of the call."""

    # What goes through a restart ---------------------------------------------------

    async def mark(self, **marks: object) -> None:
        """Note plain JSON values, which the step finds in `marks` after a restart.

        None takes a mark away. On the channel alone, so it costs one request. Only
        while nothing is played to the caller or recorded of him. Raises `HungUp`.
        """
        self.set_marks(marks)
        self.noted += 1
        if (seal := self.world.seal) is not None:
            await remember(self, seal)

    async def keep(self, **marks: object) -> None:
        """Make durable where the call is, together with all facts so far.

        *marks* are noted too, as by `mark`: what tells that a thing is done, and the
        facts of it, are known to the next process together or not at all. So the thing
        must be done then, also if the service is about to leave.

        Returns after 4 s at the latest, though the database be away, and the time of
        one request to the switch; without marks never, if the service is about to leave
        its calls to the next process. Done before each step that waits or acts; else
        only while nothing is played or recorded. Raises `HungUp`.
        """
        if marks:
            self.set_marks(marks)
        if (seal := self.world.seal) is not None:
            await keep(self, seal)
            if not marks:
                await self.rest()

    async def rest(self) -> None:
        """Go no further if the service is about to leave its calls as they are."""
        if self.parks:
            self._in_the_middle = 0
            await self.mark(**{PARKED: True})
            await asyncio.Event().wait()

    async def to_a_switch(self) -> None:
        """Be where channels can be joined before the step does so.

        A call that a dialplan's script has is taken there, which ends it here: raises
        `HandedOver`. Raises `Trouble` where that can't be done, and `HungUp`.
        """
        if (hand_over := self.world.hand_over) is not None:
            await self.mark(**{HANDED: True})
            await hand_over(self.channel)
            raise HandedOver

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
                ".".join(path): tested(along(path, names))
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
        frame = frame or self.frame
        frame.variables[name] = fixed(value)
        frame.kept = None

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
        begin: float = 0.0,
    ) -> bool:
        """Play to the caller, or *to* another channel. True if it came to its end.

        *begin* as in `Channel.play`.

        What is masked is for the caller alone, and no recording of the call has it.
        Raises `RecordingFailed` where the recording can't be stopped for that.
        """
        channel = to or self.channel
        if any(one.masked for one in said):
            if channel is not self.channel:
                said = for_others(said)
            else:
                async with self.recording.off_the_record():
                    return await self._play(said, stop_on, channel, begin)
        return await self._play(said, stop_on, channel, begin)

    async def _play(
        self, said: Sequence[Utterance], stop_on: str, channel: Channel, begin: float
    ) -> bool:
        waiting = channel.keys.peek()[:1]
        if waiting and waiting in stop_on:
            # Nothing is said; what the last process was saying ends.
            return self.resuming and await channel.play(
                said, stop_on=stop_on, begin=begin
            )
        for utterance in said:
            self.note(
                Said,
                prompt=utterance.prompt,
                words=utterance.words,
                language=utterance.language,
                to="caller" if channel is self.channel else "agent",
            )
        with self.unbroken():
            return await channel.play(said, stop_on=stop_on, begin=begin)

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


def titled(call: Call, kind: str, name: str, title: Mapping[Any, str]) -> Titled:
    """A title of the site in the caller's language, with the recording that says it."""
    return Titled.of(call.language, kind, name, title_in(title, call.language, name))
