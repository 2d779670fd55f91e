"""`ivrflow queue simulate`: what if."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ivrflow.cli.queue.shown import aligned, called, figure, site_in, text_of, wrong

if TYPE_CHECKING:
    from ivrflow.sim.queue.floor import Setting
    from ivrflow.sim.queue.scenario import Scenario
    from ivrflow.sim.queue.tally import Result, Results

STOPPED = 130

ROWS = (
    ("offered", "offered", "count"),
    ("blocked", "blocked", "count"),
    ("abandoned", "abandoned", "count"),
    ("answered", "answered", "count"),
    ("mean_wait_served", "mean wait of the answered", "seconds"),
    ("mean_wait_all", "mean wait, answered or not", "seconds"),
    ("mean_wait_admitted", "mean wait of the admitted", "seconds"),
    ("p_wait", "find no agent at once", "share"),
    ("sl20", "answered within 20 s", "share"),
    ("occupancy", "agents' time that this took", "share"),
)
"""Figure -> how a table calls it, and how it is written."""


@click.command()
@click.argument(
    "scenarios",
    metavar="SCENARIO...",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path, dir_okay=False, exists=True, allow_dash=True),
)
@click.option(
    "--site",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Take queues.yaml and agents.yaml of the site in this folder.",
)
@click.option(
    "--runs",
    metavar="N",
    type=click.IntRange(1, 10_000),
    default=1,
    show_default=True,
    help="Independent runs: means, each with its standard error.",
)
@click.option("--seed", type=int, help="Instead of the scenario's own.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def simulate(
    scenarios: tuple[Path, ...],
    site: Path | None,
    runs: int,
    seed: int | None,
    as_json: bool,
) -> None:
    """Play a SCENARIO: what if?

    The engine that serves live calls decides, on a clock that jumps. A scenario says
    who calls, who answers and by which rules: docs/queues.md. `-` is standard input. Of
    several scenarios the figures stand beside each other.

    Ctrl-C prints the figures of what was played so far.

    Exit status: 0; 2 if a scenario has mistakes; 130 after Ctrl-C.
    """
    from ivrflow.sim.queue.run import BadScenario, prepare
    from ivrflow.sim.queue.scenario import read_scenario

    there = site_in(site) if site is not None else None
    prepared, problems = [], []
    for path in scenarios:
        scenario, found = read_scenario(text_of(path), called(path))
        problems += found
        if scenario is None:
            continue
        try:
            prepared.append((scenario, prepare(scenario, there)))
        except BadScenario as bad:
            problems += bad.problems
    if problems:
        wrong(problems)
    played: dict[str, Results] = {}
    stopped = False
    for path, (scenario, setting) in zip(scenarios, prepared, strict=True):
        chosen = int(scenario.seed) if seed is None else seed
        results, stopped = _play(called(path), scenario, setting, chosen, runs)
        if results is not None:
            played[called(path)] = results
        if stopped:
            break
    if as_json:
        whole = {name: _as_json(results) for name, results in played.items()}
        alone = len(scenarios) == 1 and bool(whole)
        shown = next(iter(whole.values())) if alone else whole
        click.echo(json.dumps(shown, ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join(_table(played)))
    _warn(played)
    if stopped:
        sys.exit(STOPPED)


def _play(
    name: str, scenario: Scenario, setting: Setting, seed: int, runs: int
) -> tuple[Results | None, bool]:
    """Play all runs; None if none has begun. The second is true after Ctrl-C."""
    from ivrflow.packages.progress import Progress
    from ivrflow.sim.queue.run import play
    from ivrflow.sim.queue.tally import Results

    progress = Progress(sys.stderr)
    per_run = setting.warm_up + (setting.counted or 0)
    next_word = time.monotonic() + 0.5
    results: list[Result] = []
    done = 0

    def tell(calls: int) -> None:
        nonlocal next_word
        if sys.stderr.isatty() and time.monotonic() >= next_word:
            next_word = time.monotonic() + 0.2
            come = min(done + calls, per_run * runs)
            progress.step(name, come, per_run * runs, "calls")

    stopped = False
    try:
        for number in range(runs):
            result = play(scenario, setting, seed=seed, number=number, tell=tell)
            stopped = result.calls < per_run
            # Of several runs, one that was broken off is worth nothing.
            if not stopped or not results:
                results.append(result)
            if stopped:
                come = done + result.calls
                progress.say(f"{name}: stopped after {come} of {per_run * runs} calls")
                break
            done += per_run
    except KeyboardInterrupt:
        stopped = True
    progress.done()
    return (Results(results) if results else None), stopped


def _as_json(results: Results) -> dict[str, object]:
    """Figures by name; with several runs, `errors` has each one's standard error."""
    figures = results.means().spelled()
    if len(results.runs) > 1:
        figures["errors"] = results.errors().spelled()
        figures["runs"] = len(results.runs)
    return figures


def _table(played: dict[str, Results]) -> Sequence[str]:
    """A line a figure, a column for all calls and for each class."""
    rows: list[list[str]] = [[""], *([words] for _, words, _ in ROWS)]
    for name, results in played.items():
        means, errors = results.means(), results.errors()
        columns = [("all", means.all, errors.all)]
        if len(means.classes) > 1:
            columns += [(k, means.classes[k], errors.classes[k]) for k in means.classes]
        for title, mean, error in columns:
            rows[0].append(title if len(played) == 1 else f"{Path(name).stem} {title}")
            for row, (key, _, kind) in zip(rows[1:], ROWS, strict=True):
                row.append(figure(mean[key], kind, error[key]))
    return aligned(rows)


def _warn(played: dict[str, Results]) -> None:
    for name, results in played.items():
        waiting = sum(run.waiting for run in results.runs)
        if waiting:
            text = (
                f"{name}: {waiting} callers still waited at the end. If they were not "
                "cut off by Ctrl-C, more calls come than the agents can serve"
            )
            click.echo(text, err=True)
