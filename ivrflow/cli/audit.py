"""`ivrflow audit`: who changed what."""

from __future__ import annotations

from pathlib import Path

import click

from ivrflow.cli.installed import config_option, settings_in, with_database
from ivrflow.cli.times import times_in
from ivrflow.db.audit import SqlAudit


@click.command()
@config_option
@click.option("-n", "number", default=50, show_default=True, help="How many at most.")
def audit(config: Path, number: int) -> None:
    """List what was changed: versions, switches, queues, agents.

    And words, hours, callers who were moved, what agents did in talks, tokens, PINs,
    and who heard which message of a mailbox, and what was done with it. The newest is
    first: when, by whom (an agent by phone, the API, a command), what, and what it was
    before. Nothing is removed from it before `keep` of the settings says so. Times are
    the site's.
    """
    settings = settings_in(config)
    time = times_in(settings)
    for entry in with_database(settings, lambda db: SqlAudit(db).newest(number)):
        line = f"{time(entry.at)}  {entry.who}: {entry.what}"
        if entry.before is not None or entry.after is not None:
            line += f": {entry.before or 'nothing'} -> {entry.after or 'nothing'}"
        click.echo(line)
