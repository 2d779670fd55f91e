"""Who may hear whose talks: pure, and one answer for phone and API."""

from __future__ import annotations

from ivrflow.flow.site import Site


def may_monitor(site: Site, supervisor: str, agent: str) -> bool:
    """Whether the agent number *supervisor* may listen to *agent*.

    An admin may listen to all, a supervisor to the members of the teams that he leads
    (`supervised_by`); nobody to himself, and none whose role is agent to anybody.
    """
    who, heard = site.agents.get(supervisor), site.agents.get(agent)
    if who is None or heard is None or supervisor == agent or who.role == "agent":
        return False
    if who.role == "admin":
        return True
    team = site.teams.get(heard.team) if heard.team is not None else None
    return team is not None and supervisor in team.supervised_by


def leads_somebody(site: Site, number: str) -> bool:
    """Whether there can be anybody whom the agent *number* may listen to."""
    who = site.agents.get(number)
    if who is None or who.role == "agent":
        return False
    return who.role == "admin" or any(
        number in team.supervised_by for team in site.teams.values()
    )
