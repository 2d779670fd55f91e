"""`ivrflow call show`: how a call goes, or went."""

from __future__ import annotations

from pathlib import Path

import click

from ivrflow.cli.installed import NoService, ask_service, config_option, settings_in
from ivrflow.cli.live import Row, told
from ivrflow.cli.why import why
from ivrflow.config import Settings


@click.command()
@click.argument("call")
@click.option("--json", "as_json", is_flag=True, help="The whole account as JSON.")
@config_option
@click.pass_context
def show(context: click.Context, call: str, as_json: bool, config: Path) -> None:
    """Tell how CALL goes, or went: where it is, and all decisions.

    CALL is its id, or the beginning of it. The service need not run: the account is the
    database's, as `ivrflow why` tells it.

    Exit status: 0; 1 if there is no such call, or several could be meant.
    """
    up = [] if as_json else _up(settings_in(config), call)
    if up:
        click.echo(f"{told(up)}\n")
    try:
        context.invoke(
            why,
            call=call,
            config=config,
            last=False,
            caller=None,
            today=False,
            as_json=as_json,
            language=None,
            to=None,
        )
    except click.ClickException:
        if not up:
            raise
        click.echo("its account is not in the database yet")


def _up(settings: Settings, call: str) -> list[Row]:
    """The call as the service has it; nothing without a service, or if it is over."""
    try:
        answer = ask_service(settings, "/api/calls", method="GET")
    except NoService:
        return []
    calls: list[Row] = answer.body.get("calls", [])
    return [one for one in calls if one["id"].startswith(call)]
