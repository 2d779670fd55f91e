"""What the commands that act on queues have in common: how an answer is shown."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import click

from ivrflow.acd.model import LEFT_BEHIND
from ivrflow.cli.changing import asked, clock, end_told
from ivrflow.config import Settings
from ivrflow.figures.sheet import Column, percent, table
from ivrflow.figures.sheet import clock as lasting

Row = dict[str, Any]

WITHOUT = "only it knows who waits: see its log, or systemctl status ivrflow"


def _people(queue: Row) -> list[Row]:
    """Those who wait in it; messages have a column of their own."""
    return [one for one in queue["waiting"] if one["item"] != LEFT_BEHIND]


COLUMNS: tuple[Column[Row], ...] = (
    Column("name", lambda q: q["name"], "QUEUE", left=True),
    Column("state", lambda q: q["door"]["state"], "STATE", left=True),
    Column("waiting", lambda q: len(_people(q)), "WAIT"),
    Column("longest", lambda q: q["longest_wait"] or None, "LONGEST", shown=lasting),
    Column("ready", lambda q: q["ready"], "READY"),
    Column("unreached", lambda q: q["unreached"], "UNREACHED"),
    Column("talking", lambda q: q["talking"], "TALK"),
    Column("wrap_up", lambda q: q["wrap_up"], "WRAP"),
    Column("resting", lambda q: q["resting"], "REST"),
    Column("not_ready", lambda q: q["not_ready"], "PAUSE"),
    Column("callbacks", lambda q: q["callbacks"], "CALLBACK"),
    Column("messages", lambda q: q["messages"], "MESSAGE"),
    Column(
        "service_level", lambda q: q["service_level"]["30m"]["share"], "SL 30m", percent
    ),
    Column("alarms", lambda q: ", ".join(q["alarms"]), "ALARMS", left=True),
)


def ask(settings: Settings, method: str, *path: str, **body: Any) -> Row:
    """Ask the service and return what it says; what it refuses ends the command."""
    return asked(settings, method, path, without=WITHOUT, **body)


def show(queues: Sequence[Row], *, as_json: bool) -> None:
    """Print *queues* as a table, and below it what was done to their doors."""
    if as_json:
        click.echo(json.dumps({"queues": queues}, ensure_ascii=False, indent=2))
        return
    if not queues:
        click.echo("no queues: queues.yaml has none", err=True)
        return
    click.echo(table(COLUMNS, queues))
    for queue in queues:
        if line := door_told(queue):
            click.echo(line)


def door_told(queue: Row) -> str:
    """What was done to the queue, by whom and until when; "" for an open one."""
    door = queue["door"]
    if door["state"] == "open":
        return ""
    to = f" to {door['to']}" if door["to"] else ""
    too = ", those who wait too" if door["waiting_too"] else ""
    return (
        f"{queue['name']}: {door['state']}{to} by {door['by']} at {clock(door['at'])}, "
        f"{end_told(door['until'])}{too}"
    )


def say_where(answer: Row) -> None:
    """Tell where a caller stands who was moved."""
    if answer["waits"]:
        where = f"queue {answer['queue']}, number {answer['position']}"
    else:
        where = "waits no more: an agent is there"
    click.echo(f"{answer['call']}: {where}")
