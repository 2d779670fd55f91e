"""`ivrflow report`: what was, in figures. One file per command."""

from __future__ import annotations

import click

from ivrflow.cli.lazy import LazyGroup

COMMANDS: dict[str, str] = {
    "agents": "agents:agents",
    "calls": "calls:calls",
    "check": "check:check",
    "estimates": "estimates:estimates",
    "promises": "promises:promises",
    "queue-log": "queue_log:queue_log",
    "queues": "queues:queues",
    "rebuild": "rebuild:rebuild",
    "timeline": "timeline:timeline",
}
"""Command -> module:name below this package."""


@click.command(cls=LazyGroup, package=__name__, members=COMMANDS)
def report() -> None:
    """Figures of queues, agents and calls, by the site's clock.

    All of them are made of the same facts; `ivrflow report check` proves it.
    """
