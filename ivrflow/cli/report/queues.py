"""`ivrflow report queues`: calls offered, answered, lost, and how long they waited."""

from __future__ import annotations

from pathlib import Path

import click

from ivrflow.cli.installed import with_readable
from ivrflow.cli.report.asked import (
    asked,
    by_option,
    days_options,
    limits_in,
    show,
    shown_options,
)
from ivrflow.cli.report.nothing import nothing_of
from ivrflow.db.reports import SqlReports
from ivrflow.figures.report import queue_columns


@click.command()
@days_options
@by_option
@click.option("--queue", help="Of this queue only.")
@click.option(
    "--item",
    default="call",
    show_default=True,
    help="What waited: `call`, `callback` or `voicemail`.",
)
@click.option(
    "--within", metavar="DURATION", help="Another threshold than `answer_within`."
)
@shown_options
def queues(
    config: Path,
    first: str,
    last: str | None,
    by: str | None,
    queue: str | None,
    item: str,
    within: str | None,
    shown: str,
) -> None:
    """Calls offered, answered and lost, by queue.

    A call counts in the time in which it came, whatever becomes of it later. `level` is
    the service level, abandons in time left out; with --csv or --json it stands in all
    three ways, and as Asterisk counts it. docs/reports.md defines each figure.
    """
    wanted = asked(config, first, last, by)
    limits = limits_in(wanted.settings, within)
    rows = with_readable(
        wanted.url,
        lambda db: SqlReports(db).queues(
            wanted.period, limits=limits, queue=queue, item=item
        ),
    )
    show(rows, queue_columns(wanted.zone), shown, nothing=nothing_of("queue", queue))
