"""A channel in Asterisk's Stasis application: the telephony room's `Channel`.

Events about the channel come in order to `_heard`, called by the reader. What has to
be fast happens there, above all stopping a prompt at a key: that order is on its way
before the flow has even noticed. Everything else is a method that sends one request
and waits for the event that ends it. What sounds at the far end is in `Ear`, what is
recorded of it in `Recordings`.

Three rules:
- Ids are ours, and who waits for an event is there before the request: an event may
  overtake the answer to the request that caused it.
- A request that makes something runs to its end even when its caller is cancelled;
  else it could not be known whether there is something to clean up.
- A channel that Asterisk does not know any more has hung up. While Asterisk is away,
  we wait for it: it comes back with the channel or without it.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from ivrflow.asterisk.ari.client import Client
from ivrflow.asterisk.ari.ear import Ear
from ivrflow.asterisk.ari.errors import AriAway, AriError, Gone
from ivrflow.asterisk.ari.media import Sounds
from ivrflow.asterisk.ari.patience import patiently
from ivrflow.asterisk.ari.recordings import Recordings
from ivrflow.asterisk.ari.still_playing import Before, noted
from ivrflow.asterisk.ari.wire import event_models as events
from ivrflow.telephony.channel import Cause, HungUp, Recorded, RecordOrder
from ivrflow.telephony.keys import Keys
from ivrflow.telephony.sound import Utterance

T = TypeVar("T")

log = logging.getLogger(__name__)

REMEMBERED = "IVRFLOW_STATE"
"""The variable of a channel in which it is kept; ari.conf lists it in `channelvars`."""

VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
"""A variable's name: with brackets it would be a function's."""

SAME_MOMENT = 0.05
"""Seconds in which the news of a hang-up follows the news of what it ended."""


class AriChannel:
    """One leg of a call. `AriSwitch` makes them; see `telephony.channel.Channel`."""

    def __init__(
        self,
        client: Client,
        id: str,
        *,
        caller_id: str = "",
        dialled: str = "",
        phone: str = "",
        up: bool = False,
        remembered: str = "",
        before: Before | None = None,
        sounds: Sounds | None = None,
        ended: Callable[[AriChannel], None] = lambda _: None,
    ) -> None:
        """*up*: it was answered already. *sounds* tells where clips are.

        *before* is what a process before us left on it; None for a new channel.
        *ended* is called once when Asterisk knows the channel no more.
        """
        self.id = id
        self.caller_id = caller_id
        self.dialled = dialled
        self.phone = phone
        self.keys = Keys(client.kept_keys.latest)
        self.remembered = remembered
        self.gone: asyncio.Future[Cause] = asyncio.get_running_loop().create_future()
        self._client = client
        self._ended = [ended]
        self.up = up
        """Whether it was answered."""
        self.refused = False
        """Whether it is sent away as soon as it came: whoever takes calls says so."""
        self._step_out = before.step_out if before else None
        self._over = False
        self._noted = before.ordered if before else 0
        self._begins = dict(before.begins) if before else {}
        self._ear = Ear(client, self, sounds or Sounds.below(""), before)
        self._recordings = Recordings(client, self, taken_over=before is not None)
        self._watch = client.hub.watch("channel", id, self._heard)

    def __repr__(self) -> str:
        return f"<channel {self.id}>"

    # What Asterisk tells --------------------------------------------------------------

    def _heard(self, event: Any) -> None:
        match event:
            case events.ChannelDtmfReceived():
                self._pressed(event.digit)
            case events.ChannelStateChange():
                self.found(event.channel.state)
            case events.ChannelHangupRequest():
                self.drop(Cause(event.cause or Cause.NORMAL_CLEARING))
            case events.StasisEnd():
                self.end(Cause.NORMAL_CLEARING)
            case events.ChannelDestroyed():
                self.end(Cause(event.cause))

    def found(self, state: str) -> None:
        """Asterisk has it in that state of its own."""
        self.up = self.up or state == "Up"

    def _pressed(self, key: str) -> None:
        at = self._client.kept_keys.key
        if self._recordings.takes(key):
            self.keys.pass_by(at)
            return
        self.keys.press(key, at)
        self._ear.pressed(key)

    def drop(self, cause: Cause) -> None:
        """The far end is no more, or out of reach. The first cause counts."""
        if not self.gone.done():
            self.gone.set_result(cause)
            self._ear.hung_up()

    def end(self, cause: Cause) -> None:
        """It is Asterisk's and ours no more: nothing will be heard of it."""
        self._over = True
        self.drop(cause)
        self._watch.close()
        self._recordings.abandon()
        for ended in self._ended:
            ended(self)

    def when_over(self, ended: Callable[[], None]) -> None:
        """Call *ended* too when Asterisk knows the channel no more."""
        self._ended.append(lambda _: ended())

    async def catch_up(self) -> None:
        """After the line to Asterisk was down: take the end of what has ended since.

        Asterisk keeps events while we are away, but not those that it had already
        written to the connection that broke.
        """
        await self._ear.catch_up()
        await self._recordings.catch_up()

    # What outlives us -----------------------------------------------------------------

    async def remember(self, text: str) -> None:
        self.check()
        if self._ear.playing or self._recordings.running:
            # Asterisk would hold the request back until that ends, and so the call.
            log.error(
                "call %s: its place is not kept: something plays, or is recorded; that "
                "is a fault of ours",
                self.id,
            )
            return
        await self.quiet()
        ordered = self._ear.ordered
        if await self._write_down(noted(ordered, text)):
            self.remembered, self._noted, self._begins = text, ordered, {}

    async def note_begin(self, number: int, begin: int) -> None:
        """Remember besides that *begin* milliseconds of a sound are left out.

        It is the sound of that *number*, which is about to be ordered: whoever takes
        the call over must not think that it plays from its beginning.
        """
        self._begins[number] = begin
        if self.remembered:
            value = noted(self._noted, self.remembered, self._begins)
            await self._write_down(value)

    async def _write_down(self, value: str) -> bool:
        """Have the channel itself bear *value*; False: it does not."""
        try:
            await self.ask(
                lambda: self._client.channels.set_channel_var(
                    self.id, REMEMBERED, value=value
                )
            )
        except AriError as error:
            log.error("call %s: its place is not kept: %s", self.id, error)
            return False
        return True

    def joined(self) -> None:
        """It stands where it should: no bridge of before holds it."""
        self._step_out = None

    async def step_aside(self) -> None:
        """Leave the bridge in which a process before us left it, if that is so."""
        step_out, self._step_out = self._step_out, None
        if step_out is not None:
            await step_out()

    # Answering and hanging up ---------------------------------------------------------

    async def answer(self) -> None:
        if self.up:
            self.check()
            return
        try:
            await self.ask(lambda: self._client.channels.answer(self.id))
        except AriError as error:
            log.error("call %s could not be answered: %s", self.id, error)
            self.drop(Cause.TEMPORARY_FAILURE)
            raise HungUp(self.gone.result()) from None
        self.up = True

    async def hang_up(self, cause: Cause = Cause.NORMAL_CLEARING) -> None:
        if self._over:
            return  # should it live, it is with the dialplan, which has the last word
        try:
            await self._client.channels.hangup(self.id, reason_code=str(int(cause)))
        except Gone:
            pass
        except AriError as error:
            # The switch hangs it up when Asterisk is back, if it is still there.
            log.warning("call %s could not be hung up: %s", self.id, error)
        self.drop(cause)

    async def give_back(self, variables: Mapping[str, str]) -> None:
        self.check()
        await self.quiet()
        for name, value in variables.items():
            await self._set(name, value)
        try:
            await self.ask(lambda: self._client.channels.continue_in_dialplan(self.id))
        except AriError as error:
            log.error("call %s: the dialplan can't have it: %s", self.id, error)
            await self.hang_up()
            return
        self.end(Cause.NORMAL_CLEARING)

    async def _set(self, name: str, value: str) -> None:
        """Set a variable of the channel; the dialplan does without one that fails."""
        if not VARIABLE.fullmatch(name):
            log.error("call %s: %r is no name of a variable", self.id, name[:80])
            return
        try:
            await self.ask(
                lambda: self._client.channels.set_channel_var(
                    self.id, name, value=value
                )
            )
        except AriError as error:
            log.error("call %s: %s is not set: %s", self.id, name, error)

    # What is heard there --------------------------------------------------------------

    async def play(
        self, said: Sequence[Utterance], *, stop_on: str = "", begin: float = 0.0
    ) -> bool:
        self.check()
        return await self._ear.play(said, stop_on=stop_on, begin=begin)

    @asynccontextmanager
    async def music(self, name: str) -> AsyncIterator[None]:
        self.check()
        await self.step_aside()
        async with self._ear.music(name):
            yield

    async def quiet(self) -> None:
        """Let nothing sound any more that a process before us has ordered."""
        await self._ear.quiet()

    # Recording ------------------------------------------------------------------------

    async def record(self, order: RecordOrder) -> Recorded:
        self.check()
        await self.step_aside()
        return await self._recordings.record(order)

    async def kept(self, name: str) -> Recorded | None:
        return await self._recordings.kept(name)

    # Requests -------------------------------------------------------------------------

    def check(self) -> None:
        """Raise `HungUp` if it is gone."""
        if self.gone.done():
            raise HungUp(self.gone.result())

    async def hung_up_too(self) -> bool:
        """Whether what has ended just now did so because of a hang-up.

        Asterisk tells of the end first, and does not say why.
        """
        await asyncio.wait([self.gone], timeout=SAME_MOMENT)
        return self.gone.done()

    async def ask(self, request: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Send a request about this channel; raise `HungUp` if it is no more.

        While Asterisk is away the call waits for it: it comes back with this channel,
        or without it, and then the switch has ended it before requests make sense.
        """

        async def unless_gone() -> T:
            self.check()
            return await request()

        try:
            return await patiently(self._client.link, unless_gone)
        except Gone:
            self._over = True
            self.drop(Cause.NORMAL_CLEARING)
        except AriAway:
            self.drop(Cause.TEMPORARY_FAILURE)
        raise HungUp(self.gone.result())
