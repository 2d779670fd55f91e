"""The guard against toll fraud: which numbers a flow may dial, and how many.

Whoever gets a flow to dial what he likes makes money at the operator's cost: a premium
number that he owns is dialled all night. So no number at all can be dialled unless the
settings say `outbound:`, and then only numbers that begin as listed there, so many at
once, so many a minute, in those hours, for so long. Every refusal is a fact and a line
of the log.

This stands in the service, which orders each channel itself and names its endpoint: no
dialplan takes part in a dial by ARI, so a rule there would guard nothing. What a trunk
lets through is one more wall, and the carrier's to build.

The counts are of this process: several machines have as many limits.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ivrflow.flow.site import Site

NUMBER = re.compile(r"\+?[0-9]{2,20}")
"""A telephone number, as it is dialled: nothing that a dial command would split at."""

WRITTEN = str.maketrans("", "", " -()./")
"""What people write between digits."""

MINUTE = 60.0


class Refused(Exception):
    """A number that may not be dialled. Says why, and which setting says so."""


@dataclass(frozen=True, kw_only=True)
class OutboundRules:
    """What `outbound:` in the settings says.

    *endpoint* is what Asterisk dials, with `{number}` in it. *hand_over* is the same
    for a call that is let go: a SIP address, "" where no number may be. *prefixes* are
    how allowed numbers begin. *longest* is seconds; *hours* a timetable of the site, ""
    for all hours.
    """

    endpoint: str
    prefixes: tuple[str, ...]
    hand_over: str = ""
    at_once: int = 2
    per_minute: int = 6
    hours: str = ""
    longest: float = 3600.0


@dataclass(frozen=True)
class Line:
    """What to dial, and how many seconds the talk may last."""

    address: str
    longest: float


class DialGuard:
    """Lets numbers through, or not; see `flow.world.Outbound`."""

    def __init__(
        self,
        rules: OutboundRules | None,
        *,
        seconds: Callable[[], float],
        is_open: Callable[[Site, str], bool],
    ) -> None:
        """*rules* None: no number at all.

        *seconds* is a clock that never jumps; *is_open* tells of a timetable of a site
        whether it is open now, by the real time and not that of a rehearsal.
        """
        self._rules = rules
        self._seconds = seconds
        self._is_open = is_open
        self._recent: deque[float] = deque()
        self.up = 0
        """How many calls to numbers there are now."""

    @property
    def dials(self) -> bool:
        """Whether any number may be dialled at all."""
        return self._rules is not None

    def allows(self, number: str) -> None:
        """As `Outbound.allows`."""
        self._may_be(self._given(), number.translate(WRITTEN))

    @contextmanager
    def placing(
        self,
        number: str,
        site: Site,
        *,
        hand_over: bool = False,
        placed: bool = False,
    ) -> Iterator[Line]:
        """As `Outbound.placing`."""
        rules = self._given()
        plain = number.translate(WRITTEN)
        self._may_be(rules, plain)
        if not placed:
            self._may_be_now(rules, site)
        template = rules.hand_over if hand_over else rules.endpoint
        if not template:
            raise Refused(
                "no call can be handed over to a number: set outbound.hand_over, as "
                "PJSIP/sip:{number}@the-trunk's-host"
            )
        self._recent.append(self._seconds())
        self.up += 1
        try:
            yield Line(template.replace("{number}", plain), rules.longest)
        finally:
            self.up -= 1

    def _given(self) -> OutboundRules:
        if self._rules is None:
            raise Refused("no number can be dialled: the settings have no outbound:")
        return self._rules

    def _may_be(self, rules: OutboundRules, plain: str) -> None:
        """Raise `Refused` for a number that may never be dialled."""
        if not NUMBER.fullmatch(plain):
            raise Refused(f"{plain[:40]!r} is no number: 2 to 20 digits")
        if not plain.startswith(rules.prefixes):
            raise Refused(
                f"no number that begins like {plain} may be dialled: outbound.prefixes "
                f"has {', '.join(rules.prefixes)}"
            )

    def _may_be_now(self, rules: OutboundRules, site: Site) -> None:
        """Raise `Refused` while no number may be dialled, or no more of them."""
        if rules.hours and not self._is_open(site, rules.hours):
            raise Refused(f"no number is dialled outside outbound.hours, {rules.hours}")
        if self.up >= rules.at_once:
            raise Refused(f"{self.up} calls to numbers at once: outbound.at_once")
        oldest = self._seconds() - MINUTE
        while self._recent and self._recent[0] <= oldest:
            self._recent.popleft()
        if len(self._recent) >= rules.per_minute:
            raise Refused(
                f"{len(self._recent)} numbers in the last minute: outbound.per_minute"
            )
