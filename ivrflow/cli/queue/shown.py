"""What the commands share that compute figures: files in, tables out."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NoReturn

import click

from ivrflow.flow.load import BadSite, load_site
from ivrflow.flow.site import Site
from ivrflow.flow.source import LARGEST, Problem

BAD_FILE = 2


def called(path: Path) -> str:
    """How messages call a file; `-` is standard input."""
    return "<stdin>" if str(path) == "-" else str(path)


def text_of(path: Path, largest: int = LARGEST) -> bytes:
    """Read a file, or standard input; at most one byte more than *largest*."""
    if str(path) == "-":
        return sys.stdin.buffer.read(largest + 1)
    try:
        with path.open("rb") as stream:
            return stream.read(largest + 1)
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror}") from None


def site_in(folder: Path) -> Site:
    """Load the site; what is wrong with it ends the command."""
    try:
        return load_site(folder)
    except BadSite as bad:
        wrong(bad.problems, folder)


def figure(value: float | None, kind: str, error: float | None = None) -> str:
    """A figure as a table shows it, with its standard error; "-" where there is none.

    *kind* is count, seconds or share.
    """
    if value is None:
        return "-"
    if kind == "share":
        return _joined(f"{value:.2%}", error and f"{error:.2%}")
    if kind == "seconds":
        return _joined(f"{value:.1f} s", error and f"{error:.1f}")
    return _joined(f"{value:,.0f}", error and f"{error:,.0f}")


def _joined(text: str, error: str | float | None) -> str:
    return f"{text} +-{error}" if error else text


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """The rows as lines: the first column to the left, figures to the right."""
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if not n else cell.rjust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def wrong(problems: Iterable[Problem], folder: Path | None = None) -> NoReturn:
    """Print what is wrong with files, and end the command with status 2.

    *folder* is where their names count from.
    """
    for problem in problems:
        at = problem.at
        file = at.file if folder is None else (folder / at.file).as_posix()
        place = f"{file}:{at.line}:{at.column}"
        click.echo(f"{place}: {problem.code} {problem.message}", err=True)
    sys.exit(BAD_FILE)
