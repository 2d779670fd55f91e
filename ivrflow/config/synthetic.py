"""A call that the service makes to itself, now and then, through the real trunk."""

from __future__ import annotations

import re

from pydantic import Field, field_validator

from ivrflow.flow.kind import Part, bad
from ivrflow.flow.kinds import Duration, Plain

SHORTEST = 60.0
"""Seconds from one call to the next, at least."""


class SyntheticTo(Part):
    """A call that the service makes to itself through a trunk, again and again, to see
    that it comes in. Left out: none."""

    dial: Plain = Field(
        description="What Asterisk dials: a public number of the house, by the trunk.",
        examples=["PJSIP/057188880100@the-trunk"],
    )
    caller: Plain = Field(
        alias="from",
        description="The number that it shows, and by which it is known when it comes "
        "in: one of the house that nobody else calls from.",
        examples=["057188880199"],
    )
    every: Duration = Field(Duration(900), description="How often; 1m at least.")
    within: Duration = Field(
        Duration(20), description="How long each step may take: to be answered, ..."
    )
    keys: Plain | None = Field(
        None,
        description="Keys that are pressed, and must come in: that proves that sound "
        "comes through as well.",
        examples=["1"],
    )

    @field_validator("dial")
    @classmethod
    def _endpoint(cls, dial: Plain) -> Plain:
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9]*/[A-Za-z0-9_.+:;=@-]+", dial):
            message = f"{str(dial)!r} is nothing to dial; write PJSIP/NUMBER@the-trunk"
            raise bad("C001", message)
        return dial

    @field_validator("caller")
    @classmethod
    def _number(cls, caller: Plain) -> Plain:
        if not re.fullmatch(r"\+?[0-9]{3,20}", caller):
            raise bad("C001", f"{str(caller)!r} is no number; write 057188880199")
        return caller

    @field_validator("every")
    @classmethod
    def _not_too_often(cls, every: Duration) -> Duration:
        if float(every) < SHORTEST:
            raise bad("C001", f"every {float(every):g} s is too often: 1m at least")
        return every

    @field_validator("keys")
    @classmethod
    def _keys(cls, keys: Plain | None) -> Plain | None:
        if keys is not None and not re.fullmatch(r"[0-9*#]{1,20}", keys):
            raise bad("C001", f"{str(keys)!r} are no keys; write 0 to 9, * and #")
        return keys
