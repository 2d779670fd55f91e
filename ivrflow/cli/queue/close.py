"""`ivrflow queue close`: a queue takes no callers."""

from __future__ import annotations

from pathlib import Path

import click

from ivrflow.cli.changing import end_options, ending
from ivrflow.cli.installed import config_option, settings_in
from ivrflow.cli.queue.acting import ask, show


@click.command()
@click.argument("queue")
@end_options
@click.option("--waiting", is_flag=True, help="Those too who wait already.")
@config_option
def close(
    queue: str, lasts: str | None, until: str | None, waiting: bool, config: Path
) -> None:
    """Close QUEUE, or '*' for all of them.

    Who comes takes the flow's way `closed`. Who waits already is served, unless
    --waiting says otherwise. It stays so over a restart, until its end or `ivrflow
    queue open`.
    """
    answer = ask(
        settings_in(config),
        "POST",
        "queues",
        queue,
        "close",
        waiting=waiting,
        **ending(lasts, until),
    )
    show(answer["queues"], as_json=False)
