"""`ivrflow queue move`: a caller who waits goes into another queue."""

from __future__ import annotations

from pathlib import Path

import click

from ivrflow.cli.installed import config_option, settings_in
from ivrflow.cli.queue.acting import ask, say_where


@click.command()
@click.argument("call")
@click.argument("queue")
@config_option
def move(call: str, queue: str, config: Path) -> None:
    """Move CALL, who waits, into QUEUE.

    The time of joining counts there too. `ivrflow queue show` has the ids of calls.
    """
    say_where(ask(settings_in(config), "POST", "waiting", call, "move", queue=queue))
