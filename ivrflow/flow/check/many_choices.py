"""P023: a menu with more than five choices (a warning).

Nobody remembers six choices that were said once. Put what is asked for most first, and
the rest behind a choice of its own. Keys that only repeat or go back don't count, and
keys that are offered under opposite conditions count once for each step.

Wrong:

    pick:
    ^
      menu: which
      keys: {1: a, 2: b, 3: c, 4: d, 5: e, 6: f}
      failed: hangup
    a: {hangup: hello}
    b: {hangup: hello}
    c: {hangup: hello}
    d: {hangup: hello}
    e: {hangup: hello}
    f: {hangup: hello}

Right:

    pick:
      menu: which
      keys: {1: a, 2: b, 3: c, 4: d, 5: e}
      failed: hangup
    a: {hangup: hello}
    b: {hangup: hello}
    c: {hangup: hello}
    d: {hangup: hello}
    e: {hangup: hello}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.check._site import warning
from ivrflow.flow.source import Problem
from ivrflow.flow.steps.menu import Menu

if TYPE_CHECKING:
    from ivrflow.flow.site import Site

MOST = 5


def check(site: Site) -> Iterator[Problem]:
    for flow in site.flows.values():
        for node in flow.nodes.values():
            if not isinstance(node.step, Menu):
                continue
            told = {
                (str(choice.then), str(choice.values or ""))
                for choice in node.step.keys.values()
                if choice.then not in ("repeat", "back")
            }
            if len(told) > MOST:
                message = (
                    f"{len(told)} choices; nobody remembers more than {MOST}: put "
                    "some of them behind a choice of their own"
                )
                yield warning(node.at, "P023", message)
