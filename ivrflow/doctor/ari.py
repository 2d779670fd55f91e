"""Asking Asterisk by its REST interface, one question at a time.

Not with the service's own client: that waits patiently for an Asterisk that is away,
while a doctor wants to know at once, and why. It also wants what the client has no use
for: the date of an answer, and what a refusal says.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp

from ivrflow.asterisk.ari.settings import AriSettings
from ivrflow.doctor.finding import CannotLook

WITHIN = 5.0
"""Seconds for one answer."""

LARGEST = 16 * 1024 * 1024
"""Bytes of an answer: a thousand endpoints are 200 kB."""

NO_SUCH = "ivrflow-doctor-no-such-channel"
"""A channel that there never is: to end it is an order that does nothing."""


@dataclass(frozen=True)
class Answer:
    """What came back. *json* is None where it is no JSON."""

    status: int
    json: Any
    date: datetime | None
    """When Asterisk sent it, by Asterisk's clock: whole seconds."""
    said: str
    """Its words, where it is a refusal."""


class NoAnswer(CannotLook):
    """Asterisk gave none. *why* is for people; *refused*: nobody listens there."""

    def __init__(self, why: str, *, refused: bool = False) -> None:
        super().__init__(
            f"Asterisk gave no answer: {why}", "look at Asterisk's log; then ask again"
        )
        self.why = why
        self.refused = refused


class AskedAri:
    """One Asterisk, asked. `close` it."""

    def __init__(self, settings: AriSettings, *, within: float = WITHIN) -> None:
        self.settings = settings
        self.url = settings.url.rstrip("/")
        self._within = within
        self._session: aiohttp.ClientSession | None = None
        self._known: dict[str, Answer | NoAnswer] = {}

    @property
    def session(self) -> aiohttp.ClientSession:
        """For whoever wants more than answers: it signs in by itself."""
        if self._session is None:
            login = f"{self.settings.user}:{self.settings.password.reveal()}".encode()
            header = "Basic " + base64.b64encode(login).decode()
            self._session = aiohttp.ClientSession(
                headers={"Authorization": header},
                timeout=aiohttp.ClientTimeout(self._within),
                connector=aiohttp.TCPConnector(limit=2),
            )
        return self._session

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def get(self, path: str, **query: str) -> Answer:
        """Ask what is at *path*, below `/ari`; the same again is not asked again.

        Raises `NoAnswer`.
        """
        key = f"{path}?{sorted(query.items())}"
        if key not in self._known:
            try:
                self._known[key] = await self.request("GET", path, query=query)
            except NoAnswer as none:
                self._known[key] = none
        found = self._known[key]
        if isinstance(found, NoAnswer):
            raise found
        return found

    async def request(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request. Raises `NoAnswer`."""
        try:
            async with self.session.request(
                method,
                self.url + path,
                params=query,
                json=body,
                allow_redirects=False,
            ) as response:
                raw = bytearray()
                async for part in response.content.iter_any():
                    raw += part
                    if len(raw) > LARGEST:
                        raise NoAnswer("it answers more than any Asterisk would")
                return _answer(response, bytes(raw))
        except TimeoutError:
            raise NoAnswer(f"no answer within {self._within:g} s") from None
        except aiohttp.ClientConnectorCertificateError as failed:
            bad = failed.certificate_error
            raise NoAnswer(f"its certificate is not good: {bad}") from None
        except aiohttp.ClientConnectorError as failed:
            refused = isinstance(failed.os_error, ConnectionRefusedError)
            why = failed.os_error.strerror or str(failed.os_error)
            raise NoAnswer(why, refused=refused) from None
        except aiohttp.ServerDisconnectedError:
            raise NoAnswer("the connection was closed without an answer") from None
        except aiohttp.ClientError as failed:
            raise NoAnswer(
                f"what answers is no HTTP ({type(failed).__name__})"
            ) from None

    async def json(self, path: str, **query: str) -> Any:
        """What is at *path*. Raises `CannotLook` where Asterisk does not tell it."""
        answer = await self.get(path, **query)
        if answer.status != 200 or answer.json is None:
            raise CannotLook(
                f"Asterisk did not tell {path}: {answer.status} {answer.said}",
                "load the module that knows it (`ivrflow doctor --only modules` names "
                "what is missing)",
            )
        return answer.json

    async def variable(self, name: str) -> str:
        """A global variable, or what a function of the dialplan returns; "" if unset.

        Raises `CannotLook`.
        """
        found = await self.json("/asterisk/variable", variable=name)
        return str(found.get("value", "")) if isinstance(found, dict) else ""

    async def may_change(self) -> bool:
        """Whether our user may give orders: tried with one that does nothing.

        Raises `CannotLook`.
        """
        answer = await self.request("DELETE", f"/channels/{NO_SUCH}")
        return answer.status != 403


def _answer(response: aiohttp.ClientResponse, raw: bytes) -> Answer:
    try:
        found = json.loads(raw)
    except ValueError:
        found = None
    said = ""
    if response.status >= 300:
        if isinstance(found, dict):
            said = str(found.get("message") or found.get("error") or "")
        said = " ".join((said or response.reason or "").split())[:200]
    date = None
    if written := response.headers.get("Date"):
        try:
            date = parsedate_to_datetime(written)
        except ValueError:
            date = None
        if date is not None and date.tzinfo is None:
            date = None
    return Answer(response.status, found, date, said)
