"""`ivrflow queue cancel-callback`: take somebody off the list of callbacks.

It asks the service, which stops a phone that rings for it and tells the figures.
"""

from __future__ import annotations

from pathlib import Path

import click

from ivrflow.cli.changing import asked
from ivrflow.cli.installed import config_option, settings_in


@click.command("cancel-callback")
@click.argument("call")
@click.argument("queue")
@config_option
def cancel_callback(call: str, queue: str, config: Path) -> None:
    """Don't call back who asked for it in CALL, in QUEUE.

    Both stand in the list of `ivrflow queue callbacks`.
    """
    answer = asked(settings_in(config), "DELETE", ("callbacks", call, queue))
    click.echo(f"{answer['number']} is not called back any more")
