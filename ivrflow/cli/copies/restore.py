"""`ivrflow restore`: bring a backup back, into an empty place."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from ivrflow.cli.copies.manifest import (
    DATABASE,
    SOUNDS,
    BadBackup,
    Manifest,
    digest,
    fingerprint,
    read_manifest,
)
from ivrflow.cli.copies.sounds import sounds_in
from ivrflow.cli.db import told
from ivrflow.cli.installed import config_option, now, settings_in, who, with_database
from ivrflow.cli.secret import hasher_from
from ivrflow.config import BadConfig, Settings
from ivrflow.db.audit import Ledger
from ivrflow.db.owner import BESIDE as LOCK
from ivrflow.db.owner import Owned, owned
from ivrflow.db.snapshot import faults_of, file_of
from ivrflow.db.upgrade import state
from ivrflow.service.archive import folders_of

BESIDE = ("", "-wal", "-shm", "-journal")
"""What belongs to a file of SQLite, by the ends of the names."""


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("--check", "only_check", is_flag=True, help="Look at it, and end.")
@click.option(
    "--aside",
    is_flag=True,
    help="Put what is there now aside, under other names, instead of refusing.",
)
@config_option
def restore(folder: Path, only_check: bool, aside: bool, config: Path) -> None:
    """Bring the backup in FOLDER back, where the settings say.

    All of it is looked at first: whether it is whole, of this version or an older one,
    and of this pepper. Nothing is ever written over: there must be no database yet, and
    no sound; or, with --aside, they get names with the time in them. The service must
    not run, and no call should be up in Asterisk: those would begin anew.

    Then start the service; `ivrflow voicemail check` compares sounds and database.

    Exit status: 0 if it was brought back, or --check found nothing wrong; else 1.
    """
    settings = settings_in(config)
    try:
        manifest = _looked_at(folder, settings)
        sounds = folders_of(settings)[0]
    except (BadBackup, BadConfig) as bad:
        raise click.ClickException(str(bad)) from None
    if only_check:
        click.echo(
            f"{folder}: whole, made {manifest.made} by ivrflow {manifest.ivrflow}"
        )
        return
    url = settings.url(settings.database)
    with told():
        database = file_of(url)
    with told(), _alone(url):
        _free(database, sounds if manifest.sounds is not None else None, aside=aside)
        try:
            _brought_back(folder, manifest, database, sounds)
        except OSError as error:
            raise click.ClickException(f"{error.filename}: {error.strerror}") from None
    with_database(
        settings,
        lambda db: Ledger(db, now).note(
            who(), "database brought back", None, f"the backup of {manifest.made}"
        ),
    )
    more = (
        "" if manifest.sounds is None else f" and {manifest.sounds:,} files of sounds"
    )
    click.echo(f"{database}{more}: as of {manifest.made}; now start the service")


def _looked_at(folder: Path, settings: Settings) -> Manifest:
    """The backup's manifest, if all that it tells of is there; raises `BadBackup`."""
    manifest = read_manifest(folder)
    database = folder / DATABASE
    if not database.is_file() or digest(database) != manifest.database:
        raise BadBackup(
            f"{database} is not the file that was backed up: it is missing, damaged or "
            "was changed; take another backup"
        )
    if faults := faults_of(database):
        raise BadBackup(f"{database} is damaged: {faults[0]}; take another backup")
    with told():
        state(f"sqlite:///{database.absolute()}")  # of a newer version: refused there
    hasher = hasher_from(settings.path(settings.pepper_file))
    if fingerprint(hasher) != manifest.pepper:
        raise BadBackup(
            f"the pepper in {settings.path(settings.pepper_file)} is another one than "
            "the backup's: no PIN would work; put the right one there first"
        )
    if manifest.sounds is not None:
        there = sum(1 for _ in sounds_in(folder / SOUNDS))
        if there < manifest.sounds:
            raise BadBackup(
                f"{folder / SOUNDS} has {there:,} files, and {manifest.sounds:,} were "
                "backed up"
            )
    return manifest


@contextmanager
def _alone(url: str) -> Iterator[None]:
    """Keep the service away while the block runs; one that runs ends the command."""
    database = file_of(url)
    database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with asyncio.Runner() as runner:
        lock = owned(url)
        try:
            runner.run(lock.__aenter__())
        except Owned:
            raise click.ClickException(
                f"a service runs with {database}; stop it first (systemctl stop "
                "ivrflow)"
            ) from None
        _give(Path(f"{database.resolve()}{LOCK}"), database.parent)
        try:
            yield
        finally:
            runner.run(lock.__aexit__(None, None, None))


def _free(database: Path, sounds: Path | None, *, aside: bool) -> None:
    """See that nothing is in the way; with *aside* it is put out of it."""
    ending = f".before-{now():.0f}"
    # SQLite finds what belongs to a file by the file's own name in front.
    wanted = [(f"{database}{end}", f"{database}{ending}{end}") for end in BESIDE]
    if sounds is not None and next(sounds_in(sounds), None) is not None:
        wanted.append((str(sounds), f"{sounds}{ending}"))
    in_the_way = [(Path(here), Path(to)) for here, to in wanted if Path(here).exists()]
    if in_the_way and not aside:
        raise click.ClickException(
            f"{in_the_way[0][0]} is there; with --aside it gets another name"
        )
    for path, other in in_the_way:
        path.rename(other)
        click.echo(f"{path}: now {other.name}")


def _brought_back(
    folder: Path, manifest: Manifest, database: Path, sounds: Path
) -> None:
    """Copy the sounds, then the database: who finds that finds all."""
    if manifest.sounds is not None:
        _folder(sounds, database.parent)
        for file in sounds_in(folder / SOUNDS):
            target = sounds / file.relative_to(folder / SOUNDS)
            _folder(target.parent, database.parent)
            _copy(file, target)
    _copy(folder / DATABASE, database)


def _folder(folder: Path, like: Path) -> None:
    """Make *folder* where there is none, with the owner of the folder *like*."""
    if not folder.is_dir():
        folder.mkdir(mode=0o700, parents=True)
        _give(folder, like)


def _give(path: Path, like: Path) -> None:
    """Let root leave nothing that the service's user could not write."""
    if os.geteuid() == 0:
        owner = like.stat()
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def _copy(file: Path, target: Path) -> None:
    """Copy it for its owner alone, from its first byte on.

    The folder is the service's, and root may run this: what lies there under the name
    of ours, perhaps a link to somewhere else, is not written to.
    """
    part = target.with_name(f".{target.name}.part")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as written, file.open("rb") as source:
        shutil.copyfileobj(source, written, 1 << 20)
        written.flush()
        os.fsync(handle)
    _give(part, target.parent)
    part.rename(target)
