"""One request over HTTP to a host that is listed: small, quick, and never elsewhere.

Where a request may go is decided in `addresses`, for the very address that is then
connected to. No redirect is followed, no cookie kept, no proxy of the environment used,
no packed answer taken: a small one can be a huge one unpacked. All of it has to come
within one time, so a server that drips is as dead as one that hangs.

Failures are told without the URL and without what was sent: both may hold what a caller
has entered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import aiohttp
from yarl import URL

from ivrflow.flow.world import Trouble
from ivrflow.web.addresses import GuardedResolver, Hosts, NotAllowed

LARGEST = 1024 * 1024
"""Bytes of an answer."""

AT_ONCE = 50
AT_ONCE_PER_HOST = 20

HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "User-Agent": "ivrflow",
}


class Again(Exception):
    """This try failed, another one may not. Says why, for the end of a sentence."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is asked. *url* was held against the list already: see `check_host`."""

    method: str
    url: URL
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    """JSON, or None for a request without a body."""


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes


class GuardedClient:
    """Makes requests. Use it as a context manager in the loop that makes them."""

    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                resolver=GuardedResolver(self._hosts),
                # The name is asked for each connection: a list of yesterday's
                # addresses is of no use to a service that runs for months.
                use_dns_cache=False,
                limit=AT_ONCE,
                limit_per_host=AT_ONCE_PER_HOST,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),
            auto_decompress=False,
            headers=HEADERS,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    def check_host(self, where: str, url: URL, written: str) -> None:
        """Raise `Trouble` unless *url* may be asked. *written* is its host as written.

        *where* begins the message: whose URL it is.
        """
        host = url.host or ""
        if not self._hosts.lists(host, url.port or 0):
            raise Trouble(
                f"{where}: {host} is not among the `hosts` of site.yaml; add it there "
                f"if flows may ask it"
            )
        # The resolver never sees a host that is an address already.
        if written.startswith("[") or host.replace(".", "").isdigit():
            try:
                allowed = self._hosts.reaches(host)
            except ValueError:
                allowed = False
            if not allowed:
                raise Trouble(
                    f"{where}: {host} is no public address, written as one; if it is "
                    f"meant, list it under `hosts` in site.yaml in the usual form"
                )

    async def ask(self, where: str, request: Request, seconds: float) -> Reply:
        """Return the reply, whatever its status below 500 but a redirect.

        Raises `Trouble` for what stays as it is, `Again` for what may pass: no
        connection, no whole answer within *seconds*, an error of the server (5xx).
        """
        if self._session is None:
            raise RuntimeError("an HTTP client is used before `async with`")
        headers = dict(request.headers)
        if request.body is not None:
            headers.setdefault("Content-Type", "application/json")
        try:
            async with (
                asyncio.timeout(seconds),
                self._session.request(
                    request.method,
                    request.url,
                    headers=headers,
                    data=request.body,
                    allow_redirects=False,
                ) as reply,
            ):
                return await _read(where, reply)
        except TimeoutError:
            raise Again(f"did not answer within {seconds:g} s") from None
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.os_error, NotAllowed):
                raise Trouble(f"{where}: {error.os_error}") from None
            raise Again("can't be reached") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # Neither the message nor the url of these: both quote what was asked.
            raise Again(f"failed ({type(error).__name__})") from None


async def _read(where: str, reply: aiohttp.ClientResponse) -> Reply:
    host = f"{where}: {reply.url.host}"
    if reply.status >= 500:
        raise Again(f"answered {reply.status}")
    if 300 <= reply.status < 400:
        raise Trouble(f"{host} redirects, which is not followed; write its new url")
    if reply.headers.get("Content-Encoding", "identity") != "identity":
        raise Trouble(f"{host} packs its answer, though it was asked not to")
    body = bytearray()
    async for chunk in reply.content.iter_chunked(64 * 1024):
        body += chunk
        if len(body) > LARGEST:
            raise Trouble(f"{host} answered more than {LARGEST // 1024} KiB")
    return Reply(reply.status, bytes(body))


def refusal(status: int) -> str:
    """What to look at when a server answers *status*."""
    cure = {
        401: "check the secret in its headers",
        403: "check the secret in its headers",
        429: "it is asked too often: ask less, or give the source a `cache`",
    }.get(status, "check the url, and what it wants to be sent")
    return f"answered {status}; {cure}"
