"""How a talk went, and how that is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ivrflow.flow.source import Mark
from ivrflow.sim.rehearsal.coverage import Covered
from ivrflow.sim.rehearsal.model import Talk


@dataclass(frozen=True)
class Failure:
    """Something that the test wants and that was not so."""

    at: Mark
    """The line of the test."""
    expected: str
    instead: str = ""
    flow_at: str = ""
    """Where the call was then: file:line and step; "" at the end of the call."""


@dataclass(frozen=True)
class Verdict:
    """How one talk went."""

    talk: Talk
    failures: tuple[Failure, ...] = ()
    later: tuple[str, ...] = ()
    """What it needs that is not built yet: it was not run."""
    story: tuple[str, ...] = ()
    """The talk so far, a line a fact."""
    log: tuple[str, ...] = ()
    """Warnings that were logged."""
    steps: tuple[str, ...] = ()
    """The steps that it went through, in order."""
    covered: Covered = frozenset()
    """What of the flows the talk went through."""
    seconds: float = 0.0
    """Real time that it took."""

    @property
    def passed(self) -> bool:
        return not self.failures and not self.later


def told(
    verdict: Verdict, *, whole: bool = False, shown: Callable[[str], str] = str
) -> Iterator[str]:
    """Tell a verdict in lines; *whole*: the story also of a talk that passed.

    *shown* makes of a file of the site what the reader finds it by.
    """
    talk = verdict.talk

    def place(at: Mark) -> str:
        return f"{shown(at.file)}:{at.line}"

    if verdict.later:
        yield f"not run: {talk.name} ({place(talk.at)})"
        yield f"    needs {', '.join(verdict.later)}, not built yet"
        return
    if verdict.passed:
        yield f"passed: {talk.name}"
    else:
        yield f"FAILED: {talk.name} ({place(talk.at)})"
    for failure in verdict.failures:
        yield f"  {place(failure.at)}: expected: {failure.expected}"
        if failure.instead:
            first, *rest = failure.instead.splitlines()
            yield f"    instead: {first}"
            yield from (f"             {line}" for line in rest)
        if failure.flow_at:
            yield f"    the call was at {shown(failure.flow_at)}"
    if whole or not verdict.passed:
        if not verdict.passed:
            yield "  the talk so far:"
        yield from (f"    {line}" for line in verdict.story)
        yield from (f"    log: {line}" for line in verdict.log)


def summary(verdicts: Sequence[Verdict], seconds: float) -> str:
    """The last line: how many talks went how, and how long it took."""
    passed = sum(verdict.passed for verdict in verdicts)
    failed = sum(bool(verdict.failures) for verdict in verdicts)
    later = sum(bool(verdict.later) for verdict in verdicts)
    return f"{passed} passed, {failed} failed, {later} not run in {seconds:.1f} s"
