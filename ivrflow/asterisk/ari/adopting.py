"""Taking over what Asterisk has for us and nobody here knows of.

One look does it all, with the same code at the start, after each new connection, and
every now and then while all is well:

1. An event of our own is sent round. When it comes back, all that Asterisk had kept for
   us has been handled: calls that came in, keys, and ends of what we once knew.
2. Which channels and bridges has Asterisk for us? Callers that nobody runs are
   *adopted*: handed over, all at once, with what their channels remember. Legs, bridges
   and listening channels that nobody runs are *orphans* (see there). What we know and
   Asterisk has no more, has ended.
3. What looks strange is asked a second time in the same look, after another round: a
   call that ends or comes in at this very moment is neither adopted nor given up.

Nothing is reaped before the first `reap` of a process, which its owner orders when all
callers have had time to claim what is theirs. Afterwards each look reaps what was
strange in two looks, some seconds apart.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from ivrflow.aio import several
from ivrflow.asterisk.ari.caller_id import number, phone, printable
from ivrflow.asterisk.ari.channel import REMEMBERED, AriChannel
from ivrflow.asterisk.ari.dialling import Dialling
from ivrflow.asterisk.ari.errors import AriAway, Gone
from ivrflow.asterisk.ari.listing import channels_of
from ivrflow.asterisk.ari.orphans import Orphans
from ivrflow.asterisk.ari.ours import LEG, SNOOP, Ours
from ivrflow.asterisk.ari.rooms import Rooms
from ivrflow.asterisk.ari.still_playing import Before, as_noted
from ivrflow.asterisk.ari.wire import event_models as events
from ivrflow.asterisk.ari.wire.models import Bridge, Channel
from ivrflow.telephony.channel import Cause
from ivrflow.telephony.keys import Place

log = logging.getLogger(__name__)

ROUND = "ivrflow_round"
"""The name of the event that is sent round."""

WITHIN = 5.0
"""Seconds in which it must be back. All that was kept for us comes before it."""

STRANGE = 5.0
"""Seconds for which a leg or a bridge must have been nobody's until a look reaps it."""

AT_ONCE = 32
"""Requests on their way at most while many are reaped."""

KEYS_EACH, KEPT_FOR = 32, 2000
"""Keys kept for one channel that is not adopted yet, and channels they are kept for."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a look has found."""

    startup_time: str
    """When Asterisk was started; another time: its calls of before are over."""
    callers: Sequence[AriChannel]
    """Those that nobody ran, the oldest first. They are the hearer's from now on."""
    there: frozenset[str]
    """The ids of all channels that Asterisk has for us, or that may come in again."""


class Adopting:
    """`look` finds and hands over, `reap` ends what nobody has claimed."""

    def __init__(
        self,
        ours: Ours,
        orphans: Orphans,
        dialling: Dialling,
        rooms: Rooms,
        *,
        on_call: Callable[[AriChannel], None],
        on_found: Callable[[Look], None],
    ) -> None:
        """*on_found* is called in each look; it notes what to do and returns.

        *on_call* takes a caller who came between a look's question and its answer.
        """
        self._ours = ours
        self._client = ours.client
        self._orphans = orphans
        self._dialling = dialling
        self._rooms = rooms
        self._on_found = on_found
        self._on_call = on_call
        self._keys: dict[str, list[tuple[str, Place]]] = {}
        self._aside: dict[str, events.StasisStart] = {}
        self._started = ""
        self._told = False
        self._round = ""
        self._back = asyncio.Event()
        self._waits: asyncio.Timeout | None = None
        self._turn = asyncio.Lock()
        self.settled = False
        """Whether all that was found at the start has been claimed or reaped."""
        self.strange_for = STRANGE
        self._client.on_event("ChannelUserevent", self._came_round)
        self._client.on_event("ChannelDtmfReceived", self._key)
        self._client.on_event("StasisEnd", self._left)
        self._client.link.on_loss(self._line_lost)

    # What comes for those whom we don't know yet --------------------------------------

    def _key(self, event: events.ChannelDtmfReceived) -> None:
        id = event.channel.id
        if id in self._ours.channels:
            return
        if id not in self._keys and len(self._keys) >= KEPT_FOR:
            return
        keys = self._keys.setdefault(id, [])
        if len(keys) < KEYS_EACH:
            keys.append((event.digit, self._client.kept_keys.key))

    def puts_aside(self, event: events.StasisStart) -> bool:
        """Whether a caller who comes is left to the look that is due.

        A caller in line whom nobody watched over goes out of our application and comes
        in again, several times. Asterisk has kept all of that for us; how he stands now
        only the look can tell. New callers are taken at once.
        """
        if self._client.link.ready or not self.remembered(event.channel):
            return False
        self._aside[event.channel.id] = event
        return True

    def _left(self, event: events.StasisEnd) -> None:
        self._aside.pop(event.channel.id, None)

    def _came_round(self, event: events.ChannelUserevent) -> None:
        if event.eventname == ROUND and event.userevent.get("mark") == self._round:
            self._back.set()

    async def _until_all_came(self) -> None:
        """Wait until what Asterisk had kept for us has come; raise `AriAway`."""
        self._round = secrets.token_hex(8)
        self._back.clear()
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(None) as waits:
                self._waits = waits
                await self._client.events.user_event(
                    ROUND, self._client.app, variables={"mark": self._round}
                )
                if self._waits is waits:
                    waits.reschedule(loop.time() + WITHIN)
                await self._back.wait()
        except TimeoutError:
            raise AriAway(
                f"Asterisk brings no events: one of our own did not come within "
                f"{WITHIN:g} s, or the connection was lost meanwhile"
            ) from None
        finally:
            self._waits = None

    def _line_lost(self) -> None:
        """What was sent round comes no more: the look after the next connection has its
        turn at once."""
        waits, self._waits = self._waits, None
        if waits is not None and not waits.expired():
            waits.reschedule(asyncio.get_running_loop().time())

    def remembered(self, there: Channel) -> str:
        """What a process of ours has kept with that channel, as it stands there."""
        variables = there.channelvars or {}
        if REMEMBERED not in variables and not self._told:
            self._told = True
            log.error(
                "Asterisk does not tell where calls stand: write channelvars = %s in "
                "[general] of its ari.conf; until then calls are taken over only while "
                "the database is there",
                REMEMBERED,
            )
        return str(variables.get(REMEMBERED, ""))

    # Looking --------------------------------------------------------------------------

    async def look(self) -> None:
        """Find what is new and what has ended, and hand it on.

        Two at a time take turns. Raises `AriError`; `AriAway` if it may be tried again.
        """
        async with self._turn:
            try:
                await self._look()
            except Gone as gone:
                raise AriAway(f"Asterisk does not know us: {gone}") from None

    async def _look(self) -> None:
        made = self._ours.made  # before we ask: newer ones may be missing
        known, bridges = dict(self._ours.channels), set(self._ours.bridges)
        await self._until_all_came()
        first = await channels_of(self._client, self._ours.channels)
        there = first.channels
        listed = await self._client.bridges.list()
        strange = there.keys() - self._ours.channels.keys()
        missing = made.keys() - there.keys()
        if strange or missing:
            await self._until_all_came()
            again = await channels_of(self._client, self._ours.channels)
            strange &= again.channels.keys() - self._ours.channels.keys()
            missing -= again.channels.keys() | first.untold | again.untold
            there |= again.channels
        self._end([made[id] for id in missing])
        for id, channel in there.items():
            self._seen(id, channel.state)
        callers = self._adopt(there[id] for id in strange)
        self._see_bridges(b for b in listed if b.id not in bridges)
        self._orphans.keep_only(there.keys(), {b.id for b in listed})
        await self._mend(c for id, c in known.items() if id in there)
        if self.settled:
            await self._reap(self.strange_for)
        came, self._aside = self._aside, {}
        for id in came.keys() - self._ours.channels.keys():
            event = came[id]
            self._on_call(self.found(event.channel, *kind_of(event.args)))
        self._keys.clear()
        self._client.kept_keys.forget()
        others = first.untold | first.may_return
        self._tell(callers, there.keys() | others | self._ours.channels.keys())

    def _end(self, missing: Sequence[AriChannel]) -> None:
        ended = [c for c in missing if self._ours.channels.get(c.id) is c]
        started = self._client.link.startup_time
        anew = started != self._started and self._started != ""
        self._started = started
        for channel in ended:
            channel.end(Cause.SWITCH_RESTARTED if anew else Cause.TEMPORARY_FAILURE)
        if ended:
            log.warning("%d channels ended while we heard nothing of it", len(ended))

    def _seen(self, id: str, state: str) -> None:
        """Its state as it is now: the event that told of it may have been lost."""
        if (channel := self._ours.channels.get(id)) is not None:
            channel.found(state)
        self._dialling.seen(id, state)

    def _adopt(self, strange: Iterable[Channel]) -> list[AriChannel]:
        """Make our side of those channels; return the callers among them."""
        callers = []
        for there in sorted(strange, key=lambda channel: channel.creationtime):
            args = there.dialplan.app_data.split(",")[1:]
            channel = self.found(there, *kind_of(args))
            if channel.id not in self._orphans.legs:
                callers.append(channel)
        if callers or self._orphans.legs:
            log.info(
                "%d callers are adopted; %d legs wait to be claimed",
                len(callers),
                len(self._orphans.legs),
            )
        return callers

    def found(self, there: Channel, kind: str, dialled: str) -> AriChannel:
        """Make our side of a channel that a process before us has had.

        One of a kind that we make is an orphan, unless it remembers a call.
        """
        left = as_noted(self.remembered(there))
        channel = self._ours.channel(
            there.id,
            caller_id=number(there.caller.number),
            dialled=printable(dialled),
            phone=phone(there.name),
            up=there.state == "Up",
            remembered=left.text,
            before=Before(
                self._client,
                there.id,
                ordered=left.ordered,
                begins=left.begins,
                ended=self._client.last_sounds.of(there.id),
                step_out=lambda: self._step_out(there.id),
            ),
        )
        channel.keys.came_meanwhile(
            self._keys.pop(there.id, ()), self._client.kept_keys.of(there.id)
        )
        if kind == SNOOP or (kind == LEG and not left.text):
            self._orphans.add_leg(channel)
        elif kind != LEG:
            self._ours.callers.came(there.id, there.channelvars)
        return channel

    async def _step_out(self, channel: str) -> None:
        await self._orphans.step_out(channel)
        await self._rooms.step_out(channel)

    def _see_bridges(self, listed: Iterable[Bridge]) -> None:
        named = self._ours.named("")
        for bridge in listed:
            if bridge.name.startswith(named) and bridge.id not in self._ours.bridges:
                self._orphans.see_bridge(bridge.id, bridge.name, bridge.channels)

    async def _mend(self, channels: Iterable[AriChannel]) -> None:
        """Take the ends of what has ended unheard; hang up what we had to give up."""

        async def mend(channel: AriChannel) -> None:
            if channel.gone.done():
                await self._ours.hang_up(channel.id)
            else:
                await channel.catch_up()

        mended = (mend(c) for c in channels if c.id not in self._orphans.legs)
        await several(mended, at_once=AT_ONCE)

    def _tell(self, callers: Sequence[AriChannel], there: Collection[str]) -> None:
        look = Look(
            startup_time=self._client.link.startup_time,
            callers=callers,
            there=frozenset(there),
        )
        try:
            self._on_found(look)
        except Exception:
            log.exception("%d calls could not be taken over", len(callers))
            for caller in callers:
                self._client.soon(caller.hang_up(Cause.TEMPORARY_FAILURE))

    # Reaping --------------------------------------------------------------------------

    async def reap(self) -> int:
        """Hang up and destroy what nobody has claimed; return how many they were.

        From now on looks do that by themselves.
        """
        self.settled = True
        async with self._turn:
            await self._rooms.settle()
            return await self._reap(0.0)

    async def _reap(self, strange_for: float) -> int:
        until = asyncio.get_running_loop().time() - strange_for
        legs, bridges = self._orphans.take(until)
        for leg in legs:
            leg.drop(Cause.NORMAL_CLEARING)
        await several((self._ours.hang_up(leg.id) for leg in legs), at_once=AT_ONCE)
        await several((self._ours.close_bridge(b.id) for b in bridges), at_once=AT_ONCE)
        if legs or bridges:
            log.warning(
                "%d legs and %d bridges that belonged to no call have been ended",
                len(legs),
                len(bridges),
            )
        return len(legs) + len(bridges)


def kind_of(args: Sequence[str]) -> tuple[str, str]:
    """What the dialplan says of a channel: its kind, and the number dialled."""
    kind, dialled = [*args, "", ""][:2]
    return kind, dialled
