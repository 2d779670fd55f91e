"""Runs the mutants of a site: does the checker complain, or a talk, or nobody?

Each process has a copy of the site's files in a folder of its own, changes one place,
checks the site as `ivrflow check --strict` does, and if nothing is said there, lets the
talks run until one fails: first those that go through the changed step.
"""

from __future__ import annotations

import os
import random
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from ivrflow.flow.folder import read_texts, write_texts
from ivrflow.flow.load import check_site
from ivrflow.flow.source import Problem, Severity, Table, read
from ivrflow.sim.mutation.changes import mutants
from ivrflow.sim.mutation.mutant import Mutant
from ivrflow.sim.mutation.spots import spots
from ivrflow.sim.rehearsal.batch import Play
from ivrflow.sim.rehearsal.crew import in_order
from ivrflow.sim.rehearsal.model import Talk
from ivrflow.sim.rehearsal.read import read_tests
from ivrflow.sim.rehearsal.run import rehearse

LONGEST = 5.0
"""Seconds of real time that a talk with a mutant may take; then it counts as caught."""

RECORDINGS = "sounds"


class NotGreen(Exception):
    """The site as it is has errors or talks that fail: nothing can be learned."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a mutant."""

    mutant: Mutant
    caught_by: str
    """check, talk, or "": it survived."""
    how: str = ""
    """The first problem, or the name of the talk."""


def all_mutants(play: Play) -> list[Mutant]:
    """Every mutant of a site, in the order of its files. Reads files."""
    site = play.site
    texts = read_texts(site.folder)
    own = ("tests/", "prompts/")
    changed = {file: text for file, text in texts.items() if not file.startswith(own)}
    found = list(spots(site, changed))
    return list(mutants(site, found, own_prompts(texts)))


def own_prompts(texts: Mapping[str, str]) -> set[str]:
    """The names of the prompts that these files hold."""
    names: set[str] = set()
    for file, text in texts.items():
        if file.startswith("prompts/"):
            value, _ = read(text, file)
            names |= {*map(str, value)} if isinstance(value, Table) else set()
    return names - {"menu_choice"}


def sampled(found: Sequence[Mutant], count: int | None, seed: int) -> list[Mutant]:
    """*count* of them, chosen by the chance *seed*, in their order; None: all."""
    if count is None or count >= len(found):
        return list(found)
    chosen = random.Random(seed).sample(range(len(found)), count)
    return [found[number] for number in sorted(chosen)]


def hunt(play: Play, found: Sequence[Mutant], processes: int = 1) -> Generator[Fate]:
    """Yield what becomes of each mutant, in their order. Raises `NotGreen`.

    Some 30 ms each, on each core.
    """
    near = _talks_by_step(play)
    with TemporaryDirectory(prefix="ivrflow-mutants-") as folder:
        yield from in_order(
            _one,
            found,
            processes=processes,
            prepare=_prepare,
            given=(play.site.folder, Path(folder), near),
        )


def _talks_by_step(play: Play) -> dict[str, tuple[str, ...]]:
    """Step -> the talks that enter it. Raises `NotGreen` if one of them fails."""
    if play.problems:
        raise NotGreen(str(play.problems[0]))
    near: dict[str, list[str]] = {}
    for rehearsal in play.rehearsals:
        verdict = rehearse(play.site, rehearsal)
        if verdict.failures:
            raise NotGreen(f"the talk {verdict.talk.name!r} fails as the site is now")
        for covered in verdict.covered:
            near.setdefault(covered, []).append(_id(rehearsal.talk))
    return {step: tuple(talks) for step, talks in near.items()}


def _id(talk: Talk) -> str:
    """How a process tells another one which talk is meant."""
    return str(talk.at)


@dataclass
class _Range:
    """Where this process tries its mutants out."""

    folder: Path
    texts: Mapping[str, str]
    known: frozenset[tuple[str, str]]
    """What the checker says of the site as it is."""
    near: Mapping[str, Sequence[str]] = field(default_factory=dict)


_range: list[_Range] = []
"""One in each process, once it is prepared."""


def _prepare(site: Path, folder: Path, near: Mapping[str, Sequence[str]]) -> None:
    own = folder / f"{os.getpid()}"
    own.mkdir()
    texts = read_texts(site)
    write_texts(own, texts)
    if (site / RECORDINGS).is_dir():
        (own / RECORDINGS).symlink_to((site / RECORDINGS).resolve())
    known = frozenset(map(_said, _grave(check_site(own).problems)))
    _range[:] = [_Range(own, texts, known, near)]


def _grave(problems: Sequence[Problem]) -> Iterator[Problem]:
    return (p for p in problems if p.severity is not Severity.NOTE)


def _said(problem: Problem) -> tuple[str, str]:
    return problem.code, problem.message


def _one(mutant: Mutant) -> Fate:
    (place,) = _range
    path = place.folder / mutant.file
    text = place.texts[mutant.file]
    path.write_text(mutant.applied(text), "utf-8", errors="surrogateescape")
    try:
        return _fate(mutant, place)
    finally:
        path.write_text(text, "utf-8", errors="surrogateescape")


def _fate(mutant: Mutant, place: _Range) -> Fate:
    report = check_site(place.folder)
    for problem in _grave(report.problems):
        if report.site is None or _said(problem) not in place.known:
            return Fate(mutant, "check", str(problem))
    assert report.site is not None
    found = read_tests(report.site)
    if found.problems:
        return Fate(mutant, "check", str(found.problems[0]))
    first = place.near.get(mutant.near, ())
    talks = sorted(found.rehearsals, key=lambda r: _id(r.talk) not in first)
    for rehearsal in talks:
        if rehearse(report.site, rehearsal, longest=LONGEST).failures:
            return Fate(mutant, "talk", str(rehearsal.talk.name))
    return Fate(mutant, "")
