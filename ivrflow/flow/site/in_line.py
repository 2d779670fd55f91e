"""What queues.yaml says of those who wait: where they overflow, how they are called.

A queue's other keys stand in `queues`; these say what happens to a caller whom the line
itself does not serve.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from ivrflow.acd.doors import Way
from ivrflow.flow.kind import BAD_VALUE, Part, Written, bad
from ivrflow.flow.kinds import (
    Duration,
    FlowName,
    PromptName,
    QueueName,
    Whole,
    YesNo,
)
from ivrflow.flow.outbound import NUMBER, WRITTEN
from ivrflow.flow.source import Scalar
from ivrflow.flow.wish import Rules

MOST_TRIES = 20
"""How often one wish may ring somebody's phone: more is a nuisance, not a promise."""


class DialledNumber(Written):
    """A telephone number, as it is dialled."""

    what = "a telephone number"
    pattern = r"\+?[0-9][0-9 ()./-]{1,30}"
    examples = ("057188880101",)

    @classmethod
    def read(cls, value: Scalar) -> Self:
        if not NUMBER.fullmatch(value.translate(WRITTEN)):
            raise bad(BAD_VALUE, f"{str(value)!r} is not {cls.what}: 2 to 20 digits")
        return cls(value, value.at)


class Overflow(Part):
    """When callers go elsewhere, and where to: one of `queue`, `flow` and `number`.

    A `queue` step that has an `overflow` takes that way instead.
    """

    after: Duration | None = Field(
        None, description="Who waits so long goes; left out: nobody for that."
    )
    when_full: YesNo = Field(
        False, description="Who finds the line full goes too, instead of `full`."
    )
    queue: QueueName | None = Field(
        None, description="To this queue, with the time that was waited."
    )
    flow: FlowName | None = Field(
        None, description="To this flow, which takes the place of the other one."
    )
    number: DialledNumber | None = Field(
        None, description="To this number, as the settings' `outbound` allows."
    )

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        given = [x for x in (self.queue, self.flow, self.number) if x is not None]
        if len(given) > 1:
            raise bad(BAD_VALUE, "write one of queue, flow and number", given[1].at)
        if self.after is None and not self.when_full:
            message = "say when: `after: 5m`, `when_full: yes`, or both"
            raise bad(BAD_VALUE, message)
        for name in (self.queue, self.flow):
            if name is not None and name.text is not None:
                message = "an overflow is written by its name, without `${...}`"
                raise bad(BAD_VALUE, message, name.at)
        return self

    @property
    def to(self) -> Way | None:
        """Where to; None: the step says so."""
        ways: tuple[tuple[Literal["queue", "flow", "number"], str | None], ...] = (
            ("queue", self.queue),
            ("flow", self.flow),
            ("number", self.number),
        )
        return next((Way(kind, str(name)) for kind, name in ways if name), None)


class Callbacks(Part):
    """How those are called back who asked for it."""

    tries: Whole = Field(Whole(3), description="How often a number is dialled at most.")
    pause: Duration = Field(
        Duration(300), description="Between two tries; the place stays."
    )
    promise: Duration = Field(
        Duration(7200),
        description="Until then it is tried, or it counts for more and is an alarm.",
    )
    late_priority: Whole = Field(
        Whole(10), description="Added to the priority when the promise is over."
    )
    ring: Duration = Field(Duration(30), description="How long the number rings.")
    caller_id: DialledNumber | None = Field(
        None, description="The number that is shown; left out: the trunk's own."
    )
    most: Whole = Field(
        Whole(100), description="How many may wait to be called; more is `full`."
    )
    whisper: PromptName = Field(
        PromptName("callback_whisper"),
        description="Heard by the agent while the number is dialled.",
    )
    greeting: PromptName | None = Field(
        None, description="Heard by who is called, before the agent is connected."
    )

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not 1 <= self.tries <= MOST_TRIES:
            message = f"a number is tried 1 to {MOST_TRIES} times"
            raise bad(BAD_VALUE, message)
        return self

    def rules(self) -> Rules:
        """The same as plain values."""
        return Rules(
            tries=int(self.tries),
            pause=float(self.pause),
            promise=float(self.promise),
            late_priority=float(self.late_priority),
            most=int(self.most),
        )
