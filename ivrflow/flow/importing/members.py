"""Members of Asterisk's queues, made into agents: one for each phone.

    member => interface,penalty,name,state_interface,ringinuse,wrapuptime,paused

All but the first may be left out. A member of three queues stands in the file three
times and is one person. The number with which an agent signs in is the digits of the
phone's name; where there are none, or another one has them, a free number from 9001 on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ivrflow.flow.importing.conf import Entry
from ivrflow.flow.site.agents import Endpoint
from ivrflow.flow.source import Mark

FIRST_NUMBER = 9001
MOST_MEMBERS = 20_000
HIGHEST_PENALTY = 1_000_000


@dataclass(frozen=True, slots=True)
class Member:
    """One `member =>` line."""

    interface: str
    penalty: int
    name: str
    state: str
    """The device whose state is watched; "" if it is the interface."""
    more: bool
    """There is ringinuse, wrapuptime or paused behind it."""
    at: Mark


@dataclass(slots=True)
class Imported:
    """An agent."""

    number: str
    name: str
    endpoint: str
    """"" for one who signs in at any phone."""
    queues: list[str] = field(default_factory=list)
    reserve: list[str] = field(default_factory=list)
    """Queues that ring here only when no regular agent of theirs is free."""
    skills: dict[str, int] = field(default_factory=dict)


class BadMember(ValueError):
    """A member that can't be made into an agent; says why."""


def read_member(entry: Entry) -> Member:
    """Read one `member =>` line; raise `BadMember`."""
    parts = [part.strip().strip('"') for part in entry.value.split(",")]
    parts += [""] * (7 - len(parts))
    interface, penalty, name, state = parts[:4]
    if not interface or len(interface) > 120:
        raise BadMember("it names no interface; write PJSIP/1001")
    if penalty and not re.fullmatch(r"[0-9]{1,6}", penalty, re.ASCII):
        raise BadMember(f"penalty {penalty[:20]!r} is not a number")
    return Member(
        interface, int(penalty or 0), name[:100], state, any(parts[4:7]), entry.at
    )


class Crew:
    """All agents of a file, each once."""

    def __init__(self) -> None:
        self._by_interface: dict[str, Imported] = {}
        self._numbers: set[str] = set()
        self._next = FIRST_NUMBER

    def __iter__(self) -> Iterator[Imported]:
        return iter(sorted(self._by_interface.values(), key=_order))

    def __len__(self) -> int:
        return len(self._by_interface)

    def agent(self, member: Member) -> tuple[Imported, list[str]]:
        """The agent of a member, new or known; and what must be said of a new one."""
        known = self._by_interface.get(member.interface)
        if known is not None:
            return known, []
        if len(self._by_interface) >= MOST_MEMBERS:
            raise BadMember(f"more than {MOST_MEMBERS:,} agents")
        endpoint, remarks = _endpoint(member)
        agent = Imported(self._number(member, remarks), "", endpoint)
        agent.name = member.name or f"Agent {agent.number}"
        self._by_interface[member.interface] = agent
        return agent, remarks

    def _number(self, member: Member, remarks: list[str]) -> str:
        last = _plain(member.interface).rpartition("/")[2].partition("@")[0]
        digits = "".join(re.findall("[0-9]", last))[:12]
        if digits and digits not in self._numbers:
            self._numbers.add(digits)
            return digits
        while (number := str(self._next)) in self._numbers:
            self._next += 1
        self._numbers.add(number)
        why = f"{digits} is another agent's" if digits else "its name has no digits"
        remarks.append(f"{member.interface} is agent {number}: {why}")
        return number


def _endpoint(member: Member) -> tuple[str, list[str]]:
    """The phone that rings for a member, and what must be said about it."""
    interface = member.interface
    match interface.partition("/")[0].lower():
        case "agent":
            return "", [f"{interface}: signs in at the phone where the agent sits"]
        case "local":
            if member.state.lower().startswith(("pjsip/", "sip/")):
                phone, more = _pjsip(member.state)
                return phone, [f"{interface}: rings {phone} itself, no dialplan", *more]
            number = interface.partition("/")[2].partition("@")[0]
            if number and member.state.lower().startswith(f"hint:{number}@".lower()):
                # As FreePBX writes its extensions; a hint names no phone in this file.
                phone = _valid(f"PJSIP/{number}")
                return phone, [f"{interface}: taken as {phone}; is that the phone?"]
            remark = f"{interface}: goes through your dialplan; better name the phone"
            return _valid(_plain(interface)), [remark]
        case "sip":
            return _pjsip(interface)
    return _valid(interface), []


def _plain(interface: str) -> str:
    """Without the options of a Local channel: `Local/1001@agents/n`."""
    return re.sub("(?<=.@)([^/]+)/[a-z]+$", r"\1", interface)


def _pjsip(interface: str) -> tuple[str, list[str]]:
    technology, _, name = interface.partition("/")
    phone = _valid(f"PJSIP/{name}")
    if technology.lower() == "pjsip":
        return phone, []
    return phone, [f"{interface}: written as {phone}, as chan_sip is gone"]


def _valid(endpoint: str) -> str:
    if not re.fullmatch(Endpoint.pattern, endpoint):
        raise BadMember(f"{endpoint[:60]!r} is no phone that can be dialled")
    return endpoint


def _order(agent: Imported) -> tuple[int, str]:
    return len(agent.number), agent.number
