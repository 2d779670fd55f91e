"""Spans on their way to a collector, which is there or not."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

pytest.importorskip(
    "opentelemetry.exporter.otlp.proto.http", reason="needs the extra `otel`"
)

from ivrflow.facts import CallEnded, CallStarted
from ivrflow.traces.sending import spans_to

CALL = (
    CallStarted(
        at=100, call="c", caller="13800138000", dialled="1", flow="main", version="v"
    ),
    CallEnded(
        at=110, call="c", by="caller", cause=16, flow="main", step="s", seconds=9
    ),
)


class Collector(HTTPServer):
    """Keeps what it gets."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Taking)
        self.taken = []
        self.news = threading.Event()


class Taking(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken.append((self.path, self.headers["Authorization"], body))
        self.send_response(200)
        self.end_headers()
        self.server.news.set()

    def log_message(self, *_):
        """Nothing is told."""


def test_a_call_comes_to_the_collector_with_its_token():
    with Collector() as collector:
        threading.Thread(target=collector.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{collector.server_port}/"
        spans = spans_to(url, {"Authorization": "Bearer secret"}, share=1)
        for fact in CALL:
            spans.note(fact)
        spans.close()
        assert collector.news.wait(30)
        collector.shutdown()

    [(path, token, body)] = collector.taken
    assert (path, token) == ("/v1/traces", "Bearer secret")
    assert b"call main" in body
    assert b"13800138000" not in body


def test_a_collector_that_is_away_is_nobodys_trouble(caplog):
    spans = spans_to("http://127.0.0.1:9", {}, share=1)
    for fact in CALL:
        spans.note(fact)
    spans.close()

    assert caplog.records == []
