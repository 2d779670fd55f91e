"""Saves a talk as a test, and runs it at once: a test that was never run is a guess."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ivrflow.facts import Fact
from ivrflow.flow.site import Site
from ivrflow.sim.rehearsal.read import ENDING, read_test
from ivrflow.sim.rehearsal.run import rehearse, steps_of
from ivrflow.sim.rehearsal.verdict import Verdict, told
from ivrflow.sim.rehearsal.write import CannotWrite, Written, joined, talk_of

FOLDER = "tests"
"""Below the site's folder: where tests are looked for."""


@dataclass(frozen=True)
class Saved:
    """A test that was written."""

    path: Path
    talk: str
    verdict: Verdict
    steps: tuple[str, ...]
    """Those that the talk itself went through."""
    notes: tuple[str, ...]

    @property
    def good(self) -> bool:
        """Whether it passes, and goes through the same steps."""
        return self.verdict.passed and self.verdict.steps == self.steps

    def told(self) -> Iterator[str]:
        """What came of it, in lines."""
        number = len(self.steps)
        same = f"{number} steps" if number != 1 else "step"
        how = f"its test passes, through the same {same}"
        if not self.verdict.passed:
            how = "its test FAILS: mend it, or take it out"
        elif not self.good:
            how = f"its test passes, but {self._parted()}"
        path = self.path.resolve() if ".." in self.path.parts else self.path
        yield f"saved in {path}: {how}"
        yield from (f"  can't be played again: {note}" for note in self.notes)
        if not self.verdict.passed:
            yield from (f"  {line}" for line in told(self.verdict))

    def _parted(self) -> str:
        """Where the two went different ways."""
        went = self.verdict.steps
        for number, step in enumerate(self.steps):
            if went[number : number + 1] != (step,):
                instead = went[number] if number < len(went) else "its end"
                before = self.steps[number - 1] if number else "the beginning"
                return f"after {before} it goes to {instead}, and the call to {step}"
        return f"it goes on to {went[len(self.steps)]}, and the call ended"


def save(
    site: Site,
    facts: Sequence[Fact],
    to: Path,
    *,
    name: str = "",
    saved_by: str = "",
    step: str = "",
) -> Saved:
    """Write the talk that *facts* tell into the file *to*, and run it.

    A path that is not absolute is one below the site's folder. A file that is there
    gets the talk behind its others, if it tests the same flow. The rest is as in
    `talk_of`. Raises `CannotWrite`, OSError. Blocks, and must not be called in a
    running event loop.
    """
    path = _checked(site, to)
    written = talk_of(facts, site, name=name, saved_by=saved_by, step=step)
    file = _called(site, path)
    text = _with_what_is_there(site, path, file, written)
    found = read_test(text, file, site)
    if found.problems or not found.rehearsals:
        problems = "; ".join(map(str, found.problems)) or "it has no talk"
        raise CannotWrite(f"what was written can't be read again: {problems}")
    path.parent.mkdir(parents=True, exist_ok=True)
    _replace(path, text)
    rehearsal = found.rehearsals[-1]
    verdict = rehearse(site, rehearsal)
    steps = steps_of(facts)
    return Saved(path, str(rehearsal.talk.name), verdict, steps, written.notes)


def _checked(site: Site, to: Path) -> Path:
    """The path of the file; raise `CannotWrite` if no test would be found there."""
    path = to if to.is_absolute() else site.folder / to
    if not path.name.endswith(ENDING):
        stem = path.name.partition(".")[0] or "talk"
        raise CannotWrite(
            f"{path.name!r} is no test file: write {FOLDER}/{stem}{ENDING}"
        )
    tests = (site.folder / FOLDER).resolve()
    if not path.resolve().is_relative_to(tests):
        raise CannotWrite(
            f"{to} is not in the site's folder {FOLDER}/, where `ivrflow test` looks: "
            f"write {FOLDER}/{path.name}"
        )
    return path


def _called(site: Site, path: Path) -> str:
    return path.resolve().relative_to(site.folder.resolve()).as_posix()


def _with_what_is_there(site: Site, path: Path, file: str, written: Written) -> str:
    try:
        there = path.read_text("utf-8")
    except FileNotFoundError:
        return written.file
    except ValueError:
        raise CannotWrite(f"{file} is no text; write another file") from None
    found = read_test(there, file, site)
    if found.problems:
        raise CannotWrite(f"{file} has mistakes; mend them first: {found.problems[0]}")
    flows = {one.scene.flow.name for one in found.rehearsals}
    if flows - {written.flow}:
        raise CannotWrite(
            f"{file} tests {', '.join(map(str, flows))}, and this was a talk with "
            f"{written.flow}: write another file"
        )
    return joined(there, written, [str(r.talk.name) for r in found.rehearsals])


def _replace(path: Path, text: str) -> None:
    """Write the file whole, or not at all."""
    new = path.with_name(f".{path.name}.new")
    new.write_text(text, "utf-8")
    os.replace(new, path)
