"""`ivrflow queue work`: which messages wait to be dealt with.

It reads the database, so that the list is there when the service is not: then people
must listen and call.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import click

from ivrflow.cli.installed import config_option, now, settings_in, with_database
from ivrflow.cli.times import times_in
from ivrflow.console.work import of_message
from ivrflow.db.work import SqlWork


@click.command()
@click.option("--queue", "-q", metavar="NAME", help="Those of one queue.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@config_option
def work(queue: str | None, as_json: bool, config: Path) -> None:
    """List the messages to be dealt with, by their promises."""
    settings = settings_in(config)
    at = now()
    items = with_database(settings, lambda db: SqlWork(db).open(queue))
    if as_json:
        here = datetime.fromtimestamp(at).astimezone()
        listed = [of_message(item, here) for item in items]
        click.echo(json.dumps({"work": listed}, indent=2))
        return
    if not items:
        click.echo("no message waits to be dealt with")
    time = times_in(settings)
    for item in items:
        click.echo(
            f"{item.queue}  {item.caller or 'withheld'}  left {time(item.asked)}, "
            f"{f'given back {item.tries} x, ' if item.tries else ''}"
            f"{'urgent, ' if item.urgent else ''}promised until "
            f"{time(item.promised)}{'' if item.in_time(at) else '  OVERDUE'}"
            f"  (message {item.message} in {item.mailbox})"
        )
