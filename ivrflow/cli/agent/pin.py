"""`ivrflow agent pin`: give an agent a PIN for the phone, or take it away."""

from __future__ import annotations

from pathlib import Path

import click

from ivrflow.cli.agent.pins import with_agents
from ivrflow.cli.db import database_option
from ivrflow.cli.installed import now, who
from ivrflow.cli.secret import asked_pin, hasher_from, pepper_option
from ivrflow.db.audit import Entry


@click.command()
@click.argument("number")
@click.option("--remove", is_flag=True, help="Take the PIN away: no sign-in by phone.")
@database_option
@pepper_option
def pin(number: str, remove: bool, database: str, pepper_file: Path) -> None:
    """Give the agent NUMBER a PIN for signing in by phone.

    It is typed twice, unseen, or comes in one line on standard input.
    """
    hashed = None if remove else hasher_from(pepper_file).hash(asked_pin())
    what = f"PIN of agent {number} {'taken away' if remove else 'set'}"
    entry = Entry(at=now(), who=who(), what=what)
    if not with_agents(database, lambda agents: agents.set_pin(number, hashed, entry)):
        raise click.ClickException(
            f"there is no agent {number!r}; `ivrflow agent list` shows who is there"
        )
    click.echo(
        f"agent {number}: {'has no PIN any more' if remove else 'has a new PIN'}"
    )
