"""The kinds of values that only scenarios have: rates, laws of chance, times of day."""

from __future__ import annotations

import math
import re
from typing import ClassVar, Literal

from pydantic import Field

from ivrflow.flow.kind import BAD_VALUE, Kind, Part, bad
from ivrflow.flow.kinds import Duration, Number, Plain
from ivrflow.flow.source import NOWHERE, Mark, Scalar

DAY = 86_400.0
"""Seconds after which shifts and times of day begin anew."""

_PER = {"s": 1.0, "min": 60.0, "m": 60.0, "h": 3600.0, "d": DAY}


class Rate(Kind, float):
    """Calls a second. Written `24/h`, `3.5/min`, `2/s`, `1000/d`."""

    what = "a rate"
    pattern = r"([0-9]{1,9}(?:\.[0-9]{1,6})?)\s?/\s?(s|min|m|h|d)"
    examples = ("24/h", "3.5/min")

    def __new__(cls, rate: float, at: Mark = NOWHERE) -> Rate:
        self = super().__new__(cls, rate)
        self.at = at
        return self

    @classmethod
    def read(cls, value: Scalar) -> Rate:
        found = re.fullmatch(cls.pattern, value)
        if found is None:
            message = f"{str(value)!r} is not a rate; write calls and a unit: 24/h, 2/s"
            raise bad(BAD_VALUE, message)
        return cls(float(found[1]) / _PER[found[2]], value.at)


class ClockTime(Kind, str):
    """A time of day: `08:00`. `.seconds` counts from midnight, to 24:00."""

    what = "a time of day"
    pattern = r"(?:[01]?[0-9]|2[0-3]):[0-5][0-9]|24:00"
    examples = ("08:00",)
    seconds: float

    def __new__(cls, text: str, at: Mark = NOWHERE) -> ClockTime:
        self = super().__new__(cls, text)
        self.at = at
        hours, minutes = map(int, text.split(":"))
        self.seconds = hours * 3600.0 + minutes * 60.0
        return self

    @classmethod
    def read(cls, value: Scalar) -> ClockTime:
        if not re.fullmatch(cls.pattern, value):
            raise bad(BAD_VALUE, f"{str(value)!r} is not {cls.what}; write 08:00")
        return cls(value, value.at)


class Shift(Plain):
    """From one time of day to a later one: `08:00..16:30`."""

    what = "a shift"
    pattern = rf"(?:{ClockTime.pattern})\s?\.\.\s?(?:{ClockTime.pattern})"
    examples = ("08:00..16:30",)
    begin: float
    end: float

    @classmethod
    def read(cls, value: Scalar) -> Shift:
        first, dots, last = value.partition("..")
        times = [t.strip() for t in (first, last)]
        if not dots or not all(re.fullmatch(ClockTime.pattern, t) for t in times):
            raise bad(BAD_VALUE, f"{str(value)!r} is not a shift; write 08:00..16:30")
        self = cls(value, value.at)
        self.begin, self.end = (ClockTime(t).seconds for t in times)
        if self.begin >= self.end:
            message = f"{str(value)!r} ends before it begins; give two groups of agents"
            raise bad(BAD_VALUE, message)
        return self


class DurationOrNone(Kind, float):
    """Seconds; `none` is for ever."""

    what = "a duration or none"
    pattern = f"none|{Duration.pattern}"
    examples = ("120s", "none")

    def __new__(cls, seconds: float, at: Mark = NOWHERE) -> DurationOrNone:
        self = super().__new__(cls, seconds)
        self.at = at
        return self

    @classmethod
    def read(cls, value: Scalar) -> DurationOrNone:
        if value == "none":
            return cls(math.inf, value.at)
        return cls(float(Duration.read(value)), value.at)


class Places(Plain):
    """How many may wait, or `none` for no limit. `.number` is None then."""

    what = "a whole number or none"
    pattern = "none|[0-9]{1,9}"
    examples = (6, "none")
    number: int | None

    @classmethod
    def read(cls, value: Scalar) -> Places:
        if not re.fullmatch(cls.pattern, value):
            raise bad(BAD_VALUE, f"{str(value)!r} is not {cls.what}")
        self = cls(value, value.at)
        self.number = None if value == "none" else int(value)
        return self


Shape = Literal["exponential", "fixed", "lognormal"]


class Law(Part):
    """How long something takes. A duration alone is an exponential one's mean."""

    short: ClassVar[str] = "mean"

    mean: Duration = Field(description="The mean.")
    shape: Shape = Field("exponential", alias="as", description="How it varies.")
    cv: Number = Field(
        Number(1), description="Of a lognormal one: standard deviation / mean."
    )


class Patience(Law):
    """How long callers wait before they hang up; `none`: they never do."""

    mean: DurationOrNone = Field(description="The mean, or none.")  # type: ignore[assignment]  # a duration, or for ever
