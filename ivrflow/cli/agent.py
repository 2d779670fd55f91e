"""`ivrflow agent`: the agents in the database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import click

from ivrflow.cli.db import database_option, told
from ivrflow.cli.installed import now, who
from ivrflow.cli.secret import asked_pin, hasher_from, pepper_option
from ivrflow.db.agents import AgentEntry, SqlAgents
from ivrflow.db.audit import Entry
from ivrflow.db.engine import Database
from ivrflow.flow.world import Trouble

T = TypeVar("T")

COLUMNS = ("number", "name", "team", "role", "endpoint", "presence", "work", "pin")


@click.group()
def agent() -> None:
    """List the agents, and give them PINs."""


@agent.command("list")
@database_option
def list_command(database: str) -> None:
    """List the agents as the database has them."""
    entries = _with_agents(database, lambda agents: agents.all())
    if not entries:
        click.echo(
            "no agents yet; the service takes them from agents.yaml at its start",
            err=True,
        )
        return
    rows = [COLUMNS, *map(_row, entries)]
    widths = [max(_width(row[i]) for row in rows) for i in range(len(COLUMNS))]
    for row in rows:
        cells = (
            text + " " * (w - _width(text)) for text, w in zip(row, widths, strict=True)
        )
        click.echo("  ".join(cells).rstrip())


@agent.command("pin")
@click.argument("number")
@click.option("--remove", is_flag=True, help="Take the PIN away: no sign-in by phone.")
@database_option
@pepper_option
def pin_command(number: str, remove: bool, database: str, pepper_file: Path) -> None:
    """Give the agent NUMBER a PIN for signing in by phone.

    It is typed twice, unseen, or comes in one line on standard input.
    """
    hashed = None if remove else hasher_from(pepper_file).hash(asked_pin())
    what = f"PIN of agent {number} {'taken away' if remove else 'set'}"
    entry = Entry(at=now(), who=who(), what=what)
    if not _with_agents(database, lambda agents: agents.set_pin(number, hashed, entry)):
        raise click.ClickException(
            f"there is no agent {number!r}; `ivrflow agent list` shows who is there"
        )
    click.echo(
        f"agent {number}: {'has no PIN any more' if remove else 'has a new PIN'}"
    )


def _with_agents(url: str, work: Callable[[SqlAgents], Awaitable[T]]) -> T:
    async def run() -> T:
        database = Database(url)
        try:
            return await work(SqlAgents(database))
        finally:
            await database.close()

    try:
        with told():
            return asyncio.run(run())
    except Trouble as trouble:
        raise click.ClickException(str(trouble)) from None


def _row(entry: AgentEntry) -> tuple[str, ...]:
    return (
        entry.number,
        entry.name,
        entry.team,
        entry.role,
        entry.endpoint,
        entry.presence,
        entry.work,
        "yes" if entry.has_pin else "none",
    )


def _width(text: str) -> int:
    """Return the columns that *text* takes on a terminal: Chinese takes two each."""
    return sum(2 if ord(letter) >= 0x1100 else 1 for letter in text)
