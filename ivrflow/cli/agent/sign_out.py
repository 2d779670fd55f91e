"""`ivrflow agent sign-out`: sign an agent out."""

from __future__ import annotations

from pathlib import Path

import click

from ivrflow.cli.agent.acting import act, on_agent


@click.command()
@on_agent
def sign_out(number: str, as_json: bool, config: Path) -> None:
    """Sign the agent NUMBER out. A talk that is on goes on."""
    act(config, number, "sign-out", as_json=as_json)
