"""`ivrflow db`: the database, seen from the operator's side."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from ivrflow.db.engine import BadDatabase, database_url, shown
from ivrflow.db.upgrade import damage, state, upgrade

F = TypeVar("F", bound=Callable[..., Any])


def database_option(command: F) -> F:
    """Give *command* an argument `database`: the url, as said or in the settings."""
    config = click.option(
        "--config",
        "-c",
        type=click.Path(path_type=Path, dir_okay=False),
        envvar="IVRFLOW_CONFIG",
        default=Path("/etc/ivrflow/ivrflow.yaml"),
        show_default=True,
        expose_value=False,
        is_eager=True,
        callback=_remembered,
        help="The settings, which name the database.  [env: IVRFLOW_CONFIG]",
    )
    database = click.option(
        "--database",
        envvar="IVRFLOW_DATABASE",
        metavar="URL",
        callback=_named,
        help="The database itself: sqlite:////var/lib/ivrflow/ivrflow.db, or "
        "postgresql://user@host/name.  [env: IVRFLOW_DATABASE]  [default: that of the "
        "settings]",
    )
    return config(database(command))


_CONFIG = f"{__name__}.config"


def _remembered(context: click.Context, _: click.Parameter, config: Path) -> None:
    context.meta[_CONFIG] = config


def _named(context: click.Context, _: click.Parameter, given: str | None) -> str:
    """The database's url; the settings are read only where it is not said."""
    if given is not None:
        return given
    from ivrflow.config import BadConfig, read_settings

    try:
        settings = read_settings(context.meta[_CONFIG])
    except BadConfig as bad:
        raise click.UsageError(
            f"which database? Name it with --database, or the settings with --config:\n"
            f"{bad}"
        ) from None
    return settings.url(settings.database)


@click.group()
def db() -> None:
    """Upgrade and check the database."""


@db.command("upgrade")
@database_option
def upgrade_command(database: str) -> None:
    """Make the tables, or bring them up to this version.

    The service does this at its start too, unless its settings forbid it. It is one
    transaction: done whole, or not at all. A database that a newer version has made is
    refused.
    """
    with told():
        was = upgrade(database)
    if was.up_to_date:
        click.echo(f"{was.url}: up to date ({was.newest})")
    else:
        click.echo(f"{was.url}: {was.revision or 'empty'} -> {was.newest}")


@db.command("check")
@database_option
def check_command(database: str) -> None:
    """Say whether the database is up to date and whole.

    Exit status: 0 if it is, 1 if not. With SQLite the whole file is read: about a
    second per gigabyte.
    """
    with told():
        found = state(database)
        if not found.up_to_date:
            raise click.ClickException(
                f"{found.url} is at {found.revision or 'nothing'}, this version needs "
                f"{found.newest}; run `ivrflow db upgrade`"
            )
        problems = damage(database)
    for problem in problems:
        click.echo(f"{found.url}: {problem}", err=True)
    if problems:
        raise click.exceptions.Exit(1)
    click.echo(f"{found.url}: up to date ({found.newest}) and whole")


@db.command("url")
@database_option
def url_command(database: str) -> None:
    """Print which database is used, its password masked."""
    with told():
        click.echo(shown(database_url(database)))


class told:
    """A block whose `BadDatabase` is told in one line, without a trace."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, _: object) -> None:
        if isinstance(error, BadDatabase):
            raise click.ClickException(str(error)) from None
