"""queues.yaml: the queues, the reasons for a pause, the dispositions."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from ivrflow.flow.kind import BAD_VALUE, Named, Part, bad
from ivrflow.flow.kinds import (
    Duration,
    Name,
    Number,
    Plain,
    PromptName,
    QueueName,
    TimetableName,
    Whole,
)
from ivrflow.flow.site.alarms import Alarms
from ivrflow.flow.site.in_line import Callbacks, Overflow
from ivrflow.flow.site.settings import Title
from ivrflow.flow.site.talk_keys import Digits, ShortNumber, TalkKeys
from ivrflow.flow.source import Mark, Scalar, Table, place_of

Choose = Literal[
    "longest_idle",
    "best_skill",
    "fewest_calls",
    "least_busy",
    "round_robin",
    "in_order",
    "random",
    "weighted_random",
    "ring_all",
    "ring_progressively",
]


class Recording(Plain):
    """Which calls are recorded: `all`, `none`, `share 10%`, `on demand`."""

    what = "all, none, share 10% or on demand"
    share: float = 0.0
    """Of all calls, in percent; 0 where not a share of them is recorded."""
    pattern = "all|none|on demand|share [0-9]{1,3}%"
    examples = ("all", "none", "share 10%", "on demand")

    @classmethod
    def read(cls, value: Scalar) -> Recording:
        share = re.fullmatch(r"share ([0-9]{1,3})%", value)
        if value in ("all", "none", "on demand") or (share and int(share[1]) <= 100):
            self = cls(value, value.at)
            self.share = float(share[1]) if share else 0.0
            return self
        raise bad(BAD_VALUE, f"{str(value)!r}: write {cls.what}")


class DailyLimit(Plain):
    """How long a pause may last a day: a duration, or `none`."""

    what = "a duration or none"
    pattern = f"none|{Duration.pattern}"
    examples = ("30m", "none")
    seconds: float | None = None

    @classmethod
    def read(cls, value: Scalar) -> DailyLimit:
        limit = cls(value, value.at)
        limit.seconds = None if value == "none" else float(Duration.read(value))
        return limit


class Announcement(Part):
    """A prompt that is said while callers wait."""

    say: PromptName = Field(description="The prompt.")
    after: Duration = Field(Duration(0), description="First said after this.")
    every: Duration | None = Field(None, description="And again after this.")


class OnDemand(Part):
    """When a queue calls for those who serve it on demand: if one of these is so."""

    wait: Duration | None = Field(None, description="Somebody has waited this long.")
    waiting: Whole | None = Field(None, description="So many callers wait.")


class Queue(Named):
    """One queue."""

    title: Title = Field(default_factory=dict, description="Its name, as it is said.")
    choose: Choose = Field("longest_idle", description="Which agent rings first.")
    ring_next: Duration = Field(
        Duration(10),
        description="With `choose: ring_progressively`: then one more agent rings too.",
    )
    weight: Number = Field(
        Number(0), description="Of an agent's queues the heaviest is served first."
    )
    on_demand: OnDemand | None = Field(
        None, description="When those agents ring who serve it `on_demand`."
    )
    answer_within: Duration = Field(
        Duration(20),
        description="The service level is measured against this.",
    )
    ring: Duration = Field(Duration(20), description="Then the next agent rings.")
    wrap_up: Duration = Field(
        Duration(0),
        description="Time after a call, of agents who have no `wrap_up` of their own.",
    )
    after_busy: Duration = Field(
        Duration(10),
        description="Till the next offer to an agent whose phone was busy.",
    )
    after_reject: Duration = Field(
        Duration(10), description="To one who refused the call on his phone."
    )
    after_unreachable: Duration = Field(
        Duration(30), description="To one whose phone was not there, or was lost."
    )
    after_not_accepted: Duration = Field(
        Duration(30), description="To one with `confirm: yes` who did not press 1."
    )
    accept_within: Duration = Field(
        Duration(10),
        description="For pressing 1 (`confirm: yes`): half of it after the whisper, "
        "half when that has been said again.",
    )
    disposition: Literal["required", "optional"] = Field(
        "optional",
        description="`required`: the time after a call lasts until the agent has said "
        "how it ended, of `dispositions`.",
    )
    short_abandon: Duration = Field(
        Duration(5),
        description="Who hangs up before this does not count as lost.",
    )
    music: Plain = Field(
        Plain("default"), examples=["default"], description="The music class."
    )
    hours: TimetableName | None = Field(
        None,
        description="When it takes callers, else `closed`; who waits already stays.",
    )
    longest_line: Whole | None = Field(
        None, description="More callers than this find it full."
    )
    announce: tuple[Announcement, ...] = Field(
        (),
        description="Said while waiting; one with the position only when it is better.",
    )
    overflow: Overflow | None = Field(
        None, description="When callers go elsewhere, and where to."
    )
    keep_place: Duration | None = Field(
        None, description="Who is cut off and calls again within this goes on waiting."
    )
    callbacks: Callbacks = Field(
        default_factory=lambda: Callbacks(),
        description="How those are called back who asked for it.",
    )
    whisper: PromptName | None = Field(
        None, description="Heard by the agent before the caller is connected."
    )
    tell_caller: PromptName | None = Field(
        None, description="Heard by the caller when an agent answers."
    )
    record: Recording = Field(
        Recording("none"),
        description="Which talks are recorded; `on demand`: as the agent says.",
    )
    alarms: Alarms | None = Field(
        None,
        description="When somebody must be told.",
    )

    @field_validator("ring")
    @classmethod
    def _rings(cls, ring: Duration) -> Duration:
        if ring < 1:
            # Nobody could answer, and whoever does not is made not ready.
            raise bad(BAD_VALUE, f"a phone rings for 1 s at least, not {ring:g} s")
        return ring

    @field_validator("accept_within")
    @classmethod
    def _accepts(cls, within: Duration) -> Duration:
        if within < 1:
            # As with `ring`: whoever is not quick enough gets no call for a while.
            message = f"an agent has 1 s at least to press 1, not {within:g} s"
            raise bad(BAD_VALUE, message)
        return within

    @field_validator("hours")
    @classmethod
    def _by_name(cls, hours: TimetableName | None) -> TimetableName | None:
        if hours is not None and hours.text is not None:
            message = "a queue's timetable is written by its name, without `${...}`"
            raise bad(BAD_VALUE, message)
        return hours


BESIDE = (
    "pauses",
    "ageing",
    "line_order",
    "dispositions",
    "talk_keys",
    "short_numbers",
)
"""Keys of queues.yaml that are no queue."""


class Queues(Part):
    """queues.yaml: queues by name, beside what holds for all of them."""

    queues: dict[QueueName, Queue] = Field(
        default_factory=dict,
        description="Name -> queue; at the top of the file.",
        json_schema_extra={"beside": True},
    )
    pauses: dict[Name, DailyLimit] = Field(
        default_factory=dict, description="Reasons for a pause -> how long a day."
    )
    ageing: Duration | None = Field(
        None,
        description="A step of priority is worth this much waiting; left out: a higher "
        "priority is always served first.",
    )
    line_order: Literal["oldest", "target"] = Field(
        "oldest",
        description="`target`: of all who wait, first the one whose `answer_within` "
        "runs out first.",
    )
    dispositions: tuple[Name, ...] = Field(
        (),
        description="How a call can have ended, for the agent to choose.",
    )
    talk_keys: TalkKeys = Field(
        default_factory=lambda: TalkKeys(), description=TalkKeys.__doc__
    )
    short_numbers: dict[Digits, ShortNumber] = Field(
        default_factory=dict,
        description="Digits that an agent enters -> to whom he gives the caller.",
    )

    @model_validator(mode="before")
    @classmethod
    def _apart(cls, value: Any) -> Any:
        if not isinstance(value, Table) or "queues" in value:
            return value
        queues, rest = Table(), Table()
        queues.at, rest.at = value.at, value.at
        for key, inside in value.items():
            if key in BESIDE:
                rest[key] = inside
            else:
                queues[key] = inside
        rest[Scalar("queues", value.at)] = queues
        return rest

    def places(self) -> dict[str, Mark]:
        """Queue -> where it stands."""
        return {str(name): place_of(name) for name in self.queues}
