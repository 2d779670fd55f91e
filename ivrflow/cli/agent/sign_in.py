"""`ivrflow agent sign-in`: sign an agent in, not ready yet."""

from __future__ import annotations

from pathlib import Path

import click

from ivrflow.cli.agent.acting import act, on_agent


@click.command()
@on_agent
@click.option(
    "--at",
    "endpoint",
    metavar="PHONE",
    help="The phone that rings, as PJSIP/1007.  [default: the agent's own]",
)
def sign_in(number: str, endpoint: str | None, as_json: bool, config: Path) -> None:
    """Sign the agent NUMBER in, not ready yet."""
    act(config, number, "sign-in", as_json=as_json, endpoint=endpoint)
