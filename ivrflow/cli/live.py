"""The calls that are up, as the service tells of them: what several commands show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from ivrflow.cli.changing import asked
from ivrflow.config import Settings
from ivrflow.figures.sheet import Column, table
from ivrflow.figures.sheet import clock as lasting

Row = dict[str, Any]

WITHOUT = "only it knows which calls are up; `ivrflow why --last` tells the newest one"


def at(call: Row) -> str:
    """The flow and the step that it is in."""
    return "/".join(filter(None, (call["flow"], call["step"]))) or "-"


def whose(call: Row) -> str:
    """Its calling number, as people say it."""
    return call["caller"] or "withheld"


COLUMNS: tuple[Column[Row], ...] = (
    Column("id", lambda c: c["id"], "CALL", left=True),
    Column("caller", whose, "CALLER", left=True),
    Column("dialled", lambda c: c["dialled"], "DIALLED", left=True),
    Column("seconds", lambda c: c["seconds"], "FOR", shown=lasting),
    Column("step", at, "FLOW/STEP", left=True),
    Column("queue", lambda c: c["queue"], "QUEUE", left=True),
    Column("agent", lambda c: c["agent"], "AGENT", left=True),
)


def calls_up(settings: Settings) -> list[Row]:
    """All calls that are up, the longest first. Without a service the command ends."""
    found: list[Row] = asked(settings, "GET", ("calls",), without=WITHOUT)["calls"]
    return found


def told(calls: Sequence[Row]) -> str:
    """*calls* as a table."""
    return table(COLUMNS, calls)


def the_one(calls: Sequence[Row], wanted: str) -> Row:
    """The call whose id is *wanted*, or begins so if no other does.

    Where that is none or several, the command ends, and says which there are.
    """
    exact = [call for call in calls if call["id"] == wanted]
    found = exact or [call for call in calls if call["id"].startswith(wanted)]
    if not found:
        raise click.ClickException(
            f"no call is up whose id begins with {wanted!r}; `ivrflow calls` lists "
            "those that are"
        )
    if len(found) > 1:
        raise click.ClickException(
            f"several calls are meant; give more of the id:\n{told(found)}"
        )
    return found[0]
