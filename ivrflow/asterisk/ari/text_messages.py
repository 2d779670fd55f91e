"""Text messages by SIP MESSAGE, through Asterisk (RFC 3428).

Asterisk takes a message and says nothing more: whether the far end got it is never
known here, so nothing is tried again once Asterisk has it. Where that matters, a
gateway over HTTP is the better way.
"""

from __future__ import annotations

from dataclasses import dataclass

from ivrflow.asterisk.ari.client import Client
from ivrflow.asterisk.ari.errors import AriAway, AriError, Gone
from ivrflow.flow.letters import Undeliverable
from ivrflow.flow.world import Trouble

LONGEST = 1300
"""Bytes: RFC 3428, section 8, the most of a MESSAGE where no one knows the way."""


@dataclass(frozen=True)
class SipGateway:
    """Sends by Asterisk; see `flow.text_messages.TextGateway`.

    *endpoint* is where to, as `pjsip:{number}@trunk`; *sender* a SIP address, "" for
    the service's own name.
    """

    client: Client
    endpoint: str
    sender: str = ""

    async def send(self, key: str, to: str, text: str) -> None:
        """As `TextGateway.send`; a SIP MESSAGE has no place for *key*."""
        if len(text.encode()) > LONGEST:
            raise Undeliverable(f"more than {LONGEST} bytes: no SIP MESSAGE is so long")
        address = self.endpoint.replace("{number}", to)
        try:
            await self.client.endpoints.send_message(
                address, self.sender or "sip:ivrflow@localhost", body=text
            )
        except AriAway as away:
            raise Trouble(f"Asterisk takes no text message: {away}") from None
        except (AriError, Gone) as refused:
            # What it says may quote the message, and that may be a code.
            status = getattr(refused, "status", 404)
            message = (
                f"Asterisk refuses a text message ({status}): see sms: endpoint in the "
                "settings, and that res_pjsip_messaging and res_ari_endpoints are there"
            )
            raise Trouble(message) from None
