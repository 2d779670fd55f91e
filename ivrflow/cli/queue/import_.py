"""`ivrflow queue import`: Asterisk's queues, as files of a site."""

from __future__ import annotations

import sys
from collections.abc import Sized
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ivrflow.flow.importing.queues import ImportedSite

FILES = ("queues.yaml", "agents.yaml")


@click.command("import")
@click.argument(
    "conf",
    metavar="QUEUES.conf",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
)
@click.option(
    "--output",
    "-o",
    "folder",
    metavar="FOLDER",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write queues.yaml and agents.yaml there; else both are printed.",
)
@click.option("--force", is_flag=True, help="Write over the files that are there.")
def import_(conf: Path, folder: Path | None, force: bool) -> None:
    """Make files of a site of Asterisk's QUEUES.conf.

    Queues go into queues.yaml, members into agents.yaml: as reserve, or with skills,
    where they have penalties.
    What an option becomes, and which ones have no counterpart and why, stands in
    docs/coming-from.md; those that the file sets are named on standard error.

    Exit status: 0 if all could be read; 1 if something could not; 2 if nothing was
    written.
    """
    from ivrflow.flow.importing.queues import import_queues
    from ivrflow.flow.source import Severity

    if folder is not None and not force:
        there = [name for name in FILES if (folder / name).exists()]
        if there:
            click.echo(
                f"{folder / there[0]} is there already; choose another folder, or "
                "--force",
                err=True,
            )
            sys.exit(2)
    made = import_queues(conf, *_about(folder))
    for problem in made.problems:
        at = problem.at
        place = f"{conf.parent / at.file}:{at.line}"
        word = problem.severity.value
        click.echo(f"{place}: {word}: {problem.code} {problem.message}", err=True)
    if made.failed:
        sys.exit(2)
    texts = made.queues_yaml(), made.agents_yaml()
    if folder is None:
        for name, text in zip(FILES, texts, strict=True):
            click.echo(f"# {name}\n{text}")
    else:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in zip(FILES, texts, strict=True):
            (folder / name).write_text(text, "utf-8")
        click.echo(_told(made, folder), err=True)
    doubtful = any(p.severity is Severity.WARNING for p in made.problems)
    sys.exit(1 if doubtful else 0)


def _about(folder: Path | None) -> tuple[frozenset[str], str]:
    """The prompts and the language of the site that is in *folder*, if one is."""
    from ivrflow.flow.load import read_site

    if folder is not None and (folder / "site.yaml").is_file():
        catalogue = read_site(folder).catalogue
        return frozenset(catalogue.names()), catalogue.default
    return frozenset(), "en"


def _told(made: ImportedSite, folder: Path) -> str:
    return (
        f"{_count(made.queues, 'queue')} and {_count(made.agents, 'agent')} in "
        f"{folder}; agents get their PINs with `ivrflow agent pin`; `ivrflow check` "
        "looks at the whole"
    )


def _count(things: Sized, what: str) -> str:
    return f"{len(things)} {what}{'' if len(things) == 1 else 's'}"
