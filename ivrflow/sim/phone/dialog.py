"""A row of requests under one Call-ID: a call, or a registration (RFC 3261, 12)."""

from __future__ import annotations

import asyncio
import secrets
from typing import Any, Protocol

from ivrflow.sim.phone import message
from ivrflow.sim.phone.line import FIRST, GIVE_UP, LONGEST, Ask, Line
from ivrflow.sim.phone.message import CallRefused, Login, Media
from ivrflow.sim.phone.rtp import Address
from ivrflow.telephony.channel import Cause


class Party(Protocol):
    """Whom a dialog tells what the far end does."""

    def moved(self, media: Media) -> None:
        """The far end wants its sound elsewhere."""

    def transferred(self, to: str) -> bool:
        """The far end sends us to *to*. True if we go."""

    def end(self) -> object:
        """End the call."""

    def gone(self, cause: Cause) -> None:
        """The far end has hung up, or given up ringing us."""


class Dialog:
    """Our side of a call or a registration.

    *near* and *far* are From and To of what we send, *target* is where it goes, and
    *login* answers the question who we are.
    """

    def __init__(
        self, line: Line, *, near: str, far: str, target: str, login: Login | None
    ) -> None:
        self.party: Party | None = None
        self.early = 0
        """The last status before the answer to what we asked, or 0."""
        self.invite: Any = None
        """The INVITE that has come for us; None if we are the one who calls."""
        self.headers: list[tuple[str, str]] = []
        """More headers for each request of ours."""
        self.user = f"phone-{secrets.token_hex(4)}"
        """The user part of our contact: new each time, so nobody takes us for a
        phone of an earlier test."""
        self._line = line
        self._near, self._far, self._target = near, far, target
        self._login = login
        self._call_id = message.call_id(line.near)
        self._number = 0
        self._sdp = b""
        self._vanished = False
        self._timer: asyncio.TimerHandle | None = None

    @classmethod
    def taken(cls, line: Line, invite: Any) -> Dialog:
        """Return the dialog of a call that has come for us, and isn't answered yet."""
        dialog = cls(
            line,
            near=message.tagged(invite.headers["To"]),
            far=invite.headers["From"],
            target=message.contact(invite),
            login=None,
        )
        dialog.invite, dialog._call_id = invite, invite.call_id
        line.sides[dialog._call_id] = dialog
        return dialog

    # What we ask

    async def call(self, sound: Address) -> Media:
        """Call, with our sound at *sound*; return where the far end's is, once it's up.

        Raises `CallRefused`. Cancelling it gives up: the far end stops ringing.
        """
        self._sdp = message.sdp(sound)
        self._line.sides[self._call_id] = self
        try:
            ask = await self._ask("INVITE", self._sdp)
            self._check(ask, self._target)
            self._confirm(ask, ask.final.result())
        except BaseException:
            self._forget()
            raise
        try:
            return message.media(ask.final.result())
        except CallRefused:
            self.hang_up()
            raise

    async def register(self, seconds: int) -> None:
        """Register our contact for *seconds*, 0 to end it; raise `CallRefused`."""
        ask = await self._ask("REGISTER", Expires=str(seconds))
        self._check(ask, f"the registration of {self._far}")

    def hang_up(self) -> asyncio.Future[Any]:
        """End the call; the result is done when the far end knows."""
        self._forget()
        return self._line.ask(self._request("BYE")).final

    # What we answer

    def ring(self) -> None:
        """Tell the caller that it rings here."""
        self._line.answer(self.invite, 180, to=self._near, contact=self._contact)

    def accept(self, sound: Address) -> Media:
        """Take the call, with our sound at *sound*; return where the far end's is.

        Raises `CallRefused` if the call offers no sound.
        """
        media = message.media(self.invite)
        self._sdp = message.sdp(sound, media.event_type)
        self._repeat(self._answer_with_sound(self.invite), FIRST, 0.0)
        return media

    def reject(self, status: int) -> None:
        """Refuse the call."""
        self._forget()
        self._line.answer(self.invite, status, to=self._near)

    def take(self, request: Any) -> None:
        """Take a request of the far end's."""
        if self._vanished:
            return
        if request.method == "ACK":
            self.stop()
        elif request.method == "BYE":
            self._line.answer(request, 200)
            self._end(message.cause(request))
        elif request.method == "CANCEL":
            self._line.answer(request, 200, to=self._near)
            if self.invite is not None and not self._sdp:
                self._line.answer(self.invite, 487, to=self._near)
                self._end(message.cause(request))
        elif request.method == "REFER" and self.party is not None:
            takes = self.party.transferred(request.headers.get("Refer-To") or "")
            self._line.answer(request, 202 if takes else 603, to=self._near)
            if takes:
                # As a trunk does: it tells that it has the caller, and leaves.
                self._tell_transferred()
                self.party.end()
        elif request.method in ("INVITE", "UPDATE") and self._sdp:
            # A switch moves its sound elsewhere, or only asks if we are still there.
            if request.body and self.party is not None:
                self.party.moved(message.media(request))
            self._answer_with_sound(request)
        else:
            self._line.answer(request, 200)

    def vanish(self) -> None:
        """Answer nothing from now on."""
        self.stop()
        self._vanished = True

    def stop(self) -> None:
        """Send nothing more by itself."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # Inside

    @property
    def _contact(self) -> str:
        return f"<{message.uri(self.user, self._line.near)}>"

    def _tell_transferred(self) -> None:
        """Tell how the transfer went that the far end has asked for (RFC 3515)."""
        state = ("Subscription-State", "terminated;reason=noresource")
        notify = self._request("NOTIFY", more=[("Event", "refer"), state])
        notify.set_body(b"SIP/2.0 200 OK\r\n", "message/sipfrag;version=2.0")
        self._line.ask(notify)

    def _answer_with_sound(self, request: Any) -> Any:
        return self._line.answer(
            request, 200, to=self._near, contact=self._contact, body=self._sdp
        )

    def _repeat(self, response: Any, pause: float, waited: float) -> None:
        """Send the 200 again until its ACK comes: UDP may have lost either."""
        if waited:
            self._line.send(response)
        if waited < GIVE_UP:
            after = (response, min(pause * 2, LONGEST), waited + pause)
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(pause, self._repeat, *after)

    def _end(self, cause: Cause) -> None:
        self._forget()
        if self.party is not None:
            self.party.gone(cause)

    def _forget(self) -> None:
        self.stop()
        self._line.sides.pop(self._call_id, None)

    async def _ask(self, method: str, body: bytes = b"", **headers: str) -> Ask:
        """Ask, and a second time with our login if the far end wants to know."""
        more = list(headers.items())
        ask = await self._answered(self._request(method, body, more))
        response = ask.final.result()
        if response.status_code in (401, 407) and self._login is not None:
            more.append(message.authorization(self._login, ask.request, response))
            ask = await self._answered(self._request(method, body, more))
        return ask

    async def _answered(self, request: Any) -> Ask:
        ask = self._line.ask(request)
        try:
            await asyncio.wait([ask.final])
        except asyncio.CancelledError:
            if request.method == "INVITE":
                self._give_up(ask)
            raise
        finally:
            self.early = ask.early
        return ask

    def _give_up(self, ask: Ask) -> None:
        """Take an INVITE back; an answer that comes meanwhile is hung up."""

        def answered_meanwhile(response: Any) -> None:
            if response.status_code < 300:
                self._confirm(ask, response)
                self.hang_up()

        if ask.final.done():
            answered_meanwhile(ask.final.result())
        else:
            ask.final.cancel()
            ask.unwanted = answered_meanwhile
            self._line.ask(message.cancel(ask.request))

    def _check(self, ask: Ask, what: str) -> None:
        response = ask.final.result()
        if response.status_code >= 300:
            raise CallRefused(response.status_code, response.reason, what)

    def _confirm(self, ask: Ask, response: Any) -> None:
        """Send the ACK of a 2xx, which is a request of its own (13.2.2.4)."""
        self._far = response.headers["To"]
        self._target = message.contact(response) or self._target
        ask.ack = self._request("ACK", number=response.cseq[0])
        self._line.send(ask.ack)

    def _request(
        self,
        method: str,
        body: bytes = b"",
        more: list[tuple[str, str]] | None = None,
        *,
        number: int = 0,
    ) -> Any:
        if not number:
            self._number = number = self._number + 1
        headers = [
            ("From", self._near),
            ("To", self._far),
            ("Call-ID", self._call_id),
            ("CSeq", f"{number} {method}"),
            ("Contact", self._contact),
            *self.headers,
            *(more or ()),
        ]
        return message.request(method, self._target, self._line.near, headers, body)
