"""`ivrflow agent show`: how it stands with the agents, as the service knows it."""

from __future__ import annotations

from pathlib import Path

import click

from ivrflow.cli.agent.acting import WITHOUT
from ivrflow.cli.agent.acting import show as shown
from ivrflow.cli.changing import asked
from ivrflow.cli.installed import config_option, settings_in


@click.command()
@click.argument("number", required=False)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@config_option
def show(number: str | None, as_json: bool, config: Path) -> None:
    """Show what agents do now, and their breaks of today.

    Of all agents, or of the agent NUMBER alone. The service must run; without it
    `ivrflow agent list` tells what the database knows.
    """
    settings = settings_in(config)
    if number is None:
        agents = asked(settings, "GET", ("agents",), without=WITHOUT)["agents"]
    else:
        agents = [asked(settings, "GET", ("agents", number), without=WITHOUT)]
    shown(agents, as_json=as_json)
