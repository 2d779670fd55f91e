"""`ivrflow token list`: whose tokens there are."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import click

from ivrflow.cli.installed import config_option, settings_in, with_database
from ivrflow.cli.times import times_in
from ivrflow.db.engine import Database
from ivrflow.db.tokens import TokenEntry, all_tokens
from ivrflow.figures.sheet import Column, table


@click.command("list")
@click.option("--revoked", is_flag=True, help="Those too that do not count any more.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, times since 1970.")
@config_option
def list_(revoked: bool, as_json: bool, config: Path) -> None:
    """List the tokens, the newest first.

    The last use is noted to the minute.
    """
    settings = settings_in(config)

    async def look(database: Database) -> list[TokenEntry]:
        return await all_tokens(database)

    found = with_database(settings, look)
    shown = [entry for entry in found if revoked or entry.revoked is None]
    if as_json:
        listed = [asdict(entry) for entry in shown]
        click.echo(json.dumps({"tokens": listed}, ensure_ascii=False, indent=2))
        return
    if not shown:
        none = f"no tokens count: {len(found)} revoked, which --revoked shows"
        none = none if found else "no tokens yet"
        click.echo(f"{none}; `ivrflow token new` makes one", err=True)
        return
    time = times_in(settings)
    columns: list[Column[TokenEntry]] = [
        Column("id", lambda one: one.id, "ID", left=True),
        Column("name", lambda one: one.name, "NAME", left=True),
        Column("role", lambda one: one.role, "ROLE", left=True),
        Column("at", lambda one: time(one.at), "MADE", left=True),
        Column("by", lambda one: one.by, "BY", left=True),
        Column("used", lambda one: _told(one, time), "LAST USED", left=True),
    ]
    click.echo(table(columns, shown))


def _told(entry: TokenEntry, time: Callable[[float], str]) -> str:
    if entry.revoked is not None:
        return f"revoked {time(entry.revoked)}"
    return "never" if entry.used is None else time(entry.used)
