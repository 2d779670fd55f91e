"""S013: a PIN that stands in the flow (a warning).

The `check` of a PIN compares it with fixed digits. Everybody who may read the flow, its
versions or a backup knows it then, and a new PIN is a new version of the site. Keep it
with the service's settings: `secret: NAME`.

Wrong:

    room:
      conference: board
      pin: {ask: enter, digits: 4, check: pin == '2468'}
                                                 ^
      failed: hangup

Right:

    room:
      conference: board
      pin: {ask: enter, digits: 4, secret: board_room}
      failed: hangup
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.check._site import warning
from ivrflow.flow.formula.tree import Comparison, Constant, Listing, Tree, parts
from ivrflow.flow.kinds import Expression
from ivrflow.flow.source import Problem

if TYPE_CHECKING:
    from ivrflow.flow.site import Site


def check(site: Site) -> Iterator[Problem]:
    for flow in site.flows.values():
        for node in flow.nodes.values():
            for way, kind in node.step.kinds:
                if way != "pin.check" or not isinstance(kind, Expression):
                    continue
                for place in _written(kind.tree):
                    message = "the PIN stands in the flow; take `secret: NAME` instead"
                    yield warning(kind.place(place), "S013", message)


def _written(tree: Tree) -> Iterator[int]:
    """Where the tree says that something is the same as a fixed value."""
    if isinstance(tree, Comparison):
        for sign, left, right in tree.pairs():
            listed = right.items if isinstance(right, Listing) else ()
            for value in (left, right, *listed) if sign in ("==", "in") else ():
                if isinstance(value, Constant) and value.value is not None:
                    yield value.at
    for inside in parts(tree):
        yield from _written(inside)
