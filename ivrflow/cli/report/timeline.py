"""`ivrflow report timeline`: what an agent did, stretch by stretch."""

from __future__ import annotations

from pathlib import Path

import click

from ivrflow.cli.installed import with_readable
from ivrflow.cli.report.asked import asked, days_options, show, shown_options
from ivrflow.db.reports import SqlReports
from ivrflow.figures.report import segment_columns


@click.command()
@days_options
@click.option("--agent", help="Of this agent only.")
@shown_options
def timeline(
    config: Path, first: str, last: str | None, agent: str | None, shown: str
) -> None:
    """What agents did, stretch by stretch.

    Ready, paused and why, ring, talk, hold, wrap-up, calls that are not ours. It is
    read from the facts, so that many days take a while.
    """
    wanted = asked(config, first, last)
    rows = with_readable(
        wanted.url,
        lambda db: SqlReports(db).timeline(wanted.period, wanted.now, agent=agent),
    )
    show(
        rows,
        segment_columns(wanted.zone),
        shown,
        nothing="no agent was signed in in these days, as far as facts tell",
    )
