"""T011: a switch that switches.yaml does not have.

A timetable, a number, or `switch.NAME` in an expression names a switch that is not
described. Mend the name, or describe it in switches.yaml.

Wrong:

    greet: {say: [{if: switch.shot, say: hello}]}
                       ^

Right:

    greet: {say: [{if: switch.shut, say: hello}]}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.check._site import unknown
from ivrflow.flow.check._values import uses
from ivrflow.flow.formula.tree import chosen_in
from ivrflow.flow.kinds import SwitchName, did_you_mean
from ivrflow.flow.source import Problem

if TYPE_CHECKING:
    from ivrflow.flow.site import Site


def check(site: Site) -> Iterator[Problem]:
    for name, hint in unknown(site, SwitchName, "switches.yaml", site.switches):
        message = f"switches.yaml has no switch {str(name)!r}{hint}"
        yield Problem(name.at, "T011", message)
    names = site.names_in("switches.yaml", site.switches)
    if names is None:
        return
    for use in uses(site):
        if "switch" not in use.expression.source:
            continue
        for path, at in use.expression.places():
            if path[0] == "switch":
                if len(path) < 2 and any(chosen_in(use.expression.tree, "switch")):
                    continue  # `switch[...]`: proved by a rule of its own
                name_read = path[1] if len(path) > 1 else ""
                if name_read not in names:
                    hint = did_you_mean(name_read, names)
                    message = f"switches.yaml has no switch {name_read!r}{hint}"
                    yield Problem(at, "T011", message)
