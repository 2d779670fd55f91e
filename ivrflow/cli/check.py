"""`ivrflow check`: everything that is wrong with a site, before a caller finds out."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import click

from ivrflow.flow.load import Report, check_site
from ivrflow.flow.manual import pages
from ivrflow.flow.site.sounds import Sounds
from ivrflow.flow.source import Problem, Severity
from ivrflow.prompts.measure import Fault
from ivrflow.prompts.phrase import Clip
from ivrflow.prompts.recorded import BadList
from ivrflow.speech.check import judged
from ivrflow.speech.shelf import Shelf

CANNOT_RUN = 2

SIGNS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}


MOST_ALIKE = 3
"""Notes of one code that are shown unless all are asked for."""


@click.command()
@click.argument(
    "folders",
    nargs=-1,
    metavar="[FOLDER]...",
    type=click.Path(path_type=Path, file_okay=False),
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    help="How problems are printed; github: as annotations of a pull request.",
)
@click.option("--strict", is_flag=True, help="Warnings and notes fail too.")
@click.option(
    "--notes",
    "all_notes",
    is_flag=True,
    help="Print all notes; else a few of each kind, and none beside errors.",
)
@click.option(
    "--sounds",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Measure the recordings too, those of the site and those in this folder.",
)
@click.option(
    "--explain",
    "code",
    metavar="CODE",
    help="Print the manual page of a code, such as F022, and check nothing.",
)
def check(
    folders: tuple[Path, ...],
    form: str,
    strict: bool,
    all_notes: bool,
    sounds: Path | None,
    code: str | None,
) -> None:
    """Check the site in each FOLDER and print all its problems.

    FOLDER is one that has a site.yaml; without it, the current folder. Neither the
    service nor its settings are needed: the databases, secrets and hosts that the site
    wants are listed as notes.

    Exit status: 0 if there is no error, 1 if there is (with --strict: any problem),
    2 if a check could not be made.
    """
    if code is not None:
        _explain(code.upper())
        return
    found: list[Checked] = []
    could_not = False
    for folder in folders or (Path(),):
        if not (folder / "site.yaml").is_file():
            click.echo(_no_site(folder), err=True)
            could_not = True
            continue
        report = check_site(folder, sounds=_sounds(folder, sounds))
        found.append(Checked(folder, report))
    if found:
        for line in _printed(form, found, all_notes):
            click.echo(line, color=False if os.environ.get("NO_COLOR") else None)
    if could_not:
        sys.exit(CANNOT_RUN)
    sys.exit(1 if any(one.bad(strict) for one in found) else 0)


@dataclass(frozen=True)
class Checked:
    """One site, and what was found."""

    folder: Path
    report: Report

    def bad(self, strict: bool) -> bool:
        report = self.report
        return bool(report.problems if strict else report.of(Severity.ERROR))

    @property
    def problems(self) -> list[Problem]:
        """Errors first, then warnings, then notes, each in the files' order."""
        return [one for severity in Severity for one in self.report.of(severity)]

    def shown(self, file: str) -> str:
        """A path of the site as it is printed."""
        return (self.folder / file).as_posix()


def _no_site(folder: Path) -> str:
    place = "the current folder" if folder == Path() else str(folder)
    near = sorted(one.parent for one in folder.glob("*/site.yaml"))[:5]
    hint = f"; did you mean {' '.join(map(str, near))}?" if near else ""
    return f"{place} is no site: it has no site.yaml{hint}"


@dataclass(frozen=True)
class OnShelf:
    """The recordings of a site, measured when they are asked for."""

    shelf: Shelf

    def seconds(self, clip: Clip) -> float | None:
        found = self.shelf.find(clip)
        return found.recording.seconds if found else None

    def faults(self, clip: Clip) -> Iterator[Fault]:
        return (wrong.fault for wrong in judged(clip, self.shelf))


def _sounds(folder: Path, common: Path | None) -> Sounds | None:
    """The recordings, if they are asked for; a list that is none ends the command."""
    if common is None:
        return None
    try:
        return OnShelf(Shelf.of(folder, common))
    except BadList as bad:
        click.echo(str(bad), err=True)
        sys.exit(CANNOT_RUN)


def _printed(form: str, found: list[Checked], all_notes: bool) -> Iterator[str]:
    if form == "json":
        yield _json(found)
        return
    for one in found:
        if form == "github":
            yield from _github(one)
        else:
            yield from _text(one, all_notes, named=len(found) > 1)


_ELSEWHERE = {"I": "`ivrflow queue import`", "R": "talks and scenarios"}
"""Codes without a page, by their first letter, and who tells them."""


def _explain(code: str) -> None:
    page = pages().get(code)
    if page is None:
        begin = [known for known in pages() if known.startswith(code)]
        close = begin or get_close_matches(code, pages(), cutoff=0.5)
        hint = f"; did you mean {' or '.join(close[:3])}?" if close else ""
        if where := _ELSEWHERE.get(code[:1]):
            hint = f" with a page: those of {where} say all in their messages"
        click.echo(f"there is no code {code}{hint}", err=True)
        sys.exit(CANNOT_RUN)
    click.echo(str(page))


def _text(checked: Checked, all_notes: bool, *, named: bool) -> Iterator[str]:
    """Each problem with the line on which it stands, and a caret; then a summary."""
    lines, report = _Lines(checked.folder), checked.report
    for problem in checked.problems:
        if problem.severity is Severity.NOTE:
            break
        yield _headline(checked, problem)
        if line := lines.get(problem):
            yield f"    {line}"
            yield "    " + _caret(line, problem.at.column)
    notes = report.of(Severity.NOTE)
    hidden = 0
    if not all_notes:
        notes, hidden = _folded(notes, beside_errors=report.site is None)
    for problem in notes:
        yield _headline(checked, problem)
    more = f" ({hidden} not shown; see --notes)" if hidden else ""
    name = f"{checked.folder}: " if named else ""
    yield f"{name}{_summary(report, more)}"


def _headline(checked: Checked, problem: Problem) -> str:
    at = problem.at
    kind = click.style(problem.severity.value, fg=SIGNS[problem.severity])
    place = f"{checked.shown(at.file)}:{at.line}:{at.column}"
    return f"{place}: {problem.code} {kind}: {problem.message}"


def _folded(notes: list[Problem], *, beside_errors: bool) -> tuple[list[Problem], int]:
    """The notes that are worth a line, and how many are not. Errors come first."""
    if beside_errors:
        return [], len(notes)
    count: Counter[str] = Counter()
    kept = []
    for one in notes:
        count[one.code] += 1
        if count[one.code] <= MOST_ALIKE:
            kept.append(one)
    return kept, len(notes) - len(kept)


def _summary(report: Report, more: str) -> str:
    counts = []
    for severity in Severity:
        if number := len(report.of(severity)):
            counts.append(f"{number} {severity.value}{'s' if number > 1 else ''}")
    problems = (", ".join(counts) or "no problems") + more
    if report.site is None:
        return f"{problems}; the site can't start"
    flows = len(report.site.flows)
    what = f"{flows} flow{'s' if flows != 1 else ''}"
    return f"{problems}; {what}, version {report.site.version}"


def _caret(line: str, column: int) -> str:
    """A caret below the column; Chinese characters are as wide as two."""
    before = line[: column - 1]
    wide = sum(2 if ord(c) > 0x2E7F else 1 for c in before if c != "\t")
    tabs = before.count("\t")
    return "\t" * tabs + " " * wide + "^"


def _json(found: list[Checked]) -> str:
    return json.dumps(
        {
            "good": all(one.report.site is not None for one in found),
            "sites": [
                {
                    "folder": str(one.folder),
                    "good": one.report.site is not None,
                    "version": one.report.site.version if one.report.site else None,
                }
                for one in found
            ],
            "problems": [
                {
                    "file": one.shown(problem.at.file),
                    "line": problem.at.line,
                    "column": problem.at.column,
                    "code": problem.code,
                    "severity": problem.severity.value,
                    "message": problem.message,
                }
                for one in found
                for problem in one.problems
            ],
        },
        ensure_ascii=False,
        indent=2,
    )


def _github(checked: Checked) -> Iterator[str]:
    """Workflow commands: https://docs.github.com/actions, "Workflow commands"."""
    names = {
        Severity.ERROR: "error",
        Severity.WARNING: "warning",
        Severity.NOTE: "notice",
    }
    for problem in checked.problems:
        at = problem.at
        message = _escaped(f"{problem.code} {problem.message}")
        file = _escaped(checked.shown(at.file)).replace(":", "%3A").replace(",", "%2C")
        yield (
            f"::{names[problem.severity]} file={file},line={at.line},"
            f"col={at.column},title={problem.code}::{message}"
        )


def _escaped(text: str) -> str:
    """Percent and line ends would end the command, or begin another one."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


class _Lines:
    """The lines of the files with problems, each file read once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, list[str]] = {}

    def get(self, problem: Problem) -> str:
        """The problem's line; "" if it can't be shown."""
        file = problem.at.file
        if file not in self._files:
            try:
                text = (self._folder / file).read_text("utf-8", errors="replace")
            except OSError:
                text = ""
            self._files[file] = text.split("\n")
        lines = self._files[file]
        number = problem.at.line
        line = lines[number - 1].rstrip() if 0 < number <= len(lines) else ""
        return "".join(c if c.isprintable() or c == "\t" else "?" for c in line)
