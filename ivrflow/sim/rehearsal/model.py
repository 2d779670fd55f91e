"""What a test file says: talks, their moves, and what must be true at their end.

    tests: hotline

    balance in English, at night:
      at: 2026-03-02 23:10
      data:
        balance: {amount: 1234.50, due: 2026-03-15}
      talk:
        - keys: 2
        - hears: main_menu
        - hangs up: caller
      ends in: main_menu

Every value is a kind with its place, so that whatever is wrong, in the file or later in
the talk, is told with the line of the test.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from ivrflow.flow.kind import BAD_VALUE, WRONG_SHAPE, Named, Part, bad
from ivrflow.flow.kinds import (
    Duration,
    MailboxName,
    Name,
    OneOrMore,
    Plain,
    QueueName,
    SourceName,
    StepName,
    SwitchName,
    Whole,
    YesNo,
)
from ivrflow.flow.site.agents import AgentNumber
from ivrflow.flow.site.numbers import Dialled
from ivrflow.flow.source import Mark, Scalar, Table

ANY_MONDAY = datetime(2026, 1, 5, 10, 0)
"""When a talk takes place that does not say it: an ordinary Monday morning."""

ANY_CALLER = "13800138000"
"""Who calls where the talk does not say it."""

LATER = {
    "callback": "callbacks that are dialled",
    "recorded": "recording of calls",
    "transcript": "transcripts of messages",
    "coverage": "coverage",
}
"""Keys of a talk that belong to parts which are not built yet, and what they are."""


class Moment(Plain):
    """A date and a time of day, in the site's time zone: `2026-03-02 10:00`."""

    what = "a date and a time (2026-03-02 10:00)"
    value: datetime

    @classmethod
    def read(cls, value: Scalar) -> Moment:
        if not re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?", value, re.ASCII):
            raise bad(BAD_VALUE, f"{str(value)!r} is not {cls.what}")
        self = cls(value, value.at)
        try:
            self.value = datetime.fromisoformat(value)
        except ValueError:
            raise bad(BAD_VALUE, f"{str(value)!r}: there is no such moment") from None
        return self


class Caller(Plain):
    """The calling number, or `withheld`. `.number` is "" then."""

    what = "a calling number, or withheld"
    number: str

    @classmethod
    def read(cls, value: Scalar) -> Caller:
        self = cls(value, value.at)
        self.number = "" if value == "withheld" else str(value)
        if self.number and not re.fullmatch(r"\+?[0-9]{1,32}", value):
            raise bad(BAD_VALUE, f"{str(value)!r} is not {cls.what}")
        return self


class Heard(Plain):
    """A prompt, perhaps with its variant: `enter_pin`, `enter_pin.wrong`."""

    what = "a prompt (enter_pin, enter_pin.wrong)"

    @classmethod
    def read(cls, value: Scalar) -> Heard:
        if not re.fullmatch(r"[a-z][a-z0-9_]*(\.(first|silent|wrong))?", value):
            raise bad(BAD_VALUE, f"{str(value)!r} is not {cls.what}")
        return cls(value, value.at)

    @property
    def prompt(self) -> str:
        """The prompt's name alone."""
        return self.partition(".")[0]

    def means(self, prompt: str) -> bool:
        """True if *prompt*, as an utterance bears it, is meant."""
        name, _, variant = self.partition(".")
        said, _, as_variant = prompt.partition(".")
        return said == name and variant in ("", as_variant or "first")


class Pressed(Plain):
    """Keys in the order in which they are pressed: `1`, `"330106"`, `12 hash`."""

    what = "keys of a telephone (0-9, star, hash)"
    keys: str

    @classmethod
    def read(cls, value: Scalar) -> Pressed:
        words = value.split()
        pressed = "".join({"star": "*", "hash": "#"}.get(word, word) for word in words)
        if not re.fullmatch("[0-9*#]{1,100}", pressed):
            raise bad(BAD_VALUE, f"{str(value)!r} is not {cls.what}")
        self = cls(value, value.at)
        self.keys = pressed
        return self


class AgentMove(Plain):
    """What an agent does: `1003 answers`, `1003 rejects`, `1003 hangs up`."""

    what = "`1003 answers`, `1003 rejects` or `1003 hangs up`"
    number: str
    does: str

    @classmethod
    def read(cls, value: Scalar) -> Self:
        found = re.fullmatch("([0-9]{1,12}) (answers|rejects|hangs up)", value)
        if found is None:
            raise bad(BAD_VALUE, f"{str(value)!r}: write {cls.what}")
        self = cls(value, value.at)
        self.number, self.does = found[1], found[2]
        return self


class PhoneMove(AgentMove):
    """What somebody does whom a `transfer` has dialled: `0571888 answers`."""

    what = "`057188880101 answers`, and so `rejects` or `hangs up`"

    @classmethod
    def read(cls, value: Scalar) -> Self:
        found = re.fullmatch(r"(\+?[0-9]{2,20}) (answers|rejects|hangs up)", value)
        if found is None:
            raise bad(BAD_VALUE, f"{str(value)!r}: write {cls.what}")
        self = cls(value, value.at)
        self.number, self.does = found[1], found[2]
        return self


class Move(Part):
    """One thing that happens in a talk."""

    hears: Heard | None = Field(None, description="The caller hears this prompt.")
    says: Plain | None = Field(None, description="These words are said.")
    keys: Pressed | None = Field(None, description="The caller presses these keys.")
    waits: Duration | None = Field(None, description="The caller does nothing.")
    speaks: Duration | None = Field(None, description="The caller speaks so long.")
    hangs_up: Literal["caller"] | None = Field(
        None, alias="hangs up", description="The caller hangs up."
    )
    agent: AgentMove | None = Field(None, description="An agent's phone does this.")
    phone: PhoneMove | None = Field(
        None, description="The phone of a number that was dialled does this."
    )

    @model_validator(mode="before")
    @classmethod
    def _one(cls, value: Any) -> Any:
        if isinstance(value, Table) and len(value) != 1:
            at = list(value)[1].at if value else value.at
            message = "a move is one thing; begin each one with a dash of its own"
            raise bad("F012", message, at)
        return value


class Queued(Part):
    """A caller who joined a queue."""

    queue: QueueName | None = Field(None, description="The queue.")
    skills: dict[Name, Any] = Field(
        default_factory=dict, description="Skills that were asked for."
    )
    priority: Plain | None = Field(None, description="The caller's priority.")
    position: Whole | None = Field(None, description="The place in the line.")


class Message(Part):
    """A message that was left."""

    box: MailboxName | None = Field(None, description="The mailbox.")
    seconds: Whole | None = Field(None, description="Its length.")
    urgent: YesNo | None = Field(None, description="Whether it is urgent.")


class Mail(Part):
    """A mail that was put into the outbox."""

    to: Plain | None = Field(None, description="The address.")
    attach: Plain | None = Field(None, description="The format of the sound.")
    subject: Plain | None = Field(None, description="Its subject.")
    text: Plain | None = Field(None, description="Its words.")


class Sms(Part):
    """A text message that was sent."""

    to: Plain | None = Field(None, description="The number.")
    text: Plain | None = Field(None, description="Its words.")


class Posted(Part):
    """What was posted to another system."""

    to: Plain | None = Field(None, description="The URL.")
    text: Plain | None = Field(None, description="Its words.")
    data: dict[Name, Plain] | None = Field(None, description="Its values.")


class Never(Part):
    """What must not happen."""

    logged: OneOrMore[Plain] = Field(
        (), description="Texts that stand in no log, fact or store."
    )
    said: OneOrMore[Plain] = Field((), description="Prompts, or words.")
    reached: OneOrMore[StepName] = Field((), description="Steps.")


class Talk(Named):
    """One talk of a test file."""

    at_: Moment | None = Field(None, alias="at", description="When it takes place.")
    caller: Caller | None = Field(None, description="The calling number.")
    to: Dialled | None = Field(None, description="The dialled number.")
    given: dict[Name, Any] = Field(
        default_factory=dict, description="`step`: starts there; the rest: variables."
    )
    data: dict[SourceName, Any] = Field(
        default_factory=dict,
        description="Look-up -> row, `not found`, `error`, `slow`, `wrong`.",
    )
    agents: dict[AgentNumber, Literal["ready", "busy", "out"]] = Field(
        default_factory=dict, description="All are logged in and busy unless said here."
    )
    switches: OneOrMore[SwitchName] = Field(
        (), description="The switches that are thrown when the call comes."
    )
    talk: tuple[Move, ...] = Field(description="What happens, move by move.")
    queued: Queued | None = Field(None, description="The caller joined a queue.")
    shown: dict[Name, Plain] | None = Field(None, description="On the agent's screen.")
    voicemail: Message | None = Field(None, description="A message was left.")
    email: Mail | None = Field(None, description="A mail was sent.")
    sms: Sms | None = Field(None, description="A text message was sent.")
    webhook: Posted | None = Field(None, description="Something was posted.")
    stored: dict[SourceName, dict[Name, Plain]] | None = Field(
        None, description="Store -> columns of a row that was stored."
    )
    never: Never | None = Field(None, description="What must not happen.")
    ends_in: StepName | None = Field(
        None, alias="ends in", description="The step in which the call ended."
    )
    _later: tuple[str, ...] = ()

    @field_validator("talk")
    @classmethod
    def _some(cls, moves: tuple[Move, ...]) -> tuple[Move, ...]:
        if not moves:
            raise bad(WRONG_SHAPE, "'talk' must not be empty")
        return moves

    @property
    def later(self) -> tuple[str, ...]:
        """What it needs that is not built yet; where there is any, it is not run."""
        return self._later

    @property
    def step(self) -> str | None:
        """Where the talk starts; None: at the flow's first step."""
        return next((str(v) for n, v in self.given.items() if n == "step"), None)


@dataclass(frozen=True)
class TestFile:
    """One file of talks."""

    __test__ = False  # for pytest, which takes every Test* for its own

    file: str
    flow: str
    talks: tuple[Talk, ...]


def place(at: Mark) -> str:
    """file:line, as a report shows it."""
    return f"{at.file}:{at.line}"
