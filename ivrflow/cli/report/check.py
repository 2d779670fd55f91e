"""`ivrflow report check`: whether what is kept is what the facts say."""

from __future__ import annotations

from pathlib import Path

import click

from ivrflow.cli.installed import config_option, with_readable
from ivrflow.cli.report.asked import asked, with_facts
from ivrflow.db.self_check import check_day
from ivrflow.service.log_file import lines_of


@click.command()
@config_option
@click.option(
    "--day",
    metavar="DAY",
    default="yesterday",
    show_default=True,
    help="A day that is over: `2026-11-22`, `yesterday`.",
)
def check(config: Path, day: str) -> None:
    """Compute a day's figures again from its facts, and compare.

    Reports, records of calls and, where the setting `queue_log` names a file that has
    the whole day, its lines. The service does the same each night, with what a
    wallboard showed too.

    Exit status: 0 if there is no difference; 1 if there is one, each is named.
    """
    wanted = asked(config, day, day)
    with_facts(wanted)
    span = wanted.period.span
    if span.end > wanted.now:
        raise click.UsageError("that day is not over; take one that is")
    path = wanted.settings.queue_log
    lines = None
    if path is not None:
        lines = lines_of(wanted.settings.path(path), span.start, span.end)
    checked = with_readable(
        wanted.url,
        lambda db: check_day(
            db, wanted.period.first, wanted.zone, now=wanted.now, log=lines
        ),
    )
    for line in checked.told():
        click.echo(line)
    if checked.differences:
        raise SystemExit(1)
