"""F020: a target that leads nowhere.

A key, an outcome or a condition names a step that this flow does not have. The call
would end there with an apology. Mend the name, or add the step; `repeat`, `back`,
`return` and `hangup` are targets too.

Wrong:

    pick: {menu: which, keys: {1: by}, failed: bye}
                                  ^
    bye: {hangup: hello}

Right:

    pick: {menu: which, keys: {1: bye}, failed: bye}
    bye: {hangup: hello}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.check._site import of_kind
from ivrflow.flow.kinds import SPECIAL, Target, did_you_mean
from ivrflow.flow.source import Problem

if TYPE_CHECKING:
    from ivrflow.flow.site import Site


def check(site: Site) -> Iterator[Problem]:
    for found, target in of_kind(site, Target):
        if found.flow is None or target.special:
            continue
        steps = {*found.flow.nodes, *found.flow.broken}
        if target not in steps:
            hint = did_you_mean(target, [*steps, *SPECIAL])
            message = f"no step of this flow is called {str(target)!r}{hint}"
            yield Problem(target.at, "F020", message)
