"""Somebody is called and told that there is a message: he hears it after a PIN.

A carrier of the outbox, for its channel `call`. A notice counts as handed over when its
message has been heard: whoever answers without the mailbox's PIN (a child, another
answering machine) has not been told, so that phone is called again after a pause, a few
times. A message that is not new any more is nobody's news: he is not called.

A phone of the house (PJSIP/2001) is rung as an agent's is, and left alone while its
agent serves a caller. A number goes through the guard of numbers, as all that a flow
dials. No phone is rung for two messages at once: who has come to his mailbox may hear
all of them. Nor one after the other where nobody answers: a call that told nobody
anything is the try of all messages for that phone, however many there are.

Whom a service has called that died since stays on the line: his leg bears a bookmark
once he has answered, and rings on under the same id until then.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivrflow.acd.model import Work
from ivrflow.aio import finish
from ivrflow.facts import DialRefused, ToldByCall
from ivrflow.flow.bookmark.taking_up import take_up
from ivrflow.flow.call import Call
from ivrflow.flow.hearing.talk import hear_told
from ivrflow.flow.letters import NotYet, Parcel, Undeliverable, pause_after
from ivrflow.flow.notices import language_of
from ivrflow.flow.outbound import NUMBER, WRITTEN, Refused
from ivrflow.flow.run import resume_talk, run_talk
from ivrflow.flow.talks.excusing import excusing
from ivrflow.flow.world import Trouble
from ivrflow.telephony.channel import DialOrder, HungUp, NotReached

if TYPE_CHECKING:
    from ivrflow.flow.bookmark import Bookmark
    from ivrflow.flow.live import LiveCalls
    from ivrflow.flow.site import Site
    from ivrflow.flow.world import World
    from ivrflow.flow.world.boxes import Stored
    from ivrflow.telephony.channel import Channel

log = logging.getLogger(__name__)

CHANNEL = "call"
"""The channel of the outbox."""

TOLD = "told"
"""The kind of call that this makes, as its bookmark has it."""

MARK = "of_notice"
"""The mark of such a call: the notice, its mailbox, its message, whom it is for."""

NAME = "told of a message"

PHONE = re.compile(r"(?!Local/)[A-Za-z][A-Za-z0-9]{1,20}/[A-Za-z0-9_.+-]{1,80}")
"""A phone of the house. Nothing with an @ in it: a number at a trunk has to go by the
guard."""

RING = 30.0
"""Seconds for which a phone rings."""

MOST_CALLS = 5
"""Then whoever it is does not want to know."""

NOT_NOW = 120.0
"""Seconds until a number is tried again that can't be dialled just now."""

NO_SWITCH = 10.0
"""Seconds until it is looked at again whether there is anything to call with."""

IN_USE = 15.0
"""Seconds until it is looked at again whether a phone is free."""

TOO_OLD = 2 * 86_400.0
"""Seconds after which nobody is called for a message any more."""

CLAIMING = 0.5
"""Seconds for phones that an earlier process has rung to be found again."""


def is_number(to: str) -> bool:
    """Whether *to* is a telephone number, and not a phone of the house."""
    return NUMBER.fullmatch(to.translate(WRITTEN)) is not None


def pause_of_calls(tries: int) -> float:
    """Seconds until a phone is called again, after *tries*: 2, 4, 8, 16 minutes."""
    return pause_after(tries + 2)


@dataclass(frozen=True)
class _Notice:
    """One notice that is to be told, in the version that is live."""

    key: str
    mailbox: str
    message: str
    to: str
    call: str
    """Of the caller who left the message."""

    @property
    def noted(self) -> list[str]:
        """As `MARK` has it."""
        return [self.key, self.mailbox, self.message, self.to, self.call]


class ToldByPhone:
    """The carrier. *now* gives the live version, with a world for its calls.

    *version* gives the one of that name; None: always the live one. *adopts*: nobody is
    called before `claim`, as calls of an earlier process may be on. *ready* tells
    whether the switch is there: where it is away, nobody was called in vain.
    """

    def __init__(
        self,
        now: Callable[[], tuple[Site, World]],
        live: LiveCalls,
        *,
        version: Callable[[str], Awaitable[tuple[Site, World]]] | None = None,
        adopts: bool = False,
        ready: Callable[[], bool] = lambda: True,
    ) -> None:
        self._now = now
        self._ready = ready
        self._live = live
        self._version = version
        self._claims = asyncio.Event()
        if not adopts:
            self._claims.set()
        self._talks: dict[str, asyncio.Future[bool]] = {}
        """Notice -> whether it was heard, of calls that go on since an earlier
        process."""
        self._in_use: set[str] = set()
        """Phones that are being called."""
        self._silent: dict[str, float] = {}
        """Phone -> until when it is not called, as a call there has failed."""

    async def claim(self) -> None:
        """Let phones ring on that an earlier process has rung.

        To be called before legs that nobody claims are hung up.
        """
        if not self._claims.is_set():
            self._claims.set()
            await asyncio.sleep(CLAIMING)

    async def claimed(self) -> None:
        """Wait until somebody may be called."""
        await self._claims.wait()

    async def carry(self, parcel: Parcel) -> None:
        """Call, tell, and return when the message has been heard.

        Raises `Trouble` if it was not; `NotYet`, `Undeliverable`.
        """
        about = parcel.about
        if about is None:
            raise Undeliverable("by phone one is told of messages, and of nothing else")
        notice = _Notice(
            parcel.key, about.mailbox, about.message, parcel.to, parcel.call
        )
        try:
            if (talk := self._talks.get(notice.key)) is not None:
                await asyncio.wait([talk])
                heard = talk.result()
            else:
                heard = await self._told(parcel, notice)
        except NotReached as unreached:
            self._note(notice, unreached.why.value)
            self._is_silent(parcel)
            raise Trouble(unreached.why.value) from None
        if not heard:
            self._is_silent(parcel)
            raise Trouble("it was not heard")
        self._silent.pop(parcel.to, None)

    async def _told(self, parcel: Parcel, notice: _Notice) -> bool:
        """Call the phone; whether the message was heard. Raises `NotReached`."""
        site, world = self._now()
        stored = await _message(world, notice)
        if stored is None or stored.state != "new":
            log.info("message %s: nobody is called any more", notice.message)
            return True
        if notice.mailbox not in site.mailboxes:
            raise Undeliverable("the site has no such mailbox any more, to hear it in")
        if world.seconds() - parcel.at > TOO_OLD:
            raise Undeliverable("nobody could be called for two days")
        if not self._ready():
            raise NotYet("the switch is away", NO_SWITCH)
        if world.seconds() < self._silent.get(notice.to, 0.0):
            # A try like any other, so that a hundred messages are no hundred calls.
            raise Trouble("nobody was told anything there a moment ago")
        with self._phone(notice.to, world), ExitStack() as line:
            address = self._address(notice, site, world, line)
            try:
                leg = await _rung(world, address, notice.key, parcel.tries)
            except HungUp:
                return False
            try:
                return await self._talk(leg, site, world, notice, stored)
            finally:
                await finish(leg.hang_up())

    async def _talk(
        self, leg: Channel, site: Site, world: World, notice: _Notice, stored: Stored
    ) -> bool:
        # Who is called stands in all records as the caller: he is who is on the line.
        leg.caller_id = notice.to.rpartition("/")[2]
        call = Call(leg, site, world)
        call.kind, call.begins_with = TOLD, NAME
        box = site.mailboxes.get(notice.mailbox)
        call.language = language_of(site, box, stored)
        with suppress(HungUp):  # he is told so below, as any who hangs up
            # First: from here on his leg knows what he is called for.
            await call.mark(**{MARK: notice.noted})
        with self._live.holding(call):
            await run_talk(call, NAME, _telling(notice), kind=TOLD)
        return await self._was_heard(world, notice)

    async def resume(
        self, channel: Channel, bookmark: Bookmark, *, away: float = 0.0
    ) -> None:
        """Go on with somebody who has answered an earlier process, until it is over."""
        site, world = self._now()
        if self._version is not None:
            site, world = await self._version(bookmark.version)
        call, notice = Call(channel, site, world), _noted(bookmark)
        if notice is None or not take_up(call, bookmark):
            await channel.hang_up()
            return
        talk = asyncio.get_running_loop().create_future()
        self._talks[notice.key] = talk
        self._in_use.add(notice.to)
        heard = False
        try:
            with self._live.holding(call), ExitStack() as line:
                if (guard := world.outbound) is not None and is_number(notice.to):
                    # A version that allows it no more does not end what is up.
                    with suppress(Refused):
                        line.enter_context(guard.placing(notice.to, site, placed=True))
                await resume_talk(call, bookmark, _telling(notice), away=away)
            heard = await self._was_heard(world, notice)
        except Trouble as trouble:
            log.warning("message %s: was it heard? %s", notice.message, trouble)
        finally:
            self._in_use.discard(notice.to)
            del self._talks[notice.key]
            talk.set_result(heard)

    async def _was_heard(self, world: World, notice: _Notice) -> bool:
        stored = await _message(world, notice)
        heard = stored is None or stored.state != "new"
        self._note(notice, "heard" if heard else "not heard")
        return heard

    def _is_silent(self, parcel: Parcel) -> None:
        """Leave the phone alone until *parcel* is due again."""
        _, world = self._now()
        now = world.seconds()
        silent = {to: until for to, until in self._silent.items() if until > now}
        self._silent = silent | {parcel.to: now + pause_of_calls(parcel.tries + 1)}

    @contextmanager
    def _phone(self, to: str, world: World) -> Iterator[None]:
        """Have a phone for oneself; raise `NotYet` if somebody else has it."""
        desk = world.desk
        agents = desk.agents.values() if desk is not None else ()
        serving = (Work.OFFERED, Work.TALKING)
        if to in self._in_use or any(
            agent.address == to and agent.work in serving for agent in agents
        ):
            raise NotYet("that phone is in use", IN_USE)
        self._in_use.add(to)
        try:
            yield
        finally:
            self._in_use.discard(to)

    @staticmethod
    def _address(notice: _Notice, site: Site, world: World, line: ExitStack) -> str:
        """What to dial; a number is counted as being called as long as *line* is open.

        Raises `Undeliverable`, or `NotYet` for a number that may be dialled at other
        times.
        """
        to, guard = notice.to, world.outbound
        if PHONE.fullmatch(to):
            return to
        if not is_number(to):
            raise Undeliverable("this is neither a phone of the house nor a number")
        try:
            if guard is None:
                raise Refused("no number can be dialled here")
            guard.allows(to)
        except Refused as never:
            world.note(
                DialRefused(
                    at=world.seconds(),
                    call=notice.call,
                    step=NAME,
                    number=to,
                    why=str(never),
                )
            )
            raise Undeliverable(str(never)) from None
        try:
            return line.enter_context(guard.placing(to, site)).address
        except Refused as not_now:
            raise NotYet(str(not_now), NOT_NOW) from None

    def _note(self, notice: _Notice, how: str) -> None:
        _, world = self._now()
        world.note(
            ToldByCall(
                at=world.seconds(),
                call=notice.call,
                mailbox=notice.mailbox,
                message=notice.message,
                to=notice.to,
                how=how,
            )
        )


def _telling(notice: _Notice) -> Callable[[Call], Awaitable[None]]:
    """The talk with somebody who has answered."""

    async def talk(call: Call) -> None:
        if not call.resuming:
            box = call.site.mailboxes.get(notice.mailbox)
            if box is not None and box.number:
                await call.say("told_message", box=str(box.number))
            else:
                await call.say("told_of_message")
        await hear_told(call, notice.mailbox, notice.message)

    return excusing(talk, "telling of a message")


async def _message(world: World, notice: _Notice) -> Stored | None:
    """The message; None: it is not there any more. Raises `Trouble`."""
    if world.boxes is None:
        raise Trouble("nobody can hear mailboxes here")
    return await world.boxes.message(notice.message)


async def _rung(world: World, address: str, notice: str, tries: int) -> Channel:
    """Ring the phone, or find it where an earlier process has rung it.

    Each try is a call of its own, with an id of its own. Raises `NotReached`, `HungUp`
    and `Trouble`.
    """
    if (switch := world.switch) is None:
        raise Trouble("there is no telephone to call with")
    if (seal := world.seal) is None:
        order = DialOrder(address=address, leg=world.new_id(), ring_for=RING)
        return await switch.dial(order)
    if tries:
        # The try before this one may have been that of a process that has died.
        before = seal.name(notice, TOLD, str(tries - 1))
        with suppress(NotReached):
            return await switch.dial(
                DialOrder(address=address, leg=before, ring_for=0.0)
            )
    leg = seal.name(notice, TOLD, str(tries))
    return await switch.dial(DialOrder(address=address, leg=leg, ring_for=RING))


def _noted(bookmark: Bookmark) -> _Notice | None:
    """The notice of which a call tells; None: of none."""
    match bookmark.marks.get(MARK):
        case [str(key), str(mailbox), str(message), str(to), str(call)]:
            return _Notice(key, mailbox, message, to, call)
    return None
