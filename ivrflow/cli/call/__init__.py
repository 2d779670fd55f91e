"""`ivrflow call`: one call, while it is up and afterwards."""

from __future__ import annotations

import click

from ivrflow.cli.lazy import LazyGroup

COMMANDS: dict[str, str] = {
    "hangup": "hangup:hangup",
    "show": "show:show",
}
"""Command -> module:name below this package."""


@click.command(cls=LazyGroup, package=__name__, members=COMMANDS)
def call() -> None:
    """One call: how it goes, and its end. `ivrflow calls` lists those that are up."""
