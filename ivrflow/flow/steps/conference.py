"""`conference`: talk with all who are in the same room.

When the service dies, those who are in a room go on talking. The next process takes
each of them back into it by the marks: nobody is asked for a PIN again, or announced
twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import ClassVar, Literal, Self, cast

from pydantic import Field, model_validator

from ivrflow.facts import RoomEntered, RoomLeft
from ivrflow.flow.call import Call, log, shown_value
from ivrflow.flow.collect import ask, prompt_words
from ivrflow.flow.entry import EntryKeys, follow_left, question_for
from ivrflow.flow.explain import MISSING_KEY
from ivrflow.flow.kind import BAD_VALUE, bad
from ivrflow.flow.kinds import (
    Key,
    Name,
    Outcome,
    Part,
    PromptName,
    Sayable,
    Text,
    Whole,
    YesNo,
)
from ivrflow.flow.recording import FOLDER
from ivrflow.flow.step import Goto, Step
from ivrflow.flow.world import Trouble
from ivrflow.secret import Secret
from ivrflow.telephony.channel import HungUp, RecordingFailed, Room, RoomFull
from ivrflow.telephony.digits import Result
from ivrflow.telephony.sound import BEEP, Utterance, for_others

LONGEST_NAME = 64


class RoomPin(EntryKeys, Part):
    """The question at the door of a room: in its `check`, the entry is called `pin`.

    A PIN that all share is no part of the flow: `secret` names it, and its digits stand
    with the service's settings.
    """

    ask: PromptName = Field(description="What is said.")
    secret: Name | None = Field(
        None, description="The secret of the settings' `secrets` that it must be."
    )

    @model_validator(mode="after")
    def _proves_something(self) -> Self:
        if self.secret is None and self.check is None:
            message = "any entry would open the room: add `secret` or `check`"
            raise bad(MISSING_KEY, message, self.ask.at)
        return self


class RoomNews(Part):
    """What all in the room hear when somebody comes or goes."""

    short: ClassVar[str] = "by"

    by: Literal["tones"] | None = Field(
        None, description="`tones`: one tone for who comes, two for who goes."
    )
    joins: Sayable | None = Field(None, description="Said when somebody comes.")
    leaves: Sayable | None = Field(None, description="Said when somebody goes.")

    @model_validator(mode="after")
    def _some(self) -> Self:
        if self.by is not None and (self.joins or self.leaves):
            raise bad(BAD_VALUE, "write `tones`, or what `joins` and `leaves` say")
        return self

    def words(self, call: Call, what: Sayable | None, tones: int) -> list[Utterance]:
        """What is played for *what*, or so many tones. All in the room hear it."""
        if self.by is not None:
            return [BEEP] * tones
        return for_others(call.words_of(what)) if what is not None else []


class Conference(Step):
    """Put the caller into a room, with all others who are there.

    The room is there while somebody is in it, whatever flow brought them. Who presses
    the key of `leave` goes on with `then`; other keys do nothing. With `record: yes`
    the room is recorded from the moment in which the first such caller enters it until
    the last one leaves; callers must be told before, with a `say` above this step.
    """

    verb: ClassVar[str] = "conference"
    needs_switch: ClassVar[bool] = True

    room: Text = Field(
        alias="conference", examples=["incident"], description="The room's name."
    )
    pin: RoomPin | None = Field(None, description=RoomPin.__doc__)
    announce: RoomNews | None = Field(None, description=RoomNews.__doc__)
    record: YesNo = Field(
        False, description="Whether all that is said there is recorded."
    )
    most: Whole = Field(Whole(20), description="How many may be in it.")
    leave: Key = Field(Key("#"), description="The key that leads out again.")
    full: Outcome | None = Field(None, description="As many as may are in it.")
    failed: Outcome | None = Field(None, description="No right PIN was entered.")

    async def run(self, call: Call) -> Goto:
        switch = call.world.switch
        if switch is None:
            raise Trouble(f"{self.room.at}: this line can't join calls")
        name = str(call.marks.get("room", "")) or self._name(call)
        if self.pin is not None and "proved" not in call.marks:
            if away := await self._asked(call, self.pin):
                return away
            await call.mark(proved=True)
        news = self.announce or RoomNews()
        goes = news.words(call, news.leaves, tones=2)
        inside = "room" in call.marks
        began: float | None = None
        try:
            async with switch.room(
                name, call.channel, most=self.most, farewell=goes
            ) as room:
                recording = await self._recorded(call, room)
                began = cast(float, call.marks.get("since", call.world.seconds()))
                if not inside:
                    call.note(
                        RoomEntered,
                        room=name,
                        members=room.members,
                        recording=recording,
                    )
                    await call.keep(room=name, since=began, recording=recording)
                    await room.play(news.words(call, news.joins, tones=1))
                    call.channel.keys.clear()
                await self._until_left(call)
        except RoomFull as full:
            return Goto("full", str(full))
        except HungUp:
            if call.channel.gone.done():
                raise
            # The caller is still there, and must not be taken for one who hung up.
            raise Trouble(f"{self.room.at}: nobody can enter {name}") from None
        finally:
            # Out of the room, and with the step's decision: who died between the two
            # would tell of it twice.
            if began is not None:
                seconds = max(0.0, call.world.seconds() - began)
                call.note(RoomLeft, room=name, seconds=seconds)
        return Goto("then", f"the caller pressed {self.leave}")

    def _name(self, call: Call) -> str:
        """The room's name now. A long one is not cut: two might end in one room."""
        name = str(shown_value(self.room.value(call.names())) or "")
        if not name:
            raise Trouble(f"{self.room.at}: {self.room} gives no room")
        if len(name) > LONGEST_NAME:
            message = f"{self.room} gives a name of more than {LONGEST_NAME} characters"
            raise Trouble(f"{self.room.at}: {message}")
        return name

    async def _asked(self, call: Call, pin: RoomPin) -> Goto | None:
        """Ask for the PIN. None: it is right."""
        question = question_for(
            call, pin, prompt_words(call, pin.ask), entry_name="pin", hidden=Secret
        )
        if pin.secret is not None:
            check = partial(self._fault, call, str(pin.secret), question.check)
            question = replace(question, check=check)
        ended = await ask(call, question)
        if ended.result is Result.ACCEPTED:
            return None
        if ended.result is Result.LEFT:
            return follow_left(call, ended)
        return Goto("failed", f"{pin.tries} tries are used up: {ended.why}")

    async def _recorded(self, call: Call, room: Room) -> str:
        """Have the room recorded, once for all in it; return the recording's name.

        A room that can't be recorded goes on, as "". After a restart the recording goes
        on under the name that it has.
        """
        if not self.record:
            return ""
        name = call.marks.get("recording") or f"{FOLDER}/{call.own_id('room')}"
        try:
            return await room.record(str(name))
        except RecordingFailed as failed:
            log.error("call %s: %s: not recorded: %s", call.id, self.room.at, failed)
            return ""

    def _fault(
        self, call: Call, name: str, checked: Callable[[str], str], entry: str
    ) -> str:
        """Why *entry* does not open the room; "" if it does."""
        if call.world.secret_is is None:
            raise Trouble(f"{self.room.at}: no settings have the secret {name!r}")
        right = call.world.secret_is(name, Secret(entry))
        return checked(entry) or ("" if right else f"it is not the secret {name}")

    async def _until_left(self, call: Call) -> None:
        while await call.channel.keys.next(None) != self.leave:
            pass
