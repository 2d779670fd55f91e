"""`ivrflow backup`: copy what can't be made again, while the service runs."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import click

from ivrflow import __version__
from ivrflow.cli.copies.manifest import (
    DATABASE,
    FORMAT,
    SOUNDS,
    Manifest,
    digest,
    fingerprint,
)
from ivrflow.cli.copies.sounds import sounds_in
from ivrflow.cli.db import told
from ivrflow.cli.installed import config_option, now, settings_in, who, with_database
from ivrflow.cli.secret import hasher_from
from ivrflow.config import BadConfig, Settings
from ivrflow.db.audit import BACKUP, Ledger
from ivrflow.db.snapshot import copy_database, file_of
from ivrflow.db.upgrade import state
from ivrflow.service.archive import folders_of


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--without-sounds",
    is_flag=True,
    help="The database alone; the folder of messages is copied by other means.",
)
@config_option
def backup(folder: Path, without_sounds: bool, config: Path) -> None:
    """Copy database and sounds of messages into a new FOLDER.

    The service may run: the copy of the database is of one moment, nobody waits for it,
    and it is looked through before it counts. Sounds are copied before and after, so
    all are there that it knows. Where FOLDER has no `backup.json`, the backup did not
    come to its end. `ivrflow restore` brings it back.

    Not in it: the settings, the site, and the files of secrets. Keep the pepper apart
    from backups: without it no PIN works, with both each can be found out.

    Exit status: 0 if it is whole, else 1.
    """
    settings = settings_in(config)
    url = settings.url(settings.database)
    with told():
        source = file_of(url)
        if not source.is_file():
            raise click.ClickException(f"{source}: there is no database yet")
        stands = state(url)
    if not stands.up_to_date:
        raise click.ClickException(
            f"{stands.url} is not of this version; run `ivrflow db upgrade`, or take "
            "the backup with the version that made it"
        )
    try:
        pepper = fingerprint(hasher_from(settings.path(settings.pepper_file)))
        sounds = None if without_sounds else folders_of(settings)[0]
    except BadConfig as bad:
        raise click.ClickException(str(bad)) from None
    _room(source, sounds, folder)
    with _made(folder):
        copied = 0 if sounds is None else _copy_sounds(sounds, folder / SOUNDS)
        with told():
            copy_database(url, folder / DATABASE)
        if sounds is not None:
            copied += _copy_sounds(sounds, folder / SOUNDS)
        manifest = Manifest(
            format=FORMAT,
            made=datetime.fromtimestamp(now()).astimezone().isoformat(" ", "seconds"),
            ivrflow=__version__,
            revision=stands.revision,
            database=digest(folder / DATABASE),
            sounds=None if sounds is None else copied,
            pepper=pepper,
        )
        manifest.write(folder)
    _noted(settings, folder)
    size = (folder / DATABASE).stat().st_size
    more = "" if sounds is None else f", {copied:,} files of sounds"
    click.echo(f"{folder}: the database, {size / 1e6:,.1f} MB{more}")


def _noted(settings: Settings, folder: Path) -> None:
    """That everything was copied is for the audit: it holds what callers said."""
    what = f"{BACKUP}{folder.absolute()}"
    with_database(settings, lambda db: Ledger(db, now).note(who(), what))


def _room(source: Path, sounds: Path | None, folder: Path) -> None:
    """End the command where there is no room for a copy."""
    there = folder.absolute().parent
    try:
        free = shutil.disk_usage(there).free
    except OSError as error:
        raise click.ClickException(
            f"{there}: {error.strerror}; make that folder first"
        ) from None
    needed = source.stat().st_size
    if sounds is not None:
        needed += sum(file.stat().st_size for file in sounds_in(sounds))
    if needed > free:
        raise click.ClickException(
            f"{there} has room for {free / 1e6:,.0f} MB, and {needed / 1e6:,.0f} are "
            "needed; name another folder, or copy --without-sounds"
        )


@contextmanager
def _made(folder: Path) -> Iterator[None]:
    """Make *folder* for a backup; what goes wrong in it leaves nothing of it."""
    try:
        folder.mkdir(mode=0o700, parents=False)
    except FileExistsError:
        raise click.ClickException(f"{folder} is there already; name a new one") from (
            None
        )
    except OSError as error:
        raise click.ClickException(f"{folder}: {error.strerror}") from None
    try:
        yield
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise click.ClickException(f"{error.filename}: {error.strerror}") from None
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _copy_sounds(sounds: Path, to: Path) -> int:
    """Copy those that are not there yet; return how many."""
    shown, copied = sys.stderr.isatty(), 0
    for file in sounds_in(sounds):
        target = to / file.relative_to(sounds)
        if target.exists():
            continue
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}")
        try:
            shutil.copy2(file, part)
        except FileNotFoundError:
            continue  # its message has gone meanwhile
        os.chmod(part, 0o600)
        part.rename(target)
        copied += 1
        if shown and copied % 100 == 0:
            click.echo(f"\r{copied:,} sounds", nl=False, err=True)
    if shown:
        click.echo("\r\x1b[K", nl=False, err=True)
    return copied
