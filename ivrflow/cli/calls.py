"""`ivrflow calls`: which calls are up, and where each is."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ivrflow.cli.installed import config_option, settings_in
from ivrflow.cli.live import calls_up, told


@click.command()
@click.option("--queue", "-q", metavar="NAME", help="Those that came by this queue.")
@click.option("--agent", metavar="NUMBER", help="Those that this agent has served.")
@click.option("--caller", metavar="NUMBER", help="Those of this calling number.")
@click.option("--json", "as_json", is_flag=True, help="As the API tells it.")
@config_option
def calls(
    queue: str | None,
    agent: str | None,
    caller: str | None,
    as_json: bool,
    config: Path,
) -> None:
    """List the calls that are up, the longest first.

    FLOW/STEP is where each is now, FOR how long it lasts. QUEUE is where the caller
    waits, or by which he came to who talks with him; AGENT who served him last. `call
    show` tells what led there, `call hangup` ends one, `why` tells of past ones.
    """
    wanted = {"queue": queue, "agent": agent, "caller": caller}
    up = [
        call
        for call in calls_up(settings_in(config))
        if all(value in (None, call[name]) for name, value in wanted.items())
    ]
    if as_json:
        click.echo(json.dumps({"calls": up}, ensure_ascii=False, indent=2))
    elif up:
        click.echo(told(up))
    else:
        click.echo("no call is up" if set(wanted.values()) == {None} else "none")
