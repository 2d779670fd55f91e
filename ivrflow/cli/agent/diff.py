"""`ivrflow agent diff`: what differs between agents.yaml and the database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from ivrflow.cli.agent.comparing import compared
from ivrflow.cli.agent.written import written
from ivrflow.cli.installed import config_option, settings_in
from ivrflow.db.agent_diff import GONE, NEW, Difference
from ivrflow.figures.sheet import Column, plain, table
from ivrflow.flow.yaml_text import flow


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@config_option
def diff(as_json: bool, config: Path) -> None:
    """Show what differs between agents.yaml and the database.

    Supervisors change queues and skills live; these changes stay until `ivrflow agent
    apply` brings the file back, or `ivrflow agent export` makes them the file's. A file
    that is newer than what the service has taken differs too.

    Exit status: 0 if nothing differs, 1 if something does.
    """
    found = compared(settings_in(config)).differences
    if as_json:
        rows = plain(COLUMNS, found)
        click.echo(json.dumps({"differences": rows}, ensure_ascii=False, indent=2))
    elif found:
        click.echo(table(COLUMNS, found))
    else:
        click.echo("agents.yaml and the database say the same")
    if found:
        raise click.exceptions.Exit(1)


def _said(value: Any) -> str:
    return "-" if value is None else flow(value)


def _why(one: Difference) -> str:
    if one.what == GONE:
        return "not in the file"
    if one.what == NEW:
        return "not taken yet"
    return "changed live" if one.live else "the file is newer, or older"


COLUMNS: tuple[Column[Difference], ...] = (
    Column("agent", lambda d: d.agent, "AGENT", left=True),
    Column("what", lambda d: d.what, "WHAT", left=True),
    Column("file", lambda d: written(d.what, d.file), "AGENTS.YAML", _said, True),
    Column("database", lambda d: written(d.what, d.database), "DATABASE", _said, True),
    Column("why", _why, "WHY", left=True),
)
