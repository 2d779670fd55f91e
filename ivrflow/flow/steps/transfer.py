"""`transfer`: connect the caller with somebody who is no agent, or lead elsewhere.

What it has dialled outlives this process: the leg's id comes from the call and the
step, and the marks say how far it was. So the next process rings on where it rang, says
the announcement again, and leaves two who talk alone.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self, cast

from pydantic import Field, model_validator

from ivrflow.aio import finish
from ivrflow.facts import Decided, DialRefused, TransferBegan, TransferEnded
from ivrflow.flow.call import Call, Frame, LeaveTo, log, shown_value
from ivrflow.flow.collect import Question, collect
from ivrflow.flow.kind import BAD_VALUE, bad
from ivrflow.flow.kinds import (
    Duration,
    Expression,
    FlowName,
    Name,
    Outcome,
    Part,
    QueueName,
    Sayable,
    Text,
)
from ivrflow.flow.names import given_name
from ivrflow.flow.outbound import NUMBER, WRITTEN, Line, Refused
from ivrflow.flow.source import Scalar
from ivrflow.flow.step import VERBS, Goto, Step
from ivrflow.flow.world import Trouble
from ivrflow.telephony.channel import (
    Channel,
    DialOrder,
    HungUp,
    NotReached,
    Switch,
    Unreached,
)
from ivrflow.telephony.digits import Choices, Result, Rules

PHONE = re.compile(r"PJSIP/[A-Za-z0-9_.-]{1,80}")
"""A phone of the house. No number through a trunk (PJSIP/NUMBER@TRUNK) and no extension
of a dialplan (Local/...): these would go past the guard."""

ASKED = 3
"""Times that who answers is asked whether to take the call."""

HANDING_OVER = 2.0
"""Seconds for a call to go that was being handed over when the service died: else it
would be handed over twice."""

OUTCOMES: Mapping[Unreached, str] = {
    Unreached.BUSY: "busy",
    Unreached.REJECTED: "busy",
    Unreached.NO_ANSWER: "no_answer",
    Unreached.UNREACHABLE: "failed",
}

OF_A_QUEUE: Mapping[str, str] = {
    "all_busy": "busy",
    "full": "busy",
    "timeout": "no_answer",
    "no_agents": "failed",
    "closed": "failed",
}
"""The outcomes of `queue`, as a transfer tells them."""


class PhoneNumber(Text):
    """A telephone number, or `${...}` that gives one."""

    what = "a telephone number"
    examples = ("057188880101",)

    @classmethod
    def read(cls, value: Scalar) -> Self:
        self = super().read(value)
        if not self.slots and not NUMBER.fullmatch(value.translate(WRITTEN)):
            name = str(value)
            hint = f"write a number, PJSIP/1001, {{queue: {name}}} or {{flow: {name}}}"
            raise bad(BAD_VALUE, f"{name!r} is not {cls.what}; {hint}")
        return self


class Phone(Text):
    """A phone of the house, `PJSIP/1001`, or `${...}` that gives one."""

    what = "a phone of the house"
    examples = ("PJSIP/1001",)

    @classmethod
    def read(cls, value: Scalar) -> Self:
        self = super().read(value)
        if not self.slots and not PHONE.fullmatch(value):
            hint = "write PJSIP/1001; a number is written alone, without a trunk"
            raise bad(BAD_VALUE, f"{str(value)!r} is not {cls.what}; {hint}")
        return self


class TransferTo(Part):
    """Where to: one of these. A number or a phone may be written alone."""

    short: ClassVar[str] = "number"

    number: PhoneNumber | None = Field(
        None, description="A number to dial, as the settings' `outbound` allows."
    )
    endpoint: Phone | None = Field(None, description="A phone of the house.")
    queue: QueueName | None = Field(None, description="A queue of queues.yaml.")
    flow: FlowName | None = Field(
        None, description="A flow that takes the place of this one, for good."
    )

    @model_validator(mode="before")
    @classmethod
    def _phone_alone(cls, value: Any) -> Any:
        """`transfer: PJSIP/1001` is a phone: no number has a technology before it."""
        alone = isinstance(value, Mapping) and list(value) == ["number"]
        written = value["number"] if alone else value
        if isinstance(written, str) and re.match("[A-Za-z]+/", written):
            return {"endpoint": written}
        return value

    @model_validator(mode="after")
    def _one(self) -> Self:
        kinds = (self.number, self.endpoint, self.queue, self.flow)
        if sum(kind is not None for kind in kinds) != 1:
            message = "write one of number, endpoint, queue and flow"
            raise bad(BAD_VALUE, message)
        return self


@dataclass
class _Attempt:
    """One try to reach somebody, for the facts."""

    to: str
    how: str = "caller gone"
    talked: float = 0.0


class Transfer(Step):
    """Connect the caller with a number, a phone, a queue, or lead to another flow.

    `connect` rings while the caller hears music, says `announce` to who answers, and
    joins both; when that one hangs up, the caller goes on with `then`. `attended` is
    the same, but who answers must press 1 after `announce`: an answering machine does
    not. `blind` lets the call go for good: the caller's own network takes it there, and
    whether anybody answers is never known here.
    """

    verb: ClassVar[str] = "transfer"
    needs_switch: ClassVar[bool] = True

    to: TransferTo = Field(alias="transfer", description=TransferTo.__doc__)
    mode: Literal["connect", "blind", "attended"] = Field(
        "connect", description="How: `connect`, `blind` or `attended`."
    )
    ring: Duration = Field(Duration(30), description="How long it rings.")
    announce: Sayable | None = Field(
        None, description="Said to who answers, before the caller is there."
    )
    caller_id: Text | None = Field(
        None,
        examples=["057188880100"],
        description="The number that is shown; left out: the caller's own.",
    )
    show: dict[Name, Expression] = Field(
        default_factory=dict, description="What the other's screen gets."
    )
    busy: Outcome | None = Field(None, description="It is busy, or declines.")
    no_answer: Outcome | None = Field(None, description="Nobody takes the call.")
    failed: Outcome | None = Field(
        None, description="It can't be reached, or must not be dialled."
    )

    async def run(self, call: Call) -> Goto:
        if self.to.flow is not None:
            raise self._to_flow(call, self.to.flow)
        if self.to.queue is not None:
            return await self._to_queue(call)
        switch = call.world.switch
        if switch is None:
            raise Trouble(f"{self.to.at}: this line can't transfer calls")
        placed = "to" in call.marks
        to = str(call.marks["to"]) if placed else self._address(call)
        with ExitStack() as counted:
            try:
                line = self._line(call, to, counted, placed=placed)
            except Refused as refused:
                log.warning("call %s %s: %s", call.id, self.to.at, refused)
                call.note(DialRefused, step=call.step_name, number=to, why=str(refused))
                return Goto("failed", str(refused))
            return await self._reach(call, switch, to, line)

    # Elsewhere in the house -----------------------------------------------------------

    def _to_flow(self, call: Call, name: FlowName) -> LeaveTo:
        """The other flow's first step is next, and nothing of this one is left."""
        flow = call.site.flows[given_name(call, name, call.site.flows)]
        why = f"the flow {flow.name} takes over"
        call.note(
            Decided,
            step=call.step_name,
            outcome="then",
            target=flow.name,
            why=why,
            flow=call.frame.flow.name,
        )
        return LeaveTo(Frame(flow), "then", None, why)

    async def _to_queue(self, call: Call) -> Goto:
        """Do what the `queue` step does, and tell its outcome in our words."""
        keys: dict[str, Any] = {"queue": self.to.queue, "show": self.show}
        if "ring" in self.model_fields_set:
            keys["max_wait"] = self.ring
        goto = await VERBS["queue"].model_validate(keys).run(call)
        outcome = OF_A_QUEUE.get(goto.outcome, goto.outcome)
        return Goto(outcome, goto.why, goto.target)

    # To a phone -----------------------------------------------------------------------

    def _address(self, call: Call) -> str:
        """The number or phone, as its text gives it now."""
        target = self.to.number or self.to.endpoint
        return str(shown_value(target.value(call.names())) or "") if target else ""

    def _line(self, call: Call, to: str, counted: ExitStack, *, placed: bool) -> Line:
        """What to dial for *to*; raise `Refused`. A number counts while *counted*.

        *placed*: it was dialled already, and the process that did so has died.
        """
        if self.to.endpoint is not None:
            if not PHONE.fullmatch(to):
                raise Refused(f"{to[:80]!r} is no phone of the house; PJSIP/1001 is")
            longest = call.site.settings.longest_call
            return Line(to, float(longest or 0))
        guard = call.world.outbound
        if guard is None:
            raise Refused("no number can be dialled: the settings have no outbound:")
        return counted.enter_context(
            guard.placing(to, call.site, hand_over=self.mode == "blind", placed=placed)
        )

    async def _reach(self, call: Call, switch: Switch, to: str, line: Line) -> Goto:
        shown = {
            str(name): str(shown_value(value))
            for name, e in self.show.items()
            if (value := call.value(e)) is not None
        }
        again = "to" in call.marks
        if not again:
            call.note(
                TransferBegan, step=call.step_name, to=to, mode=self.mode, shown=shown
            )
            await call.keep(to=to, rings=call.world.seconds())
        attempt = _Attempt(to)
        try:
            if self.mode == "blind":
                if again:
                    await asyncio.sleep(HANDING_OVER)
                await switch.hand_over(call.channel, line.address)
                attempt.how = "handed over"
                return Goto("then", f"the call goes on to {to}", "hangup")
            return await self._connect(call, switch, line, attempt, shown)
        except NotReached as failed:
            attempt.how = failed.why.value
            return Goto(OUTCOMES[failed.why], str(failed))
        finally:
            call.note(
                TransferEnded,
                step=call.step_name,
                to=to,
                how=attempt.how,
                seconds=attempt.talked,
            )

    async def _connect(
        self,
        call: Call,
        switch: Switch,
        line: Line,
        attempt: _Attempt,
        shown: Mapping[str, str],
    ) -> Goto:
        """Ring, announce, join; return when the far end has hung up."""
        has_hung_up = Goto("then", f"{attempt.to} has hung up")
        order = DialOrder(
            address=line.address,
            leg=call.own_id("leg"),
            ring_for=max(0.0, float(self.ring) - _since(call, "rings")),
            caller_id=self._caller_id(call),
            show=shown,
        )
        async with AsyncExitStack() as held:
            leg: Channel | None
            if "talks" in call.marks:
                # No `dial`: it would ring who has hung up meanwhile.
                leg = await switch.leg(order.leg)
                if leg is None:
                    attempt.how, attempt.talked = "talked", _since(call, "talks")
                    return has_hung_up
                held.push_async_callback(_end, leg)
            else:
                async with call.channel.music("default"):
                    leg = await switch.dial(order)
                    held.push_async_callback(_end, leg)
                    accepted = await self._accepted(call, leg)
                if not accepted:
                    attempt.how = "not accepted"
                    return Goto("no_answer", f"{attempt.to} did not take the call")
                await call.mark(talks=call.world.seconds())
            await self._talk(call, switch, leg, line, attempt)
        return has_hung_up

    def _caller_id(self, call: Call) -> str:
        if self.caller_id is None:
            return call.channel.caller_id
        return str(shown_value(self.caller_id.value(call.names())) or "")

    async def _accepted(self, call: Call, leg: Channel) -> bool:
        """Announce the call to who has answered. False: they don't take it."""
        if self.announce is None:
            return not leg.gone.done()
        words = call.words_of(self.announce)
        question = Question(
            said=lambda variant, attempt: words,
            rules=Rules(grammar=Choices("1"), wrong_at_once=True),
        )
        try:
            if self.mode != "attended":
                await call.play(words, to=leg)
                return True
            for _ in range(ASKED):
                ended = await collect(call, words, question, leg)
                if ended.result is Result.ACCEPTED:
                    return True
        except HungUp:
            if call.channel.gone.done():
                raise
        return False

    async def _talk(
        self, call: Call, switch: Switch, leg: Channel, line: Line, attempt: _Attempt
    ) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time() - _since(call, "talks")
        rest = max(0.0, began + line.longest - loop.time()) if line.longest else None
        call.channel.keys.clear()
        try:
            async with switch.bridge(call.channel, leg):
                # Not `await gone`: cancelling that would cancel the future itself.
                await asyncio.wait([leg.gone], timeout=rest)
            attempt.how = "talked"
        except HungUp:
            if call.channel.gone.done():
                raise
            # The caller is still there, and must not be taken for one who hung up.
            attempt.how = "failed"
            message = f"{self.to.at}: caller and {attempt.to} could not be joined"
            raise Trouble(message) from None
        finally:
            attempt.talked = loop.time() - began
        call.channel.keys.clear()


def _since(call: Call, mark: str) -> float:
    """Seconds from the time that *mark* notes; 0 where it notes none.

    By the wall clock, as the loop's means nothing to another process. It is looked at
    once, when we begin: a clock that is set afterwards ends no talk.
    """
    now = call.world.seconds()
    return max(0.0, now - cast(float, call.marks.get(mark, now)))


async def _end(leg: Channel) -> None:
    await finish(leg.hang_up())
