"""F040: a transfer with keys that can't mean anything there.

A flow that takes over is neither rung nor announced to, and nothing comes back from it.
Who answers for a queue hears the queue's own `whisper`, and its phones ring as long as
`queues.yaml` says: `ring` is how long the caller waits. A blind transfer lets go of the
call, so nobody here can speak to who answers. And `attended` needs an `announce`: who
answers is asked to take the call, and must hear what for.

Wrong:

    hand_over: {transfer: {flow: closing}, ring: 20s}
                                                 ^

Right:

    hand_over: {transfer: {flow: closing}}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ivrflow.flow.source import Mark, Problem, place_of

if TYPE_CHECKING:
    from ivrflow.flow.site import Site

CODE = "F040"

OF_A_FLOW = [
    "mode",
    "ring",
    "announce",
    "caller_id",
    "show",
    "then",
    "busy",
    "no_answer",
    "failed",
    "on_error",
]
OF_A_QUEUE = ["mode", "announce", "caller_id"]
BLIND = ["ring", "announce", "caller_id", "show"]


def check(site: Site) -> Iterator[Problem]:
    for flow in site.flows.values():
        for node in flow.nodes.values():
            if node.verb == "transfer":
                yield from _transfer(site, node.at, node.step)


def _transfer(site: Site, at: Mark, step: Any) -> Iterator[Problem]:
    to = step.to
    at = to.at or at
    if to.flow is not None:
        yield from _unfit(step, OF_A_FLOW, "a flow", at)
        taken = site.flows.get(str(to.flow))
        if taken is not None and taken.takes:
            needs = ", ".join(map(repr, map(str, taken.takes)))
            message = (
                f"the flow {taken.name!r} takes {needs}; a transfer hands nothing over"
            )
            yield Problem(to.flow.at, CODE, message)
    elif to.queue is not None:
        yield from _unfit(step, OF_A_QUEUE, "a queue", at)
    elif step.mode == "blind":
        yield from _unfit(step, BLIND, "a blind transfer", at)
    elif step.mode == "attended" and step.announce is None:
        message = "an attended transfer needs `announce`: who answers is asked by it"
        yield Problem(at, CODE, message)


def _unfit(step: Any, keys: list[str], where: str, at: Mark) -> Iterator[Problem]:
    for key in keys:
        if key in step.model_fields_set:
            place = place_of(getattr(step, key))
            message = f"{key!r} means nothing with {where}; leave it out"
            yield Problem(place if place.line else at, CODE, message)
