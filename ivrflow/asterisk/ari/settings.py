"""Where Asterisk is, and who connects to whom for its events."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ivrflow.secret import Secret

PLAIN = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What the name of a Stasis application may be made of."""


@dataclass(frozen=True, kw_only=True)
class Outbound:
    """The WebSocket on which Asterisk brings its events: it connects to us.

    *user* and *password* are those of Asterisk's `websocket_client.conf`, whose `uri`
    is `ws://HOST:PORT/ari`. A *host* that is not this machine's own shows the events,
    callers' numbers among them, to the network.
    """

    port: int
    user: str
    password: Secret
    host: str = "127.0.0.1"
    path: str = "/ari"

    @property
    def url(self) -> str:
        return f"ws://{self.host}:{self.port}{self.path}"


@dataclass(frozen=True, kw_only=True)
class AriSettings:
    """How to talk to one Asterisk.

    *url* is the root of its ARI, `http://HOST:PORT/ari`; *user* and *password* stand in
    its `ari.conf`, *app* is the Stasis application of the dialplan. *events* is where
    Asterisk brings its events; None: we connect to *url* for them. *relay* is the
    socket of the process that does so in our stead, and outlives us; None: we do.
    """

    url: str
    user: str
    password: Secret
    events: Outbound | None = None
    app: str = "ivrflow"
    relay: Path | None = None

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(
                f"{self.url!r} is no address of ARI; write http://127.0.0.1:8088/ari"
            )
        if parts.username or parts.query:
            raise ValueError(
                "the address of ARI bears no user, password or api_key: addresses get "
                "into logs; write them as user: and password:"
            )
        if not PLAIN.fullmatch(self.app):
            raise ValueError(
                f"{self.app!r} is no name of a Stasis application; use letters, "
                "digits, - and _"
            )
