"""Who leads whom, and who serves what: teams of the live site, queues of the desk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import chain

from ivrflow.acd.model import Agent
from ivrflow.flow.site import Site
from ivrflow.flow.site.switches import may
from ivrflow.tokens import Role


class SiteFloor:
    """The `Floor` of a running service."""

    def __init__(
        self, site: Callable[[], Site], agents: Callable[[], Mapping[str, Agent]]
    ) -> None:
        """*site* is the live version, *agents* those of the desk: what was changed live
        counts."""
        self._site = site
        self._agents = agents
        self._heard: tuple[Site, dict[tuple[str, Role], frozenset[str]]] | None = None

    def has(self, number: str) -> bool:
        """Whether the live version has this agent."""
        return number in self._site().agents

    def led_by(self, number: str) -> frozenset[str]:
        """The agents of the teams that *number* supervises."""
        site = self._site()
        teams = {str(n) for n, t in site.teams.items() if number in t.supervised_by}
        return frozenset(str(n) for n, a in site.agents.items() if a.team in teams)

    def served_by(self, agents: frozenset[str]) -> frozenset[str]:
        """The queues that any of *agents* serves."""
        known, listed = self._agents(), self._site().agents

        def of(number: str) -> Iterable[str]:
            if number in known:
                return known[number].queues
            # The desk has not loaded its agents yet, or this one is new.
            new = listed.get(number)
            return map(str, new.queues) if new else ()

        return frozenset(chain.from_iterable(map(of, agents)))

    def listed_for(self, agents: frozenset[str]) -> frozenset[str]:
        """The queues that agents.yaml gives any of *agents*."""
        site = self._site().agents.items()
        return frozenset(str(q) for n, a in site if n in agents for q in a.queues)

    def heard_by(self, number: str, role: Role) -> frozenset[str]:
        """The mailboxes that `heard_by` gives this agent, and his own.

        Each request and each stream asks, and sites have thousands of mailboxes: what
        one version says is found out once, of agents that it has.
        """
        site = self._site()
        if self._heard is None or self._heard[0] is not site:
            self._heard = (site, {})
        known = self._heard[1]
        if (number, role) not in known:
            found = _heard_by(site, number, role)
            if number not in site.agents:
                return found
            known[number, role] = found
        return known[number, role]


def _heard_by(site: Site, number: str, role: Role) -> frozenset[str]:
    agent = site.agents.get(number)
    own = {str(agent.mailbox)} if agent is not None and agent.mailbox else set()
    named = {
        str(name)
        for name, box in site.mailboxes.items()
        if any(may(who, number, role) for who in box.heard_by)
    }
    return frozenset(named | own)
