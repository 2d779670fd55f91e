"""What `ivrflow test` prints: while talks run and at their end, for man and machine."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from ivrflow.flow.source import Problem
from ivrflow.sim.rehearsal.batch import Number, Play, play_all
from ivrflow.sim.rehearsal.coverage import Coverage
from ivrflow.sim.rehearsal.reports import (
    annotation,
    as_annotations,
    coverage_as_data,
    junit,
    table,
    verdict_as_data,
)
from ivrflow.sim.rehearsal.verdict import Verdict, summary, told

LONG = 200
"""Talks from which on a bar shows how far it is."""


def sites(folders: Sequence[Path]) -> Iterator[Path]:
    """The sites that are meant: the folders, or those in them."""
    for folder in folders:
        inside = sorted(found.parent for found in folder.glob("*/site.yaml"))
        if inside and not (folder / "site.yaml").is_file():
            yield from inside
        else:
            yield folder


def shown_in(play: Play) -> Callable[[str], str]:
    """How this site's files are called, so that an editor finds them."""
    return lambda file: (play.site.folder / file).as_posix()


def listed(plays: Sequence[Play], numbers: Sequence[Number]) -> Iterator[str]:
    """A line for each talk: where it stands, and its name."""
    for site, number in numbers:
        talk = plays[site].rehearsals[number].talk
        yield f"{shown_in(plays[site])(talk.at.file)}:{talk.at.line}: {talk.name}"


@dataclass
class Report:
    """Runs talks, and tells how they go."""

    plays: Sequence[Play]
    form: str
    """text, json or github."""
    verbose: bool = False
    verdicts: list[tuple[int, Verdict]] = field(default_factory=list)
    """The number of the site, and how the talk went."""

    @property
    def failed(self) -> bool:
        return any(verdict.failures for _, verdict in self.verdicts)

    def run(self, numbers: Sequence[Number], processes: int, fail_fast: bool) -> None:
        """Run these talks; each that fails is told at once."""
        for play in self.plays:
            for problem in play.problems:
                self._problem(play, problem)
        bar = click.progressbar(
            length=len(numbers),
            label="talks",
            file=sys.stderr,
            hidden=len(numbers) < LONG or not sys.stderr.isatty(),
        )
        verdicts = play_all(self.plays, numbers, processes)
        try:
            with bar:
                for (site, _), verdict in zip(numbers, verdicts, strict=True):
                    self.verdicts.append((site, verdict))
                    self._tell(self.plays[site], verdict)
                    bar.update(1)
                    if fail_fast and verdict.failures:
                        break
        finally:
            verdicts.close()  # whoever stops listening ends the other processes

    def _problem(self, play: Play, problem: Problem) -> None:
        shown = shown_in(play)
        if self.form == "github":
            click.echo(annotation(problem.at, shown, problem.code, problem.message))
        else:
            at = problem.at
            place = f"{shown(at.file)}:{at.line}:{at.column}"
            click.echo(f"{place}: {problem.code} {problem.message}", err=True)

    def _tell(self, play: Play, verdict: Verdict) -> None:
        shown = shown_in(play)
        if self.form == "github":
            for line in as_annotations(verdict, shown):
                click.echo(line)
        elif self.form == "text" and (self.verbose or not verdict.passed):
            click.echo("\n".join(told(verdict, whole=self.verbose, shown=shown)))

    def coverage(self) -> list[Coverage]:
        """What the talks cover, site by site."""
        return [
            Coverage.of(play.site, (v.covered for n, v in self.verdicts if n == number))
            for number, play in enumerate(self.plays)
        ]

    def end(self, seconds: float, *, coverage: bool) -> None:
        """Tell how it went in all, after so many seconds."""
        covered = self.coverage() if coverage else []
        if self.form == "json":
            whole = self._as_data(covered)
            passed = not self.failed and not any(play.problems for play in self.plays)
            told = {"passed": passed, "seconds": round(seconds, 3), **whole}
            click.echo(json.dumps(told, ensure_ascii=False, indent=2))
            return
        for play, found in zip(self.plays, covered, strict=False):
            click.echo(f"{play.site.folder.as_posix()}:")
            click.echo("\n".join(table(found, shown_in(play))))
        click.echo(summary([verdict for _, verdict in self.verdicts], seconds))
        if wrong := sum(len(play.problems) for play in self.plays):
            errors = f"{wrong} error{'s' if wrong > 1 else ''}"
            click.echo(f"{errors} in test files; these talks were not run", err=True)

    def _as_data(self, covered: Sequence[Coverage]) -> dict[str, Any]:
        found = []
        for number, play in enumerate(self.plays):
            shown = shown_in(play)
            talks = [verdict_as_data(v, shown) for n, v in self.verdicts if n == number]
            one: dict[str, Any] = {"site": play.site.folder.as_posix(), "talks": talks}
            if play.problems:
                one["problems"] = [
                    {
                        "file": shown(problem.at.file),
                        "line": problem.at.line,
                        "column": problem.at.column,
                        "code": problem.code,
                        "message": problem.message,
                    }
                    for problem in play.problems
                ]
            if covered:
                one["coverage"] = coverage_as_data(covered[number], shown)
            found.append(one)
        return {"sites": found}

    def covers(self, least: float) -> bool:
        """Whether each site's talks cover *least* per cent; tells which don't."""
        enough = True
        for play, found in zip(self.plays, self.coverage(), strict=True):
            percent = found.total().percent
            if percent < least:
                site = play.site.folder.as_posix()
                told = f"{site}: {percent:.1f} % are covered, {least:g} % are wanted"
                click.echo(told, err=True)
                enough = False
        return enough

    def junit(self, path: Path) -> None:
        """Write JUnit's XML to *path*, and the folders above it; raises OSError."""
        suites = [
            (
                play.site.folder.as_posix(),
                [v for n, v in self.verdicts if n == number],
                play.problems,
            )
            for number, play in enumerate(self.plays)
        ]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(junit(suites) + b"\n")
