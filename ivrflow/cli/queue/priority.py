"""`ivrflow queue priority`: a caller who waits counts for more, or for less."""

from __future__ import annotations

from pathlib import Path

import click

from ivrflow.cli.installed import config_option, settings_in
from ivrflow.cli.queue.acting import ask, say_where


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("call")
@click.argument("number", type=float)
@config_option
def priority(call: str, number: float, config: Path) -> None:
    """Give CALL, who waits, the priority NUMBER.

    Higher comes first, 0 is usual. `ivrflow queue show` has the ids of calls.
    """
    say_where(
        ask(settings_in(config), "POST", "waiting", call, "priority", priority=number)
    )
