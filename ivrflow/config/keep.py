"""For how long what has happened is kept in the database."""

from __future__ import annotations

from pydantic import Field, field_validator

from ivrflow.flow.kind import Part, bad
from ivrflow.flow.kinds import Duration

SHORTEST = 35 * 86_400.0
"""Seconds: the service learns from four weeks, and figures of a month are of facts."""


class KeepOf(Part):
    """For how long what has happened is kept. Left out: for ever."""

    facts: Duration | None = Field(
        None,
        description="What happened in calls and queues, step by step: what `ivrflow "
        "why` tells, and reports of single hours are made of again. 35d at least.",
        examples=["400d"],
    )
    calls: Duration | None = Field(
        None,
        description="The list of calls, each with its steps and its record. Not "
        "shorter than `facts`.",
        examples=["800d"],
    )
    audit: Duration | None = Field(
        None,
        description="The audit log: who changed what, and heard what. 35d at least.",
        examples=["3650d"],
    )

    @field_validator("facts", "calls", "audit")
    @classmethod
    def _not_too_short(cls, keep: Duration | None) -> Duration | None:
        if keep is not None and float(keep) < SHORTEST:
            raise bad("C001", f"{float(keep) / 86_400:g}d is too short: 35d at least")
        return keep

    @field_validator("calls")
    @classmethod
    def _not_before_facts(cls, calls: Duration | None, info: object) -> Duration | None:
        facts = getattr(info, "data", {}).get("facts")
        if calls is not None and (facts is None or float(calls) < float(facts)):
            message = "calls are kept for at least as long as `facts` are"
            raise bad("C001", message)
        return calls
