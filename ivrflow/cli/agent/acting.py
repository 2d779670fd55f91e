"""What the commands share that act on one agent: they ask the service.

The service alone knows who talks with whom: a presence that was written past it would
be news to it half a minute later.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from ivrflow.cli.changing import asked
from ivrflow.cli.installed import config_option, local, settings_in
from ivrflow.figures.sheet import Column, table
from ivrflow.figures.sheet import clock as lasting

WITHOUT = "`ivrflow agent list` tells what the database knows"
"""What is left to do while the service does not run."""

F = TypeVar("F", bound=Callable[..., Any])
Row = dict[str, Any]


def on_agent(command: F) -> F:
    """Give *command* the arguments `number`, `as_json` and `config`."""
    number = click.argument("number")
    as_json = click.option("--json", "as_json", is_flag=True, help="As JSON.")
    return number(as_json(config_option(command)))


def act(config: Path, number: str, what: str, *, as_json: bool, **body: Any) -> None:
    """Have the agent do *what*, and show how it stands then."""
    path = ("agents", number, what)
    settings = settings_in(config)
    done = asked(settings, "POST", path, without=WITHOUT, **body)
    show([done], as_json=as_json)


def show(agents: Sequence[Row], *, as_json: bool) -> None:
    """Print agents as the service tells of them."""
    if as_json:
        click.echo(json.dumps({"agents": agents}, ensure_ascii=False, indent=2))
    elif agents:
        click.echo(table(COLUMNS, agents))
    else:
        click.echo("no agents: agents.yaml has none", err=True)


def _presence(agent: Row) -> str:
    reason = agent["reason"] if agent["presence"] == "not ready" else ""
    return f"{agent['presence']}: {reason}" if reason else str(agent["presence"])


def _work(agent: Row) -> str:
    if agent["owes_disposition"]:
        return "wrap-up: disposition owed"
    if agent.get("elsewhere"):
        return "in another call"
    return str(agent["work"])


def _phone(agent: Row) -> str:
    since = agent["unreached"]
    lost = f" not reached since {local(since)}" if since is not None else ""
    return f"{agent['address']}{lost}"


def _breaks(agent: Row) -> str:
    """Today's pauses: used of how much, with a sign where that is too much."""
    return ", ".join(
        f"{used['reason']} {lasting(used['seconds'])}"
        + ("" if used["limit"] is None else f" of {lasting(used['limit'])}")
        + (" OVER" if used["over"] else "")
        for used in agent["pauses"]
        if used["seconds"]
    )


COLUMNS: tuple[Column[Row], ...] = (
    Column("number", lambda a: a["number"], "AGENT", left=True),
    Column("name", lambda a: a["name"], "NAME", left=True),
    Column("presence", _presence, "PRESENCE", left=True),
    Column("work", _work, "WORK", left=True),
    Column("phone", _phone, "PHONE", left=True),
    Column("queues", lambda a: " ".join(a["queues"]), "QUEUES", left=True),
    Column("call", lambda a: a["call"], "CALL", left=True),
    Column("breaks", _breaks, "BREAKS TODAY", left=True),
)
