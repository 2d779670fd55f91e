"""T012: a switch that nobody may throw.

`who` of a switch is a role (`agent`, `supervisor`, `admin`), or the number of an agent
in agents.yaml. A supervisor may do what an agent may, an admin what both may.

Wrong:

    # switches.yaml
    shut: {title: Shut, who: supervisors}

Right:

    # switches.yaml
    shut: {title: Shut, who: supervisor}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.kinds import did_you_mean
from ivrflow.flow.site.switches import ROLES
from ivrflow.flow.source import Problem

if TYPE_CHECKING:
    from ivrflow.flow.site import Site


def check(site: Site) -> Iterator[Problem]:
    agents = site.names_in("agents.yaml", site.agents)
    for switch in site.switches.values():
        if agents is None or switch.who in ROLES or switch.who in agents:
            continue
        hint = did_you_mean(switch.who, [*ROLES, *agents])
        message = f"{str(switch.who)!r} is no role and no agent of agents.yaml{hint}"
        yield Problem(switch.who.at, "T012", message)
