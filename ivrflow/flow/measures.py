"""The kinds that are measured or counted: durations, ranges, numbers, yes and no."""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar, Self

from pydantic import PlainValidator, WithJsonSchema

from ivrflow.flow.kind import BAD_VALUE, Kind, Written, bad, called
from ivrflow.flow.source import NOWHERE, Mark, Scalar

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,3})?)\s?(ms|s|m|h|d)")
_RANGE = rf"{_DURATION.pattern}\s*\.\.\s*{_DURATION.pattern}"


def _seconds(text: str) -> float | None:
    found = _DURATION.fullmatch(text)
    # Rounded, since 250 * 0.001 would not be 0.25 for every number.
    return round(float(found[1]) * UNITS[found[2]], 6) if found else None


class Duration(Kind, float):
    """Seconds. Written with a unit: `250ms 6s 5m 24h 7d`."""

    what = "a duration"
    pattern = _DURATION.pattern
    examples = ("6s", "5m", "24h")

    def __new__(cls, seconds: float, at: Mark = NOWHERE) -> Self:
        self = super().__new__(cls, seconds)
        self.at = at
        return self

    @classmethod
    def read(cls, value: Scalar) -> Self:
        seconds = _seconds(value)
        if seconds is None:
            hint = f"{value}s" if _seconds(f"{value}s") is not None else "250ms, 6s, 5m"
            message = f"{str(value)!r} is not a duration; write it with a unit: {hint}"
            raise bad(BAD_VALUE, message)
        return cls(seconds, value.at)

    @classmethod
    def schema(cls) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{cls.pattern}$"}


class DurationRange(Written):
    """The shortest and the longest, in seconds. Written `2s..120s`."""

    what = "a range of durations"
    pattern = _RANGE
    examples = ("2s..120s",)
    low: float
    high: float

    @classmethod
    def read(cls, value: Scalar) -> Self:
        first, dots, last = value.partition("..")
        low, high = _seconds(first.strip()), _seconds(last.strip())
        if not dots or low is None or high is None or low > high:
            message = f"{str(value)!r} is not a range of durations; write 2s..120s"
            raise bad(BAD_VALUE, message)
        return cls.of(low, high, value, value.at)

    @classmethod
    def of(cls, low: float, high: float, text: str = "", at: Mark = NOWHERE) -> Self:
        """The range from *low* to *high* seconds."""
        self = cls(text or f"{low:g}s..{high:g}s", at)
        self.low, self.high = low, high
        return self


class DigitsRange(Written):
    """How many digits: `12`, or at least and at most: `4..8`."""

    what = "a number of digits"
    pattern = r"[0-9]{1,3}(?:\s*\.\.\s*[0-9]{1,3})?"
    examples = (12, "4..8")
    low: int
    high: int
    most: ClassVar[int] = 64

    @classmethod
    def read(cls, value: Scalar) -> Self:
        first, dots, last = value.partition("..")
        ends = [first.strip(), last.strip() if dots else first.strip()]
        if not all(re.fullmatch("[0-9]{1,3}", end) for end in ends):
            message = f"{str(value)!r} is not {cls.what}; write 12, or 4..8"
            raise bad(BAD_VALUE, message)
        low, high = map(int, ends)
        if not 1 <= low <= high <= cls.most:
            message = f"{str(value)!r}: from 1 to {cls.most} digits, the smaller first"
            raise bad(BAD_VALUE, message)
        return cls.of(low, high, value, value.at)

    @classmethod
    def of(cls, low: int, high: int, text: str = "", at: Mark = NOWHERE) -> Self:
        """From *low* to *high* digits."""
        self = cls(text or (f"{low}" if low == high else f"{low}..{high}"), at)
        self.low, self.high = low, high
        return self


class Whole(Kind, int):
    """A whole number, 0 or more."""

    what = "a whole number"
    pattern = "[0-9]{1,12}"
    examples = (3,)

    def __new__(cls, number: int, at: Mark = NOWHERE) -> Self:
        self = super().__new__(cls, number)
        self.at = at
        return self

    @classmethod
    def read(cls, value: Scalar) -> Self:
        if not re.fullmatch(cls.pattern, value):
            raise bad(BAD_VALUE, f"{str(value)!r} is not a whole number")
        return cls(int(value), value.at)

    @classmethod
    def schema(cls) -> dict[str, Any]:
        return {**super().schema(), "minimum": 0}


class Number(Kind, float):
    """A number, with decimals perhaps."""

    what = "a number"
    pattern = r"[+-]?[0-9]{1,12}(?:\.[0-9]{1,9})?"
    examples = (2, "+1.5")

    def __new__(cls, number: float, at: Mark = NOWHERE) -> Self:
        self = super().__new__(cls, number)
        self.at = at
        return self

    @classmethod
    def read(cls, value: Scalar) -> Self:
        if not re.fullmatch(cls.pattern, value):
            raise bad(BAD_VALUE, f"{str(value)!r} is not a number")
        return cls(float(value), value.at)

    @classmethod
    def schema(cls) -> dict[str, Any]:
        return {"type": ["number", "string"], "pattern": f"^(?:{cls.pattern})$"}


def _yes_or_no(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value in ("yes", "no"):
        return value == "yes"
    raise bad(BAD_VALUE, f"write yes or no, not {called(value)}")


YesNo = Annotated[
    bool, PlainValidator(_yes_or_no), WithJsonSchema({"enum": ["yes", "no"]})
]
"""`yes` or `no`, and nothing else: `on` and `true` mean other things elsewhere."""
