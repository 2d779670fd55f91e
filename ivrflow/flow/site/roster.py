"""The site's agents and queues as the ACD takes them."""

from __future__ import annotations

from dataclasses import replace

from ivrflow.acd.model import Agent, QueueRules, flat_skills
from ivrflow.flow.site import Site
from ivrflow.flow.site.queues import OnDemand, Queue


def agents_of(site: Site) -> list[Agent]:
    """The agents of `agents.yaml`, as they are before anybody has signed in."""
    return [
        Agent(
            number=str(number),
            name=str(agent.name),
            endpoint=str(agent.endpoint or ""),
            team=str(agent.team or ""),
            queues=frozenset(agent.serves()),
            reserve=frozenset(map(str, agent.reserve)),
            on_demand=frozenset(map(str, agent.on_demand)),
            skills=flat_skills(agent.levels()),
            items=frozenset(agent.takes),
            weight=float(agent.weight),
            order=order,
            wrap_up=None if agent.wrap_up is None else float(agent.wrap_up),
            confirm=agent.confirm,
            nailed=agent.nailed,
        )
        for order, (number, agent) in enumerate(site.agents.items())
    ]


def queue_rules(site: Site) -> dict[str, QueueRules]:
    """The queues of `queues.yaml`, as far as the desk acts on them."""
    return {
        str(name): replace(
            rules_of(str(name), queue),
            ageing=None if site.ageing is None else float(site.ageing),
            by_target=site.line_order == "target",
        )
        for name, queue in site.queues.items()
    }


def rules_of(name: str, queue: Queue) -> QueueRules:
    """One queue, as far as the desk acts on it."""
    wanted = queue.on_demand or OnDemand()
    return QueueRules(
        name=name,
        choose=queue.choose,
        ring_next=float(queue.ring_next),
        weight=float(queue.weight),
        answer_within=float(queue.answer_within),
        demand_wait=wanted.wait and float(wanted.wait),
        demand_waiting=wanted.waiting and int(wanted.waiting),
        ring=float(queue.ring),
        wrap_up=float(queue.wrap_up),
        dispose=queue.disposition == "required",
        after_busy=float(queue.after_busy),
        after_reject=float(queue.after_reject),
        after_unreachable=float(queue.after_unreachable),
        after_not_accepted=float(queue.after_not_accepted),
        accept_within=float(queue.accept_within),
        longest_line=queue.longest_line and int(queue.longest_line),
        shown={str(k): str(v) for k, v in queue.title.items()},
    )
