"""`ivrflow report queue-log`: a day in the format of Asterisk's queue_log."""

from __future__ import annotations

from pathlib import Path

import click

from ivrflow.cli.installed import config_option, with_readable
from ivrflow.cli.report.asked import asked
from ivrflow.db.reports import SqlReports


@click.command("queue-log")
@config_option
@click.option(
    "--day",
    metavar="DAY",
    default="today",
    show_default=True,
    help="The day: `2026-11-22`, `today`, `yesterday`.",
)
def queue_log(config: Path, day: str) -> None:
    """Print a day as Asterisk's queue_log, made of the facts.

    QueueMetrics and Asternic read it. With the setting `queue_log` the service writes
    the same lines into a file as they happen.
    """
    wanted = asked(config, day, day)
    for line in with_readable(
        wanted.url, lambda db: SqlReports(db).queue_log(wanted.period, wanted.now)
    ):
        click.echo(line)
