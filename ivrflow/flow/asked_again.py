"""Ask a caller again for what died with a process: a card, a PIN.

He is led back to the step that asked for it. From there the flow is gone through once
more, as by somebody who pressed `back`: what lies between may hang on what is entered
now, and may be what keeps a stranger out. Only who proves again that he is the same one
goes straight on to the step that needs it: for him all that lies between is done. Where
that step is in a flow inside the one that asked, this goes on too, with what it was
given worked out anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ivrflow.flow.bookmark.values import written
from ivrflow.flow.call import Call, LeaveTo
from ivrflow.flow.expression import ExpressionFault
from ivrflow.flow.frame import CALLS
from ivrflow.flow.names import Names
from ivrflow.flow.step import Goto
from ivrflow.secret import Secret, SecretLost

if TYPE_CHECKING:
    from ivrflow.flow.frame import Frame
    from ivrflow.flow.model import Node

ASKED_AGAIN = "asked again"
"""The way of a step that needs a secret which died with a process of ours."""

PROVES = "authenticate"
"""The verb that finds out who calls."""


def ask_again(call: Call, lost: SecretLost) -> Goto | None:
    """Lead the caller to the step that asked for what was lost; None if it is gone.

    Raises `LeaveTo` where a flow outside this one asked for it.
    """
    asker, step = lost.asked
    why = f"{step} asks again: what was entered there did not outlive a restart"
    for frame in reversed(call.frames):
        if frame.flow.name == asker and step in frame.flow.nodes:
            if frame is call.frame:
                return Goto(ASKED_AGAIN, why, step)
            frame.inside = _inside(call, frame)
            raise LeaveTo(frame, ASKED_AGAIN, step, why)
    return None


def straight_on(call: Call, frame: Frame, node: Node, goto: Goto) -> Goto:
    """*goto*, the way out of *node*; after a proof that was given again, straight on.

    Notes who the caller was before he is asked again.
    """
    if goto.outcome == ASKED_AGAIN and goto.target is not None:
        asker = frame.flow.nodes[goto.target]
        frame.needs, frame.was = node.name, _who(call, frame, asker)
        return goto
    needs, was, frame.needs, frame.was = frame.needs, frame.was, "", ""
    inside, frame.inside = frame.inside, []
    if not needs or goto.outcome != "then" or goto.target is not None:
        return goto
    if not was or was != _who(call, frame, node) or _any_lost(frame.variables):
        return goto
    if frame.asked[-1:] == [node.name] and frame.asked.count(node.name) > 1:
        frame.asked.pop()
    call.inner = _given_again(call, frame, needs, inside)
    return Goto("then", f"{goto.why}; it is the same caller", needs)


def _inside(call: Call, frame: Frame) -> list[Frame]:
    """The flows that run inside *frame*, each by a `call` step of the one outside; []
    where another step began one of them, which begins it anew."""
    first = call.frames.index(frame)
    waiting = call.frames[first:-1]
    if any(one.flow.nodes[one.step].verb != CALLS for one in waiting):
        return []
    return call.frames[first + 1 :]


def _given_again(
    call: Call, outer: Frame, step: str, inside: Sequence[Frame]
) -> list[Frame]:
    """Those of the flows *inside* the *step* of *outer* that can go on, having been
    given again what was lost."""
    go_on: list[Frame] = []
    for frame in inside:
        given = getattr(outer.flow.nodes[step].step, "with_", {})
        try:
            for name, expression in given.items():
                if _any_lost(frame.variables.get(str(name))):
                    value = expression.evaluate(Names(call, {}, outer))
                    frame.variables[str(name)] = value
        except ExpressionFault:
            break
        if _any_lost(frame.variables):
            break  # a copy of its own: it would be asked for again and again
        go_on.append(frame)
        outer, step = frame, frame.step
    return go_on


def _who(call: Call, frame: Frame, node: Node) -> str:
    """What tells the caller whom *node* has identified; "" if it proves nothing."""
    row = frame.variables.get(str(getattr(node.step, "save", None)))
    if node.verb != PROVES or not isinstance(row, Mapping):
        return ""
    # As a bookmark has it: the row from before the restart has come out of one.
    shown = repr(written(_as_seen(row), call.hidden))
    return hashlib.sha256(shown.encode()).hexdigest()[:32]


def _as_seen(row: Mapping[str, object]) -> dict[str, object]:
    """*row* without which keys its secrets were: asked again, they are others."""
    return {n: str(v) if isinstance(v, Secret) else v for n, v in row.items()}


def _any_lost(value: object) -> bool:
    """Whether a copy of what was lost stands there still."""
    if isinstance(value, Secret):
        return value.is_lost
    if isinstance(value, Mapping):
        return any(map(_any_lost, value.values()))
    return isinstance(value, list | tuple) and any(map(_any_lost, value))
