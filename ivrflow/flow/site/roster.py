"""The site's agents and queues as the ACD takes them."""

from __future__ import annotations

from ivrflow.acd.model import Agent, QueueRules, flat_skills
from ivrflow.flow.site import Site


def agents_of(site: Site) -> list[Agent]:
    """The agents of `agents.yaml`, as they are before anybody has signed in."""
    return [
        Agent(
            number=str(number),
            name=str(agent.name),
            endpoint=str(agent.endpoint or ""),
            queues=frozenset(map(str, agent.queues)),
            skills=flat_skills(agent.levels()),
        )
        for number, agent in site.agents.items()
    ]


def queue_rules(site: Site) -> dict[str, QueueRules]:
    """The queues of `queues.yaml`, as far as the desk acts on them."""
    return {
        str(name): QueueRules(
            name=str(name),
            choose=queue.choose,
            ring=float(queue.ring),
            wrap_up=float(queue.wrap_up),
            longest_line=queue.longest_line and int(queue.longest_line),
            shown={str(k): str(v) for k, v in queue.title.items()},
        )
        for name, queue in site.queues.items()
    }
