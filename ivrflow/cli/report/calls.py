"""`ivrflow report calls`: one row for each call."""

from __future__ import annotations

from pathlib import Path

import click

from ivrflow.cli.installed import with_readable
from ivrflow.cli.report.asked import asked, days_options, show, shown_options
from ivrflow.cli.report.nothing import NOTHING
from ivrflow.db.engine import Database
from ivrflow.db.reports import SqlReports
from ivrflow.figures.record import CallRecord
from ivrflow.figures.report import call_columns


@click.command()
@days_options
@click.option("--queue", help="Calls that came into this queue.")
@click.option("--agent", help="Calls that this agent took.")
@shown_options
def calls(
    config: Path,
    first: str,
    last: str | None,
    queue: str | None,
    agent: str | None,
    shown: str,
) -> None:
    """One row for each call that began in these days and is over.

    Where it went, how long it waited, who took it, how it ended. `ivrflow why CALL`
    tells the rest of one call. In CSV a text that a spreadsheet would take for a
    formula has an apostrophe before it.
    """
    wanted = asked(config, first, last)
    columns = call_columns(wanted.zone)

    async def pages(db: Database) -> list[CallRecord]:
        """All of them; CSV page by page, as a year has no place in memory."""
        kept: list[CallRecord] = []
        head = True
        reports = SqlReports(db)
        async for page in reports.calls(wanted.period, queue=queue, agent=agent):
            if shown == "csv":
                show(page, columns, shown, nothing="", head=head)
                head = False
            else:
                kept += page
        return kept

    found = with_readable(wanted.url, pages)
    if shown != "csv":
        show(found, columns, shown, nothing=NOTHING)
