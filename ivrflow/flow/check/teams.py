"""Q014: a team or an agent that agents.yaml does not have.

An agent's `team:`, a team's `supervised_by:`, a mailbox's `heard_by:`, and the `agent:`
and the `agents:` of a queue step name what must be there. `heard_by` takes roles too:
agent, supervisor, admin. An agent whom the data names is judged when the call comes:
one who is not there is as one who is not signed in.

Who supervises a team needs the role for it: with `role: agent` neither the phone nor
the API lets him lead anybody. That is a warning.

Wrong:

    # agents.yaml
    teams: {north: {title: North}}
    agents:
      "1": {name: Li, team: noth, queues: [desk, sales]}
                            ^

Right:

    # agents.yaml
    teams: {north: {title: North}}
    agents:
      "1": {name: Li, team: north, queues: [desk, sales]}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.check._site import unknown, warning
from ivrflow.flow.kinds import AgentNumbered, did_you_mean
from ivrflow.flow.source import Problem

if TYPE_CHECKING:
    from ivrflow.flow.needs import Widen
    from ivrflow.flow.site import Site

ROLES = ("agent", "supervisor", "admin")


def check(site: Site) -> Iterator[Problem]:
    if "agents.yaml" in site.unread:
        return
    for agent in site.agents.values():
        if agent.team is not None and agent.team not in site.teams:
            hint = did_you_mean(agent.team, site.teams)
            message = f"there is no team {str(agent.team)!r}{hint}"
            yield Problem(agent.team.at, "Q014", message)
    for team in site.teams.values():
        for number in team.supervised_by:
            if number not in site.agents:
                message = f"there is no agent {str(number)!r}"
                yield Problem(number.at, "Q014", message)
            elif site.agents[number].role == "agent":
                message = (
                    f"agent {str(number)!r} has role agent, and leads nobody; "
                    "write role: supervisor"
                )
                yield warning(number.at, "Q014", message)
    for box in site.mailboxes.values():
        for who in box.heard_by:
            if who not in site.agents and who not in ROLES:
                hint = did_you_mean(who, [*site.agents, *ROLES])
                message = f"{str(who)!r} is neither an agent nor a role{hint}"
                yield Problem(who.at, "Q014", message)
    for flow in site.flows.values():
        for node in flow.nodes.values():
            for step in vars(node.step).get("widen") or ():
                yield from _widening(site, step)
    for named, hint in unknown(site, AgentNumbered, "agents.yaml", site.agents):
        message = f"there is no agent {str(named)!r}{hint}"
        yield Problem(named.at, "Q014", message)


def _widening(site: Site, step: Widen) -> Iterator[Problem]:
    for who in step.agents:
        if who not in site.agents and who not in site.teams:
            hint = did_you_mean(who, [*site.teams, *site.agents])
            message = f"{str(who)!r} is neither a team nor an agent{hint}"
            yield Problem(who.at, "Q014", message)
