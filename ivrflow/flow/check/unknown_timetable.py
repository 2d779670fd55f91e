"""T010: a timetable that hours.yaml does not have.

An `open` step, or `hours.NAME` in an expression or a prompt, names a timetable that is
not described. Mend the name, or describe it in hours.yaml.

Wrong:

    people: {open: ofice, yes: hangup, no: hangup}
                   ^

Right:

    people: {open: office, yes: hangup, no: hangup}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.check._site import unknown
from ivrflow.flow.check._values import HOURS, uses
from ivrflow.flow.formula.tree import chosen_in
from ivrflow.flow.kinds import TimetableName, did_you_mean
from ivrflow.flow.source import Problem

if TYPE_CHECKING:
    from ivrflow.flow.site import Site


def check(site: Site) -> Iterator[Problem]:
    for name, hint in unknown(site, TimetableName, "hours.yaml", site.hours):
        message = f"hours.yaml has no timetable {str(name)!r}{hint}"
        yield Problem(name.at, "T010", message)
    names = site.names_in("hours.yaml", site.hours)
    for use in uses(site):
        if "hours" not in use.expression.source:
            continue
        for path, at in use.expression.places():
            if path[0] != "hours" or names is None:
                continue
            if len(path) < 2 and any(chosen_in(use.expression.tree, "hours")):
                continue  # `hours[...]`: proved by a rule of its own
            if len(path) < 2 or path[1] not in names:
                hint = did_you_mean(path[1], names) if len(path) > 1 else ""
                named = path[min(1, len(path) - 1)]
                message = f"hours.yaml has no timetable {named!r}{hint}"
                yield Problem(at, "T010", message)
            elif len(path) > 2 and path[2] not in HOURS:
                hint = did_you_mean(path[2], HOURS)
                message = (
                    f"a timetable has open, opens and closes, no {path[2]!r}{hint}"
                )
                yield Problem(at, "T010", message)
        for element, column in chosen_in(use.expression.tree, "hours"):
            if column not in HOURS:
                message = "say which: hours[...].open, .opens or .closes"
                yield Problem(use.expression.place(element.at), "T010", message)
