"""`ivrflow voicemail`: mailboxes and their sounds, seen from the operator's side.

One file per command, imported when it is used. They work on the database and on the
store of sounds, so that they are there when the service is not, and the audit log has
each of them.
"""

from __future__ import annotations

import click

from ivrflow.cli.lazy import LazyGroup

COMMANDS: dict[str, str] = {
    "check": "check:check",
    "delete": "acts:delete",
    "export": "export:export",
    "hear": "hear:hear",
    "hold": "holding:hold",
    "holds": "holding:holds",
    "import": "import_:import_",
    "keys": "keys:keys",
    "list": "list_:list_",
    "pin": "pin:pin",
    "release": "holding:release",
    "restore": "acts:restore",
    "rotate": "rotate:rotate",
    "show": "show:show",
}
"""Command -> module:name below this package."""


@click.command(cls=LazyGroup, package=__name__, members=COMMANDS)
def voicemail() -> None:
    """Mailboxes: list, hear, export, import those of Asterisk."""
