"""`ivrflow queue list`: how the queues stand."""

from __future__ import annotations

from pathlib import Path

import click

from ivrflow.cli.installed import config_option, settings_in
from ivrflow.cli.queue.acting import ask, show


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="As the API tells it.")
@config_option
def list_(as_json: bool, config: Path) -> None:
    """Show how all queues stand.

    Who waits, who is there, what is closed or diverted, and which alarms ring. SL 30m
    is the share of callers of the last 30 minutes who were answered in time.
    """
    show(ask(settings_in(config), "GET", "queues")["queues"], as_json=as_json)
