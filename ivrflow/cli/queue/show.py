"""`ivrflow queue show`: one queue, and everybody who waits in it."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ivrflow.cli.installed import config_option, settings_in
from ivrflow.cli.queue.acting import COLUMNS, Row, ask, door_told
from ivrflow.figures.sheet import Column, clock, table
from ivrflow.telling import needs_told, priority_told


def _agent(caller: Row) -> str:
    """What is under way between the caller and an agent."""
    held = f"only {caller['held_for']}" if caller["held_for"] else ""
    return ", ".join(filter(None, (held, "rings" if caller["ringing"] else "")))


def _fit(caller: Row) -> str:
    """Free agents who fit, of those on duty who do."""
    return "{free} of {on_duty}".format_map(caller["agents"])


CALLERS: tuple[Column[Row], ...] = (
    Column("position", lambda c: c["position"], "NO"),
    Column("call", lambda c: c["call"], "CALL", left=True),
    Column("waited", lambda c: c["waited"], "WAITED", shown=clock),
    Column("priority", lambda c: priority_told(c["priority"]), "PRIORITY"),
    Column("needs", lambda c: needs_told(c["needs"]), "NEEDS", left=True),
    Column("agents", _fit, "FREE", left=True),
    Column("ringing", _agent, "AGENT", left=True),
)


@click.command()
@click.argument("queue")
@click.option("--json", "as_json", is_flag=True, help="As the API tells it.")
@config_option
def show(queue: str, as_json: bool, config: Path) -> None:
    """Show QUEUE and who waits in it, the next one first.

    CALL is what `queue move`, `take` and `priority` take. FREE is how many agents could
    have this call now, of those who fit and are ready or at work: READY counts agents
    who lack what those who wait ask for.
    """
    found = ask(settings_in(config), "GET", "queues", queue)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    click.echo(table(COLUMNS, [found]))
    if line := door_told(found):
        click.echo(line)
    if found["waiting"]:
        click.echo()
        click.echo(table(CALLERS, found["waiting"]))
    else:
        click.echo("nobody waits")
