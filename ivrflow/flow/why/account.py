"""The account of a call: its steps in order, what happened in each, why it ended.

Pure: it is made of the call's facts and of the texts of the version that the call ran,
so that the line which is shown is the line that decided, whatever the file says today.
A call that is still up has an account too, as far as it has come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from ivrflow.facts import (
    CallEnded,
    CallStarted,
    Decided,
    Fact,
    RanAtEnd,
    Said,
    StepEntered,
)
from ivrflow.flow.versions import Texts
from ivrflow.flow.why.waited import waits
from ivrflow.telling import told

Wording = Callable[[str], str]
"""Prompt, with its variant -> its words in some language; "" for one that is none."""


@dataclass(frozen=True, kw_only=True)
class Happened:
    """One thing that happened. *at* is seconds since the call's beginning."""

    at: float
    kind: str
    words: str
    place: str = ""
    """file:line of what in the flow it belongs to, if that is not the step's."""
    line: str = ""
    """That line, as the version has it."""
    facts: Mapping[str, Any]
    """What was recorded of it."""


@dataclass(frozen=True, kw_only=True)
class StepAccount:
    """A step that the call was in."""

    number: int
    at: float
    """Seconds since the call's beginning."""
    seconds: float | None
    """How long it took; None while the call is in it."""
    flow: str
    step: str
    verb: str
    place: str
    line: str
    happened: tuple[Happened, ...]


@dataclass(frozen=True, kw_only=True)
class Account:
    """A call, told from its beginning to its end."""

    call: str
    caller: str
    dialled: str
    flow: str
    version: str
    version_known: bool
    """False: no texts of this version are there, and so no lines."""
    started: datetime
    """In the zone of the site."""
    seconds: float | None
    """How long it lasted; None while it is up."""
    ended_by: str | None
    cause: int | None
    """Q.850."""
    ended_in: str | None
    steps: tuple[StepAccount, ...]
    around: tuple[Happened, ...]
    """What happened outside all steps: before the first, after the end."""

    def plain(self) -> dict[str, Any]:
        """All of it, ready for JSON."""
        plain = asdict(self)
        plain["started"] = self.started.isoformat(timespec="milliseconds")
        return plain


def account_of(
    facts: Sequence[Fact],
    texts: Texts | None,
    *,
    wording: Wording | None = None,
) -> Account:
    """Tell the call whose *facts* these are, all of them in their order.

    *texts* are those of the version that it ran; None where nobody has them any more.
    *wording* gives what was said other words: those of another language.
    Raises `ValueError` when there is no beginning among the facts.
    """
    started = next((f for f in facts if isinstance(f, CallStarted)), None)
    if started is None:
        raise ValueError("the call's beginning was not recorded")
    ended = next((f for f in facts if isinstance(f, CallEnded)), None)
    made = _Making(started, texts, wording, waits(facts))
    for fact in facts:
        made.take(fact)
    return Account(
        call=started.call,
        caller=started.caller,
        dialled=started.dialled,
        flow=started.flow,
        version=started.version,
        version_known=texts is not None,
        started=_local(started),
        seconds=ended.seconds if ended else None,
        ended_by=ended.by if ended else None,
        cause=ended.cause if ended else None,
        ended_in=ended.step if ended else None,
        steps=tuple(made.steps_up_to(ended)),
        around=tuple(made.around),
    )


def _local(started: CallStarted) -> datetime:
    """The beginning by the clock that facts go by, in the zone of the site."""
    zone = datetime.fromisoformat(started.local).tzinfo if started.local else None
    return datetime.fromtimestamp(started.at, zone)


class _Making:
    """Puts one fact after the other to the step in which it happened."""

    def __init__(
        self,
        started: CallStarted,
        texts: Texts | None,
        wording: Wording | None,
        why: Mapping[int, str],
    ) -> None:
        self._began = started.at
        self._lines = {file: text.split("\n") for file, text in (texts or {}).items()}
        self._wording = wording
        self._why = why
        """By `id` of a fact: why it took so long."""
        self._steps: list[StepAccount] = []
        self._happened: list[list[Happened]] = []
        self._over = False
        self.around: list[Happened] = []

    def take(self, fact: Fact) -> None:
        """The next fact."""
        if isinstance(fact, StepEntered):
            self._enter(fact)
        elif not isinstance(fact, CallStarted | CallEnded):
            # The steps of `on_end` run when the last step is over.
            outside = self._over or not self._steps or isinstance(fact, RanAtEnd)
            into = self.around if outside else self._happened[-1]
            into += self._told(fact)
        self._over = self._over or isinstance(fact, CallEnded)

    def _enter(self, fact: StepEntered) -> None:
        at = fact.at - self._began
        if self._steps:
            last = self._steps[-1]
            self._steps[-1] = replace(last, seconds=at - last.at)
        self._steps.append(
            StepAccount(
                number=fact.number,
                at=at,
                seconds=None,
                flow=fact.flow,
                step=fact.step,
                verb=fact.verb,
                place=fact.place,
                line=self._first_line(fact),
                happened=(),
            )
        )
        self._happened.append([])

    def steps_up_to(self, ended: CallEnded | None) -> Iterable[StepAccount]:
        """The steps, the last one with its end if there is one."""
        for step, happened in zip(self._steps, self._happened, strict=True):
            seconds = step.seconds
            if seconds is None and ended is not None:
                seconds = max(0.0, ended.at - self._began - step.at)
            yield replace(step, seconds=seconds, happened=tuple(happened))

    def _told(self, fact: Fact) -> Iterable[Happened]:
        words = self._in_other_words(fact) or told(fact)
        if not words:
            return
        written = getattr(fact, "written", "") if isinstance(fact, Decided) else ""
        place = _file_and_line(written or str(getattr(fact, "place", "")))
        at = fact.at - self._began
        details = fact.details()
        yield Happened(
            at=at,
            kind=fact.kind,
            words=words,
            place=place,
            line=self._line(place),
            facts=details,
        )
        if why := self._why.get(id(fact)):
            yield Happened(at=at, kind="Waited", words=why, facts={})

    def _in_other_words(self, fact: Fact) -> str:
        if self._wording is None or not isinstance(fact, Said) or not fact.prompt:
            return ""
        words = self._wording(fact.prompt)
        return told(replace(fact, words=words)) if words else ""

    def _first_line(self, fact: StepEntered) -> str:
        """The line with the step's name; and the next one, if it says nothing else."""
        line = self._line(fact.place)
        if not line.endswith(":"):
            return line
        file, _, number = fact.place.rpartition(":")
        return f"{line} {self._line(f'{file}:{int(number) + 1}')}"

    def _line(self, place: str) -> str:
        """The line at *place* in the version that ran; "" where nobody knows it."""
        file, _, number = place.rpartition(":")
        lines = self._lines.get(file, ())
        at = int(number) - 1 if number.isdecimal() else -1
        return lines[at].strip() if 0 <= at < len(lines) else ""


def _file_and_line(place: str) -> str:
    """`flows/main.yaml:5` of that, or of `flows/main.yaml:5:12`."""
    file, line, *_ = [*place.split(":"), "", ""]
    return f"{file}:{line}" if line else ""
