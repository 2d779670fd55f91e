"""`ivrflow agent`: the agents, as the database and the service have them.

One file per command, imported when it is used.
"""

from __future__ import annotations

import click

from ivrflow.cli.lazy import LazyGroup

COMMANDS: dict[str, str] = {
    "abilities": "abilities:abilities",
    "apply": "apply:apply",
    "diff": "diff:diff",
    "disposition": "disposition:disposition",
    "export": "export:export",
    "free": "free:free",
    "list": "list_:list_",
    "pause": "pause:pause",
    "pin": "pin:pin",
    "ready": "ready:ready",
    "show": "show:show",
    "sign-in": "sign_in:sign_in",
    "sign-out": "sign_out:sign_out",
    "wrap-up": "wrap_up:wrap_up",
}
"""Command -> module:name below this package."""


@click.command(cls=LazyGroup, package=__name__, members=COMMANDS)
def agent() -> None:
    """Agents: who is there, and who they are; act for them."""
