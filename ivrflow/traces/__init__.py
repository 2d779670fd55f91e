"""Traces for OpenTelemetry, made of facts: one span for each call, one for each step.

The extra `otel` brings its libraries; without `traces:` in the settings nothing of them
is imported. `spans` knows facts and the API of traces; `sending` knows where they go.
"""
