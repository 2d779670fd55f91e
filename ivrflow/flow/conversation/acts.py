"""What an agent can do in a talk: hold, take back, end, record; the rest has files."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from ivrflow.aio import finish
from ivrflow.flow.conversation.consulting import consult
from ivrflow.flow.conversation.giving import give
from ivrflow.flow.conversation.inbox import NotNow, Request
from ivrflow.flow.conversation.listening import Ear
from ivrflow.flow.conversation.parties import address_of, ring_phone
from ivrflow.flow.conversation.sending import send
from ivrflow.flow.conversation.turns import Turn
from ivrflow.flow.recording import is_wanted
from ivrflow.flow.world import Trouble
from ivrflow.telephony.channel import (
    HungUp,
    MonitorMode,
    NotReached,
    RecordingFailed,
)

if TYPE_CHECKING:
    from ivrflow.flow.conversation.talk import Act, Conversation


async def hold(talk: Conversation, request: Request) -> Turn:
    """The caller hears music until he is resumed."""
    if talk.third is not None:
        raise NotNow("three are in the talk: end the conference first (take-back)")
    async with talk.on_hold():
        talk.doing("hold")
        request.done()
        while True:
            event = await talk.next()
            match event:
                case Request(act="resume") | Request(act="hold", by=""):
                    return None  # it counts as done when they are joined again
                case Request(act="hold"):
                    event.done()  # he is on hold: nothing more is wanted
                case Request(act="complete" | "take-back"):
                    event.refuse("nobody is asked now")
                case _:
                    return event


async def resume(talk: Conversation, request: Request) -> Turn:
    """Only a caller on hold can be resumed, and that is done there."""
    raise NotNow("the caller is not on hold")


async def complete(talk: Conversation, request: Request) -> Turn:
    """Only a consultation can be completed, and that is done there."""
    raise NotNow("nobody is asked now: transfer first")


async def take_back(talk: Conversation, request: Request) -> Turn:
    """In a conference: the third one goes."""
    if talk.third is None:
        raise NotNow("nobody is asked now, and no third one is in the talk")
    return await talk.left(talk.third)


async def end(talk: Conversation, request: Request) -> Turn:
    """As if the agent had hung up: the caller goes on in his flow."""
    request.done()
    return await talk.left(talk.main, by="agent")


# What leaves everybody where he is ----------------------------------------------------


async def record(talk: Conversation, request: Request) -> None:
    """Begin, pause, go on, end; by key the next of these that makes sense.

    An agent ends what he began himself, and the queue does not want: else he could
    undo what its `record:` says.
    """
    recording = talk.call.recording
    if talk.state().doing == "flow":
        # A secret may be asked there this moment: nobody else moves the recording.
        raise NotNow("the caller is in a flow")
    do = request.given.get("do", "")
    if not do:
        paused = "resume" if recording.paused else "pause"
        do = paused if recording.on else "start"
    wanted, agent = talk.call.site.queue(talk.queue).record, talk.main.agent
    if do == "start" and wanted == "none":
        raise NotNow(f"queues.yaml: calls of {talk.queue} are not recorded")
    if do != "start" and not recording.on:
        raise NotNow("the call is not recorded now")
    if do == "stop" and (
        recording.begun_by != agent or is_wanted(wanted, talk.call.id)
    ):
        raise NotNow("only who began a recording on demand ends it: pause it")
    try:
        match do:
            case "start":
                await recording.begin(by=agent)
            case "pause":
                await recording.pause()
            case "resume":
                await recording.resume()
            case "stop":
                await recording.stop()
            case _:
                raise NotNow("a recording can be started, paused, resumed, stopped")
    except (RecordingFailed, Trouble) as failed:
        raise NotNow(f"it can't be recorded: {failed}") from None
    request.done()


async def monitor(talk: Conversation, request: Request) -> None:
    """Ring a supervisor, who then hears the talk; again: in another mode.

    The talk does not wait for that, as the phone rings for a while.
    """
    number = request.given["supervisor"]
    mode = MonitorMode(request.given.get("mode", MonitorMode.LISTEN.value))
    ear = talk.ears.get(number)
    if ear is not None:
        try:
            await ear.switch_to(mode)
        except HungUp:
            raise NotNow(f"agent {number} listens no more") from None
        request.done()
        return
    if number in talk.rung:
        raise NotNow(f"agent {number} is being rung for that already")
    seat = talk.call.world.talks.of_agent(talk.main.agent)
    if seat is None:
        raise NotNow("no agent is in the talk now")
    address = address_of(talk.call, number)

    talk.rung.add(number)  # at once: the next request may come before it rings

    async def listen() -> None:
        held = talk.new_stack()
        try:
            try:
                channel = await ring_phone(talk.call, talk.switch, address, held)
            finally:
                talk.rung.discard(number)
            ear = Ear(talk.call.world, seat, channel, by=number, mode=mode)
            talk.ears[number] = ear
            request.done()
            await ear.listen(talk.switch)
        except NotReached as failed:
            request.refuse(str(failed))
        except HungUp:
            pass
        finally:
            talk.ears.pop(number, None)
            request.refuse("the talk is over")
            await finish(held.aclose())

    talk.run_beside(listen())


ACTS: Mapping[str, Act] = {
    "hold": hold,
    "resume": resume,
    "transfer": consult,
    "conference": consult,
    "blind": give,
    "complete": complete,
    "take-back": take_back,
    "send-to-flow": send,
    "end": end,
}

AT_ONCE: Mapping[str, Callable[[Conversation, Request], Awaitable[None]]] = {
    "record": record,
    "monitor": monitor,
}
