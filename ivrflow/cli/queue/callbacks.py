"""`ivrflow queue callbacks`: who was promised a call, and has not had it yet.

It reads the database, so that the list is there when the service is not: then people
must call.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import click

from ivrflow.cli.installed import config_option, now, settings_in, with_database
from ivrflow.cli.times import times_in
from ivrflow.console.callbacks import state_of
from ivrflow.db.callbacks import SqlCallbacks
from ivrflow.flow.wish import Wish


@click.command()
@click.option("--queue", "-q", metavar="NAME", help="Those of one queue.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@config_option
def callbacks(queue: str | None, as_json: bool, config: Path) -> None:
    """List who waits to be called back, first one first."""
    settings = settings_in(config)
    at = now()
    wishes = with_database(settings, lambda db: SqlCallbacks(db).open(queue))
    if as_json:
        here = datetime.fromtimestamp(at).astimezone()
        listed = [state_of(wish, here) for wish in wishes]
        click.echo(json.dumps({"callbacks": listed}, indent=2))
        return
    if not wishes:
        click.echo("nobody waits to be called back")
    time = times_in(settings)
    for wish in wishes:
        click.echo(
            f"{wish.queue}  {wish.number}  asked {time(wish.asked)}, "
            f"{_when(wish, at, time(wish.ready_at))}promised until "
            f"{time(wish.promised)}{'' if wish.in_time(at) else '  OVERDUE'}"
            f"  (call {wish.call})"
        )


def _when(wish: Wish, at: float, begins: str) -> str:
    """What is known of the next try: a time that was chosen, a pause after one."""
    tried = f"tried {wish.tries} x, " if wish.tries else ""
    return f"{tried}not before {begins}, " if wish.ready_at > at else tried
