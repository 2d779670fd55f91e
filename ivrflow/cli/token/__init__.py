"""`ivrflow token`: tokens of persons for the API.

They stand in the database, so they are made and revoked without the service too; it
looks every two seconds.
"""

from __future__ import annotations

import click

from ivrflow.cli.lazy import LazyGroup

COMMANDS = {
    "list": "list_:list_",
    "new": "new:new",
    "revoke": "revoke:revoke",
}
"""Command -> module:name below this package."""


@click.command(cls=LazyGroup, package=__name__, members=COMMANDS)
def token() -> None:
    """Give persons tokens for the API, revoke them, list them."""
