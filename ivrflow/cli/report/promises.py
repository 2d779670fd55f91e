"""`ivrflow report promises`: callbacks, and whether they were kept."""

from __future__ import annotations

from pathlib import Path

import click

from ivrflow.cli.installed import with_readable
from ivrflow.cli.report.asked import asked, by_option, days_options, show, shown_options
from ivrflow.db.reports import SqlReports
from ivrflow.figures.report import promise_columns


@click.command()
@days_options
@by_option
@click.option("--queue", help="Of this queue only.")
@shown_options
def promises(
    config: Path,
    first: str,
    last: str | None,
    by: str | None,
    queue: str | None,
    shown: str,
) -> None:
    """Callbacks that were asked for, and whether they were kept.

    `settled` are those that are over, in the time in which they ended; `kept` is the
    share of them that was tried before the promise was over. One that was taken back is
    no promise any more.
    """
    wanted = asked(config, first, last, by)
    rows = with_readable(
        wanted.url, lambda db: SqlReports(db).queues(wanted.period, queue=queue)
    )
    rows = [r for r in rows if r.figures.of.asked or r.figures.of.promises]
    show(
        rows,
        promise_columns(wanted.zone),
        shown,
        nothing="nobody asked for a callback in these days, and none was due",
    )
