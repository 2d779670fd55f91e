"""`ivrflow log`: the calls of one number log more, for a time."""

from __future__ import annotations

from pathlib import Path

import click

from ivrflow.cli.changing import asked, clock, end_options, ending
from ivrflow.cli.installed import config_option, settings_in

WITHOUT = "only its own log is meant"


@click.group()
def log() -> None:
    """Log more of the calls of one number, for a time."""


@log.command("caller")
@click.argument("number")
@end_options
@config_option
def caller_command(
    number: str, lasts: str | None, until: str | None, config: Path
) -> None:
    """Log all that happens in the calls of NUMBER, for half an hour.

    NUMBER is a calling number as `ivrflow calls` has it. Calls that are up count too.
    The lines stand in the service's log, as `call ID: ...`; never what a caller enters
    in confidence. --for and --until give another end, a day at most; a restart of the
    service ends it too. Who asked for it is in the audit log.
    """
    answer = asked(
        settings_in(config),
        "POST",
        ("log", "callers", number),
        without=WITHOUT,
        **ending(lasts, until),
    )
    click.echo(f"{number}: its calls log more until {clock(answer['until'])}")


@log.command("list")
@config_option
def list_command(config: Path) -> None:
    """List the numbers whose calls log more."""
    answer = asked(settings_in(config), "GET", ("log", "callers"), without=WITHOUT)
    if not answer["callers"]:
        click.echo("all calls log as usual", err=True)
    for one in answer["callers"]:
        click.echo(f"{one['number']}: until {clock(one['until'])}, for {one['by']}")


@log.command("end")
@click.argument("number")
@config_option
def end_command(number: str, config: Path) -> None:
    """Let the calls of NUMBER log as all others, now."""
    path = ("log", "callers", number)
    asked(settings_in(config), "DELETE", path, without=WITHOUT)
    click.echo(f"{number}: its calls log as all others")
