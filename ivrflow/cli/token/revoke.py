"""`ivrflow token revoke`: a token counts no more."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from ivrflow.cli.installed import config_option, now, settings_in, who, with_database
from ivrflow.db.engine import Database
from ivrflow.db.tokens import TokenEntry, revoke_tokens


@click.command()
@click.argument("what", metavar="ID|NAME")
@config_option
def revoke(what: str, config: Path) -> None:
    """Revoke the token ID, or all tokens of NAME.

    A running service lets it in for two seconds more, and ends its streams of events
    within fifteen.
    """
    settings = settings_in(config)

    async def take(database: Database) -> Sequence[TokenEntry]:
        return await revoke_tokens(database, what, by=who(), at=now())

    revoked = with_database(settings, take)
    if not revoked:
        raise click.ClickException(
            f"no token counts that is called {what!r}; see `ivrflow token list`"
        )
    for entry in revoked:
        click.echo(f"token {entry.id} of {entry.name}, role {entry.role}: revoked")
