"""`ivrflow switch`: throw a switch of the site, put it back, see which are thrown.

It writes to the database, so it works without the service too; the service looks every
two seconds.
"""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path

import click
from pydantic_core import PydanticCustomError

from ivrflow.cli.installed import (
    config_option,
    now,
    settings_in,
    who,
    with_database,
)
from ivrflow.cli.times import times_in
from ivrflow.config import Settings
from ivrflow.db.engine import Database
from ivrflow.db.switches import SqlSwitches
from ivrflow.db.versions import SqlVersions
from ivrflow.flow.folder import write_texts
from ivrflow.flow.kinds import Duration, did_you_mean
from ivrflow.flow.load import BadSite, load_site
from ivrflow.flow.site import Site
from ivrflow.flow.site.switches import Switch, TooLong
from ivrflow.flow.source import Scalar


@click.group()
def switch() -> None:
    """Throw a switch of switches.yaml, put it back, list them."""


@switch.command("list")
@config_option
def list_command(config: Path) -> None:
    """List the switches and how they stand."""
    settings = settings_in(config)
    site = _site(settings)

    async def look(database: Database) -> SqlSwitches:
        switches = SqlSwitches(database)
        await switches.refresh()
        return switches

    switches = with_database(settings, look)
    at, time = _now(site), times_in(settings)
    for name in site.switches:
        row = switches.all.get(str(name))
        if row is None or not switches.thrown(str(name), at):
            click.echo(f"{name}: off")
        else:
            end = f"until {time(row.until)}" if row.until else "until it is put back"
            click.echo(f"{name}: thrown by {row.by} at {time(row.at)}, {end}")


@switch.command("throw")
@click.argument("name")
@click.option(
    "--for",
    "lasts",
    metavar="DURATION",
    help="For how long, as 30m or 2h.  [default: `expires` of switches.yaml]",
)
@config_option
def throw_command(name: str, lasts: str | None, config: Path) -> None:
    """Throw the switch NAME; thrown again, it gets a new end."""
    settings = settings_in(config)
    site = _site(settings)
    at = _now(site)
    try:
        given = None if lasts is None else float(Duration.read(Scalar(lasts)))
        until = _switch(site, name).end(at, given)
    except PydanticCustomError as wrong:
        raise click.BadParameter(wrong.message(), param_hint="--for") from None
    except TooLong as wrong:
        raise click.BadParameter(str(wrong), param_hint="--for") from None

    async def throw(database: Database) -> None:
        await SqlSwitches(database).throw(name, by=who(), now=at, until=until)

    with_database(settings, throw)
    time = times_in(settings)
    end = f"until {time(until.timestamp())}" if until else "until it is put back"
    click.echo(f"{name}: thrown {end}")


@switch.command("back")
@click.argument("name")
@config_option
def back_command(name: str, config: Path) -> None:
    """Put the switch NAME back."""
    settings = settings_in(config)
    site = _site(settings)
    _switch(site, name)

    async def put_back(database: Database) -> None:
        await SqlSwitches(database).put_back(name, by=who(), now=_now(site))

    with_database(settings, put_back)
    click.echo(f"{name}: off")


def _site(settings: Settings) -> Site:
    """The version that was live last; the folder's where none was yet.

    Somebody may be in the middle of changing the files, just when the office must be
    closed: what the service runs is what counts.
    """
    kept = with_database(settings, lambda db: SqlVersions(db).all())
    if not kept:
        return _checked(settings.path(settings.site))
    version = kept[0].version
    _, texts = with_database(settings, lambda db: SqlVersions(db).texts(version))
    with tempfile.TemporaryDirectory() as folder:
        write_texts(Path(folder), texts)
        return _checked(Path(folder))


def _checked(folder: Path) -> Site:
    try:
        return load_site(folder)
    except BadSite as bad:
        raise click.ClickException(
            f"the site has errors; see `ivrflow check`\n{bad}"
        ) from None


def _switch(site: Site, name: str) -> Switch:
    for known, found in site.switches.items():
        if known == name:
            return found
    hint = did_you_mean(name, map(str, site.switches))
    raise click.ClickException(f"switches.yaml has no switch {name!r}{hint}")


def _now(site: Site) -> datetime:
    return datetime.fromtimestamp(now(), site.settings.zone)
