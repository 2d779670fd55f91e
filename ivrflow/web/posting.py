"""What is posted to other systems: webhooks, text messages, PINs to be judged.

- A webhook gets one JSON object, the letter's key as `Idempotency-Key`, and, where the
  settings have a key for it, `X-Ivrflow-Signature: t=SECONDS,v1=HEX`: the HMAC-SHA-256
  of `SECONDS.BODY`. Who checks it knows that it comes from us and is not an old one.
- A text message goes to the operator's gateway as `{"to", "text", "from", "key"}`.
- A PIN goes to a core system sealed, with its card and the time in one object.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import msgspec
from yarl import URL

from ivrflow.flow.letters import Parcel, Undeliverable
from ivrflow.flow.rows import place
from ivrflow.flow.world import Letter, Trouble
from ivrflow.secret import Secret
from ivrflow.web.client import Again, GuardedClient, Request, refusal
from ivrflow.web.lookups import BEGIN, TIMEOUT
from ivrflow.web.sealing import Seal

if TYPE_CHECKING:
    from ivrflow.flow.notices import Told
    from ivrflow.flow.site.data import DataSource

SECONDS = 10.0
"""For one letter."""

PASSING = frozenset((408, 425, 429))
"""Refusals that may pass."""


@dataclass(frozen=True)
class WebhookCourier:
    """Posts letters to the hosts of the site. *clock* is seconds since 1970."""

    client: GuardedClient
    clock: Callable[[], float]
    key: Secret | None = None
    """Signs what is posted; None: nothing is signed."""
    told: Callable[[Parcel], Awaitable[Told]] | None = None
    """Tells all that is known of a message; None: only what its row says."""

    async def deliver(self, letter: Letter) -> None:
        """Post *letter* now. Raises `Trouble`, `Undeliverable`."""
        text = letter.text.reveal() if isinstance(letter.text, Secret) else letter.text
        body = {"text": text, "data": dict(letter.data), "call": letter.call}
        await self._post(letter.key, letter.to, body)

    async def carry(self, parcel: Parcel) -> None:
        """Post *parcel*. Raises `Trouble`, `NotYet`, `Undeliverable`."""
        body: dict[str, Any] = {
            "at": parcel.at,
            "text": parcel.text,
            "data": dict(parcel.data),
            "call": parcel.call,
        }
        if (about := parcel.about) is not None:
            body["message"] = (
                (await self.told(parcel)).data if self.told else asdict(about)
            )
        await self._post(parcel.key, parcel.to, body)

    async def _post(self, key: str, to: str, body: Mapping[str, Any]) -> None:
        content = msgspec.json.encode({"key": key, **body})
        headers = {"Idempotency-Key": key}
        if self.key is not None:
            at = f"{self.clock():.0f}"
            signed = hmac.digest(
                self.key.reveal().encode(), at.encode() + b"." + content, hashlib.sha256
            )
            headers["X-Ivrflow-Signature"] = f"t={at},v1={signed.hex()}"
        await post(self.client, "the webhook", to, headers, content)


@dataclass(frozen=True)
class HttpGateway:
    """The operator's gateway for text messages; see `flow.text_messages`."""

    client: GuardedClient
    url: str
    sender: str = ""
    token: Secret | None = None

    async def send(self, key: str, to: str, text: str) -> None:
        """As `TextGateway.send`."""
        body = {"to": to, "text": text, "from": self.sender, "key": key}
        headers = {"Idempotency-Key": key}
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token.reveal()}"
        content = msgspec.json.encode(body)
        await post(self.client, "the text message gateway", self.url, headers, content)


@dataclass(frozen=True)
class HttpJudge:
    """A flow's `Judge`. *keys* are the settings' by name; see `sealing`."""

    client: GuardedClient
    keys: Mapping[str, Seal]
    clock: Callable[[], float]

    async def right(self, source: DataSource, card: Secret, pin: Secret) -> bool:
        """True if the core system answers `{"ok": true}`. Raises `Trouble`.

        Never tried twice: a core system may count tries.
        """
        where = place(source)
        verify = next((v for v in source.verify.values() if v.post is not None), None)
        if verify is None:
            raise Trouble(f"{where}: its PINs are not judged by a core system")
        seal = self.keys.get(str(verify.encrypt))
        if seal is None:
            raise Trouble(f"{where}: the settings have no key {str(verify.encrypt)!r}")
        inside = {"card": card.reveal(), "pin": pin.reveal(), "at": self.clock()}
        try:
            sealed = seal(msgspec.json.encode(inside))
        except ValueError:
            raise Trouble(f"{where}: card and PIN are too long for the key") from None
        body = {"key": str(verify.encrypt), "sealed": sealed}
        url = _checked(self.client, where, str(verify.post))
        request = Request(method="POST", url=url, body=msgspec.json.encode(body))
        seconds = TIMEOUT if source.timeout is None else float(source.timeout)
        try:
            reply = await self.client.ask(where, request, seconds)
        except Again as failure:
            raise Trouble(f"{where}: the core system {failure}") from None
        if reply.status != 200:
            raise Trouble(f"{where}: the core system {refusal(reply.status)}")
        try:
            return msgspec.json.decode(reply.body, type=_Judged).ok
        except (msgspec.MsgspecError, ValueError, RecursionError):
            raise Trouble(
                f'{where}: the core system did not answer {{"ok": true}} or false'
            ) from None


class _Judged(msgspec.Struct):
    ok: bool


async def post(
    client: GuardedClient, where: str, to: str, headers: Mapping[str, str], body: bytes
) -> None:
    """Post *body* once. Raises `Trouble`; `Undeliverable` if it is refused for good."""
    url = _checked(client, where, to)
    request = Request(method="POST", url=url, headers=headers, body=body)
    try:
        reply = await client.ask(where, request, SECONDS)
    except Again as failure:
        raise Trouble(f"{where} {failure}") from None
    if 200 <= reply.status < 300:
        return
    message = f"{where} {refusal(reply.status)}"
    if reply.status in PASSING or reply.status in (401, 403, 404):
        # 401, 403, 404: somebody changes a token or an address, and mends it.
        raise Trouble(message)
    raise Undeliverable(message)


def _checked(client: GuardedClient, where: str, written: str) -> URL:
    begin = BEGIN.match(written if "/" in written[8:] else f"{written}/")
    if begin is None:
        raise Undeliverable(f"{where}: its url must begin with https://host/")
    try:
        url = URL(written)
        _ = url.port
    except ValueError:
        raise Undeliverable(f"{where}: this is no url") from None
    client.check_host(where, url, begin["host"])
    return url
