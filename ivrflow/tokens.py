"""Tokens of persons: how one is made, what is kept of it, and whose it is.

A token is `ivr-ID-RANDOM`: the id finds its row and may be seen by everybody; the rest
has 256 random bits, which nobody guesses however fast he tries. So a keyed hash is kept
of it (HMAC with the pepper, as for a card that is only recognised), and no slow one: it
is looked at in every request.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ivrflow.flow.kinds import did_you_mean

Role = Literal["agent", "supervisor", "admin"]

ROLES: tuple[Role, ...] = ("agent", "supervisor", "admin")
"""Each may do what those before it may, for more people."""

NAME = re.compile(r"[\w .@-]{1,40}")
"""Whose a token is: an agent's number, or the name of a person or a program."""

PURPOSE = "token"
"""What the hash is made for; see `Hasher.known_as`."""

_TOKEN = re.compile(r"ivr-([0-9a-f]{8})-[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Whose a token is. *number* is "" for one who is no agent."""

    id: str
    name: str
    role: Role
    number: str = ""


class BadToken(ValueError):
    """There can be no such token. Says why, and what to do."""


def number_for(agents: Iterable[str], name: str, role: Role) -> str:
    """The agent's number of a token for *name*; "" for one who is no agent.

    Raises `BadToken`: who acts as an agent, or leads some, must be one of *agents*.
    """
    known = tuple(agents)
    if name in known:
        return name
    if role != "admin":
        raise BadToken(
            f"there is no agent {name!r}{did_you_mean(name, known)}; a token of this "
            "role is for an agent's number, by which teams and queues are looked up"
        )
    return ""


def new_token() -> tuple[str, str]:
    """Return a new token's id, and the token."""
    name = secrets.token_hex(4)
    return name, f"ivr-{name}-{secrets.token_urlsafe(32)}"


def id_of(text: str) -> str | None:
    """The id within the token *text*; None for what is no token of ours."""
    found = _TOKEN.fullmatch(text)
    return found[1] if found else None
