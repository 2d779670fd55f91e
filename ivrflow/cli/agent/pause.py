"""`ivrflow agent pause`: an agent takes no calls for a while."""

from __future__ import annotations

from pathlib import Path

import click

from ivrflow.cli.agent.acting import act, on_agent


@click.command()
@on_agent
@click.option(
    "--reason",
    metavar="NAME",
    help="Why, as of `pauses` in queues.yaml: what is taken of the day's time.",
)
def pause(number: str, reason: str | None, as_json: bool, config: Path) -> None:
    """Give the agent NUMBER no calls until he is ready again."""
    act(config, number, "not-ready", as_json=as_json, reason=reason)
