"""What the look-ups of a past call have answered, as a test's `data:` gives it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ivrflow.facts import (
    Decided,
    Fact,
    IdentityJudged,
    LookedUp,
    StepFailed,
    Stored,
)
from ivrflow.flow.site import Site
from ivrflow.flow.site.data import DataSource
from ivrflow.flow.steps.authenticate import Authenticate
from ivrflow.sim.rehearsal.answers import IN_TURN


def answers_of(facts: Sequence[Fact], site: Site) -> dict[str, Any]:
    """Source -> its answer, or all of them in turn; as `read_answer` reads it."""
    found: dict[str, list[Any]] = {}
    for place, fact in enumerate(facts):
        if isinstance(fact, LookedUp) and fact.source in site.data:
            source = site.data[fact.source]
            answer = _answer(source, fact, facts[place + 1 :], site)
            found.setdefault(fact.source, []).append(answer)
        elif isinstance(fact, Stored) and fact.source in site.data:
            answer = "error" if fact.way == "error" else {}
            found.setdefault(fact.source, []).append(answer)
    return {
        source: _in_turn(answers)
        for source, answers in found.items()
        if any(answer != {} or not _only_stores(site, source) for answer in answers)
    }


def _only_stores(site: Site, source: str) -> bool:
    """A store needs no answer to be one that works."""
    return site.data[source].stores


def _in_turn(answers: Sequence[Any]) -> Any:
    last = len(answers)
    while last > 1 and answers[last - 1] == answers[last - 2]:
        last -= 1
    return answers[0] if last == 1 else {IN_TURN: list(answers[:last])}


def _answer(
    source: DataSource, fact: LookedUp, after: Sequence[Fact], site: Site
) -> Any:
    if fact.way != "row":
        verdict = _verdict(after) if source.verify else ""
        return "locked" if verdict == "locked" else fact.way
    if source.verify:
        verdict = _verdict(after)
        if verdict in ("wrong", "locked", "error"):
            return verdict
    if not fact.rows:
        return _hidden_row(source, fact, site)
    rows = [_row(source, row) for row in fact.rows]
    return rows if source.many is not None else rows[0]


def _verdict(after: Sequence[Fact]) -> str:
    """How the PIN of the row that was just found was judged; "" if it never was."""
    for fact in after:
        if isinstance(fact, IdentityJudged):
            # Of a code that is wrong the row was there all the same.
            told = fact.what == "PIN" or fact.verdict == "locked"
            return fact.verdict if told else ""
        if isinstance(fact, Decided):
            return "error" if fact.outcome == "error" else ""
        if isinstance(fact, LookedUp | StepFailed):
            return ""
    return ""


def _row(source: DataSource, row: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that are set. One that is not given is none where types are known."""
    known = {str(name) for name in source.gives}
    return {
        name: value
        for name, value in row.items()
        if not known or (name in known and value is not None)
    }


def _hidden_row(source: DataSource, fact: LookedUp, site: Site) -> Any:
    """The row by which a card is known from the calling number: with a made-up card."""
    for flow in site.flows.values():
        for node in flow.nodes.values():
            step = node.step
            if isinstance(step, Authenticate) and step.card.by == fact.source:
                row = {"card": "1" * int(step.card.digits.low)}
                if source.many is None:
                    return row
                return [dict(row) for _ in range(fact.found)]
    return "not found" if source.many is None else []
