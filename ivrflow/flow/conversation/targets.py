"""To whom an agent may give a caller, or whom he may ask: pure.

An agent of agents.yaml, a queue, a flow, or a telephone number. By phone all of them
are digits: an agent's number, a short number of queues.yaml, a number of numbers.yaml
that leads to a flow, else a number outside, which the guard of numbers lets through or
not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ivrflow.flow.conversation.inbox import NotNow
from ivrflow.flow.kinds import did_you_mean
from ivrflow.flow.outbound import NUMBER, WRITTEN
from ivrflow.flow.site import Site

TargetKind = Literal["agent", "queue", "flow", "number"]
KINDS: tuple[TargetKind, ...] = ("agent", "queue", "flow", "number")


@dataclass(frozen=True, slots=True)
class Target:
    """Where to: an entry of the site, or a number as it is dialled."""

    kind: TargetKind
    name: str

    def __str__(self) -> str:
        """As the facts write it: `agent 1002`, `queue service`, or the number."""
        return self.name if self.kind == "number" else f"{self.kind} {self.name}"


def dialled(site: Site, digits: str) -> Target:
    """What an agent means who enters *digits*; raise `NotNow` for what is nothing."""
    if digits in site.agents:
        return Target("agent", digits)
    if (short := site.short_numbers.get(digits)) is not None:
        return Target(*short.way)
    number = site.numbers.get(digits)
    if number is not None and number.flow is not None and number.flow.text is None:
        return Target("flow", str(number.flow))
    if not NUMBER.fullmatch(digits):
        raise NotNow(f"{digits[:40]!r} is no agent, no short number and no number")
    return Target("number", digits)


def named(site: Site, given: Mapping[str, object]) -> Target:
    """The target of `{"agent": "1002"}` and its like; raise `NotNow` with a cure."""
    kinds = [kind for kind in KINDS if kind in given]
    if len(given) != 1 or len(kinds) != 1:
        raise NotNow("name one of agent, queue, flow and number")
    [kind] = kinds
    name = given[kind]
    if not isinstance(name, str) or not 0 < len(name) <= 80:
        raise NotNow(f"{kind!r} must be a text")
    if kind == "number":
        plain = name.translate(WRITTEN)
        if not NUMBER.fullmatch(plain):
            raise NotNow(f"{name[:40]!r} is no number: 2 to 20 digits")
        return Target(kind, plain)
    known: Mapping[str, object] = {
        "agent": site.agents,
        "queue": site.queues,
        "flow": site.flows,
    }[kind]
    if name not in known:
        hint = did_you_mean(name, map(str, known))
        raise NotNow(f"there is no {kind} {name!r}{hint}")
    return Target(kind, name)
