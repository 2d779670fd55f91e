"""`ivrflow queue`: queues, as they are, as they would be, as they were elsewhere.

One file per command, imported when it is used: a simulation does not load what talks
to a running service.
"""

from __future__ import annotations

import click

from ivrflow.cli.lazy import LazyGroup

COMMANDS: dict[str, str] = {
    "alarms": "alarms:alarms",
    "callbacks": "callbacks:callbacks",
    "cancel-callback": "cancel_callback:cancel_callback",
    "close": "close:close",
    "divert": "divert:divert",
    "import": "import_:import_",
    "list": "list_:list_",
    "move": "move:move",
    "open": "open_:open_",
    "priority": "priority:priority",
    "replay": "replay:replay",
    "show": "show:show",
    "simulate": "simulate:simulate",
    "take": "take:take",
    "work": "work:work",
}
"""Command -> module:name below this package."""


@click.command(cls=LazyGroup, package=__name__, members=COMMANDS)
def queue() -> None:
    """Queues: act on them, try them out, import those of Asterisk."""
