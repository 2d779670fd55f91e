"""`ivrflow bundle`: what somebody who helps must know, in one file, without secrets."""

from __future__ import annotations

import io
import os
import socket
import tarfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import click

from ivrflow.cli.bundle.collecting import Piece, Wanted, made, pieces
from ivrflow.cli.bundle.masking import Masker, secrets_of
from ivrflow.cli.installed import config_option, local, now
from ivrflow.config import BadConfig, Settings
from ivrflow.config.layers import Layers
from ivrflow.config.reading import read_layers

README = """\
A support archive of ivrflow, made by `ivrflow bundle`.

Secrets stand as ******. Rows of seven digits and more (phone numbers, cards) and mail
addresses have names: number-3 is the same number wherever it stands. Not in it: the
site's flows and prompts, recordings, messages, facts and the database.

"""


@click.command()
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write.  [default: ivrflow-bundle-MACHINE-TIME.tar.gz, here]",
)
@click.option(
    "--log",
    "logs",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="A log to take the end of, as Asterisk's; may be given several times.  "
    "[default: the journal of the unit]",
)
@click.option(
    "--unit",
    default="ivrflow",
    show_default=True,
    help="The unit of systemd whose journal is read.",
)
@click.option(
    "--lines",
    type=click.IntRange(0, 200_000),
    default=5_000,
    show_default=True,
    help="How many lines of each log.",
)
@click.option(
    "--without",
    "left_out",
    multiple=True,
    metavar="NAME",
    help="Leave this part out, as `doctor.json`, which takes a while; several times.",
)
@click.option("--list", "listed", is_flag=True, help="List what would be in it; end.")
@click.option("--show", metavar="NAME", help="Print that part of it as it would be.")
@click.option("--yes", "-y", is_flag=True, help="Don't ask before it is written.")
@config_option
def bundle(
    output: Path | None,
    logs: tuple[Path, ...],
    unit: str,
    lines: int,
    left_out: tuple[str, ...],
    listed: bool,
    show: str | None,
    yes: bool,
    config: Path,
) -> None:
    """Make an archive for who helps, without secrets.

    It works with a service that is down and with settings that are wrong. What is in it
    is listed before it is written: versions, the masked settings, how service, queues
    and calls stand, the end of the log, and what the doctor finds. In all of it secrets
    are asterisks, and phone numbers and mail addresses have made-up names; so read it
    through with --show all the same before you give it away: no program knows what is
    private in the words of your log.

    Exit status: 0 if it was written, 1 if not.
    """
    wanted, masker = _wanted(config, logs, unit, lines)
    parts = list(pieces(wanted))
    for name in left_out:
        parts.remove(_named(parts, name))
    if listed:
        for part in parts:
            click.echo(f"{part.name:<24} {part.what}")
        return
    if show is not None:
        click.echo(masker.of_file(show, made(_named(parts, show), wanted)), nl=False)
        return
    path = output or Path(_name())
    if path.exists():
        raise click.ClickException(f"{path} is there already; name another")
    texts = {}
    for part in parts:
        text = masker.of_file(part.name, made(part, wanted))
        texts[part.name] = text
        click.echo(f"{part.name:<24} {len(text.encode()):>9,} bytes  {part.what}")
    if not yes:
        click.confirm(f"write {path}?", abort=True, default=True, err=True)
    try:
        _write(path, texts)
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror}") from None
    click.echo(f"{path}: written, {path.stat().st_size:,} bytes, for your eyes alone")


def _wanted(
    config: Path, logs: Sequence[Path], unit: str, lines: int
) -> tuple[Wanted, Masker]:
    settings: Settings | None = None
    layers: Layers | None = None
    trouble = ""
    try:
        settings, layers = read_layers(config)
    except BadConfig as bad:
        trouble = str(bad)
    secrets = secrets_of(settings) if settings is not None else ()
    wanted = Wanted(
        config=config,
        settings=settings,
        layers=layers,
        trouble=trouble,
        logs=logs,
        unit=unit,
        lines=lines,
    )
    return wanted, Masker(secrets)


def _named(parts: Sequence[Piece], name: str) -> Piece:
    for part in parts:
        if part.name == name:
            return part
    there = ", ".join(part.name for part in parts)
    raise click.ClickException(f"there is no part {name!r}; there are {there}")


def _name() -> str:
    at = "".join(sign for sign in local(now()) if sign.isdigit())
    return f"ivrflow-bundle-{socket.gethostname()}-{at}.tar.gz"


def _write(path: Path, texts: dict[str, str]) -> None:
    """Write the archive, for its owner alone; leave nothing of it if that fails."""
    at = int(now())
    folder = path.name.removesuffix(".tar.gz")
    listed = "".join(f"{name}\n" for name in texts)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with (
            os.fdopen(handle, "wb") as file,
            tarfile.open(fileobj=file, mode="w:gz") as archive,
        ):
            for name, text in {"README.txt": README + listed, **texts}.items():
                content = text.encode()
                member = tarfile.TarInfo(f"{folder}/{name}")
                member.size, member.mtime, member.mode = len(content), at, 0o600
                archive.addfile(member, io.BytesIO(content))
    except BaseException:
        with suppress(OSError):
            path.unlink()
        raise
