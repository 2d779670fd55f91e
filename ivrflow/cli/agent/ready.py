"""`ivrflow agent ready`: an agent takes calls."""

from __future__ import annotations

from pathlib import Path

import click

from ivrflow.cli.agent.acting import act, on_agent


@click.command()
@on_agent
def ready(number: str, as_json: bool, config: Path) -> None:
    """Let the agent NUMBER take calls. It ends a wrap-up, and signs in who is not."""
    act(config, number, "ready", as_json=as_json)
