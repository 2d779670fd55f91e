"""`alarms:` of queues.yaml: when somebody must be told."""

from __future__ import annotations

import re

from pydantic import Field

from ivrflow.flow.kind import BAD_VALUE, Part, bad
from ivrflow.flow.kinds import Duration, Plain
from ivrflow.flow.source import Scalar

LONGEST_WINDOW = 3600.0
"""Seconds: a service level of the past is known for an hour."""


class LevelLimit(Plain):
    """A service level that must be kept: `80% in 30m`."""

    what = "a service level, as 80% in 30m"
    pattern = rf"[0-9]{{1,2}}% in (?:{Duration.pattern})"
    examples = ("80% in 30m",)
    share: float
    within: float

    @classmethod
    def read(cls, value: Scalar) -> LevelLimit:
        found = re.fullmatch(r"([0-9]{1,2})% in (.+)", value)
        if found is None:
            raise bad(BAD_VALUE, f"{str(value)!r} is not {cls.what}")
        limit = cls(value, value.at)
        limit.share = int(found[1]) / 100
        limit.within = float(Duration.read(Scalar(found[2], value.at)))
        if not 60 <= limit.within <= LONGEST_WINDOW:
            raise bad(BAD_VALUE, f"{str(value)!r}: the time is from 1m to 1h")
        return limit


class Alarms(Part):
    """When somebody must be told."""

    longest_wait: Duration | None = Field(None, description="A caller waits longer.")
    no_agent_ready: Duration | None = Field(
        None, description="Nobody is ready or at work for so long, in its hours."
    )
    service_level: LevelLimit | None = Field(
        None, description="Fewer of the callers of that time were answered in time."
    )
    long_talk: Duration | None = Field(
        None, description="An agent of the queue talks for longer."
    )
    long_hold: Duration | None = Field(None, description="A caller is on hold longer.")
    long_wrap_up: Duration | None = Field(None, description="A wrap-up takes longer.")
    long_pause: Duration | None = Field(
        None, description="An agent of the queue is not ready for longer."
    )
    callback_late: Duration | None = Field(
        None, description="A callback is so late after what was promised."
    )
    promise_late: Duration | None = Field(
        None,
        description="A callback, or a message that is work, is so late after what was "
        "promised.",
    )
