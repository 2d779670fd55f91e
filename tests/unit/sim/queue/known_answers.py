"""Settings of which mathematics knows the answer: the tests and the bench share them.

Erlang's formulas with and without impatience, Cobham's for priorities, and those of
Adan and Weiss (2014) for agents with different skills, in which the longest idle agent
takes the oldest call.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Known:
    """A scenario, and figures of it: (class or "all", figure) -> value."""

    name: str
    text: str
    answers: dict[tuple[str, str], float]
    calls: int = 5000
    """That a short test plays in each run."""


def _mmn(rate: str, handle: int, agents: int, more: str = "") -> str:
    return (
        f"arrivals: {{a: {rate}}}\nhandle: {handle}s\nagents: [{{count: {agents}}}]\n"
        f"{more}"
    )


N_DESIGN = """\
arrivals: {a: 24/h, b: 12/h}
handle: 240s
room: 6
needs: {a: {a: 1}, b: {b: 1}}
agents:
  - {count: 1, skills: {a: 5}}
  - {count: 2, skills: {a: 5, b: 5}}
choose: longest_idle
"""

V_DESIGN = """\
arrivals: {a: 20/h, b: 20/h}
handle: 240s
room: 6
needs: {a: {a: 1}, b: {b: 1}}
agents: [{count: 3, skills: {a: 5, b: 5}}]
"""

DEDICATED = """\
arrivals: {a: 12/h, b: 12/h, c: 12/h}
handle: 240s
room: 5
needs: {a: {a: 1}, b: {b: 1}, c: {c: 1}}
agents: [{skills: {a: 5}}, {skills: {b: 5}}, {skills: {c: 5}}]
"""

PRIORITY = """\
arrivals: {urgent: 30/h, other: 100/h}
handle: 240s
priority: {urgent: 1}
agents: [{count: 10}]
"""

ASA, LOST = "mean_wait_served", "abandoned"

KNOWN = (
    Known(
        "Erlang C, 50 agents at 96 %",
        _mmn("48/min", 60, 50),
        {("all", ASA): 20.83, ("all", "occupancy"): 0.960},
        12_000,
    ),
    Known("Erlang C, 13 agents", _mmn("3.5/min", 180, 13), {("all", ASA): 26.557}),
    Known(
        "Erlang C, 10 agents",
        _mmn("120/h", 240, 10),
        {
            ("all", "p_wait"): 0.40918,
            ("all", ASA): 49.102,
            ("all", "sl20"): 0.65364,
        },
    ),
    Known(
        "Erlang C, 90 agents",
        _mmn("1000/h", 300, 90),
        {
            ("all", "p_wait"): 0.36729,
            ("all", ASA): 16.528,
            ("all", "sl20"): 0.76450,
        },
    ),
    Known(
        "Erlang A, 50 agents",
        _mmn("48/min", 60, 50, "patience: 120s\n"),
        {
            ("all", LOST): 0.03091,
            ("all", "mean_wait_all"): 3.709,
            ("all", "sl20"): 0.94302,
        },
    ),
    Known(
        "Erlang A, 8 agents",
        _mmn("120/h", 240, 8, "patience: 120s\n"),
        {("all", LOST): 0.16274, ("all", "mean_wait_all"): 19.529},
    ),
    Known(
        "two priorities",
        PRIORITY,
        {("urgent", ASA): 17.224, ("other", ASA): 129.180},
    ),
    Known(
        "N: one who can do a, two who can do both",
        N_DESIGN,
        {
            ("a", "blocked"): 0.04190,
            ("b", "blocked"): 0.04221,
            ("a", "mean_wait_admitted"): 122.634,
            ("b", "mean_wait_admitted"): 192.148,
        },
    ),
    Known(
        "V: all can do both",
        V_DESIGN,
        {("all", "blocked"): 0.06721, ("all", "mean_wait_admitted"): 168.380},
    ),
    Known(
        "dedicated: to each class an agent",
        DEDICATED,
        {("all", "blocked"): 0.14598, ("all", "mean_wait_admitted"): 316.301},
    ),
)

SHARES = ("blocked", "abandoned")
"""Counts whose answers are shares of the offered."""


def value_of(figures: Mapping[str, float | None], name: str) -> float:
    """A figure as `answers` has it."""
    value, offered = figures[name], figures["offered"]
    assert value is not None
    assert offered is not None
    return value / offered if name in SHARES else value
