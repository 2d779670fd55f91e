"""`ivrflow agent list`: the agents in the database, with or without the service."""

from __future__ import annotations

import json

import click

from ivrflow.cli.agent.pins import with_agents
from ivrflow.cli.db import database_option
from ivrflow.db.agents import AgentEntry
from ivrflow.figures.sheet import Column, plain, table

COLUMNS: tuple[Column[AgentEntry], ...] = (
    Column("number", lambda a: a.number, "number", left=True),
    Column("name", lambda a: a.name, "name", left=True),
    Column("team", lambda a: a.team, "team", left=True),
    Column("role", lambda a: a.role, "role", left=True),
    Column("endpoint", lambda a: a.endpoint, "endpoint", left=True),
    Column("presence", lambda a: a.presence, "presence", left=True),
    Column("work", lambda a: a.work, "work", left=True),
    Column("has_pin", lambda a: a.has_pin, "pin", lambda it: "yes" if it else "none"),
)


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@database_option
def list_(database: str, as_json: bool) -> None:
    """List the agents as the database has them.

    How long they have been on their breaks, and what else only the service knows, is
    told by `ivrflow agent show`.
    """
    entries = with_agents(database, lambda agents: agents.all())
    if as_json:
        rows = plain(COLUMNS, entries)
        click.echo(json.dumps({"agents": rows}, ensure_ascii=False, indent=2))
    elif entries:
        click.echo(table(COLUMNS, entries))
    else:
        click.echo(
            "no agents yet; the service takes them from agents.yaml at its start",
            err=True,
        )
