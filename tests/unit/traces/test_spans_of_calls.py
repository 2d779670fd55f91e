"""Spans that facts make, kept in memory by OpenTelemetry's own exporter."""

import pytest

pytest.importorskip("opentelemetry.sdk", reason="needs the extra `otel`")

from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from ivrflow.facts import (
    CallEnded,
    CallResumed,
    CallStarted,
    Connected,
    Decided,
    LookedUp,
    StepEntered,
    StepFailed,
)
from ivrflow.traces.sending import spans_by


def process(share=1.0):
    """One process: what hears facts, and what it has sent."""
    sent = InMemorySpanExporter()
    return spans_by(SimpleSpanProcessor(sent), share=share), sent


def began(at=100.0, call="c1"):
    return CallStarted(
        at=at, call=call, caller="13800138000", dialled="1", flow="main", version="v"
    )


def step(at, name, call="c1", verb="say"):
    return StepEntered(
        at=at, call=call, flow="main", step=name, verb=verb, place="m.yaml:3", number=1
    )


def ended(at, call="c1", by="caller"):
    return CallEnded(
        at=at, call=call, by=by, cause=16, flow="main", step="s", seconds=1
    )


def spans(*facts, share=1.0):
    made, sent = process(share)
    for fact in facts:
        made.note(fact)
    return {span.name: span for span in sent.get_finished_spans()}


def seconds(span):
    return (span.end_time - span.start_time) / 1e9


def test_a_call_is_a_trace_and_each_step_a_span_in_it():
    found = spans(began(), step(101, "greet"), step(103.5, "menu"), ended(110))

    call, greet, menu = found["call main"], found["say greet"], found["say menu"]
    assert [seconds(one) for one in (call, greet, menu)] == [10, 2.5, 6.5]
    assert greet.parent.span_id == menu.parent.span_id == call.context.span_id
    assert call.parent is None
    assert {one.context.trace_id for one in found.values()} == {call.context.trace_id}
    assert greet.attributes["ivrflow.place"] == "m.yaml:3"
    assert call.attributes["ivrflow.ended_by"] == "caller"


def test_a_look_up_stands_in_its_step_with_its_time():
    asked = LookedUp(at=102, call="c1", step="s", source="crm", way="row", seconds=0.75)
    found = spans(began(), step(101, "find"), asked, ended(105))

    looked = found["look up crm"]
    assert seconds(looked) == 0.75
    assert looked.parent.span_id == found["say find"].context.span_id


def test_what_failed_is_marked_and_nothing_else():
    failed = StepFailed(at=102, call="c1", step="find", place="p", error="no answer")
    found = spans(began(), step(101, "find"), failed, ended(105))

    assert found["say find"].status.status_code is StatusCode.ERROR
    assert found["call main"].status.status_code is StatusCode.UNSET
    assert spans(began(), ended(1, by="fault"))["call main"].status.status_code is (
        StatusCode.ERROR
    )


def test_how_a_step_went_on_and_who_answered_is_told():
    decided = Decided(
        at=103, call="c1", step="q", outcome="answered", target="bye", why=""
    )
    answered = Connected(
        at=102, call="c1", queue="sales", agent="1001", offer="o", waited=1
    )
    found = spans(began(), step(101, "q", verb="queue"), answered, decided, ended(105))

    queue = found["queue q"]
    assert queue.attributes["ivrflow.outcome"] == "answered"
    assert [event.name for event in queue.events] == ["agent answers"]


def test_a_call_that_goes_on_in_another_process_stays_one_trace():
    first, sent = process()
    for fact in (began(), step(101, "greet"), step(102, "menu")):
        first.note(fact)
    (greet,) = sent.get_finished_spans()
    second, later = process()
    for fact in (
        CallResumed(at=104, call="c1", flow="main", step="menu", number=2, away=1.5),
        step(105, "bye"),
        ended(106),
    ):
        second.note(fact)
    found = {span.name: span for span in later.get_finished_spans()}

    assert set(found) == {"call resumed", "say bye"}
    resumed = found["call resumed"]
    assert resumed.context.trace_id == greet.context.trace_id
    assert resumed.parent.span_id == greet.parent.span_id


def test_nothing_of_the_caller_is_in_a_span():
    asked = LookedUp(
        at=102,
        call="c1",
        step="s",
        source="crm",
        way="row",
        seconds=0.1,
        asked={"card": "******5678"},
        rows=({"name": "Wang"},),
    )
    told = " ".join(
        span.to_json()
        for span in spans(began(), step(101, "f"), asked, ended(105)).values()
    )

    for word in ("13800138000", "5678", "Wang"):
        assert word not in told


def test_a_share_of_calls_is_followed_the_same_ones_in_each_process():
    def followed():
        made, sent = process(share=0.25)
        for number in range(400):
            made.note(began(call=f"c{number}"))
            made.note(ended(101, call=f"c{number}"))
        return {span.attributes["ivrflow.call"] for span in sent.get_finished_spans()}

    first = followed()
    assert 60 < len(first) < 140
    assert followed() == first


def test_a_call_that_began_before_is_no_trace():
    assert spans(step(101, "greet"), ended(102)) == {}


def test_a_beginning_that_is_told_again_begins_nothing():
    made, sent = process()
    for fact in (began(), began(), ended(102)):
        made.note(fact)

    assert len(sent.get_finished_spans()) == 1
