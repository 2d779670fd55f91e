"""`ivrflow token new`: a token for a person, shown once."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import click

from ivrflow.cli.installed import config_option, now, settings_in, who, with_database
from ivrflow.cli.secret import hasher_from
from ivrflow.db.agents import SqlAgents
from ivrflow.db.engine import Database
from ivrflow.db.tokens import SqlTokens, TokenEntry
from ivrflow.secret import Secret
from ivrflow.tokens import NAME, ROLES, BadToken, Role, number_for


@click.command()
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice(ROLES),
    required=True,
    help="agent: for himself; supervisor: for the agents of his teams and their "
    "queues; admin: for all.",
)
@config_option
def new(name: str, role: str, config: Path) -> None:
    """Make a token for NAME, and print it this once.

    NAME is an agent's number; an admin's may be any. The token is kept nowhere: only a
    hash of it, made with the pepper, is in the database. Who is given another one keeps
    the old ones too, until they are revoked.
    """
    settings = settings_in(config)
    if not NAME.fullmatch(name):
        raise click.BadParameter(
            "up to 40 letters, digits, spaces and any of . @ - _", param_hint="NAME"
        )
    hasher = hasher_from(settings.path(settings.pepper_file))
    its = cast("Role", role)

    async def make(database: Database) -> tuple[TokenEntry, Secret]:
        agents = [entry.number for entry in await SqlAgents(database).all()]
        number = number_for(agents, name, its)
        tokens = SqlTokens(database, hasher)
        return await tokens.new(name, its, number, by=who(), at=now())

    try:
        entry, text = with_database(settings, make)
    except BadToken as bad:
        raise click.ClickException(
            f"{bad}\nThe service takes new agents from agents.yaml when it starts."
        ) from None
    click.echo(f"token {entry.id} of {name}, role {role}; shown this once:", err=True)
    click.echo(text.reveal())
