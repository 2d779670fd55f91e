"""Who may do what on one Asterisk, and where it listens: what outlives a restart.

A softphone that was set up once is to work the next time as well, so both are kept in
one file beside the Asterisk's folders, which its owner alone can read.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

AGENTS = ("1001", "1002", "1003", "2001")
"""The agents' phones of a private Asterisk: those of the sample hotline."""


class BadCredentials(Exception):
    """The file of credentials can't be read; the text says what to do."""


def password() -> str:
    """Return a new random password of 192 bits, of letters, digits, - and _."""
    return secrets.token_urlsafe(24)


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """Who may do what on one Asterisk. The passwords are random unless given.

    *ari_...* is for us to command Asterisk, *events_...* for Asterisk to bring us its
    events, if it does; *agents* has a SIP password for each agent's phone.
    """

    ari_user: str = "ivrflow"
    ari_password: str = field(default_factory=password, repr=False)
    events_user: str = "asterisk"
    events_password: str = field(default_factory=password, repr=False)
    ami_password: str = field(default_factory=password, repr=False)
    agents: Mapping[str, str] = field(
        # Short, as people type them into softphones: 64 bits, on the loopback address.
        default_factory=lambda: {number: secrets.token_hex(8) for number in AGENTS},
        repr=False,
    )


@dataclass(frozen=True, kw_only=True)
class Ports:
    """Where one Asterisk listens, and where it looks for us (*events*).

    *rtp* are the first and the last UDP port for sound. *events* is 0 where it does not
    bring us its events: then we connect to it. *ami* is 0: off.
    """

    ari: int
    sip: int
    rtp: tuple[int, int]
    events: int = 0
    ami: int = 0


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What is kept of one private Asterisk between its runs."""

    credentials: Credentials
    ports: Ports
    sip_host: str = "127.0.0.1"


def save(path: Path, kept: Kept) -> None:
    """Write *kept* into *path*, readable by its owner alone."""
    write_private(path, json.dumps(asdict(kept), indent=1) + "\n")


def load(path: Path) -> Kept | None:
    """Return what `save` wrote; None if there is no such file.

    Raises `BadCredentials` if something else is in it.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        ports = data["ports"]
        first, last = ports["rtp"]
        return Kept(
            credentials=Credentials(**data["credentials"]),
            ports=Ports(**{**ports, "rtp": (int(first), int(last))}),
            sip_host=data["sip_host"],
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise BadCredentials(
            f"{path} can't be used ({type(error).__name__}: {error}); remove it, and "
            f"new ports and passwords are made"
        ) from None


def write_private(path: Path, text: str) -> None:
    """Write *text* into *path* so that its owner alone can ever read it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # The mode is there before the first byte, on a file that was there before as well.
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        os.fchmod(handle, 0o600)
        file.write(text)
