"""What the stored facts of a run say, counted without the package's own figures."""

from __future__ import annotations

import json
import math
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Told:
    """*places*: how many waits ended how. *astray*: waits with no end, or with two."""

    started: int
    ended: int
    places: Counter[str]
    astray: list[str]
    idle: list[float]
    """Seconds for which an agent and a caller whom he could serve were both there."""
    two_agents: list[str]
    """Calls in which two agents answered at once."""

    def percentile(self, percent: float) -> float:
        """The nearest rank of `idle`; 0 of nothing."""
        ranked = sorted(self.idle)
        if not ranked:
            return 0.0
        return ranked[max(0, math.ceil(percent / 100 * len(ranked)) - 1)]


def figures(database: Path) -> Told:
    """Read all facts of *database*."""
    with closing(sqlite3.connect(database)) as db:
        rows = db.execute('select at, "call", kind, data from facts order by id')
        facts = [(at, call, kind, json.loads(data)) for at, call, kind, data in rows]
    kinds = Counter(kind for _, _, kind, _ in facts)
    places: Counter[str] = Counter()
    waiting: Counter[str] = Counter()
    talking: Counter[str] = Counter()
    idle, two = [], []
    for _, call, kind, data in facts:
        if kind == "CallerQueued":
            waiting[call] += 1
        elif kind == "LeftQueue":
            waiting[call] -= 1
            places[data["how"]] += 1
        elif kind == "Connected":
            waiting[call] -= 1
            talking[call] += 1
            places["answered"] += 1
            if talking[call] > 1:
                two.append(call)
        elif kind == "TalkEnded":
            talking[call] -= 1
        elif kind == "AgentOffered":
            idle.append(data.get("idle", 0.0))
    return Told(
        started=kinds["CallStarted"],
        ended=kinds["CallEnded"],
        places=places,
        astray=[c for c, n in (waiting + talking).items() if n]
        + [c for c, n in waiting.items() if n < 0],
        idle=idle,
        two_agents=two,
    )
