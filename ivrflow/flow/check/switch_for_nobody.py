"""T012: a switch, or something else to be changed live, that nobody may change.

`who` of a switch, of a timetable and of an entry of wording.yaml is a role (`agent`,
`supervisor`, `admin`), or the number of an agent in agents.yaml. A supervisor may do
what an agent may, an admin what both may.

Wrong:

    # switches.yaml
    shut: {title: Shut, who: supervisors}
                             ^

Right:

    # switches.yaml
    shut: {title: Shut, who: supervisor}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.kinds import Plain, did_you_mean
from ivrflow.flow.site.switches import ROLES
from ivrflow.flow.source import Problem

if TYPE_CHECKING:
    from ivrflow.flow.site import Site


def check(site: Site) -> Iterator[Problem]:
    agents = site.names_in("agents.yaml", site.agents)
    for who in _allowed(site):
        if agents is None or who in ROLES or who in agents:
            continue
        hint = did_you_mean(who, [*ROLES, *agents])
        message = f"{str(who)!r} is no role and no agent of agents.yaml{hint}"
        yield Problem(who.at, "T012", message)


def _allowed(site: Site) -> Iterator[Plain]:
    yield from (switch.who for switch in site.switches.values())
    yield from (wording.who for wording in site.wording.values())
    yield from (t.hours.who for t in site.hours.values() if t.hours.who is not None)
