"""Which numbers may be dialled, how, and how often."""

from __future__ import annotations

import re
from typing import Self

from pydantic import Field

from ivrflow.flow.kind import Part, bad
from ivrflow.flow.kinds import Duration, Name, Plain, Whole
from ivrflow.flow.source import Scalar


class NumberTemplate(Plain):
    """What Asterisk dials for a number: `{number}` stands in it once."""

    what = "an endpoint with {number} in it"

    @classmethod
    def read(cls, value: Scalar) -> Self:
        filled = value.replace("{number}", "1")
        right = re.fullmatch(r"[A-Za-z][A-Za-z0-9]*/[A-Za-z0-9_.+:;=@-]+", filled)
        if value.count("{number}") != 1 or not right:
            hint = "write PJSIP/{number}@the-trunk"
            raise bad("C001", f"{str(value)!r} is not {cls.what}; {hint}")
        return cls(value, value.at)


class Prefix(Plain):
    """How numbers begin: digits, perhaps with a + before them."""

    what = "the beginning of a number"

    @classmethod
    def read(cls, value: Scalar) -> Self:
        if not re.fullmatch(r"\+?[0-9]{1,15}", value):
            raise bad("C001", f"{str(value)!r} is not {cls.what}; write 010 or +8610")
        return cls(value, value.at)


class OutboundTo(Part):
    """Which numbers flows may dial. Left out: none at all."""

    endpoint: NumberTemplate = Field(
        description="What Asterisk dials.", examples=["PJSIP/{number}@the-trunk"]
    )
    prefixes: tuple[Prefix, ...] = Field(
        min_length=1,
        description="How the numbers that may be dialled begin.",
        examples=[["010", "400"]],
    )
    hand_over: NumberTemplate | None = Field(
        None,
        description="What a blind transfer names; left out: none is possible.",
        examples=["PJSIP/sip:{number}@trunk.example.com"],
    )
    at_once: Whole = Field(Whole(2), description="Calls to numbers at once, at most.")
    per_minute: Whole = Field(Whole(6), description="Numbers dialled in a minute.")
    hours: Name | None = Field(
        None,
        description="The timetable of the site in which they may be dialled; left out: "
        "always.",
        examples=["office"],
    )
    longest: Duration = Field(Duration(3600), description="Such a call lasts so long.")
