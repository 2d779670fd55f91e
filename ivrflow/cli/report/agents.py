"""`ivrflow report agents`: what agents did, and for how long."""

from __future__ import annotations

from pathlib import Path

import click

from ivrflow.cli.installed import with_readable
from ivrflow.cli.report.asked import asked, by_option, days_options, show, shown_options
from ivrflow.cli.report.nothing import nothing_of
from ivrflow.db.reports import SqlReports
from ivrflow.figures.report import agent_columns


@click.command()
@days_options
@by_option
@click.option("--agent", help="Of this agent only.")
@shown_options
def agents(
    config: Path,
    first: str,
    last: str | None,
    by: str | None,
    agent: str | None,
    shown: str,
) -> None:
    """Agents' time: ready, paused, ring, talk, wrap-up.

    `occupied` is (ring that was answered, talk, hold, wrap-up) / (that and ready);
    pauses are in neither. `other` are calls that are not ours.
    """
    wanted = asked(config, first, last, by)
    rows = with_readable(
        wanted.url, lambda db: SqlReports(db).agents(wanted.period, agent=agent)
    )
    show(rows, agent_columns(wanted.zone), shown, nothing=nothing_of("agent", agent))
