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
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from ivrflow.flow.kind import BAD_VALUE, WRONG_SHAPE, Named, Part, bad
from ivrflow.flow.kinds import (
    Duration,
    Name,
    OneOrMore,
    Plain,
    PromptName,
    QueueName,
    SourceName,
    StepName,
    SwitchName,
    Whole,
    YesNo,
)
from ivrflow.flow.site.agents import AgentNumber
from ivrflow.flow.site.numbers import Dialled
from ivrflow.flow.source import Scalar, Table
from ivrflow.sim.rehearsal.people import (
    AgentAs,
    AgentMove,
    Other,
    PhoneMove,
    Rings,
)
from ivrflow.sim.rehearsal.wanted import (
    Left,
    Mail,
    Message,
    Never,
    Posted,
    Queued,
    Served,
    Sms,
    Wish,
)

ANY_MONDAY = datetime(2026, 1, 5, 10, 0)
"""When a talk takes place that does not say it: an ordinary Monday morning."""

ANY_CALLER = "13800138000"
"""Who calls where the talk does not say it."""

LATER = {"transcript": "transcripts of messages"}
"""Keys of a talk that belong to parts which are not built yet, and what they are."""


class Moment(Plain):
    """A date and a time of day, in the site's time zone: `2026-03-02 10:00`."""

    what = "a date and a time (2026-03-02 10:00)"
    pattern = r"\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)?"
    examples = ("2026-03-02 10:00",)
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
    pattern = r"withheld|\+?[0-9]{1,32}"
    examples = ("13800138000", "withheld")
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
    pattern = r"[a-z][a-z0-9_]*(?:\.(?:first|silent|wrong))?"
    examples = ("welcome", "enter_pin.wrong")

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
    pattern = r"(?:[0-9*#]+|star|hash)(?: +(?:[0-9*#]+|star|hash))*"
    examples = (1, "330106 hash")
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


class Move(Part):
    """One thing that happens in a talk."""

    hears: Heard | None = Field(None, description="The caller hears this prompt.")
    then_hears: Heard | None = Field(
        None,
        alias="then hears",
        description="The caller hears this prompt, and nothing before it.",
    )
    says: Plain | None = Field(
        None,
        examples=["Your balance is one hundred yuan."],
        description="These words are said.",
    )
    keys: Pressed | None = Field(None, description="The caller presses these keys.")
    waits: Duration | None = Field(None, description="The caller does nothing.")
    speaks: Duration | None = Field(None, description="The caller speaks so long.")
    reaches: StepName | None = Field(None, description="The call comes to this step.")
    hangs_up: Literal["caller", "flow"] | None = Field(
        None,
        alias="hangs up",
        description="`caller`: the caller hangs up; `flow`: the flow ends the call.",
    )
    agent: AgentMove | None = Field(None, description="An agent does this.")
    rings: Rings | None = Field(
        None, description="An agent's phone rings, for this reason."
    )
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


class WrongPins(Part):
    """Wrong PINs that were entered before the call, for any card. `4`, or a table."""

    short: ClassVar[str] = "count"

    count: Whole = Field(description="How many.")
    ago: Duration = Field(Duration(3600), description="When.")


class Talk(Named):
    """One talk of a test file."""

    at_: Moment | None = Field(None, alias="at", description="When it takes place.")
    caller: Caller | None = Field(None, description="The calling number.")
    to: Dialled | None = Field(None, description="The dialled number.")
    given: dict[Name, Any] = Field(
        default_factory=dict,
        examples=[{"step": "main_menu"}],
        description="`step`: starts there; the rest: variables.",
    )
    data: dict[SourceName, Any] = Field(
        default_factory=dict,
        examples=[{"customers": {"name": "Ann"}, "orders": "not found"}],
        description="Look-up -> row, `not found`, `error`, `slow`, `wrong`.",
    )
    agents: dict[AgentNumber, AgentAs] = Field(
        default_factory=dict,
        examples=[{"1003": "ready", "1001": {"is": "ready", "idle": "5m"}}],
        description="All are logged in and busy unless said here.",
    )
    switches: OneOrMore[SwitchName] = Field(
        (), description="The switches that are thrown when the call comes."
    )
    waiting: dict[QueueName, Whole] = Field(
        default_factory=dict, description="Queue -> how many others stand in its line."
    )
    others: tuple[Other, ...] = Field(
        (),
        examples=[[{"queue": "service", "waited": "5m"}]],
        description="Callers in line who are served too, each in turn.",
    )
    call: Plain | None = Field(
        None, description="The call's id, by which `share:` draws its lot."
    )
    wrong_pins: WrongPins | None = Field(
        None, description="Wrong PINs that were entered before this call."
    )
    talked: dict[AgentNumber, Duration] = Field(
        default_factory=dict,
        description="Agent -> how long ago this caller talked with the agent.",
    )
    talk: tuple[Move, ...] = Field(description="What happens, move by move.")
    queued: Queued | None = Field(None, description="The caller joined a queue.")
    served: Served | None = Field(None, description="An agent answered.")
    left: Left | None = Field(
        None, description="The caller left a queue without an agent."
    )
    shown: dict[Name, Plain] | None = Field(
        None, examples=[{"name": "Ann"}], description="On the agent's screen."
    )
    voicemail: Message | None = Field(None, description="A message was left.")
    email: Mail | None = Field(None, description="A mail was sent.")
    sms: Sms | None = Field(None, description="A text message was sent.")
    webhook: Posted | None = Field(None, description="Something was posted.")
    stored: dict[SourceName, dict[Name, Plain]] | None = Field(
        None,
        examples=[{"wishes": {"number": "13800138000"}}],
        description="Store -> columns of a row that was stored.",
    )
    asked: dict[SourceName, dict[Name, Plain]] | None = Field(
        None, description="Look-up -> values that it was asked with."
    )
    callback: Wish | None = Field(None, description="A callback was asked for.")
    recorded: YesNo | None = Field(None, description="Whether the call was recorded.")
    logged: dict[Name, Plain] | None = Field(
        None, description="Fields that a `log` step wrote."
    )
    way: OneOrMore[StepName] = Field(
        (), description="The steps that the call went through: all, in their order."
    )
    said: dict[PromptName, Whole] | None = Field(
        None, description="Prompt -> how often it was said, any variant of it."
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
