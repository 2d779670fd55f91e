"""`ivrflow report estimates`: how right the waits were that callers were told."""

from __future__ import annotations

from pathlib import Path

import click

from ivrflow.cli.installed import with_readable
from ivrflow.cli.report.asked import asked, by_option, days_options, show, shown_options
from ivrflow.db.reports import SqlReports
from ivrflow.figures.report import estimate_columns


@click.command()
@days_options
@by_option
@click.option("--queue", help="Of this queue only.")
@shown_options
def estimates(
    config: Path,
    first: str,
    last: str | None,
    by: str | None,
    queue: str | None,
    shown: str,
) -> None:
    """How right the waits were that callers were told.

    Each time a range was said is compared with what came, of those who were answered.
    `bias` above 0: they waited less than they were told.
    """
    wanted = asked(config, first, last, by)
    rows = with_readable(
        wanted.url, lambda db: SqlReports(db).queues(wanted.period, queue=queue)
    )
    rows = [row for row in rows if row.figures.of.estimates]
    show(
        rows,
        estimate_columns(wanted.zone),
        shown,
        nothing="no caller was told a wait in these days and then answered",
    )
