"""switches.yaml: what a person throws, such as an emergency closing."""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import Field

from ivrflow.flow.kind import Named
from ivrflow.flow.kinds import Duration, Plain
from ivrflow.flow.site.settings import Title

ROLES = ("agent", "supervisor", "admin")
"""The roles of agents.yaml; each may do what those before it may."""

LONGEST = 366 * 86_400.0
"""Seconds that a switch without `expires` is thrown for at most, if an end is given."""


def may(who: str, number: str, role: str) -> bool:
    """Whether the agent of this number and role is meant by *who*, a role or an agent.

    Who leads a role may do what the role may.
    """
    if who in ROLES:
        return role in ROLES and ROLES.index(role) >= ROLES.index(who)
    return number == who


class Switch(Named):
    """One switch; flows ask for `switch.NAME`."""

    title: Title = Field(default_factory=dict, description="What it is for.")
    who: Plain = Field(
        Plain("supervisor"),
        examples=["supervisor", "1001"],
        description="Who may throw it: a role, or an agent.",
    )
    expires: Duration | None = Field(
        None, description="It goes back by itself after this."
    )

    def may(self, number: str, role: str) -> bool:
        """Whether the agent of this number and role may throw it and put it back."""
        return may(self.who, number, role)

    def end(self, now: datetime, lasts: float | None = None) -> datetime | None:
        """When it goes back by itself if it is thrown at *now*; None: never.

        *lasts* are seconds, `expires` if None. Nobody's emergency closing outlives the
        emergency: raises `TooLong` for more than `expires`.
        """
        if lasts is None:
            lasts = self.expires
        most = LONGEST if self.expires is None else float(self.expires)
        if lasts is not None and lasts > most:
            why = "" if self.expires is None else ": `expires` in switches.yaml"
            raise TooLong(
                f"{str(self.name)!r} can't be thrown for longer than "
                f"{most / 3600:g}h{why}"
            )
        return None if lasts is None else now + timedelta(seconds=float(lasts))


class TooLong(ValueError):
    """A switch would be thrown for longer than it may be."""
