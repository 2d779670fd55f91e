"""`ivrflow test --mutate`: which changes of a site does nobody notice?"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from typing import Any

import click

from ivrflow.sim.mutation.hunt import Fate, NotGreen, all_mutants, hunt, sampled
from ivrflow.sim.rehearsal.batch import Play

CANNOT_RUN, STOPPED = 2, 130

SETTINGS = "other files"
"""What the mutants outside of flows/ are called."""


def report_mutants(
    plays: Sequence[Play],
    processes: int | None,
    sample: int | None,
    seed: int,
    least: float | None,
    form: str,
) -> int:
    """Run the mutants of some sites and tell what became of them; the exit status.

    Those of *sample* and *seed*, else all. *least* is how many per cent of those in
    flows/ must be caught. *form* is text or json.
    """
    status = 0
    told = []
    for play in plays:
        if status == STOPPED:
            break
        began = time.perf_counter()
        found = sampled(all_mutants(play), sample, seed)
        fates: list[Fate] = []
        bar = click.progressbar(
            length=len(found),
            label=f"mutants of {play.site.folder.as_posix()}",
            file=sys.stderr,
            hidden=not sys.stderr.isatty(),
        )
        try:
            with bar:
                for fate in hunt(play, found, processes or os.cpu_count() or 1):
                    fates.append(fate)
                    bar.update(1)
        except NotGreen as why:
            click.echo(f"{play.site.folder.as_posix()}: {why}; mend it first", err=True)
            return CANNOT_RUN
        except KeyboardInterrupt:
            click.echo("stopped", err=True)
            status = STOPPED
        except BrokenProcessPool:
            click.echo("one of the processes died; try it with -j 1", err=True)
            return CANNOT_RUN
        seconds = time.perf_counter() - began
        if form == "json":
            told.append(_as_data(play, fates, seconds))
        else:
            for line in _told(play, fates, seconds):
                click.echo(line)
        if not status and least is not None:
            status = int(_percent(_in_flows(fates)) < least)
    if form == "json":
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
    return status


def _in_flows(fates: Sequence[Fate]) -> list[Fate]:
    return [fate for fate in fates if fate.mutant.file.startswith("flows/")]


def _percent(fates: Sequence[Fate]) -> float:
    """How many were caught; 100 where there are none."""
    if not fates:
        return 100.0
    return 100.0 * sum(bool(fate.caught_by) for fate in fates) / len(fates)


def _groups(fates: Sequence[Fate]) -> Iterator[tuple[str, list[Fate]]]:
    """The rows of the table: each kind in flows/, all of these, the rest, all."""
    flows = _in_flows(fates)
    for kind in sorted({fate.mutant.kind for fate in flows}):
        yield kind, [fate for fate in flows if fate.mutant.kind == kind]
    yield "flows/", flows
    others = [fate for fate in fates if fate not in flows]
    if others:
        yield SETTINGS, others
        yield "all", list(fates)


def _told(play: Play, fates: Sequence[Fate], seconds: float) -> Iterator[str]:
    folder = play.site.folder.as_posix()
    yield f"{folder}: {len(fates)} mutants in {seconds:.0f} s"
    heads = f"{'by check':>10}{'by talks':>10}{'survived':>10}{'caught':>10}"
    yield f"{'':12}{'mutants':>9}{heads}"
    for name, group in _groups(fates):
        check, talk, none = (
            sum(fate.caught_by == by for fate in group) for by in ("check", "talk", "")
        )
        counts = f"{len(group):>9}{check:>10}{talk:>10}{none:>10}"
        yield f"{name:12}{counts}{_percent(group):>8.1f} %"
    survivors = [fate.mutant for fate in fates if not fate.caught_by]
    if survivors:
        yield "nobody notices:"
    for mutant in survivors:
        yield f"  {(play.site.folder / mutant.file).as_posix()}:{mutant.line}: {mutant}"


def _as_data(play: Play, fates: Sequence[Fate], seconds: float) -> dict[str, Any]:
    def place(fate: Fate) -> str:
        return (play.site.folder / fate.mutant.file).as_posix()

    return {
        "site": play.site.folder.as_posix(),
        "seconds": round(seconds, 1),
        "caught_percent": {
            name: round(_percent(group), 1) for name, group in _groups(fates)
        },
        "mutants": [
            {
                "file": place(fate),
                "line": fate.mutant.line,
                "column": fate.mutant.column,
                "kind": fate.mutant.kind,
                "what": fate.mutant.what,
                "was": fate.mutant.was,
                "now": fate.mutant.now,
                "caught_by": fate.caught_by or None,
                "how": fate.how,
            }
            for fate in fates
        ],
    }
