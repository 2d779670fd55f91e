"""`ivrflow install`: make this ivrflow a service of the machine."""

from __future__ import annotations

import difflib
import grp
import os
import pwd
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from ivrflow.cli.units import OWN, USUAL_CONFIG, Fitting, fitted, to_open
from ivrflow.config import BadConfig, Settings, read_settings
from ivrflow.shipped import shipped

UNITS = Path("/etc/systemd/system")
KEPT = ".before"
"""Behind the name of a unit that was replaced."""

PHONE = "asterisk"
"""Asterisk's user, as distributions have him."""


@click.command()
@click.option("--systemd", is_flag=True, help="As a service of systemd: say this.")
@click.option(
    "--template",
    is_flag=True,
    help="Write ivrflow@.service, for several on one machine: /etc/ivrflow/NAME.",
)
@click.option(
    "--config",
    "-c",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="IVRFLOW_CONFIG",
    default=USUAL_CONFIG,
    show_default=True,
    help="The settings that it is to have.  [env: IVRFLOW_CONFIG]",
)
@click.option(
    "--user-name",
    default="ivrflow",
    show_default=True,
    help="The user and the group that it is to run as.",
)
@click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=UNITS,
    show_default=True,
    help="The folder of the units.",
)
@click.option("--dry-run", is_flag=True, help="Print the unit, and write nothing.")
@click.option(
    "--force",
    is_flag=True,
    help="Replace a unit that is there; it is kept as NAME.before.",
)
def install(
    systemd: bool,
    template: bool,
    config: Path,
    user_name: str,
    folder: Path,
    dry_run: bool,
    force: bool,
) -> None:
    """Make this ivrflow a service of the machine.

    It writes the unit by which systemd runs it, and tells what is left to do. The unit
    starts the program that you run this with, and may write to the folders
    that the settings name. It is written and nothing else: no user is made, and
    nothing is started.

    A unit that is there and differs is shown and stays, unless --force is given. What
    you want otherwise belongs into `systemctl edit ivrflow`, which an upgrade keeps.

    Exit status: 1 if there is another unit already, or it can't be written.
    """
    if not systemd:
        raise click.UsageError("as what? There is one way: ivrflow install --systemd")
    name = "ivrflow@.service" if template else "ivrflow.service"
    config = config.absolute()
    writes, why = ([], "") if template else _writes(config)
    fitting = Fitting(
        program=program(),
        user=user_name,
        config=config,
        writes=writes,
    )
    source = shipped("packaging") / "systemd" / name
    text = fitted(source.read_text("utf-8"), fitting, template=template)
    if dry_run:
        click.echo(text, nl=False)
        return
    path = folder / name
    click.echo(f"{path}: {_put(path, text, force=force)}")
    if why:
        click.echo(f"\nThe folders that it may write to are the usual ones: {why}")
    for line in _told(fitting, name, template=template):
        click.echo(line)


def program() -> tuple[str, ...]:
    """What starts this ivrflow, whatever the path of the shell is."""
    # Beside the interpreter, and not resolved: that would lead out of a virtual
    # environment, to a Python that has no ivrflow.
    script = Path(sys.executable).parent / "ivrflow"
    return (str(script),) if script.exists() else (sys.executable, "-m", "ivrflow")


def _writes(config: Path) -> tuple[list[Path], str]:
    """Folders that the settings want written; none, and why they can't be told."""
    from ivrflow.db.engine import BadDatabase

    try:
        return list(_written_to(read_settings(config))), ""
    except (BadConfig, BadDatabase) as bad:
        return [], str(bad)


def _written_to(settings: Settings) -> Iterator[Path]:
    """Folders in which the service changes files, by its settings."""
    from ivrflow.db.engine import database_url

    yield settings.path(settings.site).absolute()
    own = settings.url(settings.database)
    usual: Path | None = None
    for written in (own, *map(str, settings.databases.values())):
        where = database_url(settings.url(written))
        if where.get_backend_name() == "sqlite" and where.database:
            beside = Path(where.database).absolute().parent
            usual = usual or beside
            yield beside
    if settings.voicemail is not None and usual is not None:
        yield from settings.voicemail.folders(settings.path, usual / "voicemail")
    if settings.speech is not None:
        yield settings.path(settings.speech.cache).absolute()
    if settings.queue_log is not None:
        yield settings.path(settings.queue_log).absolute().parent


def _put(path: Path, text: str, *, force: bool) -> str:
    """Write *text* to *path*; return what was done."""
    kept = path.with_name(path.name + KEPT)
    try:
        was = path.read_text("utf-8", "replace") if path.exists() else None
        if was == text:
            return "is as it should be"
        if was is not None and not force:
            click.echo("".join(_differ(path, was, text)), nl=False)
            raise click.ClickException(
                f"{path} is there and differs, and stays. Take what you have changed "
                "there into `systemctl edit`, then replace it with --force"
            )
        beside = path.with_name(f".{path.name}.new")
        beside.write_text(text, "utf-8")
        beside.chmod(0o644)
        if was is not None:
            path.replace(kept)
        beside.replace(path)
    except OSError as error:
        raise click.ClickException(
            f"{path}: {error.strerror}; run this as root, or look at the unit with "
            "--dry-run"
        ) from None
    return "written" if was is None else f"written; the one of before is {kept.name}"


def _differ(path: Path, was: str, text: str) -> Iterator[str]:
    return difflib.unified_diff(
        was.splitlines(keepends=True),
        text.splitlines(keepends=True),
        str(path),
        "what would be written",
    )


def _told(fitting: Fitting, name: str, *, template: bool) -> Iterator[str]:
    """What the unit does, and what is left to do."""
    user = fitting.user
    own = [f"{parent}/ivrflow{'/NAME' if template else ''}" for parent in OWN]
    config = "/etc/ivrflow/NAME/ivrflow.yaml" if template else fitting.config
    folders = [*own, *map(str, to_open(fitting.writes))]
    yield ""
    yield f"It runs {' '.join(fitting.program)} as the user {user},"
    yield f"with the settings {config},"
    yield f"and can write to: {' '.join(folders)}"
    if (shut := _shut(Path(fitting.program[0]))) is not None:
        yield (
            f"The user {user} can't come to the program: {shut} is closed to others. "
            "Install it somewhere else, best in /opt/ivrflow."
        )
    yield ""
    yield "What is left to do, as root:"
    users = {entry.pw_name for entry in pwd.getpwall()}
    if user not in users:
        yield (
            f"  useradd --system --user-group --home-dir /var/lib/ivrflow "
            f"--shell /usr/sbin/nologin {user}"
        )
    if PHONE in users and PHONE not in _members(user):
        yield f"  usermod -aG {user} {PHONE}    # it plays sounds from these folders;"
        yield "                                   # restart Asterisk once after it"
    if not template and not os.path.exists(fitting.config):
        yield f"  write {fitting.config}    # docs/settings.md"
    yield "  systemctl daemon-reload"
    unit = name.replace("@.service", "@NAME").removesuffix(".service")
    yield f"  systemctl enable --now {unit}"


def _members(group: str) -> set[str]:
    try:
        return set(grp.getgrnam(group).gr_mem)
    except KeyError:
        return set()


def _shut(path: Path) -> Path | None:
    """The first folder on the way to *path* that not all may enter; None: none."""
    for folder in reversed(path.absolute().parents):
        try:
            if not folder.stat().st_mode & stat.S_IXOTH:
                return folder
        except OSError:
            return folder
    return None
