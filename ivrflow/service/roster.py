"""The agents of a site as the database takes them."""

from __future__ import annotations

from ivrflow.db.agents import Enrolled
from ivrflow.flow.site import Site
from ivrflow.flow.site.roster import agents_of


def enrolled(site: Site) -> list[Enrolled]:
    """The site's agents as the database takes them."""
    return [
        Enrolled(agent=agent, team=str(listed.team or ""), role=listed.role)
        for agent in agents_of(site)
        for listed in [site.agents[agent.number]]
    ]
