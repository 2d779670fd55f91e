"""`ivrflow voicemail import`: Asterisk's mailboxes as a site has them; their messages.

Two steps, since the first one is to be read: voicemail.conf becomes mailboxes.yaml, and
when the service has taken that, PINs, greetings and messages go into its mailboxes.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ivrflow.cli.installed import config_option, now, who

if TYPE_CHECKING:
    from ivrflow.cli.voicemail.bringing import Plan, Tally
    from ivrflow.cli.voicemail.place import Place
    from ivrflow.flow.importing.voicemail import ImportedVoicemail
    from ivrflow.flow.importing.voicemail_spool import FoundSpool
    from ivrflow.flow.site import Site

FILE = "mailboxes.yaml"

MOST_SHOWN = 50
"""Remarks of one kind that are printed; the rest is counted."""


@click.command("import")
@click.argument(
    "conf",
    metavar="VOICEMAIL.conf",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
)
@click.option(
    "--output",
    "-o",
    "folder",
    metavar="FOLDER",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write mailboxes.yaml there; else it is printed.",
)
@click.option("--force", is_flag=True, help="Write over the file that is there.")
@click.option(
    "--spool",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Take PINs, greetings and messages into the service's mailboxes; mostly "
    "/var/spool/asterisk/voicemail.",
)
@click.option("--dry-run", is_flag=True, help="With --spool: only tell what would be.")
@config_option
def import_(
    conf: Path,
    folder: Path | None,
    force: bool,
    spool: Path | None,
    dry_run: bool,
    config: Path,
) -> None:
    """Import Asterisk's VOICEMAIL.conf, and what is in its spool.

    First without --spool: mailboxes become mailboxes.yaml. What an option becomes, and
    which ones have no counterpart and why, stands in docs/voicemail.md; those that the
    file sets are named on standard error. Put it into the site, and let the service
    take it.

    Then with --spool: PINs (hashed at once), greetings and messages are taken in, each
    once: it can be stopped and run again. Nothing there is changed, and what an owner
    has changed here since stays. Asterisk should take no messages meanwhile.

    Exit status: 0 if all could be read and taken; 1 if something could not; 2 if
    nothing was done.
    """
    if spool is None:
        if dry_run:
            raise click.UsageError("--dry-run is for --spool")
        _to_a_file(conf, folder, force)
    elif folder is not None or force:
        raise click.UsageError("--spool takes messages; -o and --force write a file")
    else:
        _from_the_spool(conf, spool, config, dry_run=dry_run)


# mailboxes.yaml -----------------------------------------------------------------------


def _to_a_file(conf: Path, folder: Path | None, force: bool) -> None:
    from ivrflow.flow.importing.voicemail import import_voicemail
    from ivrflow.flow.source import Severity

    if folder is not None and not force and (folder / FILE).exists():
        click.echo(
            f"{folder / FILE} is there already; choose another folder, or --force",
            err=True,
        )
        sys.exit(2)
    language, languages = _spoken(folder)
    made = import_voicemail(conf, language, languages)
    for problem in made.problems:
        place = f"{conf.parent / problem.at.file}:{problem.at.line}"
        word = problem.severity.value
        click.echo(f"{place}: {word}: {problem.code} {problem.message}", err=True)
    if made.failed:
        sys.exit(2)
    if folder is None:
        click.echo(made.mailboxes_yaml(), nl=False)
    else:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / FILE).write_text(made.mailboxes_yaml(), "utf-8")
        except OSError as error:
            raise click.ClickException(f"{folder}: {error.strerror}") from None
        click.echo(
            f"{_count(len(made.boxes), 'mailbox', 'mailboxes')} in {folder / FILE}; "
            "`ivrflow check` looks at it, and `ivrflow voicemail import --spool` "
            "takes PINs, greetings and messages in",
            err=True,
        )
    doubtful = any(p.severity is Severity.WARNING for p in made.problems)
    sys.exit(1 if doubtful else 0)


def _spoken(folder: Path | None) -> tuple[str, Sequence[str] | None]:
    """The language of the site that is in *folder*, if one is, and all of them."""
    from ivrflow.flow.load import read_site

    if folder is not None and (folder / "site.yaml").is_file():
        catalogue = read_site(folder).catalogue
        return catalogue.default, catalogue.languages
    return "en", None


# Messages -----------------------------------------------------------------------------


def _from_the_spool(conf: Path, spool: Path, config: Path, *, dry_run: bool) -> None:
    from ivrflow.cli.voicemail.bringing import planned
    from ivrflow.cli.voicemail.place import Place
    from ivrflow.flow.importing.voicemail import import_voicemail
    from ivrflow.flow.importing.voicemail_spool import read_spool

    place = Place.of(config)
    site = _site(place)
    made = import_voicemail(conf, site.catalogue.default, site.catalogue.languages)
    if made.failed:
        click.echo(
            f"{conf} can't be read; `ivrflow voicemail import {conf}` says why",
            err=True,
        )
        sys.exit(2)
    try:
        found = read_spool(spool)
    except OSError as error:
        raise click.ClickException(f"{spool}: {error.strerror}") from None
    plan = planned(made, found, site.mailboxes)
    _told(spool, found, plan, site)
    if dry_run:
        _would(plan, made)
        sys.exit(0)
    tally = _brought(place, spool, plan, site)
    _show("not taken", tally.failed)
    click.echo(
        f"taken: {_count(tally.messages, 'message')}, "
        f"{_count(tally.greetings, 'greeting')}, {_count(tally.pins, 'PIN')}; "
        f"there already: {tally.known}; not taken: {len(tally.failed)}"
    )
    lost = any(remark.lost for remark in found.remarks)
    sys.exit(1 if lost or tally.failed or plan.homeless or plan.remarks else 0)


def _site(place: Place) -> Site:
    from ivrflow.flow.load import BadSite, load_site

    try:
        return load_site(place.settings.path(place.settings.site))
    except BadSite as bad:
        raise click.ClickException(
            f"the site has errors; `ivrflow check` shows them:\n{bad}"
        ) from None


def _told(spool: Path, found: FoundSpool, plan: Plan, site: Site) -> None:
    """Tell what is not taken, or not as one may expect."""
    from ivrflow.cli.voicemail.bringing import short_lived

    _show(str(spool), [str(one) for one in found.remarks], more=found.untold)
    _show(
        "no mailbox here",
        [
            f"{there} ({_count(messages, 'message')}): not in mailboxes.yaml"
            for there, messages in sorted(plan.homeless.items())
        ],
    )
    _show("PINs", plan.remarks)
    for box, messages in sorted(short_lived(plan, site.mailboxes, now()).items()):
        click.echo(
            f"{box}: {_count(messages, 'new message')} will be removed soon, being "
            "older than `keep:` lets them be; write a longer time first",
            err=True,
        )


def _would(plan: Plan, made: ImportedVoicemail) -> None:
    for box in plan.boxes:
        messages = sum(one == box for _, one in plan.messages)
        greetings = sum(one == box for _, one in plan.greetings)
        pin = any(one.box == box for one in plan.pins)
        click.echo(
            f"{box}: {_count(messages, 'message')}, {_count(greetings, 'greeting')}"
            f"{', a PIN' if pin else ''}"
        )
    click.echo(
        f"{len(plan.boxes)} of {_count(len(made.boxes), 'mailbox', 'mailboxes')}; "
        "nothing was taken (--dry-run)",
        err=True,
    )


def _brought(place: Place, spool: Path, plan: Plan, site: Site) -> Tally:
    """Take all of it in; Ctrl-C ends the command between two messages."""
    from ivrflow.cli.installed import with_database
    from ivrflow.cli.secret import hasher_from
    from ivrflow.cli.voicemail.bringing import Bringer
    from ivrflow.db.engine import Database
    from ivrflow.db.taking_in import SqlTakingIn
    from ivrflow.packages.progress import Progress

    hasher = hasher_from(place.settings.path(place.settings.pepper_file))
    store, progress = place.store(), Progress(sys.stderr)
    tally: list[Tally] = []

    async def work(database: Database) -> None:
        rows = SqlTakingIn(database)
        bringer = Bringer(spool, store, rows, hasher, who=who(), clock=now)
        tally.append(bringer.tally)
        language = site.catalogue.default
        await bringer.bring(
            plan, language, lambda done, all_: progress.step("importing", done, all_)
        )

    try:
        with_database(place.settings, work)
    except (click.ClickException, KeyboardInterrupt) as why:
        taken = tally[0].messages if tally else 0
        stopped = why.message if isinstance(why, click.ClickException) else "stopped"
        progress.done()
        raise click.ClickException(
            f"{stopped}; {_count(taken, 'message')} taken in, each of them whole. Run "
            "it again: it goes on"
        ) from None
    finally:
        progress.done()
    return tally[0]


def _show(head: str, lines: Sequence[str], more: int = 0) -> None:
    for line in lines[:MOST_SHOWN]:
        click.echo(f"{head}: {line}", err=True)
    more += max(0, len(lines) - MOST_SHOWN)
    if more:
        click.echo(f"{head}: and {more:,} more", err=True)


def _count(number: int, what: str, many: str = "") -> str:
    return f"{number:,} {what if number == 1 else many or what + 's'}"
