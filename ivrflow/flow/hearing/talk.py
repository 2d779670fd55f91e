"""Somebody hears a mailbox by phone: the talk, from the PIN to the farewell.

The machine of `voicemail.menu` says what a key means; here it is done: said, played,
changed. Then the next key is waited for. What is in the folder is read for each key, so
another phone, the API and this talk never work on different mailboxes.

Nothing of the talk is in a recording of the call. Who is cut off while a message plays
goes on there in his next call, if that comes within an hour; who is there all the time
goes on in the next process of the service as if nothing had been (`visit`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from enum import Enum
from typing import TYPE_CHECKING

from ivrflow.aio import finish
from ivrflow.flow.call import Call, log
from ivrflow.flow.collect import note_key
from ivrflow.flow.hearing.acting import ACTS, carry_out
from ivrflow.flow.hearing.beginning import beginning, from_the_beginning
from ivrflow.flow.hearing.entering import entered, own_box
from ivrflow.flow.hearing.listening import Listening
from ivrflow.flow.hearing.saying import count_words, menu_words
from ivrflow.flow.hearing.sending import addressed
from ivrflow.flow.hearing.visit import Visit
from ivrflow.flow.talks.excusing import excusing
from ivrflow.flow.world import LeftOff, Trouble
from ivrflow.voicemail.order import INBOX
from ivrflow.voicemail.playhead import Playhead
from ivrflow.voicemail.view import Act, Do, Place, Step, View

if TYPE_CHECKING:
    from ivrflow.flow.world import Boxes
    from ivrflow.telephony.sound import Utterance

THEN, FAILED = "then", "failed"
"""How it ends: he has heard what he wanted, or might hear nothing."""

WAIT = 5.0
"""Seconds after a menu until it is said again; as app_voicemail."""

PAUSE = 60.0
"""Seconds for which a message may stand still until one is asked what to do."""

PLAYS = frozenset({Do.PLAY, Do.GO_ON, Do.SKIP_ON, Do.SKIP_BACK})


class Event(Enum):
    """What comes instead of a key."""

    OVER = "the message is over"
    SILENCE = "nothing was pressed"


async def hear(
    call: Call,
    box: str = "",
    *,
    own: bool = False,
    folder: str = INBOX,
    message: str = "",
) -> str:
    """Ask who it is, and let him hear a mailbox; return THEN or FAILED.

    *box*: that one, "": which he enters. *own*: that of the agent who is signed in at
    the phone that calls, where that is known. It begins with *folder*, or with
    *message* at once, if that is there. After a restart of the service it goes on where
    it was. Raises `Trouble`, and `RecordingFailed` where the call is recorded and that
    can't be stopped.
    """
    boxes = call.world.boxes
    if boxes is None:
        raise Trouble("there are no mailboxes to be heard here")
    async with call.recording.off_the_record():
        visit = Visit.taken_up(call, boxes)
        fresh = visit is None
        if visit is None:
            visit = await _entered(call, boxes, box, own=own)
        if visit is None:
            return FAILED
        async with AsyncExitStack() as held:
            talk = _Hearing(visit, held)
            try:
                if fresh:
                    step = await beginning(visit, folder, message)
                else:
                    step = await talk.taken_up()
                await talk.run(step)
            except BaseException:
                # Hung up, most likely: the next call goes on where this one was.
                await finish(talk.leave_off())
                raise
            await talk.leave_off()
    return FAILED if visit.entry.must_change else THEN


async def hear_told(call: Call, box: str, message: str) -> bool:
    """Let somebody hear *message* who was called because of it, and then the mailbox.

    False: he has not proved that he may. As `hear`.
    """
    return await hear(call, box, message=message) == THEN


def hearing(*, own: bool) -> Callable[[Call], Awaitable[None]]:
    """The whole talk of a number that leads here; *own* as `hear` has it."""

    async def talk(call: Call) -> None:
        await hear(call, own=own)

    return excusing(talk, "hearing messages")


async def _entered(call: Call, boxes: Boxes, box: str, *, own: bool) -> Visit | None:
    agent = ""
    if own and not box:
        box, agent = own_box(call)
    entry = await entered(call, boxes, box, agent=agent)
    if entry is None:
        return None
    visit = Visit(call=call, boxes=boxes, entry=entry, since=call.world.seconds())
    await visit.note()
    return visit


class _Hearing:
    """A visit on its way: steps of the menu in, acts out."""

    def __init__(self, visit: Visit, held: AsyncExitStack) -> None:
        self._visit = visit
        self._call = visit.call
        self._menu = visit.menu
        self._listening = Listening(visit, held)
        self._still = False
        """Whether the message still plays that a process before us has ordered."""

    async def taken_up(self) -> Step:
        """Where the process before this one was."""
        visit = self._visit
        if visit.todo is not None and visit.todo.do is Do.ADDRESS:
            # What waits may be the rest of a number.
            self._call.channel.keys.clear()
            return await self._addressed()
        if visit.todo is not None:
            await self._carry_out(visit.todo, again=True)
        elif visit.entry.must_change:
            return await beginning(visit, INBOX)
        visit.to = ()
        view, shelf = visit.view, await visit.shelf()
        if view.place is Place.PLAYING and view.message in shelf.messages:
            if visit.head.since is None:
                return from_the_beginning(view)
            self._still = True
        elif view.place is Place.PAUSED:
            visit.head = visit.head.taken_up(visit.now()).paused(visit.now())
        return self._menu.taken_up(view, shelf)

    # Keys and acts --------------------------------------------------------------------

    async def run(self, step: Step) -> None:
        """Do this step, and each one that a key leads to, until he leaves."""
        visit = self._visit
        while True:
            came = await self._done(step)
            if visit.view.place is Place.LEFT:
                return
            shelf = await visit.shelf()
            if came is Event.OVER:
                step = self._menu.ended(visit.view, shelf)
            elif came is Event.SILENCE:
                step = self._menu.waited(visit.view)
            else:
                note_key(self._call, came, f"in the mailbox {visit.entry.box}")
                step = self._menu.press(visit.view, came, shelf)

    async def _done(self, step: Step) -> str | Event:
        """Do the acts of *step*; return what comes then: a key, or an event."""
        while True:
            acts = step.acts or self._go_on(step.view)
            await self._arrive(step.view, acts)
            following: Step | None = None
            for act in acts:
                came = await self._do(act)
                if isinstance(came, Step):
                    following = came
                    break
                if came is not None:
                    return came
            if following is None:
                return Event.SILENCE  # that was the farewell
            step = following

    def _go_on(self, view: View) -> tuple[Act, ...]:
        """What is done for a key that means nothing while a message plays."""
        if view.place is Place.PLAYING:
            return (Act(do=Do.GO_ON, message=view.message),)
        if view.place is Place.PAUSED:
            return (Act(do=Do.PAUSE, message=view.message),)
        return ()

    async def _arrive(self, view: View, acts: tuple[Act, ...]) -> None:
        """Note where he is now, and the act that is to be done there."""
        visit = self._visit
        visit.view = view
        kinds = {act.do for act in acts}
        if Do.ANNOUNCE in kinds:
            visit.head = Playhead()
        changes = [act for act in acts if act.do in ACTS or act.do is Do.ADDRESS]
        if changes:
            await visit.begin(changes[0])
        elif not kinds or not kinds <= PLAYS:
            # What plays on notes by itself from where it does.
            await visit.note()
        await self._call.rest()

    async def _do(self, act: Act) -> str | Event | Step | None:
        """Do one act. None: the next one follows."""
        if act.do in ACTS:
            await self._carry_out(act, again=False)
            return None
        if act.do in PLAYS:
            return await self._play(act)
        match act.do:
            case Do.MENU:
                await self._say(await menu_words(self._visit, self._menu))
                return await self._key(WAIT)
            case Do.PAUSE:
                return await self._paused()
            case Do.ADDRESS:
                return await self._addressed()
            case Do.COUNT:
                await self._say(await count_words(self._visit))
            case Do.ANNOUNCE:
                await self._try(self._listening.announce(act.message, self._stops))
            case Do.ENVELOPE:
                await self._try(self._listening.envelope(act.message, self._stops))
            case Do.NO_MORE:
                await self._say(self._call.words_of("box_no_more"))
            case Do.NOT_NOW:
                await self._say(self._call.words_of("box_not_now"))
            case Do.GOODBYE:
                await self._call.say("box_goodbye")
        return None

    async def _carry_out(self, act: Act, *, again: bool) -> None:
        """Do what changes something. What fails is said, and the talk goes on."""
        stop_on = self._menu.stops(self._visit.view)
        await self._try(carry_out(self._visit, act, again=again, stop_on=stop_on))
        await self._visit.done()

    async def _try(self, act: Awaitable[None]) -> bool:
        """Whether *act* succeeds; that it does not is said and logged."""
        visit = self._visit
        try:
            await act
        except Trouble as trouble:
            log.warning(
                "call %s: mailbox %s: %s", self._call.id, visit.entry.box, trouble
            )
            await self._call.say("box_not_now")
            return False
        return True

    async def _play(self, act: Act) -> str | Event:
        """Play as *act* says; return the key that stops it, or that it is over."""
        listening, visit = self._listening, self._visit
        still, self._still = self._still, False
        try:
            if still:
                over = await listening.play_still(act.message, self._stops)
            else:
                over = await listening.play(act.do, act.message, self._stops)
        except Trouble as trouble:
            log.warning(
                "call %s: message %s can't be heard: %s",
                self._call.id,
                act.message,
                trouble,
            )
            visit.view = replace(visit.view, place=Place.MESSAGE)
            await self._call.say("box_not_now")
            await self._say(await menu_words(visit, self._menu))
            return await self._key(WAIT)
        if over:
            return Event.OVER
        key = await self._key(0)
        if key is Event.SILENCE:
            visit.view = replace(visit.view, place=Place.MESSAGE)
        return key

    async def _paused(self) -> str | Event:
        key = await self._key(PAUSE)
        if key is Event.SILENCE:
            visit = self._visit
            visit.view = replace(visit.view, place=Place.MESSAGE)
        return key

    async def _key(self, within: float) -> str | Event:
        return await self._call.channel.keys.next(within) or Event.SILENCE

    async def _addressed(self) -> Step:
        visit = self._visit
        visit.to, visit.todo = await addressed(visit), None
        shelf = await visit.shelf()
        return self._menu.addressed(visit.view, shelf, some=bool(visit.to))

    @property
    def _stops(self) -> str:
        return self._menu.stops(self._visit.view)

    async def _say(self, words: Sequence[Utterance]) -> None:
        """Say it; a key that does something cuts it short."""
        await self._call.play(words, stop_on=self._stops)

    # How it ends ----------------------------------------------------------------------

    async def leave_off(self) -> None:
        """Remember where he is, if a message plays; else that he is nowhere.

        What fails is logged: it must not hide why the talk ended.
        """
        visit = self._visit
        view, now = visit.view, visit.now()
        heard = visit.head.at(now) > 0 and not visit.head.over(now)
        place = None
        if view.place in (Place.PLAYING, Place.PAUSED) and heard:
            place = LeftOff(
                message=view.message, offset=visit.head.at(now), at=visit.moment()
            )
        try:
            await visit.boxes.leave_off(visit.entry.box, visit.who, place)
        except Exception as error:
            log.warning(
                "call %s: where it left mailbox %s is not known: %s",
                self._call.id,
                visit.entry.box,
                error,
            )
