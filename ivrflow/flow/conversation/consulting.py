"""An agent asks somebody else, who then takes the caller, or joins in, or does not.

`transfer` is the attended one: completed by the request, by the same key, or by the
agent hanging up once the other one has answered; hanging up before makes it a blind
one. `conference` takes who answers into the talk at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivrflow.acd.desk.rings import CALLER_GONE
from ivrflow.aio import finish
from ivrflow.facts import CallerTransferBegan, PartyJoined
from ivrflow.flow.conversation.entering import target_of, wrong
from ivrflow.flow.conversation.giving import give_away
from ivrflow.flow.conversation.inbox import Left, NotNow, Request
from ivrflow.flow.conversation.parties import Asked, Party, reach
from ivrflow.flow.conversation.targets import Target
from ivrflow.flow.conversation.turns import Turn
from ivrflow.telephony.channel import HungUp, NotReached

if TYPE_CHECKING:
    from ivrflow.flow.conversation.talk import Conversation

DONE, TAKEN_BACK, REFUSED = "done", "taken back", "refused"


class _Consult:
    """One consultation: what came of it."""

    def __init__(self, talk: Conversation, request: Request, target: Target) -> None:
        self.talk = talk
        self.request = request
        self.target = target
        self.join = request.act == "conference"
        self.asked: Party | None = None
        self.how = ""
        """As `CallerTransferEnded.how`, or "join"."""
        self.turn: Request | Left | None = None
        """What ended it."""

    async def ring(self) -> None:
        """Ring the target; the agent hears music meanwhile."""
        talk, held = self.talk, self.talk.new_stack()
        talk.doing("ringing", str(self.target))
        asked = Asked(target=self.target, queue=talk.queue, shown=talk.shown)
        try:
            async with talk.hears_music(talk.main.leg):
                self.asked, self.turn = await talk.during(
                    reach(talk.call, talk.switch, asked, held), self._stops_ringing
                )
        except NotReached as failed:
            self.how = failed.why.value
            await self._failed(f"{self.target} not reached: {self.how}")
        except NotNow as no:
            self.how = REFUSED
            await self._failed(str(no))
        finally:
            if self.asked is None:
                await finish(held.aclose())
        if self.asked is not None:
            talk.take_up(self.asked)
        if self.turn is not None:
            # Who goes away wants the other one to have the caller.
            back = isinstance(self.turn, Request) and self.turn.act in BACK
            self.how = TAKEN_BACK if back else DONE
            if back:
                self.request.refuse("it was taken back")

    async def _failed(self, why: str) -> None:
        await wrong(self.talk, self.request, why)

    async def _stops_ringing(self, event: Request | Left) -> bool:
        if isinstance(event, Left):
            return True
        if event.act in BACK or event.act in ("complete", "end"):
            return True
        event.refuse(f"{self.target} is rung: take-back or complete")
        return False

    async def ask(self, asked: Party) -> None:
        """The two talk until it is clear who has the caller."""
        talk = self.talk
        talk.doing("consulting", asked.who)
        try:
            async with talk.switch.bridge(talk.main.leg, asked.leg):
                self.request.done()
                while not self.how:
                    self.turn = await talk.next()
                    self._decide(asked, self.turn)
        except HungUp:
            if talk.call.channel.gone.done():
                raise
            self.how = TAKEN_BACK
            self.request.refuse(f"{asked.who} could not be joined")

    def _decide(self, asked: Party, event: Request | Left | None) -> None:
        match event:
            case Left(party):
                self.how = TAKEN_BACK if party is asked else DONE
            case Request(act="complete" | "transfer" | "end"):
                self.how = DONE
            case Request(act="conference"):
                self.how = "join"
            case Request(act=act) if act in BACK:
                self.how = TAKEN_BACK
            case Request():
                event.refuse(f"{asked.who} is asked: complete or take-back")


BACK = ("take-back", "resume", "hold")
"""Requests that bring the caller back to the agent."""


async def consult(talk: Conversation, request: Request) -> Turn:
    """Attended transfer, or a third one for a conference."""
    if talk.third is not None:
        raise NotNow("three are in the talk already: take-back first")
    main = talk.main
    async with talk.on_hold():
        try:
            target = await target_of(talk, request)
        except NotNow as no:
            await wrong(talk, request, str(no))
            return None
        if not isinstance(target, Target):
            request.refuse("no target was entered")
            return target
        it = _Consult(talk, request, target)
        if not it.join:
            talk.note(CallerTransferBegan, mode="attended", to=str(target))
            await talk.remember_asked(str(target))
        try:
            await it.ring()
            if it.asked is not None and not it.how and it.join:
                it.how = "join"
            elif it.asked is not None and not it.how:
                await it.ask(it.asked)
        except BaseException:
            if not it.join:  # the record must not end in the air
                talk.asked_no_longer(talk.main, str(target), CALLER_GONE)
            raise
    return await _settle(it, main)


async def _settle(it: _Consult, main: Party) -> Turn:
    """Bring everybody to where *it* has led."""
    talk, asked = it.talk, it.asked
    if it.how == DONE and asked is None:
        # The agent has gone while the other one was rung: it goes on without him.
        return await give_away(talk, it.request, it.target, began=not it.join)
    if not it.join:
        how = TAKEN_BACK if it.how == "join" else it.how
        talk.asked_no_longer(main, str(it.target), how)
        if it.how != DONE:
            await talk.remember(main)
    if asked is None:
        return it.turn if isinstance(it.turn, Left) else None
    if it.how == DONE:
        return await _completed(talk, main, asked)
    if it.how == "join":
        talk.third = asked
        talk.note(PartyJoined, who=asked.who)
        return None
    if asked.talk is not None:
        asked.talk.wrap_up = 0.0  # he was asked, and served nobody
    await talk.drop(asked)
    return None


async def _completed(talk: Conversation, main: Party, asked: Party) -> Turn:
    """The first agent is free; who was asked has the caller."""
    await talk.remember(asked)
    await talk.drop(main, by="transfer")
    talk.lead(asked)
    call = talk.call
    if asked.talk is not None:
        agent = asked.talk.agent
        call.agent = {"number": agent.number, "name": agent.name}
        tell = call.site.queue(asked.queue).tell_caller
        if tell is not None:
            await call.say(tell)
    return None
