"""An agent hears a message, as work, and decides what becomes of it.

    1 call back   2 again   3 dealt with   4 leave it to somebody else
    and, as wherever messages are heard, the site's keys for pause, forward and back

The API does the same (`acts`), at any moment. An agent who hangs up before he has
decided leaves it to somebody else. How far he has heard is noted with the work itself,
so that he hears on where he was if the service dies meanwhile: his phone stays up, and
his leg is found again by the number of the try.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar

from ivrflow.aio import beside
from ivrflow.facts import MessageHeard
from ivrflow.flow.collect import note_key
from ivrflow.flow.conversation.inbox import Request
from ivrflow.flow.hearing.sounding import Sounding, sounding
from ivrflow.flow.hearing.told import told_before
from ivrflow.flow.site.box_parts import Say
from ivrflow.flow.working.acts import Act, OnIt
from ivrflow.flow.world import Trouble
from ivrflow.telephony.channel import HungUp, while_up
from ivrflow.telephony.keys import KEYS
from ivrflow.voicemail.keys import Key
from ivrflow.voicemail.playhead import Playhead

if TYPE_CHECKING:
    from ivrflow.flow.call import Call
    from ivrflow.flow.conversation.inbox import Left, Over
    from ivrflow.flow.working.item import WorkItem
    from ivrflow.flow.world import Boxes, Stored, WorkStore
    from ivrflow.telephony.sound import Utterance

log = logging.getLogger(__name__)

T = TypeVar("T")

MENU = {
    "1": ("call_back", Act.CALL_BACK),
    "2": ("again", Act.AGAIN),
    "3": ("done", Act.DONE),
    "4": ("later", Act.RELEASE),
}
"""Key -> the word of `work_menu`, and the act."""

MENUS = 3
"""Times that the menu is said to who presses nothing."""

MENU_EVERY = 20.0
"""Seconds of silence between two of them."""

PATIENCE = 600.0
"""Seconds for which an agent may sit before a message, after the last menu: he may be
reading, or writing down what was said. Then somebody else gets it."""

NOTED_EVERY = 10.0
"""Seconds between two notes of how far it was heard."""

DISPOSING = 20.0
"""Seconds for saying how it has ended, before that is left to the wrap-up."""


_HEARING, _PAUSED, _CHOOSING = "hearing", "paused", "choosing"


class Decided(Enum):
    """What an agent has decided; or what was decided without him."""

    CALL_BACK = "call back"
    DONE = "dealt with"
    RELEASE = "given back"
    GONE = "agent gone"
    ENDED = "ended"
    """By somebody else."""


DECIDES = {
    Act.CALL_BACK: Decided.CALL_BACK,
    Act.DONE: Decided.DONE,
    Act.RELEASE: Decided.RELEASE,
}


@dataclass
class Hearing:
    """One agent with one message, on his own leg: that of *call*."""

    call: Call
    item: WorkItem
    store: WorkStore
    one: OnIt
    can_call: bool
    """Whether there is a number, and a line to call it by."""
    introduced: bool = False
    """Whether he has heard who it is from already."""
    disposition: str = ""
    """How it has ended, as he said it with the act."""
    asked: Request | None = None
    """By which he has decided, if not by a key: `answer` says what came of it."""
    _head: Playhead | None = None
    """Where he is in it; None: he has not begun."""
    _sound: Sounding | None = None

    async def decided(self) -> Decided:
        """Let him hear it until he decides. Never raises `HungUp`."""
        try:
            async with while_up(self.call.channel):
                return await self._until_ended()
        except HungUp:
            return Decided.GONE

    async def disposed(self) -> str:
        """How it has ended, if he says so now; "" if not, or if there is no choice."""
        words = list(map(str, self.call.site.dispositions))
        if self.disposition or self.asked is not None or not words:
            return self.disposition if self.disposition in words else ""
        offered = list(zip("123456789", words, strict=False))
        said = self.call.words_of("disposition_menu", offered=offered)
        try:
            async with while_up(self.call.channel), asyncio.timeout(DISPOSING):
                key = await self._key_after(said)
        except (HungUp, TimeoutError):
            return ""
        return dict(offered).get(key, "")

    def answer(self, why: str = "") -> None:
        """Tell who has decided by the API that it is so; *why* says that it is not."""
        if self.asked is None:
            return
        if why:
            self.asked.refuse(why)
        else:
            self.asked.done()

    async def tell(self, prompt: str) -> None:
        """Say something to him, if he is still there."""
        with suppress(HungUp):
            await self.call.say(prompt)

    # Hearing --------------------------------------------------------------------------

    async def _until_ended(self) -> Decided:
        """As `decided`, or until somebody else has ended it."""

        async def ends() -> Decided:
            await self.one.ended.wait()
            return Decided.ENDED

        return await _first(self._hear(), ends())

    async def _hear(self) -> Decided:
        back = self._head is not None  # from calling back in vain
        async with AsyncExitStack() as laid_out:
            stored = await self._lay_out(laid_out)
            if stored is not None and not self.introduced:
                await self._introduce(stored)
            self.introduced = True
            doing = _CHOOSING if back or self._at.over(self._now()) else _HEARING
            while True:
                self.one.doing = doing if self._sound is not None else _CHOOSING
                act = await self._next_act()
                decided = DECIDES.get(act) if act is not None else None
                if decided is not None and not (act and self._refuses(act)):
                    return decided
                doing = await self._does(act)

    async def _lay_out(self, laid_out: AsyncExitStack) -> Stored | None:
        """Have the message ready to be played, and noted that it is; None: not now."""
        boxes = self.call.world.boxes
        try:
            stored = await boxes.message(self.item.message) if boxes else None
            if boxes is None or stored is None:
                raise Trouble(f"message {self.item.message} is not there")
            sound = await laid_out.enter_async_context(sounding(self.call, stored))
            if self._head is None:
                # First: who can't be noted hears nothing.
                await self._note_heard(boxes, stored)
            self._sound = sound
        except Trouble as trouble:
            log.warning("%s can't be heard now: %s", self.item.name, trouble)
            await self.call.say("box_not_now")
            return None
        if self._head is None:
            now, length = self._now(), self._sound.seconds
            self._head = Playhead(offset=self.item.offset, length=length)
            if not self._head.over(now):
                self._head = self._head.taken_up(now).paused(now)
        return stored

    async def _note_heard(self, boxes: Boxes, stored: Stored) -> None:
        """Note that he hears it. Raises `Trouble`: then he may not."""
        by = f"agent {self.one.agent}"
        first = await boxes.heard(stored.message, by=by)
        if first is None:
            raise Trouble(f"message {stored.message} is not there any more")
        self.call.world.note(
            MessageHeard(
                at=self._now(),
                call=self.item.call,
                mailbox=stored.mailbox,
                message=stored.message,
                by=by,
                seconds=stored.seconds,
                first=first,
            )
        )

    async def _introduce(self, stored: Stored) -> None:
        """Say what it is, from whom and since when; a key skips that."""
        call, item = self.call, self.item
        box = call.site.mailboxes.get(item.mailbox)
        words = call.words_of(whisper_of(item))
        words += told_before(call, stored, box.say if box is not None else Say())
        await call.play(words, stop_on=KEYS)

    async def _next_act(self) -> Act | None:
        """What is wanted next; None: the message has ended. Gives it back for who says
        nothing for too long."""

        async def works() -> Act | None:
            match self.one.doing:
                case "hearing":
                    return await self._played()
                case "paused":
                    return await self._act_after((), PATIENCE) or Act.RELEASE
                case _:
                    return await self._chosen()

        async def asked() -> Act | None:
            while True:
                request = await self.one.inbox.next(_nobody_left)
                if (act := self._wanted(request)) is not None:
                    return act

        # A key of the same moment is lost, and pressed again: who asks has an answer.
        return await _first(asked(), works())

    async def _played(self) -> Act | None:
        """Play on from where it is, until a key wants something or it has ended."""
        assert self._sound is not None
        self._head = self._at.playing(self._now())
        try:
            async with beside(self._noting()):
                act, over = await self._until_key(self._sound)
        finally:
            self._head = self._at.paused(self._now())
        if over:
            end = self._at.length or self._at.offset
            self._head = Playhead(offset=end, length=end)
        await self._note()
        return act

    async def _until_key(self, sound: Sounding) -> tuple[Act | None, bool]:
        """Play until a key means something; which act, and whether it has ended."""
        while True:
            begin = self._at.at(self._now())
            if await sound.play(self.call, begin=begin, stop_on=KEYS):
                return None, True
            if not (key := await self.call.channel.keys.next(0)):
                return None, False  # stopped, and by no key: nothing is to be heard
            if (act := self._act_of(key)) is not None:
                return act, False

    async def _chosen(self) -> Act | None:
        """Ask what is to become of it, a few times; then wait."""
        offered = [
            (key, word)
            for key, (word, act) in MENU.items()
            if self.can_call or act is not Act.CALL_BACK
        ]
        for _ in range(MENUS):
            words = self.call.words_of("work_menu", offered=offered)
            if (act := await self._act_after(words, MENU_EVERY)) is not None:
                return act
        return await self._act_after((), PATIENCE) or Act.RELEASE

    async def _act_after(self, words: Sequence[Utterance], within: float) -> Act | None:
        """The act of the first key that has one; None: none in *within* seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(None) as limit:
                while True:
                    if words:
                        await self.call.play(words, stop_on=KEYS)
                        words = ()
                    limit.reschedule(asyncio.get_running_loop().time() + within)
                    key = await self.call.channel.keys.next(None)
                    if (act := self._act_of(key)) is not None:
                        return act
        return None

    async def _key_after(self, words: Sequence[Utterance]) -> str:
        await self.call.play(words, stop_on=KEYS)
        return await self.call.channel.keys.next(None)

    # What is wanted -------------------------------------------------------------------

    def _refuses(self, act: Act) -> bool:
        """Whether that can't be done."""
        return act is Act.CALL_BACK and not self.can_call

    async def _does(self, act: Act | None) -> str:
        """Do what decides nothing; what he does from then on."""
        now, skip = self._now(), self.call.site.listen_keys.skip
        match act:
            case None:
                return _CHOOSING
            case Act.CALL_BACK:
                await self.call.say("work_no_number")
                return _CHOOSING
            case Act.PAUSE if self.one.doing != _PAUSED:
                return _PAUSED if self.one.doing == _HEARING else _CHOOSING
            case Act.FORWARD | Act.BACK:
                by = skip if act is Act.FORWARD else -skip
                self._head = self._at.skipped(by, now)
            case Act.PAUSE | Act.PLAY if not self._at.over(now):
                pass
            case _:
                self._head = self._at.restarted(now).paused(now)
        return _HEARING

    def _act_of(self, key: str) -> Act | None:
        """What *key* does; None: nothing."""
        keys = self.call.site.listen_keys.of
        listens = {
            keys[Key.PAUSE]: Act.PAUSE,
            keys[Key.FORWARD]: Act.FORWARD,
            keys[Key.BACK]: Act.BACK,
        }
        decides = {key: act for key, (_, act) in MENU.items()}
        # A site may have put one of its keys where the menu has one: who hears skips,
        # and whom the menu asks answers that.
        choosing = self.one.doing == _CHOOSING
        acts = {**listens, **decides} if choosing else {**decides, **listens}
        act = acts.get(key) if key else None
        if act is not None:
            note_key(self.call, key, act.value)
        return act

    def _wanted(self, request: object) -> Act | None:
        """The act that a request of the API asks for; None: it was refused."""
        if not isinstance(request, Request):
            return None
        act = Act(request.act)
        if self._refuses(act):
            request.refuse("this caller can't be called")
            return None
        self.disposition = request.given.get("disposition", "")
        if act in (Act.DONE, Act.RELEASE):
            self.asked = request  # the store has the last word
        else:
            request.done()
        return act

    # Where he is ----------------------------------------------------------------------

    @property
    def _at(self) -> Playhead:
        return self._head if self._head is not None else Playhead()

    def _now(self) -> float:
        return self.call.world.seconds()

    async def _noting(self) -> None:
        while True:
            await asyncio.sleep(NOTED_EVERY)
            await self._note()

    async def _note(self) -> None:
        with suppress(Trouble):  # he hears a little more of it again, if we die
            await self.store.at(self.item, self._at.at(self._now()))


def whisper_of(item: WorkItem) -> str:
    """The prompt that says what kind of work it is."""
    return "work_urgent" if item.urgent else "work_whisper"


def _nobody_left() -> Left | Over | None:
    return None


async def _first(*works: Coroutine[Any, Any, T]) -> T:
    """What the first of *works* that ends gives; the others are cancelled."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(work) for work in works]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
    return next(task.result() for task in tasks if not task.cancelled())
