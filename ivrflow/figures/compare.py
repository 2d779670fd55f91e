"""Whether figures that are kept are those that the facts give.

Each difference is a sentence that names what, where, and both values. Seconds are
compared to the hundredth: sums of the same floats in another order differ far behind.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from ivrflow.figures.ledger import AgentKey, QueueKey
from ivrflow.figures.record import CallRecord
from ivrflow.figures.sums import Sums

NEAR = 0.01
"""Seconds."""

When = Callable[[float], str]
"""A time in words."""


def sums_differ(
    what: str,
    kept: Mapping[Any, Sums],
    fresh: Mapping[Any, Sums],
    when: When,
) -> list[str]:
    """Compare the sums of queues, or of agents; *what* is the name of the kept ones."""
    found = []
    for key in sorted(kept.keys() | fresh.keys()):
        had, has = kept.get(key), fresh.get(key)
        names = (has or had).__struct_fields__  # type: ignore[union-attr]  # one is there
        for name in names:
            before = getattr(had, name, None)
            after = getattr(has, name, None)
            if not _same(before, after):
                found.append(
                    f"{what}: {_where(key, when)}: {name} is {_said(before)}, "
                    f"the facts say {_said(after)}"
                )
    return found


def records_differ(
    kept: Mapping[str, CallRecord], fresh: Mapping[str, CallRecord]
) -> list[str]:
    """Compare records of calls, by the call's id."""
    found = []
    for call in sorted(kept.keys() | fresh.keys()):
        had, has = kept.get(call), fresh.get(call)
        if had is None or has is None:
            only = "is missing" if had is None else "is there, and no fact tells of it"
            found.append(f"call records: {call} {only}")
            continue
        for field in fields(CallRecord):
            before, after = getattr(had, field.name), getattr(has, field.name)
            if not _same(before, after):
                found.append(
                    f"call records: {call}: {field.name} is {_said(before)}, "
                    f"the facts say {_said(after)}"
                )
    return found


@dataclass(frozen=True, slots=True)
class LogPart:
    """Lines of a queue_log file, which has them from *since* on (seconds, 1970)."""

    since: int
    lines: Sequence[str]


def lines_differ(kept: LogPart, fresh: Iterable[str]) -> list[str]:
    """Compare the lines of a queue_log, in whatever order they are."""
    had = Counter(kept.lines)
    has = Counter(line for line in fresh if int(line.split("|", 1)[0]) >= kept.since)
    missing = [f"queue_log: missing: {line}" for line in sorted((has - had).elements())]
    extra = [f"queue_log: not of a fact: {line}" for line in (had - has).elements()]
    return missing + sorted(extra)


def _same(a: object, b: object) -> bool:
    if isinstance(a, Mapping) or isinstance(b, Mapping):
        one = a if isinstance(a, Mapping) else {}
        other = b if isinstance(b, Mapping) else {}
        return all(_same(one.get(k), other.get(k)) for k in one.keys() | other.keys())
    if isinstance(a, float) or isinstance(b, float):
        before, after = (x if isinstance(x, int | float) else 0.0 for x in (a, b))
        return abs(before - after) < NEAR
    return (a or None) == (b or None)  # a sum that is not there is a sum of nothing


def _where(key: QueueKey | AgentKey, when: When) -> str:
    name = f"queue {key.queue}" if isinstance(key, QueueKey) else f"agent {key.agent}"
    item = f" ({key.item})" if isinstance(key, QueueKey) and key.item != "call" else ""
    return f"{name}{item}, {when(key.span.start)} for {key.span.seconds // 60} min"


def _said(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.2f}"
    return "nothing" if value in (None, {}, ()) else str(value)
