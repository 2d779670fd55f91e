"""`ivrflow queue open`: a queue that was closed or diverted takes callers again."""

from __future__ import annotations

from pathlib import Path

import click

from ivrflow.cli.installed import config_option, settings_in
from ivrflow.cli.queue.acting import ask, show


@click.command("open")
@click.argument("queue")
@config_option
def open_(queue: str, config: Path) -> None:
    """Open QUEUE again, or '*' for all.

    Its hours in queues.yaml hold all the same: outside them it is closed.
    """
    answer = ask(settings_in(config), "POST", "queues", queue, "open")
    show(answer["queues"], as_json=False)
