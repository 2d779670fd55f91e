"""F028: a built-in name that a step would set.

`call`, `queue`, `now`, `hours`, `switch`, `agent` and the words of expressions can't be
variables. `language` can be set: it is the caller's.

Wrong:

    find: {lookup: order, with: {id: 5}, save: call, error: hangup}
                                               ^

Right:

    find: {lookup: order, with: {id: 5}, save: found, error: hangup}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.check._site import of_kind
from ivrflow.flow.expression import RESERVED
from ivrflow.flow.kinds import Name
from ivrflow.flow.source import Problem

if TYPE_CHECKING:
    from ivrflow.flow.site import Site


def check(site: Site) -> Iterator[Problem]:
    for found, name in of_kind(site, Name):
        sets = found.way == "save" or found.way.split(".")[-2:-1] == ["set"]
        if found.flow is not None and sets and name in RESERVED:
            message = f"{str(name)!r} is built in and can't be set"
            yield Problem(name.at, "F028", message)
    for flow in site.flows.values():
        for name in (*flow.takes, *flow.gives):
            if name in RESERVED:
                message = f"{str(name)!r} is built in and can't be taken or given"
                yield Problem(name.at, "F028", message)
