"""From facts to spans.

    call hotline                    from ring to end
      menu main                     each step, until the next one is entered
        look up crm                 each look-up and store, in its step
      queue service                 with what happened there as events

A call that goes on in another process stays one trace: its id, and that of its span,
are made of the call's id. What the dead process had not finished is lost; what follows
stands beside it as `call resumed`.

Spans say where a call was and how long, and nothing that somebody said, typed or has:
they go to another system, which is not made for that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from opentelemetry.context import Context
from opentelemetry.sdk.trace.id_generator import IdGenerator, RandomIdGenerator
from opentelemetry.trace import (
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
    Tracer,
    set_span_in_context,
)

from ivrflow.facts import (
    AgentOffered,
    CallEnded,
    CallResumed,
    CallStarted,
    Connected,
    Decided,
    Fact,
    LeftQueue,
    LookedUp,
    OfferEnded,
    StepEntered,
    StepFailed,
    Stored,
    TalkEnded,
)

MOST = 10_000
"""Calls that are followed at a time; of more, the oldest one is given up."""

_PARTS = 1 << 56
"""Of a trace's id, the part by which it is chosen."""


class Ids(IdGenerator):
    """Random ids, but where the next ones are given."""

    def __init__(self) -> None:
        self._random = RandomIdGenerator()
        self._next: tuple[int, int] | None = None

    def give(self, trace: int, span: int) -> None:
        """Let the next span, which begins a trace, have these."""
        self._next = trace, span

    def generate_trace_id(self) -> int:
        """The one that was given, or a random one."""
        return self._next[0] if self._next else self._random.generate_trace_id()

    def generate_span_id(self) -> int:
        """The same for the span; what was given is used up."""
        given, self._next = self._next, None
        return given[1] if given else self._random.generate_span_id()


@dataclass
class _Call:
    """A call that is followed."""

    span: Span
    step: Span | None = None

    @property
    def inside(self) -> Context:
        """Where what happens now belongs."""
        return set_span_in_context(self.step or self.span)


class Spans:
    """Hears every fact: `note` is a `Note`."""

    def __init__(self, tracer: Tracer, ids: Ids, *, share: float = 1.0) -> None:
        """*ids* are the tracer's own. *share* of all calls are followed, the same ones
        in each process."""
        self._tracer = tracer
        self._ids = ids
        self._least = round(share * _PARTS)
        self._calls: dict[str, _Call] = {}
        self._take: Mapping[type[Fact], Callable[[Any], None]] = {
            CallStarted: self._started,
            CallResumed: self._resumed,
            StepEntered: self._entered,
            Decided: self._decided,
            StepFailed: self._failed,
            LookedUp: lambda fact: self._asked(fact, "look up"),
            Stored: lambda fact: self._asked(fact, "store"),
            AgentOffered: lambda fact: self._event(fact, "agent rings"),
            OfferEnded: lambda fact: self._event(fact, f"rings no more: {fact.how}"),
            Connected: lambda fact: self._event(fact, "agent answers"),
            TalkEnded: lambda fact: self._event(fact, f"talk ended by {fact.by}"),
            LeftQueue: lambda fact: self._event(fact, f"left the queue: {fact.how}"),
            CallEnded: self._ended,
        }

    def note(self, fact: Fact) -> None:
        """Take one fact."""
        take = self._take.get(type(fact))
        if take is not None:
            take(fact)

    # The call -------------------------------------------------------------------------

    def _started(self, fact: CallStarted) -> None:
        trace, span = _ids_of(fact.call)
        if fact.call in self._calls or not self._chosen(trace):
            return
        self._ids.give(trace, span)
        self._follow(
            fact.call,
            self._tracer.start_span(
                f"call {fact.flow}",
                Context(),
                SpanKind.SERVER,
                {
                    "ivrflow.call": fact.call,
                    "ivrflow.flow": fact.flow,
                    "ivrflow.version": fact.version,
                },
                start_time=_ns(fact.at),
            ),
        )

    def _resumed(self, fact: CallResumed) -> None:
        trace, span = _ids_of(fact.call)
        if fact.call in self._calls or not self._chosen(trace):
            return
        began = SpanContext(trace, span, is_remote=True, trace_flags=TraceFlags(1))
        self._follow(
            fact.call,
            self._tracer.start_span(
                "call resumed",
                set_span_in_context(NonRecordingSpan(began), Context()),
                SpanKind.SERVER,
                {"ivrflow.call": fact.call, "ivrflow.away": fact.away},
                start_time=_ns(fact.at),
            ),
        )

    def _follow(self, call: str, span: Span) -> None:
        if len(self._calls) >= MOST:
            self._calls.pop(next(iter(self._calls)))
        self._calls[call] = _Call(span)

    def _ended(self, fact: CallEnded) -> None:
        call = self._calls.pop(fact.call, None)
        if call is None:
            return
        if call.step is not None:
            call.step.end(_ns(fact.at))
        call.span.set_attributes(
            {"ivrflow.ended_by": fact.by, "ivrflow.cause": fact.cause}
        )
        if fact.by == "fault":
            call.span.set_status(StatusCode.ERROR)
        call.span.end(_ns(fact.at))

    # In it ----------------------------------------------------------------------------

    def _entered(self, fact: StepEntered) -> None:
        call = self._calls.get(fact.call)
        if call is None:
            return
        if call.step is not None:
            call.step.end(_ns(fact.at))
        call.step = self._tracer.start_span(
            f"{fact.verb} {fact.step}",
            set_span_in_context(call.span, Context()),
            attributes={
                "ivrflow.call": fact.call,
                "ivrflow.flow": fact.flow,
                "ivrflow.step": fact.step,
                "ivrflow.verb": fact.verb,
                "ivrflow.place": fact.place,
                "ivrflow.number": fact.number,
            },
            start_time=_ns(fact.at),
        )

    def _decided(self, fact: Decided) -> None:
        if (step := self._step(fact)) is not None:
            step.set_attributes(
                {"ivrflow.outcome": fact.outcome, "ivrflow.target": fact.target}
            )

    def _failed(self, fact: StepFailed) -> None:
        if (step := self._step(fact)) is not None:
            step.set_status(StatusCode.ERROR)

    def _asked(self, fact: LookedUp | Stored, what: str) -> None:
        call = self._calls.get(fact.call)
        if call is None:
            return
        span = self._tracer.start_span(
            f"{what} {fact.source}",
            call.inside,
            SpanKind.CLIENT,
            {"ivrflow.source": fact.source, "ivrflow.way": fact.way},
            start_time=_ns(fact.at - fact.seconds),
        )
        if fact.way == "error":
            span.set_status(StatusCode.ERROR)
        span.end(_ns(fact.at))

    def _event(self, fact: Any, name: str) -> None:
        call = self._calls.get(fact.call)
        if call is not None:
            about = {"ivrflow.queue": fact.queue}
            (call.step or call.span).add_event(name, about, _ns(fact.at))

    def _step(self, fact: Fact) -> Span | None:
        call = self._calls.get(fact.call)
        return None if call is None else call.step

    def _chosen(self, trace: int) -> bool:
        return trace % _PARTS < self._least


def _ids_of(call: str) -> tuple[int, int]:
    """The ids of the trace of *call* and of its first span; never 0, which is none."""
    made = blake2b(call.encode(), digest_size=24, person=b"ivrflow trace").digest()
    return int.from_bytes(made[:16]) or 1, int.from_bytes(made[16:]) or 1


def _ns(at: float) -> int:
    return round(at * 1e9)
