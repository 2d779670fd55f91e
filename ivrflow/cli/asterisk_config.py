"""`ivrflow asterisk config`: what an Asterisk of your own needs, with fresh secrets."""

from __future__ import annotations

import os
import pwd
from datetime import datetime
from pathlib import Path

import click

from ivrflow.asterisk.beside.advice import RELOADS, Line, include_lines, remarks
from ivrflow.asterisk.beside.snippets import MAIN, Order, Ports, ports, snippets
from ivrflow.asterisk.beside.writing import (
    GROUP,
    OPEN,
    PRIVATE,
    File,
    Owner,
    Taken,
    write_all,
)
from ivrflow.asterisk.home.credentials import password
from ivrflow.shipped import shipped

WITH_SECRETS = ("ari.conf", "manager.conf")

ABOUT = {
    "ari.conf": "the user of ARI, with a hash of its password",
    "http.conf": "the HTTP server on, with room for sessions",
    "manager.conf": "the user of AMI, who may set variables and read one key",
    "extensions.conf": "ivrflow's part of the dialplan, with the fallback",
    "pjsip.conf": "a template for endpoints: [your-trunk](ivrflow-phone)",
}


@click.command("config")
@click.option(
    "--write",
    "folder",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Where Asterisk's part goes, a folder below its own: /etc/asterisk/ivrflow.",
)
@click.option(
    "--service",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("/etc/ivrflow"),
    show_default=True,
    help="Where the service's part goes: the folder of its settings.",
)
@click.option(
    "--beside",
    "kind",
    type=click.Choice(sorted(MAIN)),
    default="asterisk",
    show_default=True,
    help="Who writes Asterisk's own files: you, or FreePBX.",
)
@click.option(
    "--user", default="ivrflow", show_default=True, help="The user of ARI and AMI."
)
@click.option(
    "--ari-port",
    type=click.IntRange(1, 65535),
    help="Port of ARI.  [default: that of http.conf, else 8088]",
)
@click.option(
    "--ami-port",
    type=click.IntRange(1, 65535),
    help="Port of AMI.  [default: that of manager.conf, else 5038]",
)
@click.option(
    "--no-ami",
    is_flag=True,
    help="Without AMI: callers of a service that hangs get no fallback.",
)
@click.option(
    "--quality",
    is_flag=True,
    help="With a second user of AMI, who hears how calls sound (RTCP).",
)
@click.option(
    "--include",
    is_flag=True,
    help="Also write the lines that include it into Asterisk's own files; copies are "
    "kept.",
)
@click.option(
    "--service-user",
    default="ivrflow",
    show_default=True,
    help="Who owns the service's files, if root runs this.",
)
@click.option(
    "--force",
    is_flag=True,
    help="Also over files that are there, with new passwords; copies are kept.",
)
@click.option("--dry-run", is_flag=True, help="Only say what would be written.")
def config_command(
    folder: Path,
    service: Path,
    kind: str,
    user: str,
    ari_port: int | None,
    ami_port: int | None,
    no_ami: bool,
    quality: bool,
    include: bool,
    service_user: str,
    force: bool,
    dry_run: bool,
) -> None:
    """Write what an Asterisk of your own needs for ivrflow.

    With fresh passwords. Into DIR come small files that Asterisk's own files are to
    include, and beside the settings of the service, passwords and conf.d/asterisk.yaml.
    Nothing of Asterisk's own is changed without --include: the line for each is said at
    the end. Of what is there already the channelvars are kept, and its addresses and
    ports.

    Nothing is overwritten without --force, which makes new passwords for both sides
    and keeps what was there under another name. Run it as root where Asterisk and the
    service have users of their own: each side's files then get their owner.

    For Asterisk 20 to 23; tried with 22.10.1.
    """
    if quality and no_ami:
        raise click.UsageError("--quality needs AMI; leave --no-ami out")
    order = Order(
        folder=folder.absolute(),
        kind=kind,
        user=user,
        ari_password=password(),
        ami_password="" if no_ami else password(),
        quality_password=password() if quality else "",
        ari_port=ari_port,
        ami_port=ami_port,
    )
    try:
        texts, where = snippets(order), ports(order)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    ours = _service_files(order, where, service.absolute(), _user(service_user))
    theirs = [
        File(
            order.folder / name,
            text,
            GROUP if name in WITH_SECRETS else OPEN,
            _owner_of(order.etc),
        )
        for name, text in texts.items()
    ]
    wanted = include_lines(order, texts)
    kept: list[Path] = []
    if not dry_run:
        kept = _written([*theirs, *ours], force=force)
        if include:
            kept += _included(wanted, theirs[0].owner)
            wanted = include_lines(order, texts)
    _tell(order, theirs, ours, kept, wanted, dry_run=dry_run)


def _service_files(
    order: Order, where: Ports, folder: Path, owner: Owner | None
) -> list[File]:
    """The service's side: a file for each password, and settings that name them."""
    secrets = {"ari": order.ari_password}
    lines = [
        "# How the service reaches Asterisk; written by `ivrflow asterisk config`.",
        "# It counts more than ivrflow.yaml. Paths count from the folder above.",
        "ari:",
        f"  url: http://127.0.0.1:{where.ari}/ari",
        f"  user: {order.user}",
        "  password_file: secrets/ari",
    ]
    if order.ami_password:
        secrets["ami"] = order.ami_password
        lines += [
            "ami:",
            f"  port: {where.ami}",
            f"  user: {order.user}",
            "  password_file: secrets/ami",
        ]
    if order.quality_password:
        secrets["ami-quality"] = order.quality_password
        at = f"user: {order.user}-quality, password_file: secrets/ami-quality"
        lines.append(f"  quality: {{{at}}}")
    text = "\n".join((*lines, ""))
    files = [
        File(folder / "secrets" / name, f"{secret}\n", PRIVATE, owner)
        for name, secret in secrets.items()
    ]
    return [*files, File(folder / "conf.d/asterisk.yaml", text, OPEN, owner)]


def _written(files: list[File], *, force: bool) -> list[Path]:
    """Write them, or end the command with what to do; return the copies kept."""
    try:
        return write_all(files, over=_stamp() if force else "")
    except Taken as taken:
        lines = "\n".join(f"  {path}" for path in taken.paths)
        raise click.ClickException(
            f"there already:\n{lines}\nNothing was written. --force writes all anew, "
            "with new passwords, and keeps these under another name"
        ) from None
    except OSError as error:
        raise click.ClickException(
            f"{error.filename}: {error.strerror}; run it as root, or name folders that "
            "you may write (--write, --service)"
        ) from None


def _included(wanted: list[Line], owner: Owner | None) -> list[Path]:
    """Write the lines that lack; return the copies of what was there."""
    files = []
    try:
        for line in wanted:
            if line.there:
                continue
            mode, text, its = GROUP, "", owner
            if not line.no_file:  # as it is, with its mode and its owner
                text = line.path.read_text("utf-8", errors="surrogateescape")
                found = line.path.stat()
                mode, its = found.st_mode & 0o777, Owner(found.st_uid, found.st_gid)
            text = f"{text.rstrip()}\n" if text.strip() else ""
            files.append(File(line.path, text + line.added, mode, its))
        return write_all(files, over=_stamp())
    except OSError as error:
        raise click.ClickException(
            f"{error.filename}: {error.strerror}; our own files are written, the lines "
            "that include them are not: write them by hand, or run it as root"
        ) from None


def _stamp() -> str:
    """The ending of the copies that are kept."""
    return f".before-{datetime.now():%Y%m%d-%H%M%S}"


def _user(name: str) -> Owner | None:
    """The user who is to own the service's files; None where that can't be."""
    if os.geteuid() != 0:
        return None
    try:
        found = pwd.getpwnam(name)
    except KeyError:
        return None
    return Owner(found.pw_uid, found.pw_gid)


def _owner_of(path: Path) -> Owner | None:
    """Who owns Asterisk's folder, and so its files; None where we can't give any."""
    if os.geteuid() != 0:
        return None
    while not path.exists():
        path = path.parent
    found = path.stat()
    return Owner(found.st_uid, found.st_gid)


def _tell(
    order: Order,
    theirs: list[File],
    ours: list[File],
    kept: list[Path],
    wanted: list[Line],
    *,
    dry_run: bool,
) -> None:
    done = "would be written" if dry_run else "written"
    click.echo(f"For Asterisk, {done}:")
    for file in theirs:
        click.echo(f"  {file.path}  ({file.mode:o}) {ABOUT[file.path.name]}")
    click.echo(f"\nFor the service, {done}:")
    for file in ours:
        click.echo(f"  {file.path}  ({file.mode:o})")
    for path in kept:
        click.echo(f"  {path}  is what was there before")
    click.echo("\nNow yours. The last line of each of these files:")
    for line in wanted:
        click.echo(f"  {line}")
    click.echo("\nSee to:")
    for remark in remarks(order):
        click.echo(f"  - {remark}")
    click.echo(f"    (here it is {shipped('sounds')})")
    click.echo("\nThen, which ends no call:")
    for command in (*RELOADS, "dialplan reload"):
        click.echo(f"  asterisk -rx '{command}'")
    settings = ours[-1].path.parent.parent / "ivrflow.yaml"
    if not settings.exists():
        click.echo(f"\nThe settings begin with: ivrflow config default > {settings}")
    click.echo("\nIs all well?  ivrflow config check; ivrflow doctor")
    if os.geteuid() == 0 and ours[0].owner is None:
        click.echo(
            "There is no such user as --service-user says, so the service's files are "
            "root's: give them to its user (chown)."
        )
    if os.geteuid() != 0:
        click.echo(
            "You are not root: see that Asterisk's user can read its files, and the "
            "service's user its own (chown)."
        )
