"""The telephone network of a talk: every number may be dialled, and rings.

What may be dialled is the settings' business, and a site is tested without them. A
number that a flow dials rings until the talk says what happens there, or the flow has
waited long enough.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ivrflow.flow.outbound import NUMBER, WRITTEN, Line, Refused
from ivrflow.flow.site import Site
from ivrflow.sim.scripted import Person, ScriptedSwitch

LONGEST = 3600.0
"""Seconds that a talk with somebody outside may last."""


def address_of(number: str) -> str:
    """Where *number* rings."""
    return f"outside/{number.translate(WRITTEN)}"


class Outside:
    """A flow's `Outbound` without a guard: somebody is at every number."""

    def __init__(self, phones: ScriptedSwitch) -> None:
        self._phones = phones

    @property
    def dials(self) -> bool:
        """As `Outbound.dials`: always."""
        return True

    def allows(self, number: str) -> None:
        """As `Outbound.allows`; refuses only what is no number."""
        plain = number.translate(WRITTEN)
        if not NUMBER.fullmatch(plain):
            raise Refused(f"{plain[:40]!r} is no number: 2 to 20 digits")

    @contextmanager
    def placing(
        self,
        number: str,
        site: Site,
        *,
        hand_over: bool = False,
        placed: bool = False,
    ) -> Iterator[Line]:
        """As `Outbound.placing`; refuses only what is no number."""
        self.allows(number)
        address = address_of(number)
        somebody = Person(answers_after=None, talks_for=None)
        self._phones.people.setdefault(address, somebody)
        yield Line(address, LONGEST)
