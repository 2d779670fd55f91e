"""`ivrflow flow`: the versions of a site that were live."""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path

import click

from ivrflow.cli.installed import (
    Answer,
    NoService,
    ask_service,
    config_option,
    now,
    settings_in,
    who,
    with_database,
)
from ivrflow.cli.times import times_in
from ivrflow.config import Settings
from ivrflow.db.audit import Entry, SqlAudit
from ivrflow.db.versions import Kept, SqlVersions
from ivrflow.flow.folder import back_up, read_texts, write_texts
from ivrflow.flow.load import check_site
from ivrflow.flow.source import Severity
from ivrflow.flow.versions import Texts, changes, diff

FILES = "files"
"""What a diff calls the site's folder as it is now."""


@click.group()
def flow() -> None:
    """Versions of the site: list, compare, go back."""


@flow.command("versions")
@config_option
@click.option("-n", "number", default=20, show_default=True, help="How many at most.")
def versions_command(config: Path, number: int) -> None:
    """List the versions that were live, the last one first.

    The service keeps each with all its texts when it starts and when it reloads. "went
    live" is the last time that it took the place of another one; "tested" tells
    whether its talks were run before. Times are the site's.
    """
    settings = settings_in(config)
    kept, time = _all(settings), times_in(settings)
    click.echo(f"{'version':<12}  {'went live':<25}  {'first by':<15}  tested")
    for one in kept[:number]:
        tested = "yes" if one.tested else "no"
        click.echo(f"{one.version:<12}  {time(one.live_at)}  {one.by:<15}  {tested}")


@flow.command("show")
@click.argument("version")
@click.argument("file", required=False)
@config_option
def show_command(version: str, file: str | None, config: Path) -> None:
    """List the files of VERSION, or print FILE as it was in it.

    VERSION may be its beginning, four letters at least.
    """
    name, texts = _texts(settings_in(config), version)
    if file is None:
        for known, text in sorted(texts.items()):
            click.echo(f"{len(text.splitlines()):>6} lines  {known}")
    elif file in texts:
        click.echo(texts[file].encode("utf-8", "surrogateescape"), nl=False)
    else:
        raise click.ClickException(f"version {name} has no file {file!r}")


@flow.command("diff")
@click.argument("old", required=False)
@click.argument("new", required=False)
@config_option
def diff_command(old: str | None, new: str | None, config: Path) -> None:
    """Show what differs between two versions, line by line.

    Without NEW, OLD is compared with the files as they are now; without OLD, the
    version that went live last is.
    """
    settings = settings_in(config)
    before, texts = _texts(settings, old or _live(settings))
    if new is not None:
        after, others = _texts(settings, new)
    else:
        after, others = FILES, _files(settings)
    for line in diff(texts, others, (before, after)):
        click.echo(line.encode("utf-8", "surrogateescape"))


@flow.command("rollback")
@click.argument("version")
@config_option
def rollback_command(version: str, config: Path) -> None:
    """Put VERSION back, in the folder and in the service.

    What is in the folder now is copied to .before/ in it first. The service checks the
    version and runs its talks as at any reload: if it refuses, the folder is put back
    as it was. Without a running service the files are in place for its next start.

    Exit status: 1 if the version can't come back; nothing has changed then.
    """
    settings = settings_in(config)
    folder = settings.path(settings.site)
    name, texts = _texts(settings, version)
    _refuse_errors(name, texts)
    there, was = _files(settings), _live(settings)
    if not changes(there, texts):
        click.echo(f"the files are those of {name} already")
    else:
        _put(folder, texts, name)
    try:
        answer = ask_service(settings, "/api/site/reload")
    except NoService as away:
        _audit(settings, was, name)
        click.echo(
            f"the service was not told: {away}.\nIt takes {name} at its next start, or "
            "when you send it SIGHUP."
        )
        return
    if answer.status != 200:
        _write(folder, there)
        raise click.ClickException(
            f"the service refuses {name}; the files are as they were\n" + _why(answer)
        )
    _audit(settings, was, name)
    click.echo(f"version {answer.body['version']} is live")


def _put(folder: Path, texts: Texts, name: str) -> None:
    stamp = datetime.fromtimestamp(now()).strftime("%Y%m%d-%H%M%S")
    try:
        place = back_up(folder, stamp)
    except OSError as error:
        raise click.ClickException(f"the files can't be copied: {error}") from None
    click.echo(f"the files as they were are in {place}")
    for file in _write(folder, texts):
        click.echo(f"  {file} is as in {name}")


def _write(folder: Path, texts: Texts) -> list[str]:
    try:
        return write_texts(folder, texts)
    except OSError as error:
        raise click.ClickException(
            f"{error}; some files are changed, all are in .before/"
        ) from None


def _refuse_errors(name: str, texts: Texts) -> None:
    """End the command if this program would not take that version any more."""
    with tempfile.TemporaryDirectory() as folder:
        write_texts(Path(folder), texts)
        report = check_site(Path(folder))
    if report.site is None:
        errors = "\n".join(map(str, report.of(Severity.ERROR)))
        raise click.ClickException(f"version {name} has errors today:\n{errors}")


def _why(answer: Answer) -> str:
    problems = (
        f"{p['file']}:{p['line']}:{p['column']}: {p['code']} {p['message']}"
        for p in answer.body.get("problems", ())
    )
    return "\n".join([answer.body.get("error", f"{answer.status}"), *problems])


def _audit(settings: Settings, was: str, name: str) -> None:
    what = "site files rolled back"
    entry = Entry(at=now(), who=who(), what=what, before=was, after=name)
    with_database(settings, lambda db: SqlAudit(db).add(entry))


def _all(settings: Settings) -> list[Kept]:
    kept = with_database(settings, lambda db: SqlVersions(db).all())
    if not kept:
        raise click.ClickException(
            "no version was live yet; the service keeps them when it starts"
        )
    return kept


def _live(settings: Settings) -> str:
    return _all(settings)[0].version


def _texts(settings: Settings, version: str) -> tuple[str, Texts]:
    return with_database(settings, lambda db: SqlVersions(db).texts(version))


def _files(settings: Settings) -> Texts:
    try:
        return read_texts(settings.path(settings.site))
    except OSError as error:
        raise click.ClickException(f"the site can't be read: {error}") from None
