"""All talks of one or several sites, on one core or on several.

However many processes run them, the verdicts come in the order of the files.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ivrflow.flow.load import load_site
from ivrflow.flow.site import Site
from ivrflow.flow.source import Problem
from ivrflow.sim.rehearsal.crew import in_order
from ivrflow.sim.rehearsal.read import Rehearsal, read_tests
from ivrflow.sim.rehearsal.run import rehearse
from ivrflow.sim.rehearsal.verdict import Verdict

WORTH_A_PROCESS = 400
"""Talks that take about as long as it takes to begin another process."""

AT_ONCE = 20
"""Talks that a process takes at once: a tenth of a second's work."""

Number = tuple[int, int]
"""A talk: which site, and which of its talks."""


@dataclass(frozen=True)
class Play:
    """A site and its talks."""

    site: Site
    rehearsals: tuple[Rehearsal, ...]
    problems: tuple[Problem, ...] = ()
    """What is wrong with its test files."""

    @classmethod
    def read(cls, folder: Path) -> Play:
        """Read a site's files and talks; raises `BadSite`."""
        site = load_site(folder)
        found = read_tests(site)
        return cls(site, found.rehearsals, found.problems)

    def called(self, name: str) -> list[int]:
        """The numbers of the talks with *name* in their name, case aside."""
        wanted = name.casefold()
        return [
            number
            for number, one in enumerate(self.rehearsals)
            if wanted in one.talk.name.casefold()
        ]


def processes_for(talks: int, cores: int | None = None) -> int:
    """How many processes are quickest for so many talks."""
    return max(1, min(cores or os.cpu_count() or 1, talks // WORTH_A_PROCESS))


@dataclass
class _Here:
    """What this process has read, so that it is read once."""

    plays: list[Play] = field(default_factory=list)


_here = _Here()


def play_all(
    plays: Sequence[Play], numbers: Sequence[Number], processes: int = 1
) -> Generator[Verdict]:
    """Run these talks; yield their verdicts in the same order, as soon as they come."""
    folders = tuple(play.site.folder for play in plays)
    if processes <= 1:
        # What has been read already need not be read again.
        for which, talk in numbers:
            yield rehearse(plays[which].site, plays[which].rehearsals[talk])
        return
    yield from in_order(
        _one,
        numbers,
        processes=processes,
        prepare=_prepare,
        given=(folders,),
        chunk=AT_ONCE,
    )


def _prepare(folders: Sequence[Path]) -> None:
    _here.plays = [Play.read(folder) for folder in folders]


def _one(number: Number) -> Verdict:
    which, talk = number
    play = _here.plays[which]
    return rehearse(play.site, play.rehearsals[talk])
