"""A recorded day again: as it was, and as other agents would have fared.

The calls of the day come when they came. What the day does not tell is drawn, with a
seed: how long those would have waited who were answered (by `patience`: Kaplan and
Meier; so for those who left by a key or a limit), and how long those would have talked
who did not (as long as one of their class who did).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ivrflow.figures.fold import Fold
from ivrflow.figures.metrics import QueueFigures
from ivrflow.flow.kinds import Name
from ivrflow.flow.site import Site
from ivrflow.sim.queue.chance import Coming, stream
from ivrflow.sim.queue.floor import Floor
from ivrflow.sim.queue.patience import Survival
from ivrflow.sim.queue.recorded import Day, by_class, gave_up, waits
from ivrflow.sim.queue.run import rings, staffed
from ivrflow.sim.queue.scenario import ONE, WhatIf
from ivrflow.sim.queue.tally import WITHIN, Result
from ivrflow.sim.queue.told import facts_of

SHORT = 10.0
"""Seconds within which a hang-up is told apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFigures:
    """What a day comes to. Times are seconds; None: there was nothing to make it of."""

    rows: int
    """Calls in the file, offered or not."""
    offered: int
    answered: int
    abandoned: int
    abandoned_within_10: int
    flowed: int
    """Left without an agent and did not hang up: no place, a key, a limit."""
    mean_wait_served: float | None
    median_wait_served: float | None
    p90_wait_served: float | None
    sl20: float | None
    """Answered within 20 s / offered."""
    mean_service: float | None
    occupancy: float | None = None
    """None for the day as it was: a recorded call does not tell who was there."""


def as_it_was(day: Day) -> DayFigures:
    """The figures of the recorded day."""
    fold = Fold()
    for fact in facts_of(day, ONE):
        fold.note(fact)
    return _figures(day, fold)


def as_it_would_be(
    day: Day, what_if: WhatIf, *, seed: int, site: Site | None = None
) -> DayFigures:
    """The figures if *what_if* had answered. Raises `BadScenario`."""
    names = [Name(klass) for klass in by_class(day)]
    setting = staffed(what_if, names, (), site)
    fold = Fold()
    result = Floor(setting, _ringing(day, what_if, seed), fold.note).play()
    return _figures(day, fold, result)


def coming(day: Day, seed: int) -> Iterator[Coming]:
    """The calls of the day, each with what it would have done."""
    survival = Survival(waits(day))
    patience = stream(str(seed), "patience")
    talking = stream(str(seed), "handle")
    classes = {klass: number for number, klass in enumerate(by_class(day))}
    talks: dict[str, list[float]] = {klass: [] for klass in classes}
    every = [call.talked for call in day.calls if call.talked is not None]
    for call in day.calls:
        if call.talked is not None:
            talks[call.klass].append(call.talked)
    for call in day.calls:
        # Both are drawn for each call, so that one call more changes no other one.
        drawn = survival.draw(call.waited, patience)
        choice = talking.random()
        known = talks[call.klass] or every or [0.0]
        made_up = known[int(choice * len(known))]
        handle = made_up if call.talked is None else call.talked
        wait = call.waited if gave_up(call) else drawn
        yield Coming(call.at, classes[call.klass], handle, wait)


def _ringing(day: Day, what_if: WhatIf, seed: int) -> Iterator[Coming]:
    """The same, with the time that phones ring."""
    ring = rings(what_if, str(seed), ONE)
    for call in coming(day, seed):
        yield call if ring is None else call._replace(ring=next(ring))


def _figures(
    day: Day,
    fold: Fold,
    result: Result | None = None,
) -> DayFigures:
    figures = QueueFigures(fold.total(queue=None), within=WITHIN, short=SHORT)
    return DayFigures(
        rows=day.rows,
        offered=figures.offered,
        answered=figures.answered,
        abandoned=figures.abandoned,
        abandoned_within_10=figures.short_abandoned,
        flowed=figures.flowed_out,
        mean_wait_served=figures.asa,
        median_wait_served=figures.median_wait,
        p90_wait_served=figures.p90_wait,
        sl20=figures.service_level_negative,
        mean_service=figures.mean_talk,
        occupancy=result.all["occupancy"] if result is not None else None,
    )


def mean(runs: Sequence[DayFigures]) -> DayFigures:
    """The mean of several what-ifs of one day."""
    values: dict[str, Any] = {}
    for name in DayFigures.__slots__:
        known = [v for run in runs if (v := getattr(run, name)) is not None]
        values[name] = sum(known) / len(known) if known else None
    return replace(runs[0], **values)
