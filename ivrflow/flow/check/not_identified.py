"""H012: who can't identify himself does not reach a person.

A card is lost, a PIN is forgotten, a card is locked: these are the callers who need a
person most, and they have no other way. From `failed` and from `locked` of
`authenticate` some way must lead to a queue, a transfer, or a voicemail behind a closed
timetable, without a right PIN. A site that has nobody to reach is left alone.

Wrong:

    prove:
      authenticate: people
      card: {ask: enter, digits: 8}
      pin: {ask: enter, digits: 4}
      save: person
      failed: sorry
              ^
      error: desk
    desk: {queue: desk, then: hangup}
    sorry: {hangup: hello}

Right:

    prove:
      authenticate: people
      card: {ask: enter, digits: 8}
      pin: {ask: enter, digits: 4}
      save: person
      failed: sorry
      error: desk
    desk: {queue: desk, then: hangup}
    sorry: {say: hello, then: desk}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.check._flowing import RETURN, flowing
from ivrflow.flow.check._human import behind_closed, is_person, whole
from ivrflow.flow.source import Mark, Problem, place_of
from ivrflow.flow.steps.authenticate import Authenticate
from ivrflow.flow.steps.transfer import Transfer

if TYPE_CHECKING:
    from ivrflow.flow.model import Flow, Node
    from ivrflow.flow.site import Site


def check(site: Site) -> Iterator[Problem]:
    if not whole(site) or not (site.settings.human or _has_persons(site)):
        return
    for flow in site.flows.values():
        for node in flow.nodes.values():
            if isinstance(node.step, Authenticate):
                for how, at, target in _ways(site, flow, node, node.step):
                    if not _reaches(site, flow, node, target):
                        message = (
                            f"who can't identify himself ({how}) reaches no person "
                            f"from here"
                        )
                        yield Problem(at, "H012", message)


def _has_persons(site: Site) -> bool:
    return any(
        is_person(node) for flow in site.flows.values() for node in flow.nodes.values()
    )


def _ways(
    site: Site, flow: Flow, node: Node, step: Authenticate
) -> Iterator[tuple[str, Mark, str]]:
    """The ways of callers who are not identified, those of `on_error` included."""
    for how in ("failed", "locked"):
        written = getattr(step, how)
        if how == "locked" and written is None and step.lock is None:
            continue
        target = written or step.on_error or flow.on_error
        at = place_of(target) if target is not None else node.at
        yield how, at if at.line else node.at, str(target or "")


def _reaches(site: Site, flow: Flow, start: Node, target: str) -> bool:
    """True if a person is reached from *target* without a right PIN."""
    callers = _callers(site)
    todo = [(flow.name, target)]
    done: set[tuple[str, str]] = set()
    while todo:
        here = todo.pop()
        if here in done:
            continue
        done.add(here)
        at, name = here
        if name == RETURN:
            todo += callers.get(at, [])
            continue
        if name not in site.flows[at].nodes:
            continue
        node = site.flows[at].nodes[name]
        if is_person(node):
            return True
        if node.verb == "voicemail" and name in behind_closed(site, site.flows[at]):
            return True
        step = node.step
        called = step.to.flow if isinstance(step, Transfer) else None
        called = called or vars(step).get("flow")
        if str(called) in site.flows:
            todo.append((str(called), site.flows[str(called)].start))
        todo += [
            (at, way.target)
            for way in flowing(site)[at].ways[name]
            # A right PIN he does not have, and an outage is nothing to count on.
            if way.how not in ("", "error") or not isinstance(step, Authenticate)
        ]
    return False


def _callers(site: Site) -> dict[str, list[tuple[str, str]]]:
    """Flow -> where its callers go on when it returns."""
    found: dict[str, list[tuple[str, str]]] = {}
    for flow in site.flows.values():
        for node in flow.nodes.values():
            if node.verb == "call":
                called = str(vars(node.step)["flow"])
                found.setdefault(called, []).extend(
                    (flow.name, way.target)
                    for way in flowing(site)[flow.name].ways[node.name]
                    if not way.how
                )
    return found
