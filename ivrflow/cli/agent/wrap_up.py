"""`ivrflow agent wrap-up`: an agent needs more time after a call, or has done."""

from __future__ import annotations

from pathlib import Path

import click

from ivrflow.cli.agent.acting import act, on_agent


@click.command()
@on_agent
@click.option("--done", is_flag=True, help="End it now.")
@click.option(
    "--seconds",
    type=click.FloatRange(0, 3600),
    metavar="N",
    help="End it in N seconds from now.",
)
def wrap_up(
    number: str, done: bool, seconds: float | None, as_json: bool, config: Path
) -> None:
    """Give the wrap-up of the agent NUMBER another end."""
    if done == (seconds is not None):
        raise click.UsageError("--done or --seconds, one of them")
    body = {"done": True} if done else {"seconds": seconds}
    act(config, number, "wrap-up", as_json=as_json, **body)
