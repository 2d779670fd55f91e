"""`ivrflow queue replay`: a recorded day, as it was and as it would be."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ivrflow.cli.queue.shown import aligned, called, figure, site_in, text_of, wrong

if TYPE_CHECKING:
    from ivrflow.sim.queue.recorded import Day
    from ivrflow.sim.queue.replay import DayFigures
    from ivrflow.sim.queue.scenario import WhatIf

ROWS = (
    ("rows", "calls in the file", "count"),
    ("offered", "offered", "count"),
    ("answered", "answered", "count"),
    ("abandoned", "abandoned", "count"),
    ("abandoned_within_10", "of these within 10 s", "count"),
    ("flowed", "left in another way", "count"),
    ("mean_wait_served", "mean wait of the answered", "seconds"),
    ("median_wait_served", "median", "seconds"),
    ("p90_wait_served", "nine of ten within", "seconds"),
    ("sl20", "answered within 20 s", "share"),
    ("mean_service", "mean talk", "seconds"),
    ("occupancy", "agents' time that this took", "share"),
)


@click.command()
@click.argument(
    "recorded",
    metavar="DAY.csv",
    type=click.Path(path_type=Path, dir_okay=False, exists=True, allow_dash=True),
)
@click.option(
    "--agents",
    metavar="N|FILE",
    help="What if so many agents had answered, or those of this YAML file?",
)
@click.option(
    "--site",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="What if the agents of the site in this folder had answered?",
)
@click.option(
    "--runs",
    metavar="N",
    type=click.IntRange(1, 1000),
    default=10,
    show_default=True,
    help="What the day does not tell is drawn so often; figures are means.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Of the draws.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def replay(
    recorded: Path,
    agents: str | None,
    site: Path | None,
    runs: int,
    seed: int,
    as_json: bool,
) -> None:
    """Tell the figures of a recorded DAY.csv, and what if.

    One row a call: what `ivrflow report calls --csv` writes, or with columns vru_exit,
    q_start, q_exit, outcome, ser_time: docs/queues.md says what each means.

    With --agents or --site the calls of the day go through the engine that serves live
    calls, and both days stand beside each other.

    Exit status: 0; 2 if a file has mistakes.
    """
    from ivrflow.sim.queue.recorded import LARGEST_DAY, read_day
    from ivrflow.sim.queue.replay import as_it_was, as_it_would_be, mean
    from ivrflow.sim.queue.run import BadScenario

    day, problems = read_day(text_of(recorded, LARGEST_DAY), called(recorded))
    if day is None:
        wrong(problems)
    was = as_it_was(day)
    if agents is None and site is None:
        if as_json:
            click.echo(json.dumps(asdict(was), indent=2))
        else:
            click.echo("\n".join(_table({"": was})))
        return
    there = site_in(site) if site is not None else None
    what_if = _what_if(agents, day)
    try:
        would = mean(
            [
                as_it_would_be(day, what_if, seed=seed + run, site=there)
                for run in range(runs)
            ]
        )
    except BadScenario as bad:
        wrong(bad.problems)
    if as_json:
        both = {"recorded": asdict(was), "what_if": asdict(would)}
        click.echo(json.dumps(both, indent=2))
    else:
        click.echo("\n".join(_table({"as it was": was, "what if": would})))


def _what_if(agents: str | None, day: Day) -> WhatIf:
    """So many agents, those of a file, or (None) those of the site."""
    from ivrflow.flow.kinds import Whole
    from ivrflow.sim.queue.recorded import by_class
    from ivrflow.sim.queue.scenario import MOST_AGENTS, Group, WhatIf, read_what_if

    if agents is None:
        return WhatIf()
    if agents.isascii() and agents.isdigit():
        if not 1 <= int(agents[:9]) <= MOST_AGENTS:
            raise click.BadParameter(
                f"{agents}: write 1 to {MOST_AGENTS:,}", param_hint="--agents"
            )
        return WhatIf(agents=(Group(count=Whole(int(agents))),))
    path = Path(agents)
    what_if, problems = read_what_if(text_of(path), str(path), by_class(day))
    if what_if is None:
        wrong(problems)
    return what_if


def _table(days: dict[str, DayFigures]) -> list[str]:
    rows = [["", *days]] if len(days) > 1 else []
    for name, words, kind in ROWS:
        values = [getattr(day, name) for day in days.values()]
        if any(value is not None for value in values):
            rows.append([words, *(figure(value, kind) for value in values)])
    return aligned(rows)
