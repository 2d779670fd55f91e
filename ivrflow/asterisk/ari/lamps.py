"""Message-waiting lamps of phones, by ARI's mailboxes.

A mailbox of ARI holds two counts and nothing else; Asterisk tells the phones that have
subscribed to it. It needs the module `res_ari_mailboxes`, and that needs
`res_mwi_external`, which can't stand beside `app_voicemail`: both are the one provider
of voicemail, and whoever comes first is. Debian builds neither of the two.
"""

from __future__ import annotations

from collections.abc import Mapping

from ivrflow.asterisk.ari.client import Client
from ivrflow.asterisk.ari.errors import AriAway, AriError, Gone
from ivrflow.flow.world import Trouble

OWNER = "app_voicemail.so"
"""The module that has the lamps where it runs."""


class AriLamps:
    """See `service.lamps.Lamps`."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def why_off(self) -> str:
        """Why there is no showing anything; "" if there is. Raises `Trouble`."""
        try:
            await self._client.mailboxes.list()
        except Gone:  # 404: nobody knows such requests
            return await self._owned()
        except AriError as error:
            raise Trouble(f"lamps: {error}") from None
        return ""

    async def shown(self) -> Mapping[str, tuple[int, int]]:
        """Lamp -> how many new and old messages it shows. Raises `Trouble`."""
        try:
            listed = await self._client.mailboxes.list()
        except AriError as error:
            raise Trouble(f"lamps: {error}") from None
        return {one.name: (one.new_messages, one.old_messages) for one in listed}

    async def show(self, lamp: str, *, new: int, old: int) -> None:
        """Let *lamp* show so many messages. Raises `Trouble`, `ValueError` for a lamp
        that Asterisk does not take."""
        try:
            await self._client.mailboxes.update(
                lamp, old_messages=old, new_messages=new
            )
        except (AriAway, Gone) as away:
            raise Trouble(f"lamps: {away}") from None
        except AriError as error:
            raise ValueError(str(error)) from None

    async def _owned(self) -> str:
        try:
            module = await self._client.asterisk.get_module(OWNER)
        except (Gone, AriError):
            running = False
        else:
            running = module.status.casefold() == "running"
        if running:
            return (
                "app_voicemail owns the lamps of this Asterisk: write `noload => "
                "app_voicemail.so` into its modules.conf, and load res_mwi_external, "
                "res_stasis_mailbox and res_ari_mailboxes"
            )
        return (
            "this Asterisk has no res_ari_mailboxes: build it with res_mwi_external, "
            "res_stasis_mailbox and res_ari_mailboxes, or write lamps: off under "
            "voicemail: in the settings"
        )
