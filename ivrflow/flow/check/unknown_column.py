"""D014: a column that the record does not have.

The variable holds a row of a look-up, or what a called flow gives, and the name after
the point is none of its columns (those of `gives:` and of the select list).

Wrong:

    find: {lookup: order, with: {id: 5}, save: order, error: hangup}
    note: {log: {state: order.sate}}
                        ^

Right:

    find: {lookup: order, with: {id: 5}, save: order, error: hangup}
    note: {log: {state: order.state}}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.check._values import uses, variables
from ivrflow.flow.kinds import did_you_mean
from ivrflow.flow.source import Problem

if TYPE_CHECKING:
    from ivrflow.flow.site import Site


def check(site: Site) -> Iterator[Problem]:
    known = variables(site)
    for use in uses(site):
        flow = use.found.flow
        if flow is None or all(len(path) < 2 for path in use.expression.paths):
            continue
        for path, at in use.expression.places():
            held = known[flow.name].get(path[0])
            if held is None or held.columns is None or len(path) < 2:
                continue
            if path[1] not in held.columns:
                hint = did_you_mean(path[1], held.columns)
                columns = ", ".join(sorted(held.columns))
                message = (
                    f"{path[0]!r} has no column {path[1]!r}"
                    f"{hint or f'; it has: {columns}'}"
                )
                yield Problem(at, "D014", message)
