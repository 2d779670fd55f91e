"""Judges a site before it goes live: is it right, and do its talks go as written?

That takes seconds of computing, and a rehearsal takes the log for itself. So the
service has it done by a process of its own, `python -m ivrflow.service.judge FOLDER`,
which prints its judgement as JSON: the calls that are up don't feel it.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ivrflow.aio import finish
from ivrflow.flow.load import check_site
from ivrflow.flow.source import Mark, Problem, Severity
from ivrflow.flow.world import Trouble

LONGEST = 300.0
"""Seconds that it may take."""

FAILED_TALK = "R003"
"""A talk of `tests/` does not go as written."""


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What there is to say about a site."""

    version: str
    """"" if it could not even be read."""
    problems: tuple[Problem, ...] = ()
    """Why it must not go live: errors of the files, of the talks, talks that fail."""
    passed: int = 0
    not_run: int = 0

    @property
    def good(self) -> bool:
        return not self.problems

    @property
    def tested(self) -> bool:
        """Whether any talk was run."""
        return self.good and self.passed > 0


def judge(folder: Path) -> Judgement:
    """Check the site in *folder* and run its talks. Takes seconds; not in a loop."""
    # A command that only asks for a judgement need not load the rehearsal.
    from ivrflow.sim.rehearsal.read import read_tests
    from ivrflow.sim.rehearsal.run import rehearse

    report = check_site(folder)
    if report.site is None:
        errors = tuple(report.of(Severity.ERROR))
        return Judgement(version="", problems=errors)
    found = read_tests(report.site)
    verdicts = [rehearse(report.site, one) for one in found.rehearsals]
    failed = (
        Problem(failure.at, FAILED_TALK, _told(verdict.talk.name, failure))
        for verdict in verdicts
        for failure in verdict.failures
    )
    return Judgement(
        version=report.site.version,
        problems=(*found.problems, *failed),
        passed=sum(verdict.passed for verdict in verdicts),
        not_run=sum(bool(verdict.later) for verdict in verdicts),
    )


def _told(talk: str, failure: Any) -> str:
    instead = f"; instead: {failure.instead.splitlines()[0]}" if failure.instead else ""
    where = f"; the call was at {failure.flow_at}" if failure.flow_at else ""
    return f"talk {str(talk)!r}: expected: {failure.expected}{instead}{where}"


async def judged(folder: Path) -> Judgement:
    """Have *folder* judged by another process. Raises `Trouble` if that fails.

    Cancelling ends that process.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "ivrflow.service.judge", str(folder)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(LONGEST):
            told, wrong = await process.communicate()
    except TimeoutError:
        raise Trouble(
            f"checking the site took longer than {LONGEST:.0f} s; run `ivrflow test`"
        ) from None
    finally:
        await finish(_ended(process))
    if process.returncode != 0:
        last = wrong.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise Trouble(f"the site could not be checked: {' '.join(last) or 'no reason'}")
    return _read(told)


async def _ended(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()
    await process.communicate()


def _read(told: bytes) -> Judgement:
    given = json.loads(told)
    problems = (
        Problem(Mark(file, line, column), code, message)
        for file, line, column, code, message in given.pop("problems")
    )
    return Judgement(**given, problems=tuple(problems))


def _lines(problems: tuple[Problem, ...]) -> Iterator[list[str | int]]:
    for p in problems:
        yield [str(p.at.file), p.at.line, p.at.column, p.code, p.message]


def main() -> None:
    os.nice(10)  # calls first
    found = judge(Path(sys.argv[1]))
    print(
        json.dumps(
            {
                "version": found.version,
                "problems": list(_lines(found.problems)),
                "passed": found.passed,
                "not_run": found.not_run,
            }
        )
    )


if __name__ == "__main__":
    main()
