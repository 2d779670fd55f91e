"""What Prometheus fetches.

    GET  /metrics                        from this machine, or with a token of its own

Where the settings give no `metrics:`, whoever asks from this machine is answered, and
nobody else: neither by a proxy that runs here and says for whom it asks, nor a web page
in a browser that does. A page whose own name was turned to lead here sends no `Origin`;
but it asks for that name, and this machine is asked by its address or by a name without
a dot. With a token of its own it may be fetched from elsewhere; that
token opens nothing else, and the tokens of people don't open it. The page holds sums,
and names of the site: no number, and nothing of a call.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import urlsplit

from aiohttp import web

from ivrflow.console.asking import Refused
from ivrflow.console.who import anyone

SHORTEST = 20
"""Characters of a token, at least."""

FOR_OTHERS = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")
"""Headers by which a proxy says that it asks for somebody else."""


class MetricsRoutes:
    """A part of the API."""

    def __init__(
        self,
        page: Callable[[], Awaitable[bytes]],
        content_type: str,
        token: str | None = None,
    ) -> None:
        """*token* None: this machine alone."""
        self._page = page
        self._content_type = content_type
        self._token = None if token is None else token.encode()

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """Its one route."""
        return [web.get("/metrics", self._tell)]

    @anyone
    async def _tell(self, request: web.Request) -> web.Response:
        if "Origin" in request.headers:
            raise Refused(403, "web pages may not read metrics")
        if self._token is None:
            _must_be_near(request)
        else:
            self._must_know(request, self._token)
        return web.Response(
            body=await self._page(),
            headers={"Content-Type": self._content_type, "Cache-Control": "no-store"},
        )

    def _must_know(self, request: web.Request, token: bytes) -> None:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        # Bytes that are no text come as surrogates: they must not raise here.
        told = given.encode(errors="surrogateescape")
        if scheme.lower() != "bearer" or not hmac.compare_digest(told, token):
            raise Refused(
                401,
                "send the header Authorization: Bearer TOKEN, with the token of "
                "`metrics: token_file` in the settings",
            )


def _must_be_near(request: web.Request) -> None:
    forwarded = any(header in request.headers for header in FOR_OTHERS)
    strange = _is_of_the_net(request.headers.get("Host", ""))
    if forwarded or strange or not _is_loopback(request.remote or ""):
        raise Refused(
            403,
            "metrics are for this machine alone; for others, write "
            "`metrics: {token_file: ...}` into the settings",
        )


def _is_of_the_net(host: str) -> bool:
    """Whether *host*, as a request says whom it asks, is a name that anybody may have
    in the net."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return "." in name.rstrip(".")
    return False


def _is_loopback(address: str) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return found.is_loopback or (mapped is not None and mapped.is_loopback)
