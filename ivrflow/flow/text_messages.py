"""Text messages: their words and their number, whatever carries them from here.

A gateway may be an operator's, asked over HTTP, or the telephone network itself, by SIP
MESSAGE. What is sent is the same.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ivrflow.flow.letters import SMS, Parcel, Undeliverable
from ivrflow.secret import Secret

if TYPE_CHECKING:
    from ivrflow.flow.notices import Told
    from ivrflow.flow.world import Letter


class TextGateway(Protocol):
    """Carries text messages on; raises `Trouble`, `Undeliverable`."""

    async def send(self, key: str, to: str, text: str) -> None:
        """Return when it has taken *text* for the number *to*.

        What comes twice bears the same *key*.
        """


@dataclass(frozen=True)
class SmsCourier:
    """Hands text messages to a gateway. *told* makes the words of notices; None where
    there are none."""

    gateway: TextGateway
    told: Callable[[Parcel], Awaitable[Told]] | None = None

    async def deliver(self, letter: Letter) -> None:
        """Send *letter* now. Raises `Trouble`, `Undeliverable`."""
        text = letter.text.reveal() if isinstance(letter.text, Secret) else letter.text
        await self._send(letter.key, letter.to, text)

    async def carry(self, parcel: Parcel) -> None:
        """Send *parcel*. Raises `Trouble`, `NotYet`, `Undeliverable`."""
        text = parcel.text
        if parcel.about is not None:
            assert self.told is not None, "nobody has words for notices"
            text = (await self.told(parcel)).short
        await self._send(parcel.key, parcel.to, text)

    async def _send(self, key: str, to: str, text: str) -> None:
        if not SMS.fullmatch(to):
            raise Undeliverable("this is no number for a text message")
        await self.gateway.send(key, to, text)
