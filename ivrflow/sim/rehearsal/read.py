"""Reads `tests/*.test.yaml`, and says everything that is wrong with them at once."""

from __future__ import annotations

from dataclasses import dataclass

from ivrflow.flow.explain import build
from ivrflow.flow.kinds import did_you_mean
from ivrflow.flow.site import Site
from ivrflow.flow.source import Mark, Problem, Scalar, Table, place_of, read
from ivrflow.sim.rehearsal.answers import UNKNOWN
from ivrflow.sim.rehearsal.model import LATER, Talk
from ivrflow.sim.rehearsal.scene import Scene, scene_of

ENDING = ".test.yaml"


@dataclass(frozen=True)
class Rehearsal:
    """A talk that can be run, and where it begins."""

    talk: Talk
    scene: Scene


@dataclass(frozen=True)
class Found:
    """What the test files of a site hold."""

    rehearsals: tuple[Rehearsal, ...]
    problems: tuple[Problem, ...]


def read_tests(site: Site) -> Found:
    """Read all test files of *site*. Reads files: not for the event loop."""
    rehearsals: list[Rehearsal] = []
    problems: list[Problem] = []
    for path in sorted((site.folder / "tests").glob(f"**/*{ENDING}")):
        file = path.relative_to(site.folder).as_posix()
        try:
            text = path.read_bytes()
        except OSError as error:
            message = f"it can't be read: {error.strerror}"
            problems.append(Problem(Mark(file, 1, 1), "Y014", message))
            continue
        found = read_test(text, file, site)
        rehearsals += found.rehearsals
        problems += found.problems
    return Found(tuple(rehearsals), tuple(problems))


def read_test(text: str | bytes, file: str, site: Site) -> Found:
    """Read one test file; *file* is how its places are called.

    A talk with a mistake is left out, and the others are there all the same.
    """
    raw, problems = read(text, file)
    if problems or not isinstance(raw, Table):
        if not problems:
            message = "a test file is a table: `tests:` with a flow, then the talks"
            problems.append(Problem(Mark(file, 1, 1), "F013", message))
        return Found((), tuple(problems))
    flow = raw.get(Scalar("tests"))
    if not isinstance(flow, str) or flow not in site.flows:
        problems.append(_no_flow(flow, file, site))
        return Found((), tuple(problems))
    rehearsals = []
    for name, given in raw.items():
        if name == "tests":
            continue
        wrong: list[Problem] = []
        talk = _talk(name, given, wrong)
        if talk is not None:
            scene = scene_of(talk, site, site.flows[flow], wrong)
            if not wrong:
                rehearsals.append(Rehearsal(talk, scene))
        problems += wrong
    return Found(tuple(rehearsals), tuple(sorted(problems)))


def _talk(name: Scalar, given: object, problems: list[Problem]) -> Talk | None:
    """Read one talk; keys of parts that are not built yet are set aside."""
    later: list[str] = []
    if isinstance(given, Table):
        kept = Table()
        kept.at = given.at
        for key, value in given.items():
            if key in LATER:
                later.append(LATER[str(key)])
            else:
                kept[key] = value
        given = kept
    talk = build(Talk, given, problems, what=repr(str(name)), at=name.at)
    if talk is not None:
        talk.named(name)
        talk._later = tuple(later)
        talk._at = name.at
    return talk


def _no_flow(flow: object, file: str, site: Site) -> Problem:
    if flow is None:
        message = "say which flow is tested: `tests: NAME`"
        return Problem(Mark(file, 1, 1), "F012", message)
    message = f"there is no flow {str(flow)!r}{did_you_mean(str(flow), site.flows)}"
    at = place_of(flow)
    return Problem(at if at.line else Mark(file, 1, 1), UNKNOWN, message)
