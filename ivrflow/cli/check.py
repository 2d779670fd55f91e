"""`ivrflow check`: everything that is wrong with a site, before a caller finds out."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

import click

from ivrflow.flow.load import Report, check_site
from ivrflow.flow.manual import pages
from ivrflow.flow.source import Problem, Severity

CANNOT_RUN = 2

SIGNS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}


@click.command()
@click.argument(
    "folder", required=False, type=click.Path(path_type=Path, file_okay=False)
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
    "--explain",
    "code",
    metavar="CODE",
    help="Print the manual page of a code, such as F022, and check nothing.",
)
def check(folder: Path | None, form: str, strict: bool, code: str | None) -> None:
    """Check the site in FOLDER and print all its problems.

    FOLDER is one that has a site.yaml; without it, the current folder. Neither the
    service nor its settings are needed: the databases, secrets and hosts that the site
    wants are listed as notes.

    Exit status: 0 if there is no error, 1 if there is (with --strict: any problem),
    2 if the check could not be made.
    """
    if code is not None:
        _explain(code.upper())
        return
    where = folder or Path()
    if not (where / "site.yaml").is_file():
        place = str(folder) if folder else "the current folder"
        click.echo(f"{place} is no site: it has no site.yaml", err=True)
        sys.exit(CANNOT_RUN)
    report = check_site(where)
    printers = {"text": _text, "json": _json, "github": _github}
    for line in printers[form](report, where):
        click.echo(line)
    bad = report.problems if strict else report.of(Severity.ERROR)
    sys.exit(1 if bad else 0)


def _explain(code: str) -> None:
    page = pages().get(code)
    if page is None:
        begin = [known for known in pages() if known.startswith(code)]
        close = begin or get_close_matches(code, pages(), cutoff=0.5)
        hint = f"; did you mean {' or '.join(close[:3])}?" if close else ""
        click.echo(f"there is no code {code}{hint}", err=True)
        sys.exit(CANNOT_RUN)
    click.echo(str(page))


def _text(report: Report, folder: Path) -> Iterator[str]:
    """Each problem with the line on which it stands, and a caret; then a summary."""
    lines = _Lines(folder)
    for problem in report.problems:
        at = problem.at
        kind = click.style(problem.severity.value, fg=SIGNS[problem.severity])
        place = f"{_shown(folder, at.file)}:{at.line}:{at.column}"
        yield f"{place}: {problem.code} {kind}: {problem.message}"
        if problem.severity is not Severity.NOTE and (line := lines.get(problem)):
            yield f"    {line}"
            yield "    " + _caret(line, at.column)
    yield _summary(report)


def _summary(report: Report) -> str:
    counts = []
    for severity in Severity:
        if number := len(report.of(severity)):
            counts.append(f"{number} {severity.value}{'s' if number > 1 else ''}")
    problems = ", ".join(counts) or "no problems"
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


def _json(report: Report, folder: Path) -> Iterator[str]:
    yield json.dumps(
        {
            "good": report.site is not None,
            "problems": [
                {
                    "file": _shown(folder, problem.at.file),
                    "line": problem.at.line,
                    "column": problem.at.column,
                    "code": problem.code,
                    "severity": problem.severity.value,
                    "message": problem.message,
                }
                for problem in report.problems
            ],
        },
        ensure_ascii=False,
        indent=2,
    )


def _github(report: Report, folder: Path) -> Iterator[str]:
    """Workflow commands: https://docs.github.com/actions, "Workflow commands"."""
    names = {
        Severity.ERROR: "error",
        Severity.WARNING: "warning",
        Severity.NOTE: "notice",
    }
    for problem in report.problems:
        at = problem.at
        message = f"{problem.code} {problem.message}"
        # Percent and line ends would end the command, or begin another one.
        for sign, code in (("%", "%25"), ("\r", "%0D"), ("\n", "%0A")):
            message = message.replace(sign, code)
        file = _shown(folder, at.file)
        yield (
            f"::{names[problem.severity]} file={file},line={at.line},"
            f"col={at.column},title={problem.code}::{message}"
        )


def _shown(folder: Path, file: str) -> str:
    return (folder / file).as_posix()


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
