"""`ivrflow report promises`: callbacks and messages, and whether they were kept."""

from __future__ import annotations

from pathlib import Path

import click

from ivrflow.cli.installed import with_readable
from ivrflow.cli.report.asked import asked, by_option, days_options, show, shown_options
from ivrflow.db.engine import Database
from ivrflow.db.reports import SqlReports
from ivrflow.figures.ledger import CALL, MESSAGE
from ivrflow.figures.report import PromiseRow, promise_columns, promise_rows


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
    """What was promised, and whether that was kept.

    Callbacks, and messages that are work for a queue, in rows of their own.

    `settled` are those that are over, in the time in which they ended; `kept` is the
    share of them that was called, or dealt with, before the promise was over. One that
    was taken back is no promise any more.
    """
    wanted = asked(config, first, last, by)

    async def read(db: Database) -> list[PromiseRow]:
        reports = SqlReports(db)
        callbacks = await reports.queues(wanted.period, queue=queue, item=CALL)
        messages = await reports.queues(wanted.period, queue=queue, item=MESSAGE)
        return promise_rows(callbacks, messages)

    show(
        with_readable(wanted.url, read),
        promise_columns(wanted.zone),
        shown,
        nothing="nothing was promised in these days, and nothing was due",
    )
