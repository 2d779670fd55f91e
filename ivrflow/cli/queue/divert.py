"""`ivrflow queue divert`: callers of a queue go elsewhere."""

from __future__ import annotations

from pathlib import Path

import click

from ivrflow.cli.changing import end_options, ending
from ivrflow.cli.installed import config_option, settings_in
from ivrflow.cli.queue.acting import ask, show


@click.command()
@click.argument("queue")
@click.option("--to-queue", metavar="QUEUE", help="They wait in this queue instead.")
@click.option("--to-flow", metavar="FLOW", help="They go on in this flow.")
@click.option("--to-number", metavar="NUMBER", help="This number is dialled for them.")
@end_options
@click.option(
    "--waiting/--not-waiting",
    default=True,
    show_default=True,
    help="Whether those go too who wait already.",
)
@config_option
def divert(
    queue: str,
    to_queue: str | None,
    to_flow: str | None,
    to_number: str | None,
    lasts: str | None,
    until: str | None,
    waiting: bool,
    config: Path,
) -> None:
    """Send the callers of QUEUE elsewhere.

    Of '*': those of all queues at once, for an emergency. It stays so over a restart,
    until its end or `ivrflow queue open`.
    """
    ways = {"queue": to_queue, "flow": to_flow, "number": to_number}
    to = {kind: name for kind, name in ways.items() if name is not None}
    if len(to) != 1:
        raise click.UsageError("give one of --to-queue, --to-flow and --to-number")
    answer = ask(
        settings_in(config),
        "POST",
        "queues",
        queue,
        "divert",
        to=to,
        waiting=waiting,
        **ending(lasts, until),
    )
    show(answer["queues"], as_json=False)
