"""Makes a test of a talk that took place: a past call, or one at a terminal.

The facts of the call say what the caller did, what the data answered and which agents
were there; a test says the same to a stage. What comes of itself there (timers,
announcements) comes again, so only what came from outside is written down, and where
time has to pass, how much. Secrets are in no fact; made-up keys stand for them.

Some of a real call can't be played again: a line that the settings don't let a flow
dial, a service that stopped. `notes` says so, and whoever writes the test runs it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ivrflow.facts import CallEnded, CallStarted, Decided, Fact
from ivrflow.flow import yaml_text
from ivrflow.flow.site import Site
from ivrflow.sim.rehearsal.moves import Moves
from ivrflow.sim.rehearsal.written_data import answers_of


class CannotWrite(Exception):
    """No test can be made of this call. Says why, and what to do."""


@dataclass(frozen=True)
class Written:
    """A talk as a test file has it."""

    flow: str
    name: str
    text: str
    """The talk alone, without `tests:`; it ends with a line's end."""
    notes: tuple[str, ...] = ()
    """What of the call can't be played again."""

    @property
    def file(self) -> str:
        """The text of a file that holds nothing but this talk."""
        return f"tests: {yaml_text.scalar(self.flow)}\n\n{self.text}"


def talk_of(
    facts: Sequence[Fact],
    site: Site,
    *,
    name: str = "",
    saved_by: str = "",
    step: str = "",
) -> Written:
    """Write the talk that *facts* tell, all those of one call in their order.

    *name* is the talk's; left out, the call's id and time are. *saved_by* stands in a
    comment, and *step* is where the talk began, if not at the flow's first step. Raises
    `CannotWrite`.
    """
    started = next((f for f in facts if isinstance(f, CallStarted)), None)
    if started is None:
        raise CannotWrite("the call's beginning was not recorded")
    if started.flow not in site.flows:
        raise CannotWrite(
            f"{started.flow!r} is no flow of this site: a test is made of a talk with "
            "a flow"
        )
    at = _begins(started, site)
    moves = Moves(facts, site, today=at.date())
    head = dict(_head(started, facts, site, at, moves))
    if step:
        head["given"] = {"step": step}
    name = name or f"call {started.call} of {at:%Y-%m-%d %H:%M}"
    return Written(
        flow=started.flow,
        name=name,
        text="\n".join(_lines(name, head, moves, facts, saved_by)) + "\n",
        notes=tuple(dict.fromkeys(moves.notes)),
    )


def _begins(started: CallStarted, site: Site) -> datetime:
    """The time by which the flow went when the call came."""
    zone = site.settings.zone
    if started.local:
        return datetime.fromisoformat(started.local).astimezone(zone)
    return datetime.fromtimestamp(started.at, zone)


def _head(
    started: CallStarted,
    facts: Sequence[Fact],
    site: Site,
    at: datetime,
    moves: Moves,
) -> Iterator[tuple[str, Any]]:
    """What stands before the moves."""
    yield "at", Bare(f"{at:%Y-%m-%d %H:%M:%S}")
    if not started.caller:
        yield "caller", Bare("withheld")
    elif re.fullmatch(r"\+?[0-9]{1,32}", started.caller):
        yield "caller", started.caller
    else:
        moves.notes.append("the calling number has other signs than digits")
    number = site.numbers.get(started.dialled)
    if number is not None and number.flow == started.flow:
        yield "to", started.dialled
    data = answers_of(facts, site)
    if data:
        yield "data", data
    if moves.agents:
        yield "agents", moves.agents
    switches = [name for name in started.switches if name in site.switches]
    if switches:
        yield "switches", switches
    if moves.waiting:
        yield "waiting", moves.waiting
    if any(isinstance(f, Decided) and f.outcome == "share" for f in facts):
        yield "call", started.call


class Bare(str):
    """A text that stands as it is, without quotes."""

    __slots__ = ()


def _lines(
    name: str,
    head: Mapping[str, Any],
    moves: Moves,
    facts: Sequence[Fact],
    saved_by: str,
) -> Iterator[str]:
    yield f"{yaml_text.key(name)}:"
    if saved_by:
        yield f"  # {saved_by}"
    for key, value in head.items():
        if isinstance(value, Bare):
            yield f"  {key}: {value}"
        else:
            yield from yaml_text.lines(key, value, 2)
    yield "  talk:"
    yield from (f"    - {move}" for move in moves.written)
    for key, value in moves.wanted.items():
        yield from yaml_text.lines(key, value, 2)
    ended = next((f for f in facts if isinstance(f, CallEnded)), None)
    if ended is not None and ended.step:
        yield f"  ends in: {yaml_text.scalar(ended.step)}"


def joined(there: str, written: Written, taken: Sequence[str]) -> str:
    """The text of a test file with *written* behind what is there.

    *taken* are the names of the talks in it; of a name that is among them, the new talk
    gets another one.
    """
    name, number = written.name, 2
    while name in taken:
        name, number = f"{written.name} ({number})", number + 1
    text = written.text
    if name != written.name:
        old, new = yaml_text.key(written.name), yaml_text.key(name)
        text = new + text.removeprefix(old)
    return f"{there.rstrip()}\n\n{text}" if there.strip() else written.file
