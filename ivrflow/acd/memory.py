"""A board that lives and dies with the process: for tests, simulation and `try`.

It keeps the contract of `Board` to the letter, so that what runs on it runs on a
database.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from ivrflow.acd.model import Agent, Offer, Presence, Waiting, Work


class MemoryBoard:
    """The state of the ACD, in dictionaries."""

    def __init__(
        self,
        agents: Collection[Agent] = (),
        *,
        last: Mapping[str, tuple[float, str]] | None = None,
    ) -> None:
        """*last* are talks of before: who -> when connected, and with which agent."""
        self._agents = {a.number: a for a in agents}
        self._line: dict[str, Waiting] = {}
        self._live: dict[str, Offer] = {}
        self._calls: set[str] = set()
        """The calls in live offers."""
        self._ended: set[str] = set()
        self._last = dict(last or {})
        """Who -> when last connected, and with which agent."""

    async def enrol(self, agents: Collection[Agent]) -> None:
        busy = {offer.agent for offer in self._live.values()}
        new = {a.number: a for a in agents}
        self._agents = {
            number: old
            for number, old in self._agents.items()
            if number in new or number in busy
        }
        for number, agent in new.items():
            old = self._agents.get(number, Agent(number=number))
            self._agents[number] = replace(
                old,
                name=agent.name,
                endpoint=agent.endpoint,
                queues=agent.queues,
                skills=agent.skills,
            )

    async def agents(self) -> list[Agent]:
        return sorted(self._agents.values(), key=lambda a: a.number)

    async def set_presence(
        self,
        agent: str,
        presence: Presence,
        *,
        at: float,
        reason: str = "",
        sits_at: str | None = None,
        instead_of: Presence | None = None,
    ) -> bool:
        old = self._agents.get(agent)
        if old is None or (instead_of is not None and old.presence is not instead_of):
            return False
        new = old
        if (old.presence, old.reason) != (presence, reason):
            new = replace(new, presence=presence, reason=reason, presence_since=at)
        if presence is Presence.LOGGED_OUT:
            sits_at = ""
        if sits_at is not None:
            new = replace(new, sits_at=sits_at)
        self._agents[agent] = new
        return True

    async def set_free_at(self, agent: str, free_at: float, *, at: float) -> None:
        old = self._agents.get(agent)
        if old is not None and old.work in (Work.IDLE, Work.WRAP_UP):
            work = Work.WRAP_UP if free_at > at else Work.IDLE
            self._agents[agent] = replace(
                old, work=work, work_since=at, free_at=free_at
            )

    async def join(self, waiting: Waiting) -> None:
        self._line[waiting.call] = waiting

    async def leave(self, call: str) -> None:
        self._line.pop(call, None)

    async def waiting(self) -> list[Waiting]:
        return sorted(self._line.values(), key=lambda w: (w.joined, w.call))

    async def claim(self, offers: Sequence[Offer]) -> frozenset[str]:
        return frozenset(offer.id for offer in offers if self._claim(offer))

    def _claim(self, offer: Offer) -> bool:
        if offer.id in self._live:
            return True
        agent = self._agents.get(offer.agent)
        if (
            offer.id in self._ended
            or agent is None
            or not agent.free(offer.at)
            or offer.call not in self._line
            or offer.call in self._calls
        ):
            return False
        self._live[offer.id] = offer
        self._calls.add(offer.call)
        self._work(offer, work=Work.OFFERED, work_since=offer.at)
        return True

    async def connected(self, offer: str, *, at: float) -> None:
        made = self._live.get(offer)
        if made is not None:
            self._line.pop(made.call, None)
            self._work(made, work=Work.TALKING, work_since=at)
            if made.who:
                self._last[made.who] = (at, made.agent)

    async def end_offer(
        self, offer: str, *, how: str, at: float, free_at: float | None
    ) -> None:
        made = self._live.pop(offer, None)
        if made is None:
            return
        self._ended.add(offer)
        self._calls.remove(made.call)
        if free_at is None:
            self._work(made, work=Work.IDLE, work_since=at)
        else:
            work = Work.WRAP_UP if free_at > at else Work.IDLE
            self._work(made, work=work, work_since=at, free_at=free_at)

    async def offers(self) -> list[Offer]:
        return sorted(self._live.values(), key=lambda o: (o.at, o.id))

    async def last_agent(self, who: str, *, since: float) -> str | None:
        at, agent = self._last.get(who, (since, None))
        return agent if at >= since else None

    def _work(self, offer: Offer, **changes: Any) -> None:
        self._agents[offer.agent] = replace(self._agents[offer.agent], **changes)
