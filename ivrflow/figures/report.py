"""Reports: sums, put together by the spans that were asked for, with their columns.

The same rows and columns are a table, a CSV, and the API's JSON.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, TypeVar

from ivrflow.figures.ledger import AgentKey, QueueKey
from ivrflow.figures.limits import Limits
from ivrflow.figures.metrics import AgentFigures, QueueFigures
from ivrflow.figures.people import Segment
from ivrflow.figures.record import CallRecord
from ivrflow.figures.sheet import Column, clock, percent, seconds
from ivrflow.figures.spans import Span
from ivrflow.figures.sums import AgentSum, QueueSum, sum_up


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One queue in one span."""

    queue: str
    span: Span
    figures: QueueFigures


@dataclass(frozen=True, slots=True)
class PromiseRow(QueueRow):
    """The promises of one kind, of one queue in one span."""

    kind: str
    """callback or message."""


R = TypeVar("R", bound=QueueRow)


@dataclass(frozen=True, slots=True)
class AgentRow:
    """One agent in one span."""

    agent: str
    span: Span
    figures: AgentFigures


def queue_rows(
    sums: Mapping[QueueKey, QueueSum],
    spans: Sequence[Span],
    limits: Callable[[str], Limits],
) -> list[QueueRow]:
    """A row for each queue and span in which anything was. It may change *sums*."""
    found: dict[tuple[Span, str], QueueSum] = {}
    for key, one in sums.items():
        span = _span_of(key.span.start, spans)
        if span is not None:
            sum_up(found, (span, key.queue), one)
    rows = []
    for (span, queue), one in sorted(found.items()):
        its = limits(queue)
        rows.append(QueueRow(queue, span, QueueFigures(one, its.within, its.short)))
    return rows


def agent_rows(
    sums: Mapping[AgentKey, AgentSum], spans: Sequence[Span]
) -> list[AgentRow]:
    """A row for each agent and span in which there was any time or count.

    It may change *sums*.
    """
    found: dict[tuple[Span, str], AgentSum] = {}
    for key, one in sums.items():
        span = _span_of(key.span.start, spans)
        if span is not None:
            sum_up(found, (span, key.agent), one)
    return [
        AgentRow(agent, span, AgentFigures(one))
        for (span, agent), one in sorted(found.items())
        if one != AgentSum()
    ]


def _span_of(start: int, spans: Sequence[Span]) -> Span | None:
    at = bisect_right(spans, start, key=lambda span: span.start) - 1
    return spans[at] if at >= 0 and start < spans[at].end else None


def moment(at: float, zone: tzinfo) -> str:
    """A time by the site's clock, with its offset: an hour may be there twice."""
    return datetime.fromtimestamp(at, zone).isoformat(" ", "seconds")


def queue_columns(zone: tzinfo) -> list[Column[QueueRow]]:
    """All figures of a queue but those of estimates and promises."""

    def of(name: str) -> Callable[[QueueRow], Any]:
        return lambda row: getattr(row.figures, name)

    def count(name: str) -> Callable[[QueueRow], Any]:
        return lambda row: dict(getattr(row.figures.of, name))

    def offers(how: str) -> Callable[[QueueRow], int]:
        return lambda row: row.figures.of.offers.get(how, 0)

    return [
        *_where(zone),
        Column("offered", of("offered"), "offered"),
        Column("answered", of("answered"), "answered"),
        Column("abandoned", of("abandoned"), "lost"),
        Column("short_abandoned", of("short_abandoned")),
        Column("flowed_out", of("flowed_out"), "flowed"),
        Column("waiting", of("waiting"), "waiting"),
        Column("threshold", of("within")),
        Column("answered_within", of("answered_within")),
        Column("abandoned_within", of("abandoned_within")),
        Column("service_level", of("service_level"), "level", percent),
        Column("service_level_negative", of("service_level_negative")),
        Column("service_level_positive", of("service_level_positive")),
        Column("asterisk_sl", of("asterisk_sl")),
        Column("asterisk_sl2", of("asterisk_sl2")),
        Column("asa", of("asa"), "ASA", seconds),
        Column("median_wait", of("median_wait"), "median", seconds),
        Column("p90_wait", of("p90_wait"), "p90", seconds),
        Column("longest_wait", of("longest_wait"), "longest", seconds),
        Column("mean_lost_wait", of("mean_lost_wait")),
        Column("abandonment", of("abandonment"), "lost %", percent),
        Column("abandonment_raw", of("abandonment_raw")),
        Column("handled", lambda row: row.figures.of.handled),
        Column("aht", of("aht"), "AHT", seconds),
        Column("mean_talk", of("mean_talk")),
        Column("mean_hold", of("mean_hold")),
        Column("mean_wrap_up", of("mean_wrap_up")),
        Column("offers", of("offers")),
        Column("no_answer", offers("no answer")),
        Column("rejected", offers("rejected")),
        Column("busy", offers("busy")),
        Column("unreachable", offers("unreachable")),
        Column("caller_gone", offers("caller gone")),
        Column("rona_rate", of("rona_rate"), "RONA", percent),
        Column("idle_while_waiting", of("idle_while_waiting"), "idle", seconds),
        Column("repeated", lambda row: row.figures.of.repeated),
        Column("repeated_share", of("repeated_share")),
        Column("flowed_by", count("flowed")),
        Column("ended_by", count("ended_by")),
        Column("offers_by", count("offers")),
        Column("transfers", count("transfers")),
    ]


def _where(zone: tzinfo) -> list[Column[R]]:
    return [
        Column(
            "from", lambda row: moment(row.span.start, zone), "from", _short, left=True
        ),
        Column("to", lambda row: moment(row.span.end, zone)),
        Column("queue", lambda row: row.queue, "queue", left=True),
    ]


def _short(text: str) -> str:
    """A moment to the minute, without its offset."""
    return text[:16]


def estimate_columns(zone: tzinfo) -> list[Column[QueueRow]]:
    """How right what callers were told about their wait was."""

    def of(name: str) -> Callable[[QueueRow], Any]:
        return lambda row: getattr(row.figures, name)

    return [
        *_where(zone),
        Column("estimates", lambda row: row.figures.of.estimates, "estimates"),
        Column("bias", of("estimate_bias"), "bias", seconds),
        Column("mae", of("estimate_mae"), "MAE", seconds),
        Column("rmse_to_mean", of("estimate_rmse"), "RMSE/mean", _ratio),
        Column("within_25_percent", of("estimate_near"), "within 25 %", percent),
        Column("covered", of("estimate_covered"), "in the range", percent),
    ]


def _ratio(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def promise_rows(
    callbacks: Sequence[QueueRow], messages: Sequence[QueueRow]
) -> list[PromiseRow]:
    """Those with any promise: *callbacks* are rows of calls, *messages* of messages."""
    kinds = {"callback": callbacks, "message": messages}
    found = [
        PromiseRow(row.queue, row.span, row.figures, kind)
        for kind, rows in kinds.items()
        for row in rows
        if row.figures.of.asked or row.figures.of.promises or row.figures.of.taken_back
    ]
    return sorted(found, key=lambda row: (row.span, row.queue, row.kind))


def promise_columns(zone: tzinfo) -> list[Column[PromiseRow]]:
    """What was promised, and what became of it."""

    def of(name: str) -> Callable[[PromiseRow], Any]:
        return lambda row: getattr(row.figures.of, name)

    return [
        *_where(zone),
        Column("promised", lambda row: row.kind, "promised", left=True),
        Column("asked", of("asked"), "asked"),
        Column("settled", of("promises"), "settled"),
        Column("in_time", of("kept"), "in time"),
        Column("taken_back", of("taken_back"), "taken back"),
        Column("promise_kept", lambda row: row.figures.promise_kept, "kept", percent),
    ]


def agent_columns(zone: tzinfo) -> list[Column[AgentRow]]:
    """All figures of an agent."""

    def of(name: str) -> Callable[[AgentRow], Any]:
        return lambda row: getattr(row.figures, name)

    def spent(name: str) -> Callable[[AgentRow], float]:
        def value(row: AgentRow) -> float:
            return float(getattr(row.figures.of, name))

        return value

    def offers(how: str) -> Callable[[AgentRow], int]:
        return lambda row: row.figures.of.offers.get(how, 0)

    return [
        Column(
            "from", lambda row: moment(row.span.start, zone), "from", _short, left=True
        ),
        Column("to", lambda row: moment(row.span.end, zone)),
        Column("agent", lambda row: row.agent, "agent", left=True),
        Column("signed_in", of("signed_in"), "signed in", clock),
        Column("ready", spent("ready"), "ready", clock),
        Column("away", of("away"), "paused", clock),
        Column("ring", spent("ring"), "ring", clock),
        Column("ring_vain", spent("ring_vain")),
        Column("talk", spent("talk"), "talk", clock),
        Column("hold", spent("hold"), "hold", clock),
        Column("wrap_up", spent("wrap_up"), "wrap-up", clock),
        Column("other", spent("other"), "other", clock),
        Column("occupancy", of("occupancy"), "occupied", percent),
        Column("offers", of("offers"), "offers"),
        Column("answered", of("answered"), "answered"),
        Column("no_answer", offers("no answer"), "no answer"),
        Column("rejected", offers("rejected")),
        Column("busy", offers("busy")),
        Column("unreachable", offers("unreachable")),
        Column("caller_gone", offers("caller gone")),
        Column("rona_rate", of("rona_rate")),
        Column("handled", lambda row: row.figures.of.handled),
        Column("aht", of("aht"), "AHT", seconds),
        Column("other_calls", lambda row: row.figures.of.other_calls),
        Column("paused_for", lambda row: dict(row.figures.of.paused)),
        Column("ended_by", lambda row: dict(row.figures.of.ended_by)),
        Column("transfers", lambda row: dict(row.figures.of.transfers)),
    ]


def call_columns(zone: tzinfo) -> list[Column[CallRecord]]:
    """One row for each call."""
    return [
        Column("call", lambda r: r.call, "call", left=True),
        Column(
            "started",
            lambda r: moment(r.started, zone),
            "started",
            lambda text: str(text)[:19],
            left=True,
        ),
        Column("ended", lambda r: moment(r.ended, zone)),
        Column("seconds", lambda r: r.ended - r.started, "lasted", clock),
        Column("caller", lambda r: r.caller, "caller", left=True),
        Column("dialled", lambda r: r.dialled),
        Column("flow", lambda r: r.flow, "flow", left=True),
        Column("queues", lambda r: r.queues, "queues", " ".join, left=True),
        Column("waited", lambda r: r.waited, "waited", seconds),
        Column("outcome", lambda r: r.outcome, "outcome", left=True),
        Column("agents", lambda r: r.agents, "agents", " ".join, left=True),
        Column("offers", lambda r: r.offers),
        Column("talk", lambda r: r.talk, "talk", seconds),
        Column("hold", lambda r: r.hold),
        Column("wrap_up", lambda r: r.wrap_up),
        Column("transfers", lambda r: "; ".join(r.transfers)),
        Column("disposition", lambda r: r.disposition, "disposition", left=True),
        Column("ended_by", lambda r: r.ended_by, "ended by", left=True),
        Column("hung_up", lambda r: r.hung_up),
        Column("cause", lambda r: r.cause),
        Column("recordings", lambda r: r.recordings),
        Column("repeated", lambda r: r.repeated),
    ]


def segment_columns(zone: tzinfo) -> list[Column[Segment]]:
    """An agent's time, stretch by stretch."""
    return [
        Column("agent", lambda s: s.agent, "agent", left=True),
        Column(
            "from",
            lambda s: moment(s.start, zone),
            "from",
            lambda text: str(text)[:19],
            left=True,
        ),
        Column("to", lambda s: moment(s.end, zone)),
        Column("seconds", lambda s: s.end - s.start, "lasted", clock),
        Column("state", lambda s: s.state, "state", left=True),
        Column("reason", lambda s: s.reason, "reason", left=True),
        Column("queue", lambda s: s.queue, "queue", left=True),
        Column("call", lambda s: s.call, "call", left=True),
    ]
