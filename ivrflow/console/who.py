"""Who asks, and what he may: at one place, and no unless somebody wrote yes.

There is the installation's token, which is an admin's, and tokens of persons
(`ivrflow token`). A handler says with `least` which role may call it at all; one that
says nothing is for admins. For whom and for which queues is asked of the `Person`:

- an *agent* acts for himself, and sees himself and his queues;
- a *supervisor* leads the agents of the teams that name him in `supervised_by` of
  agents.yaml, and runs the queues that agents.yaml gives those. He sees what they were
  given live, too, but runs it not: else he could give himself any queue;
- whom `heard_by` of mailboxes.yaml names, by role or number, hears that mailbox, and so
  does the agent whose `mailbox` it is;
- an *admin* may all.

Teams and queues are looked up in each request: who leads a team no more loses what that
gave him with the next version of the site.

A wrong token costs its sender time, not others: after ten in a minute an address hears
429 for its wrong ones. It is not shut out with a right one, or else whoever shares an
address with all agents could lock them out; and nobody guesses 256 bits.
"""

from __future__ import annotations

import hmac
import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from aiohttp import web

from ivrflow.console.asking import Refused
from ivrflow.flow.site.switches import may
from ivrflow.tokens import ROLES, Holder, Role

log = logging.getLogger(__name__)

H = TypeVar("H", bound=Callable[..., object])

AT_MOST, WITHIN = 10, 60.0
"""So many wrong tokens in so many seconds, from one address."""
ADDRESSES = 1000
"""Addresses that are remembered; the one that was quiet longest is forgotten first."""


class Tokens(Protocol):
    """The tokens of persons."""

    def holder(self, token: str, now: float) -> Holder | None:
        """Whose *token* is; None if it is nobody's, or revoked. Never waits."""

    def refused(self, address: str, now: float) -> None:
        """Many wrong tokens came from *address*: for the audit. Never waits."""


class Floor(Protocol):
    """Who leads whom, and who serves what, as it is now. Never waits."""

    def has(self, number: str) -> bool:
        """Whether there is such an agent."""

    def led_by(self, number: str) -> frozenset[str]:
        """The agents of the teams that *number* supervises."""

    def served_by(self, agents: frozenset[str]) -> frozenset[str]:
        """The queues that any of *agents* serves."""

    def listed_for(self, agents: frozenset[str]) -> frozenset[str]:
        """The queues that the site's files give any of *agents*."""

    def heard_by(self, number: str, role: Role) -> frozenset[str]:
        """The mailboxes that this agent may hear."""


class Nobody:
    """Tokens, and a floor, where only the installation's token counts."""

    def holder(self, token: str, now: float) -> Holder | None:
        """Nobody's."""

    def refused(self, address: str, now: float) -> None:
        """There is no audit."""

    def has(self, number: str) -> bool:
        """There is none."""
        return False

    def led_by(self, number: str) -> frozenset[str]:
        """None."""
        return frozenset()

    def served_by(self, agents: frozenset[str]) -> frozenset[str]:
        """None."""
        return frozenset()

    def listed_for(self, agents: frozenset[str]) -> frozenset[str]:
        """None."""
        return frozenset()

    def heard_by(self, number: str, role: Role) -> frozenset[str]:
        """None."""
        return frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who asks. The methods that begin with `must` raise `Refused`."""

    name: str
    """For the audit: `api`, `agent 2001 (api)`, `ann (api)`."""
    role: Role
    number: str = ""
    """His number as an agent; "" for one who is none."""
    installed: bool = False
    """Whether it is the installation's token: it may say for whom it asks."""
    agents: frozenset[str] | None = None
    """Whom he leads, and himself; None: all."""
    queues: frozenset[str] | None = None
    """Those that he sees; None: all."""
    runs: frozenset[str] = frozenset()
    """Those that he may change, where `queues` is not None."""
    mailboxes: frozenset[str] = frozenset()
    """Those that he may hear; an admin may hear all."""

    @property
    def by(self) -> str:
        """For facts: his number, else his name."""
        return self.number or self.name

    @property
    def leads_others(self) -> bool:
        """Whether he is more than an agent."""
        return self.role != "agent"

    def may_act_for(self, number: str) -> bool:
        """Whether he may do what this agent may: himself, his teams' agents."""
        return self.agents is None or number in self.agents

    def may_lead(self, number: str) -> bool:
        """Whether he may do to this agent what supervisors do."""
        return self.leads_others and self.may_act_for(number)

    def may_run(self, queue: str) -> bool:
        """Whether he may change this queue and who waits in it."""
        return self.queues is None or (self.leads_others and queue in self.runs)

    def sees_agent(self, number: str) -> bool:
        """Whether this agent is shown to him."""
        return self.may_act_for(number)

    def sees_queue(self, queue: str) -> bool:
        """Whether this queue is shown to him."""
        return self.queues is None or queue in self.queues

    def hears(self, mailbox: str) -> bool:
        """Whether he may hear what lies in this mailbox."""
        return self.role == "admin" or mailbox in self.mailboxes

    def must_act_for(self, number: str) -> None:
        """Refuse, unless `may_act_for`."""
        if not self.may_act_for(number):
            actors = f"agent {number}, a supervisor of that agent's team, or an admin"
            raise Refused(403, f"only {actors} may; {self._whose()}")

    def must_lead(self, number: str) -> None:
        """Refuse, unless `may_lead`."""
        if not self.may_lead(number):
            leaders = f"a supervisor of agent {number}'s team, or an admin"
            raise Refused(403, f"only {leaders} may; {self._whose()}")

    def must_run(self, queue: str) -> None:
        """Refuse, unless `may_run`."""
        if not self.may_run(queue):
            raise Refused(
                403,
                f"only a supervisor whose teams serve queue {queue!r} by agents.yaml, "
                f"or an admin, may; {self._whose()}",
            )

    def must_be(self, meant: str, what: str) -> None:
        """Refuse, unless he is whom a file of the site means by `who`.

        *meant* is a role or an agent's number; an admin is always meant.
        """
        if self.role != "admin" and not may(meant, self.number, self.role):
            whom = f"{_a(meant)} or more" if meant in ROLES else f"agent {meant}"
            raise Refused(403, f"only {whom} may change {what}; {self._whose()}")

    def _whose(self) -> str:
        who = f"agent {self.number}" if self.number else self.name
        return f"this token is of {who}, role {self.role}"


_PERSON: web.RequestKey[Person] = web.RequestKey("person", Person)


def who(request: web.Request) -> Person:
    """Who sends *request*: the guard has looked."""
    return request[_PERSON]


def least(role: Role) -> Callable[[H], H]:
    """Mark a handler: whoever has *role*, or more, may call it. Unmarked: admins."""

    def mark(handler: H) -> H:
        handler.__dict__["least"] = role
        return handler

    return mark


def anyone(handler: H) -> H:
    """Mark a handler that whoever reaches the port may call, without a token.

    It tells nothing of calls, people or the site; or it looks itself who asks.
    """
    handler.__dict__["anyone"] = True
    return handler


def for_anyone(request: web.Request) -> bool:
    """Whether *request* is for a handler that is so marked."""
    return bool(getattr(request.match_info.handler, "anyone", False))


@dataclass(frozen=True)
class People:
    """Whose tokens there are, and who leads whom. *clock* is seconds since 1970."""

    tokens: Tokens
    floor: Floor
    clock: Callable[[], float]


NOBODY = People(Nobody(), Nobody(), lambda: 0.0)
"""Where the installation's token is the only one."""


class Guard:
    """Finds out who sends a request, and whether he may send it at all."""

    def __init__(self, installation: str, people: People) -> None:
        if len(installation) < 20:
            raise ValueError("the API's token is too short: at least 20 characters")
        self._installation = installation.encode()
        self._people = people
        self._wrong: OrderedDict[str, list[float]] = OrderedDict()

    def admit(self, request: web.Request) -> None:
        """Let the request in, so that `who` answers; raises `Refused`."""
        # A browser sends Origin with every request that a page makes: none of ours do.
        if "Origin" in request.headers:
            raise Refused(403, "web pages may not use this API")
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        person = self._person(given) if scheme.lower() == "bearer" else None
        if person is None:
            self._count_wrong(request.remote or "", given)
            raise Refused(401, "send the header Authorization: Bearer TOKEN")
        request[_PERSON], request[_GUARD] = person, self
        if request.match_info.http_exception is None:
            self._let_in(person, request)

    def _let_in(self, person: Person, request: web.Request) -> None:
        needed: Role = getattr(request.match_info.handler, "least", "admin")
        if ROLES.index(person.role) < ROLES.index(needed):
            raise Refused(
                403, f"only {_a(needed)} may do this; your token is {_a(person.role)}'s"
            )

    def _person(self, given: str) -> Person | None:
        # Bytes that are no text come as surrogates: they must not raise here.
        token = given.encode(errors="surrogateescape")
        if hmac.compare_digest(token, self._installation):
            return Person(name="api", role="admin", installed=True)
        people = self._people
        holder = people.tokens.holder(given, people.clock())
        if holder is None:
            return None
        if holder.role == "admin":
            return Person(name=_named(holder), role="admin", number=holder.number)
        if not people.floor.has(holder.number):
            raise Refused(
                403, f"agents.yaml has no agent {holder.number!r}, whose this is"
            )
        own = frozenset((holder.number,))
        agents, runs = own, frozenset[str]()
        if holder.role == "supervisor":
            agents |= people.floor.led_by(holder.number)
            runs = people.floor.listed_for(agents)
        return Person(
            name=_named(holder),
            role=holder.role,
            number=holder.number,
            agents=agents,
            queues=people.floor.served_by(agents) | runs,
            runs=runs,
            mailboxes=people.floor.heard_by(holder.number, holder.role),
        )

    def _count_wrong(self, address: str, given: str) -> None:
        """Remember a wrong token; raise `Refused` when there were too many."""
        if not given:
            return  # who sends none has guessed nothing
        now = self._people.clock()
        times = [t for t in self._wrong.pop(address, ()) if now - t < WITHIN]
        if len(times) < AT_MOST:
            times.append(now)
            if len(times) == AT_MOST:
                self._people.tokens.refused(address, now)
                log.warning(
                    "API: %d wrong tokens within %.0f s from %s; more of them hear 429",
                    AT_MOST,
                    WITHIN,
                    address,
                )
        self._wrong[address] = times
        while len(self._wrong) > ADDRESSES:
            self._wrong.popitem(last=False)
        if len(times) >= AT_MOST:
            again = max(1.0, times[0] + WITHIN - now)
            raise Refused(
                429, f"too many wrong tokens from this address; wait {again:.0f} s"
            )


_GUARD: web.RequestKey[Guard] = web.RequestKey("guard", Guard)


def renewed(request: web.Request) -> Person:
    """Who sends *request*, looked up again: for one that lasts. Raises `Refused`.

    A token may have been revoked, and a team got another supervisor.
    """
    request[_GUARD].admit(request)
    return request[_PERSON]


def _named(holder: Holder) -> str:
    return f"agent {holder.number} (api)" if holder.number else f"{holder.name} (api)"


def _a(role: str) -> str:
    return f"a {role}" if role == "supervisor" else f"an {role}"
