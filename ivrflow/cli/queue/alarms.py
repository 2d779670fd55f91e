"""`ivrflow queue alarms`: which alarms ring."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ivrflow.cli.changing import clock
from ivrflow.cli.installed import config_option, settings_in
from ivrflow.cli.queue.acting import Row, ask
from ivrflow.figures.sheet import Column, table
from ivrflow.figures.sheet import clock as lasting

COLUMNS: tuple[Column[Row], ...] = (
    Column("alarm", lambda a: a["alarm"], "ALARM", left=True),
    Column("queue", lambda a: a["queue"], "QUEUE", left=True),
    Column("agent", lambda a: a["agent"], "AGENT", left=True),
    Column("what", lambda a: a["what"], "OF", left=True),
    Column("since", lambda a: clock(a["since"]), "SINCE", left=True),
    Column("seconds", lambda a: a["seconds"], "FOR", shown=lasting),
)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As the API tells it.")
@config_option
def alarms(as_json: bool, config: Path) -> None:
    """List the alarms that ring, the oldest first.

    When one begins stands in `alarms:` of queues.yaml; who is told, in the settings.
    """
    found = ask(settings_in(config), "GET", "alarms")["alarms"]
    if as_json:
        click.echo(json.dumps({"alarms": found}, ensure_ascii=False, indent=2))
    elif found:
        click.echo(table(COLUMNS, found))
    else:
        click.echo("no alarm rings")
