"""`ivrflow queue take`: a certain agent is next for a certain caller."""

from __future__ import annotations

from pathlib import Path

import click

from ivrflow.cli.installed import config_option, settings_in
from ivrflow.cli.queue.acting import ask, say_where


@click.command()
@click.argument("call")
@click.argument("agent")
@config_option
def take(call: str, agent: str, config: Path) -> None:
    """Give CALL, who waits, to AGENT.

    To nobody else, and before all others, as soon as that one is free. `ivrflow queue
    show` has the ids of calls.
    """
    say_where(ask(settings_in(config), "POST", "waiting", call, "take", agent=agent))
