"""Sends spans to a collector, by OpenTelemetry's own libraries: OTLP over HTTP.

A thread of theirs sends, in batches; a line of 2,048 spans waits, and what finds it
full is dropped. So a collector that is away costs nothing but its spans.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

from ivrflow import __version__
from ivrflow.traces.spans import Ids, Spans

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor

PATH = "/v1/traces"


class Sender:
    """Hears facts (`note`), and sends spans of them until it is closed."""

    def __init__(self, provider: TracerProvider, ids: Ids, share: float) -> None:
        self._provider = provider
        tracer = provider.get_tracer("ivrflow", __version__)
        self.note = Spans(tracer, ids, share=share).note
        """A `Note`."""

    def close(self) -> None:
        """Send what waits, for some seconds at most. Blocks."""
        self._provider.shutdown()


def spans_to(url: str, headers: Mapping[str, str], *, share: float) -> Sender:
    """What hears facts, and sends spans of them to the collector at *url*.

    Raises `ImportError` where the libraries are missing.
    """
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    # It tells of each batch that it could not send, with a trace: one line is enough.
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
    exporter = OTLPSpanExporter(
        endpoint=url.rstrip("/") + PATH, headers=dict(headers), timeout=5
    )
    return spans_by(BatchSpanProcessor(exporter), share=share)


def spans_by(processor: SpanProcessor, *, share: float = 1.0) -> Sender:
    """What hears facts, and gives *processor* the spans."""
    ids = Ids()
    provider = TracerProvider(
        sampler=ALWAYS_ON,  # `Spans` chooses whole calls, by what outlives the process
        resource=Resource.create(
            {"service.name": "ivrflow", "service.version": __version__}
        ),
        id_generator=ids,
        shutdown_on_exit=False,  # the process ends hard: `service.drain`
    )
    provider.add_span_processor(processor)
    return Sender(provider, ids, share)
