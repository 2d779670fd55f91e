"""`ivrflow agent disposition`: how an agent's call has ended."""

from __future__ import annotations

from pathlib import Path

import click

from ivrflow.cli.agent.acting import act, on_agent


@click.command()
@on_agent
@click.argument("name")
def disposition(number: str, name: str, as_json: bool, config: Path) -> None:
    """Say how the last call of the agent NUMBER has ended.

    Or the one that is on, while it lasts. NAME is one of `dispositions` in queues.yaml.
    A wrap-up that waits for it ends.
    """
    act(config, number, "disposition", as_json=as_json, disposition=name)
