"""A board that lives and dies with the process: for tests, simulation and `try`.

It keeps the contract of `Board` to the letter, so that what runs on it runs on a
database.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace as replace_offer
from typing import Any

from msgspec.structs import replace

from ivrflow.acd.desk.acts import (
    Able,
    Act,
    Acting,
    Choose,
    Claim,
    Connect,
    Count,
    End,
    FreeAt,
    Join,
    Leave,
)
from ivrflow.acd.desk.board import LIVING
from ivrflow.acd.model import Agent, Offer, Presence, Waiting, Work


class MemoryBoard(Acting):
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
        self._offered: defaultdict[str, dict[str, Offer]] = defaultdict(dict)
        """Call -> its live offers, by their ids."""
        self._connected: dict[str, str] = {}
        """Call -> the live offer that is connected."""
        self._won: set[str] = set()
        """Offers that were ever connected."""
        self._ended: set[str] = set()
        self._talks: dict[str, Offer] = {}
        """By agent: the last one."""
        self._last = dict(last or {})
        """Who -> when last connected, and with which agent."""

    async def enrol(self, agents: Collection[Agent], *, anew: bool = False) -> None:
        busy = {offer.agent for offer in self._live.values()}
        new = {a.number: a for a in agents}
        self._agents = {
            number: old if number in new else _removed(old)
            for number, old in self._agents.items()
            if number in new or number in busy
        }
        for number, agent in new.items():
            old = self._agents.get(number, Agent(number=number))
            lives: dict[str, Any] = {name: getattr(old, name) for name in LIVING}
            if anew:
                lives["live"] = False
            elif old.live:
                lives |= {"queues": old.queues, "skills": old.skills}
            self._agents[number] = replace(agent, **lives)

    async def agents(self) -> list[Agent]:
        return sorted(self._agents.values(), key=lambda a: a.number)

    async def write(self, acts: Sequence[Act]) -> Sequence[bool]:
        return [self._do(act) for act in acts]

    def _do(self, act: Act) -> bool:
        match act:
            case Join(waiting):
                self._line[waiting.call] = waiting
            case Leave(call):
                self._line.pop(call, None)
            case Claim(offer):
                return self._claim(offer)
            case Connect():
                return self._connect(act)
            case End():
                self._end(act)
            case Choose():
                return self._choose(act)
            case FreeAt(agent, free_at, at):
                old = self._agents.get(agent)
                if old is not None and old.work in (Work.IDLE, Work.WRAP_UP):
                    self._agents[agent] = replace(old, **_after(free_at, at))
            case Able():
                self._able(act)
            case Count(agent, tally):
                old = self._agents.get(agent)
                if old is not None:
                    self._agents[agent] = replace(old, **tally._asdict())
        return True

    def _choose(self, act: Choose) -> bool:
        old = self._agents.get(act.agent)
        if old is None or act.instead_of not in (None, old.presence):
            return False
        new = old
        if (old.presence, old.reason) != (act.presence, act.reason):
            new = replace(
                new, presence=act.presence, reason=act.reason, presence_since=act.at
            )
        sits_at = "" if act.presence is Presence.LOGGED_OUT else act.sits_at
        if sits_at is not None:
            new = replace(new, sits_at=sits_at)
        self._agents[act.agent] = new
        return True

    def _able(self, act: Able) -> None:
        old = self._agents.get(act.agent)
        if old is not None:
            self._agents[act.agent] = replace(
                old,
                queues=old.queues if act.queues is None else frozenset(act.queues),
                skills=old.skills if act.skills is None else dict(act.skills),
                live=True,
            )

    async def waiting(self) -> list[Waiting]:
        return sorted(self._line.values(), key=lambda w: (w.joined, w.call))

    def _claim(self, offer: Offer) -> bool:
        if offer.id in self._live:
            return True
        agent = self._agents.get(offer.agent)
        beside = self._offered.get(offer.call, {}).values()
        if (
            offer.id in self._ended
            or agent is None
            or not agent.free(offer.at)
            or offer.call not in self._line
            or offer.call in self._connected
            or (beside and (offer.alone or any(other.alone for other in beside)))
        ):
            return False
        self._live[offer.id] = offer
        self._offered[offer.call][offer.id] = offer
        self._work(offer, work=Work.OFFERED, work_since=offer.at)
        return True

    def _connect(self, act: Connect) -> bool:
        made = self._live.get(act.offer)
        if made is None or made.call in self._connected:
            return act.offer in self._won
        made = self._live[act.offer] = replace_offer(made, connected=act.at)
        self._connected[made.call] = act.offer
        self._won.add(act.offer)
        self._line.pop(made.call, None)
        self._work(made, work=Work.TALKING, work_since=act.at)
        self._talks[made.agent] = made
        if made.who:
            self._last[made.who] = (act.at, made.agent)
        return True

    def _end(self, act: End) -> None:
        made = self._live.pop(act.offer, None)
        if made is None:
            return
        self._ended.add(act.offer)
        del self._offered[made.call][act.offer]
        if not self._offered[made.call]:
            del self._offered[made.call]
        if self._connected.get(made.call) == act.offer:
            del self._connected[made.call]
        free: dict[str, Any] = {"work": Work.IDLE, "work_since": act.at}
        if act.free_at is not None:
            free = _after(act.free_at, act.at)
        self._work(made, **free, **(act.tally._asdict() if act.tally else {}))

    async def offers(self) -> list[Offer]:
        return sorted(self._live.values(), key=lambda o: (o.at, o.id))

    async def last_agent(self, who: str, *, since: float) -> str | None:
        at, agent = self._last.get(who, (since, None))
        return agent if at >= since else None

    async def last_talk(self, agent: str) -> Offer | None:
        return self._talks.get(agent)

    def _work(self, offer: Offer, **changes: Any) -> None:
        self._agents[offer.agent] = replace(self._agents[offer.agent], **changes)


def _removed(agent: Agent) -> Agent:
    return replace(agent, queues=frozenset(), live=False)


def _after(free_at: float, at: float) -> dict[str, Any]:
    """What an agent does whose work has ended at *at*."""
    work = Work.WRAP_UP if free_at > at else Work.IDLE
    return {"work": work, "work_since": at, "free_at": free_at}
