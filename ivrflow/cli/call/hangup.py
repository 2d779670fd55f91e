"""`ivrflow call hangup`: end a call that should not be."""

from __future__ import annotations

from pathlib import Path

import click

from ivrflow.cli.changing import asked
from ivrflow.cli.installed import config_option, settings_in
from ivrflow.cli.live import WITHOUT, at, calls_up, the_one, whose


@click.command()
@click.argument("call")
@config_option
def hangup(call: str, config: Path) -> None:
    """Hang up on CALL, whatever it is doing.

    CALL is its id, or the beginning of it. The flow's `on_end` runs as when the caller
    hangs up, and an agent who talks with him is free. It stands in the audit log.
    """
    settings = settings_in(config)
    one = the_one(calls_up(settings), call)
    path = ("calls", one["id"], "hang-up")
    was = asked(settings, "POST", path, without=WITHOUT)
    click.echo(f"{was['id']}: hung up; {whose(was)} was in {at(was)}")
